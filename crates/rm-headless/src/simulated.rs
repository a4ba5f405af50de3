//! Contexts of simulated devices.

use std::sync::Arc;

use rm_alloc_core::{DeviceContext, DeviceContextInfo, MemoryFeatures};
use rm_vksim::SimDevice;

/// A context that owns `sim`, with everything enabled that its profile has.
///
/// The guard of the device checks its verdict when both are gone.
///
/// # Panics
///
/// If the core refuses the device.
#[must_use]
pub fn context(sim: SimDevice) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    // SAFETY: instance and physical device are live and belong together.
    let features = unsafe { MemoryFeatures::recommended(sim.instance(), sim.physical_device()) };
    context_with(sim, features)
}

/// As [`context`], with `features` enabled, which the profile has to have.
///
/// # Panics
///
/// If the core refuses the device.
#[must_use]
pub fn context_with(
    sim: SimDevice,
    features: MemoryFeatures,
) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    let sim = Arc::new(sim);
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: sim.profile().api_version,
        features,
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, and the context keeps the device alive; a simulated device has what it is told.
    match unsafe { DeviceContext::new(info) } {
        Ok(context) => (context, sim),
        Err(error) => panic!("a simulated device was refused: {error}"),
    }
}
