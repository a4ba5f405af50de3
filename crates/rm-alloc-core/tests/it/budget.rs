//! Budgets that hold: behaviours 13 to 33, on simulated devices and on the present one.

mod accounts;
mod aliases;
mod configs;
mod edges;
mod events;
mod frames;
mod hostile;
mod hostile_reliefs;
mod injected;
mod limit_races;
mod limits;
mod placed;
mod policies;
mod policy_accounts;
mod real;
mod real_limits;
mod real_sharing;
mod refusals;
mod relief;
mod reports;
mod requests;
mod shifted;
mod shortages;
mod snapshots;
mod staging;
mod surplus;
mod threads;
mod traces;

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
