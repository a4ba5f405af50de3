//! A backend of one's own: three methods, and everything else works over it.
//!
//! Runs on a simulated device, so it needs no Vulkan: `cargo run -p resource-management --example custom_backend`.

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ash::vk;
use resource_management::alloc::{
    Allocation, BlockOwner, BlockRequest, BudgetConfig, BufferRequest, DeviceBudgetManager,
    DeviceContext, DeviceContextInfo, DeviceMemory, MemoryAllocator, MemoryError, MemoryFeatures,
    MemoryRequest,
};
use rm_vksim::{Profile, SimDevice};

/// Gives every request an object of its own, and counts them.
#[derive(Debug)]
struct Counting {
    // An account in the device's book: limits, events and leak reports come with it.
    blocks: BlockOwner,
    given: AtomicU64,
}

// SAFETY: every allocation is the whole of an own object of the requested size and type, so nothing overlaps and every
// alignment holds; it is mapped on request, and lives until it is freed.
unsafe impl MemoryAllocator for Counting {
    fn context(&self) -> &Arc<DeviceContext> {
        self.blocks.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        let memory = self.blocks.allocate_memory(&BlockRequest::from(request))?;
        self.given.fetch_add(1, Ordering::Relaxed);
        Ok(memory.into_allocation())
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate` (caller), so it is the whole of an object of this context.
        drop(unsafe { DeviceMemory::from_allocation(self.context(), allocation) });
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let context = simulated()?;
    let counting = Arc::new(Counting {
        blocks: BlockOwner::new(&context, "counting"),
        given: AtomicU64::new(0),
    });
    // Budgets, deeds, frames and reports over three methods.
    let manager = DeviceBudgetManager::new(counting.clone(), BudgetConfig::default())?;
    let usage = vk::BufferUsageFlags::UNIFORM_BUFFER;
    let camera = manager.allocate_buffer(&BufferRequest::new(256, usage).label("camera"))?;
    println!(
        "{} given, {} bytes charged",
        counting.given.load(Ordering::Relaxed),
        manager.stats().used
    );

    // What the backend does not know is refused, never ignored: it did not say that it bears memory for anything.
    match manager.allocate_buffer(&BufferRequest::new(256, usage).aliasable().label("shared")) {
        Ok(_) => return Err("an old backend took what it does not know".into()),
        Err(refused) => println!("{refused}"),
    }
    // SAFETY: no device ever used it.
    unsafe { manager.free_buffer(camera) };
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
