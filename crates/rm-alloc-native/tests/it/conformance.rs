//! Behaviours 29 and 31 to 37, as every backend keeps them: on all simulated devices, and on the present one.

use std::sync::Arc;

use rm_alloc_core::DeviceContext;
use rm_alloc_native::NativeAllocator;
use rm_conformance::{
    Environment, Fixture, Group, conformance_group_tests, conformance_tests, run_group,
};
use rm_headless::testing::with_device;

fn native(context: &Arc<DeviceContext>) -> Fixture {
    Ok(Arc::new(NativeAllocator::new(context)?))
}

conformance_tests!(native);

/// Runs the cases of `group` that need no simulation on the present device, under validation.
fn on_the_present_device(group: Group) {
    with_device(|_, context| {
        let summary = run_group(group, &Environment::present(context, native));
        assert!(summary.passed + summary.skipped > 0, "{group:?} has no cases");
    });
}

conformance_group_tests!(on_the_present_device);

/// The same, where blocks are ordered and given back elsewhere, and nobody comes to fetch them.
mod ahead {
    use std::sync::Arc;

    use rm_alloc_core::DeviceContext;
    use rm_alloc_native::{NativeAllocator, NativeConfig};
    use rm_conformance::{Fixture, conformance_tests};

    fn native_ahead(context: &Arc<DeviceContext>) -> Fixture {
        let config = NativeConfig::default().grow_ahead();
        Ok(Arc::new(NativeAllocator::with_config(context, &config)?))
    }

    conformance_tests!(native_ahead);
}
