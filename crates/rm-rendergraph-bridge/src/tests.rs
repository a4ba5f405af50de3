//! What models stand on.

use std::sync::Arc;

use rm_alloc_core::{BudgetConfig, DeviceBudgetManager, MemoryFeatures};
use rm_alloc_direct::DirectAllocator;
use rm_headless::simulated;
use rm_vksim::{Profile, SimDevice};

/// A manager with a staging quota of so many bytes, on a simulated device; neither takes part in what loom explores.
pub(crate) fn manager(staging_quota: u64) -> DeviceBudgetManager {
    let (context, _) = simulated::context_with(
        SimDevice::counting(Profile::desktop_rebar()).unwrap(),
        MemoryFeatures::empty(),
    );
    let config = BudgetConfig { staging_quota, ..BudgetConfig::default() };
    DeviceBudgetManager::new(Arc::new(DirectAllocator::new(&context)), config).unwrap()
}
