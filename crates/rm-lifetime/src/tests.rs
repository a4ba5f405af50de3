//! What models stand on.

use std::sync::Arc;

use rm_alloc_core::{BudgetConfig, DeviceBudgetManager, MemoryFeatures};
use rm_alloc_direct::DirectAllocator;
use rm_headless::simulated;
use rm_vksim::{Profile, SimDevice};

/// A manager on a simulated device, which takes no part in what loom explores.
pub(crate) fn manager() -> DeviceBudgetManager {
    let (context, _) = simulated::context_with(
        SimDevice::counting(Profile::desktop_rebar()).unwrap(),
        MemoryFeatures::empty(),
    );
    DeviceBudgetManager::new(Arc::new(DirectAllocator::new(&context)), BudgetConfig::default())
        .unwrap()
}
