//! The same program on three backends: one constructor line differs.
//!
//! Runs on a simulated device, so it needs no Vulkan:
//! `cargo run -p resource-management --features backend-vma --example swap_backend`.

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::{error::Error, sync::Arc};

use ash::vk;
use resource_management::{
    alloc::{
        BudgetConfig, BufferRequest, Bytes, DeviceBudgetManager, DeviceContext, DeviceContextInfo,
        MemoryAllocator, MemoryFeatures,
    },
    backend::{direct::DirectAllocator, native::NativeAllocator, vma::VmaAllocator},
};
use rm_vksim::{Profile, SimDevice};

fn main() -> Result<(), Box<dyn Error>> {
    let context = simulated()?;
    stream(Arc::new(DirectAllocator::new(&context)))?;
    stream(Arc::new(NativeAllocator::new(&context)?))?;
    stream(Arc::new(VmaAllocator::new(&context)?))
}

/// Nothing here knows which backend it runs on.
fn stream(allocator: Arc<dyn MemoryAllocator>) -> Result<(), Box<dyn Error>> {
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default())?;
    let before = manager.context().blocks().made;
    let mut held = Vec::new();
    for size in (1..=256).map(|kibibytes| kibibytes << 10) {
        let usage = vk::BufferUsageFlags::VERTEX_BUFFER;
        held.push(manager.allocate_buffer(&BufferRequest::new(size, usage).label("mesh"))?);
    }
    println!(
        "{}: {} in {} buffers, {} calls of vkAllocateMemory",
        manager.allocator().name(),
        Bytes(manager.stats().used),
        held.len(),
        manager.context().blocks().made - before,
    );
    for buffer in held {
        // SAFETY: no device ever used it.
        unsafe { manager.free_buffer(buffer) };
    }
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
