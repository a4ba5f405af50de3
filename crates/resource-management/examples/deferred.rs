//! Deferred destruction: a buffer that is dropped while the device uses it, and dies when the timeline says so.
//!
//! Runs on a simulated device, so it needs no Vulkan: `cargo run -p resource-management --example deferred`.

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::{error::Error, sync::Arc, time::Duration};

use ash::vk;
use resource_management::{
    alloc::{
        BudgetConfig, BufferRequest, Bytes, DeviceBudgetManager, DeviceContext, DeviceContextInfo,
        MemoryFeatures,
    },
    backend::direct::DirectAllocator,
    lifetime::{
        DeferredDestructionQueue, DrainLimit, GpuTimeline, ManualTimeline, SharedResourceFactory,
    },
};
use rm_vksim::{Profile, SimDevice};

/// Frames that the device may be behind.
const IN_FLIGHT: u64 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let sim = Arc::new(SimDevice::new(Profile::desktop_rebar())?);
    let allocator = Arc::new(DirectAllocator::new(&context(&sim)?));
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default())?;

    // Whatever retires waits for the timelines of the queue: one for every queue that is submitted to.
    let queue = DeferredDestructionQueue::new(&manager);
    // SAFETY: `complete` is called below, with frames that the simulated device is done with.
    let timeline = Arc::new(unsafe { ManualTimeline::new() });
    queue.attach(timeline.clone())?;
    let factory = SharedResourceFactory::new(&manager, &queue);

    let usage = vk::BufferUsageFlags::VERTEX_BUFFER;
    let mesh = factory.create_buffer(&BufferRequest::new(4 << 20, usage).label("mesh"))?;
    // Two owners: the scene, and the pass that draws it.
    let (raw, pass) = (mesh.raw(), mesh.clone());
    let (mut scene, mut pass) = (Some(mesh), Some(pass));

    for frame in 1..=5 {
        // A program waits for the fence of the frame that used these resources last.
        let finished = frame - IN_FLIGHT.min(frame);
        if finished == 1 {
            sim.release_use(raw);
        }
        timeline.complete(finished);
        let drained = queue.drain(DrainLimit::default());
        match frame {
            // Frame 1 draws it. From now on the simulated device minds if it is destroyed.
            1 => sim.mark_in_use(raw),
            // While frame 2 is recorded both let go of it.
            2 => drop((scene.take(), pass.take())),
            _ => {}
        }
        timeline.submit();
        let figures = manager.device_figures();
        println!(
            "frame {frame}: the device has finished {}, {} destroyed, {} in use, {} of it retiring",
            timeline.completed(),
            drained.entries,
            Bytes(figures.used()),
            Bytes(figures.retiring),
        );
    }

    // Waits for what is in flight; here nothing is left to wait for.
    timeline.complete(5);
    queue.shutdown(Duration::from_secs(1))?;
    Ok(sim.verdict()?)
}

/// The context of a desktop GPU in plain Rust.
fn context(sim: &Arc<SimDevice>) -> Result<Arc<DeviceContext>, Box<dyn Error>> {
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: vk::API_VERSION_1_1,
        features: MemoryFeatures::empty(),
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
    Ok(unsafe { DeviceContext::new(info) }?)
}
