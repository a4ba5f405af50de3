//! Budgets that hold: behaviours 13 to 30.

mod accounts;
mod aliases;
mod events;
mod frames;
mod injected;
mod limits;
mod policies;
mod relief;
mod staging;
mod threads;

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{BufferAllocation, BufferRequest, DeviceBudgetManager};

const MIB: u64 = 1 << 20;

/// A device-local buffer.
fn buffer(size: u64) -> BufferRequest<'static> {
    BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER)
}

fn make(manager: &DeviceBudgetManager, size: u64) -> BufferAllocation {
    manager.allocate_buffer(&buffer(size)).unwrap()
}

fn free(manager: &DeviceBudgetManager, buffer: BufferAllocation) {
    // SAFETY: no simulated device uses anything.
    unsafe { manager.free_buffer(buffer) };
}
