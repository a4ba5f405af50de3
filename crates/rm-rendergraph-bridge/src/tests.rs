//! What models stand on.

use std::sync::Arc;

use rm_alloc_core::{
    BudgetConfig, DeviceBudgetManager, DeviceContext, DeviceContextInfo, MemoryFeatures,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::{Profile, SimDevice};

/// A manager with a staging quota of so many bytes, on a simulated device; neither takes part in what loom explores.
pub(crate) fn manager(staging_quota: u64) -> DeviceBudgetManager {
    let sim = Arc::new(SimDevice::counting(Profile::desktop_rebar()).unwrap());
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: sim.profile().api_version,
        features: MemoryFeatures::empty(),
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
    let context = unsafe { DeviceContext::new(info) }.unwrap();
    let config = BudgetConfig { staging_quota, ..BudgetConfig::default() };
    DeviceBudgetManager::new(Arc::new(DirectAllocator::new(&context)), config).unwrap()
}
