//! Simulated devices and what lies on them.

use std::sync::Arc;

use rm_alloc_core::{
    Allocation, DeviceContext, DeviceContextInfo, MemoryAllocator, MemoryFeatures, MemoryRequest,
    TilingClass,
};
use rm_vksim::{Profile, SimDevice};

/// A device of `profile` with everything that it recommends.
pub(crate) fn device(profile: Profile) -> (Arc<SimDevice>, Arc<DeviceContext>) {
    let sim = Arc::new(SimDevice::new(profile).unwrap());
    // SAFETY: both are live and belong together.
    let features = unsafe { MemoryFeatures::recommended(sim.instance(), sim.physical_device()) };
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: sim.profile().api_version,
        features,
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, the device is made with all that it offers, and is kept alive.
    let context = unsafe { DeviceContext::new(info) }.unwrap();
    (sim, context)
}

/// A linear request of the first memory type.
pub(crate) fn linear(size: u64) -> MemoryRequest<'static> {
    MemoryRequest::new(size, 1, 0, TilingClass::Linear)
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
