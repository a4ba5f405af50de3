//! Simulated devices and what lies on them.

use std::sync::Arc;

use ash::vk;
use rm_alloc_core::{
    Allocation, AllocatorReport, DeviceContext, MemoryAllocator, MemoryRequest, Resource,
    TilingClass,
};
use rm_headless::simulated;
use rm_vksim::{Call, Counts, Heap, MemoryType, Profile, SimDevice};

/// A device of `profile` with everything that it recommends.
pub(crate) fn device(profile: Profile) -> (Arc<SimDevice>, Arc<DeviceContext>) {
    let (context, sim) = simulated::context(SimDevice::new(profile).unwrap());
    (sim, context)
}

/// As [`device`], without an oracle: for long traces.
pub(crate) fn counting(profile: Profile) -> Arc<DeviceContext> {
    simulated::context(SimDevice::counting(profile).unwrap()).0
}

/// A device of one heap of `bytes` and one memory type.
pub(crate) fn small(bytes: u64) -> Profile {
    let flags = vk::MemoryHeapFlags::DEVICE_LOCAL.as_raw();
    let heap = Heap { size: bytes, flags, budget: None };
    use vk::MemoryPropertyFlags as Flags;
    let flags = (Flags::DEVICE_LOCAL | Flags::HOST_VISIBLE | Flags::HOST_COHERENT).as_raw();
    Profile::new("small", vec![heap], vec![MemoryType { flags, heap: 0 }])
}

/// A linear request of the first memory type.
pub(crate) fn linear(size: u64) -> MemoryRequest<'static> {
    MemoryRequest::new(size, 1, 0, TilingClass::Linear)
}

/// A buffer without memory, and a request of exactly what it needs.
pub(crate) fn buffer(sim: &SimDevice, size: u64) -> (vk::Buffer, Resource, MemoryRequest<'static>) {
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
    let info = vk::BufferCreateInfo::default().size(size).usage(usage);
    // SAFETY: the info is valid.
    let raw = unsafe { sim.device().create_buffer(&info, None) }.unwrap();
    // SAFETY: just made.
    let needs = unsafe { sim.device().get_buffer_memory_requirements(raw) };
    // SAFETY: it is live, has no memory, and the request below is what it requires.
    let resource = unsafe { Resource::buffer(raw) };
    (raw, resource, MemoryRequest::new(needs.size, needs.alignment, 0, TilingClass::Linear))
}

/// Gives everything back.
pub(crate) fn free_all(
    allocator: &dyn MemoryAllocator,
    held: impl IntoIterator<Item = Allocation>,
) {
    for allocation in held {
        // SAFETY: it came from this allocator, and nothing was bound to it.
        unsafe { allocator.free(allocation) };
    }
}

/// Bytes of every block and own object, in the order of the report: own objects first, and blocks as they were made.
pub(crate) fn sizes(report: &AllocatorReport) -> Vec<u64> {
    report.blocks.iter().map(|block| block.size).collect()
}

/// Memory objects that this thread has asked for and freed so far, on any device.
pub(crate) fn driver_calls() -> (u64, u64) {
    let counts = Counts::of_this_thread();
    (counts.of(Call::AllocateMemory), counts.of(Call::FreeMemory))
}
