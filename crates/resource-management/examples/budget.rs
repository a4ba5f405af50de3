//! A budget that runs short: what refuses, who helps, and what the error says.
//!
//! Runs on a simulated device, so it needs no Vulkan: `cargo run -p resource-management --example budget`.

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ash::vk;
use resource_management::{
    alloc::{
        BudgetConfig, BufferAllocation, BufferRequest, Bytes, DeviceBudgetManager, DeviceContext,
        DeviceContextInfo, MemoryFeatures, MemoryRelief, ReliefStage, Shortage,
    },
    backend::direct::DirectAllocator,
};
use rm_vksim::{Profile, SimDevice};

/// Buffers that nobody uses now but somebody may use again.
struct Spares {
    manager: DeviceBudgetManager,
    buffers: Mutex<Vec<BufferAllocation>>,
}

impl Spares {
    fn buffers(&self) -> MutexGuard<'_, Vec<BufferAllocation>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryRelief for Spares {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Spares
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        let mut freed = 0;
        while freed < shortage.bytes {
            // Taken out before it is freed: no lock is held while others are told.
            let Some(buffer) = self.buffers().pop() else { break };
            freed += buffer.size();
            // SAFETY: it is a spare, which no device uses.
            unsafe { self.manager.free_buffer(buffer) };
        }
        println!("  short of {}, gave up {}", Bytes(shortage.bytes), Bytes(freed));
        freed
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let context = simulated()?;
    let config =
        BudgetConfig { device_memory_budget: 64 << 20, strict: true, ..BudgetConfig::default() };
    let manager = DeviceBudgetManager::new(Arc::new(DirectAllocator::new(&context)), config)?;
    let buffer = |mebibytes: u64, label| {
        BufferRequest::new(mebibytes << 20, vk::BufferUsageFlags::STORAGE_BUFFER).label(label)
    };

    let spare = manager.allocate_buffer(&buffer(24, "spare"))?;
    let grid = manager.allocate_buffer(&buffer(32, "grid"))?;
    println!("used {} of {}", Bytes(manager.stats().used), Bytes(manager.stats().budget));
    println!("near the limit: {}", manager.is_near_budget_limit());

    // Held weakly by the manager, and asked when something does not fit.
    let spares = Arc::new(Spares { manager: manager.clone(), buffers: Mutex::new(vec![spare]) });
    let relief: Arc<dyn MemoryRelief> = spares.clone();
    manager.attach_relief(&relief);

    println!("16 MiB more:");
    let light = manager.allocate_buffer(&buffer(16, "light"))?;
    println!("  used {}", Bytes(manager.stats().used));

    println!("32 MiB more:");
    match manager.allocate_buffer(&buffer(32, "shadow")) {
        Ok(_) => return Err("the budget did not hold".into()),
        Err(refused) => println!("  {refused}"),
    }

    for buffer in [grid, light] {
        // SAFETY: no device ever used it.
        unsafe { manager.free_buffer(buffer) };
    }
    let frame = manager.end_frame();
    println!("in all {} came and {} went", Bytes(frame.allocated_bytes), Bytes(frame.freed_bytes));
    Ok(())
}

/// A desktop GPU in plain Rust.
fn simulated() -> Result<Arc<DeviceContext>, Box<dyn Error>> {
    let sim = Arc::new(SimDevice::new(Profile::desktop_rebar())?);
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
