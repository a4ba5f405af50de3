//! Behaviours 29 and 31 to 37, as every backend keeps them: on all simulated devices, and on the present one.

use std::sync::Arc;

use rm_alloc_core::DeviceContext;
use rm_alloc_vma::VmaAllocator;
use rm_conformance::{Environment, Fixture, Group, conformance_tests, run_group};
use rm_headless::testing::with_device;

fn vma(context: &Arc<DeviceContext>) -> Fixture {
    Ok(Arc::new(VmaAllocator::new(context)?))
}

conformance_tests!(vma);

/// Runs the cases of `group` that need no simulation on the present device, under validation.
fn on_the_present_device(group: Group) {
    with_device(|_, context| {
        let summary = run_group(group, &Environment::present(context, vma));
        assert!(summary.passed + summary.skipped > 0, "{group:?} has no cases");
    });
}

/// Makes each group a test on the present device.
macro_rules! on_the_present_device {
    ($($name:ident $group:ident)*) => {
        $(#[test]
        fn $name() {
            on_the_present_device(Group::$group);
        })*

        #[test]
        fn all_groups_run_on_the_present_device() {
            assert_eq!(Group::ALL, [$(Group::$group),*]);
        }
    };
}

on_the_present_device! {
    core_on_the_present_device Core
    resources_on_the_present_device Resources
    ranking_on_the_present_device Ranking
    mapping_on_the_present_device Mapping
    granularity_on_the_present_device Granularity
    dedicated_on_the_present_device Dedicated
    limits_on_the_present_device Limits
    statistics_on_the_present_device Statistics
    reports_on_the_present_device Report
    headroom_on_the_present_device Headroom
    shortage_on_the_present_device Shortage
    injected_failures_on_the_present_device Injected
    loss_on_the_present_device Lost
    leaks_on_the_present_device Leaks
    threads_on_the_present_device Threads
    decorators_on_the_present_device Decorators
    model_on_the_present_device Model
}
