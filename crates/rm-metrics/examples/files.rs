//! Writes everything there is about a short run on a simulated GPU: frames and events as CSV, a trace, a dump.
//!
//! `cargo run -p rm-metrics --example files [FOLDER]`; the folder is `target/metrics` unless named.
//! The trace opens in Perfetto, the dump in VMA's `GpuMemDumpVis.py`.

use std::{env, error::Error, fs, io::Write, path::PathBuf, sync::Arc};

use ash::vk::{API_VERSION_1_3, BufferUsageFlags};
use rm_alloc_core::{
    BudgetConfig, BufferRequest, Category, DeviceBudgetManager, DeviceContext, DeviceContextInfo,
    MemoryFeatures, Tag,
};
use rm_alloc_native::NativeAllocator;
use rm_metrics::{
    CsvFile, Dump, MetricsCollector, MetricsConfig, OutputFile, TraceFile, write_events,
};
use rm_vksim::{Profile, SimDevice};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).map_or_else(|| "target/metrics".into(), PathBuf::from);
    fs::create_dir_all(&folder)?;
    let manager = manager()?;
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let mut csv = CsvFile::create(
        &folder.join("frames.csv"),
        metrics.columns(),
        &[("program", "files"), ("device", "simulated")],
    )?;
    let mut trace = TraceFile::create(&folder.join("trace.json"), "files", Vec::new())?;
    let mut held = Vec::new();
    for frame in 0..120_u32 {
        metrics.begin_frame();
        let category = Category::ALL[frame as usize % Category::ALL.len()];
        let request = BufferRequest::new(1 << (12 + frame % 12), BufferUsageFlags::STORAGE_BUFFER)
            .category(category)
            .tag(Tag(1 + frame % 3))
            .label("streamed");
        let request = if frame % 20 == 0 { request.dedicated() } else { request };
        held.extend(manager.allocate_buffer(&request).ok());
        if held.len() > 40 {
            // SAFETY: no simulated device uses anything.
            unsafe { manager.free_buffer(held.swap_remove(frame as usize % 40)) };
        }
        let snapshot = metrics.end_frame();
        csv.add(snapshot)?;
        trace.frame(snapshot)?;
    }
    let events = metrics.events().take();
    events.iter().try_for_each(|record| trace.event(record))?;
    let mut file = OutputFile::create(&folder.join("events.csv"))?;
    write_events(&mut file, &events)?;
    file.flush()?;
    file.finish()?;
    csv.save()?;
    trace.save()?;
    Dump::take(&manager)?.gpu("simulated").save(&folder.join("dump.json"))?;
    for buffer in held {
        // SAFETY: no simulated device uses anything.
        unsafe { manager.free_buffer(buffer) };
    }
    Ok(())
}

fn manager() -> Result<DeviceBudgetManager, Box<dyn Error>> {
    let sim = Arc::new(SimDevice::new(Profile::desktop_rebar())?);
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: API_VERSION_1_3,
        features: MemoryFeatures::empty(),
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
    let context = unsafe { DeviceContext::new(info) }?;
    let allocator = Arc::new(NativeAllocator::new(&context)?);
    let config =
        BudgetConfig { device_memory_budget: 48 << 20, strict: true, ..BudgetConfig::default() };
    Ok(DeviceBudgetManager::new(allocator, config)?)
}
