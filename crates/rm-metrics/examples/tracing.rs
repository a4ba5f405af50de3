//! An observer that hands refusals, pressure, blocks and leaks on to `tracing`.
//!
//! `cargo run -p rm-metrics --example tracing` prints what a subscriber of three methods gets to hear.

#![expect(clippy::print_stdout, reason = "an example talks")]

use std::{error::Error, fmt, sync::Arc};

use rm_alloc_core::{
    BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext, DeviceContextInfo, EventMask,
    MemoryEvent, MemoryFeatures, MemoryObserver,
};
use rm_alloc_direct::DirectAllocator;
use rm_metrics::EventLog;
use rm_vksim::{Profile, SimDevice};
use tracing::{Event, Metadata, Subscriber, field, span};

struct Tracing;

impl MemoryObserver for Tracing {
    fn mask(&self) -> EventMask {
        EventLog::MASK
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        match event {
            MemoryEvent::Refused(error) => tracing::warn!(%error, "refused"),
            MemoryEvent::Over(it) => tracing::warn!(heap = it.heap, used = it.used, "over budget"),
            MemoryEvent::Near(it) => tracing::info!(heap = it.heap, used = it.used, "near budget"),
            other => tracing::debug!(?other),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    tracing::subscriber::set_global_default(Print)?;
    let sim = Arc::new(SimDevice::new(Profile::desktop_rebar())?);
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: sim.profile().api_version,
        features: MemoryFeatures::empty(),
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
    let context = unsafe { DeviceContext::new(info) }?;
    let config =
        BudgetConfig { device_memory_budget: 4 << 20, strict: true, ..BudgetConfig::default() };
    let manager = DeviceBudgetManager::new(Arc::new(DirectAllocator::new(&context)), config)?;
    let observer: Arc<dyn MemoryObserver> = Arc::new(Tracing);
    manager.observe(&observer);
    context.observe(&observer);
    let usage = ash::vk::BufferUsageFlags::STORAGE_BUFFER;
    let held = manager.allocate_buffer(&BufferRequest::new(3 << 20, usage).label("held"))?;
    // Refused, and heard of.
    manager.allocate_buffer(&BufferRequest::new(2 << 20, usage).label("too large")).ok();
    // SAFETY: no simulated device uses anything.
    unsafe { manager.free_buffer(held) };
    Ok(())
}

/// The least that a subscriber can be; programs take one of `tracing-subscriber`.
struct Print;

impl Subscriber for Print {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        println!("{}", event.metadata().level());
        event.record(&mut Fields);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Fields;

impl field::Visit for Fields {
    fn record_debug(&mut self, field: &field::Field, value: &dyn fmt::Debug) {
        println!("    {field}: {value:?}");
    }
}
