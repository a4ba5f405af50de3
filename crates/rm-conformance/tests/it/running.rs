//! How cases are run, and what they say where they cannot be.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, BlockRequest, DeviceContext, DeviceMemory, MemoryAllocator,
    MemoryError, MemoryRequest,
};
use rm_alloc_mock::MockAllocator;
use rm_conformance::{
    CASES, Environment, Group, Skip, run, run_all, run_group, run_on_every_profile,
};
use rm_vksim::Profile;

use crate::toy::Toy;

/// The three required methods and nothing else.
#[derive(Debug)]
struct Minimal(Arc<DeviceContext>);

// SAFETY: every allocation is the whole of an own object of the requested size and type.
unsafe impl MemoryAllocator for Minimal {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.0
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        Ok(self.0.allocate_memory(&BlockRequest::from(request))?.into_allocation())
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate`, which took it from this context.
        drop(unsafe { DeviceMemory::from_allocation(&self.0, allocation) });
    }
}

fn minimal(profile: Profile) -> Environment {
    Environment::simulated(profile, |context| Ok(Arc::new(Minimal(Arc::clone(context)))))
}

fn outcome(environment: &Environment, name: &str) -> Result<(), Skip> {
    run(CASES.iter().find(|case| case.name == name).unwrap(), environment)
}

/// A backend of three methods passes; what it cannot do it skips, and says which ability it lacks.
#[test]
fn three_methods_pass() {
    let environment = minimal(Profile::arm_noncoherent());
    let summary = run_all(&environment);
    assert_eq!(summary.passed + summary.skipped, CASES.len());
    assert!(summary.passed > CASES.len() / 2, "{summary:?}");
    let skips = [
        ("trim_gives_back_what_it_says", Skip::Lacks(AllocatorCapabilities::TRIM)),
        ("labels_are_reported", Skip::Lacks(AllocatorCapabilities::REPORT)),
        ("headroom_bounds_new_blocks", Skip::Lacks(AllocatorCapabilities::HEADROOM)),
        ("a_preference_is_honoured", Skip::Lacks(AllocatorCapabilities::DEDICATED)),
        ("figures_follow_every_step", Skip::NoStatistics),
    ];
    for (name, skip) in skips {
        assert_eq!(outcome(&environment, name), Err(skip), "{name}");
    }
}

/// The groups are the whole table, and no two cases have one name.
#[test]
fn groups_are_the_table() {
    let environment = minimal(Profile::integrated());
    let groups = Group::ALL.iter().map(|group| {
        let summary = run_group(*group, &environment);
        summary.passed + summary.skipped
    });
    assert_eq!(groups.sum::<usize>(), CASES.len());
    let mut names: Vec<_> = CASES.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CASES.len());
}

/// A backend that refuses a device skips there; one that fails for another reason fails.
#[test]
fn a_backend_may_refuse_a_device() {
    let refusal = MemoryError::Unsupported("this device");
    let refuses = Environment::simulated(Profile::h200(), move |_| Err(refusal));
    assert!(CASES.iter().all(|case| run(case, &refuses) == Err(Skip::Refused(refusal))));
    let fails = Environment::simulated(Profile::h200(), |_| Err(MemoryError::OutOfHostMemory));
    let failed = catch_unwind(AssertUnwindSafe(|| outcome(&fails, "zero_size_is_refused")));
    assert!(failed.is_err());
}

/// On a present device everything runs that needs no fault, no other limit and no oracle.
#[test]
fn a_present_device_runs_what_it_can() {
    // A simulated one does for a present one: the suite does not know.
    let mock = MockAllocator::on(Profile::integrated());
    let context = Arc::clone(mock.context());
    let environment =
        Environment::present(&context, |context| Ok(Arc::new(Toy::new(context, None))));
    assert_eq!(environment.name(), "the present device");
    let summary = run_all(&environment);
    assert_eq!(summary.passed + summary.skipped, CASES.len());
    assert!(summary.passed >= 30, "{summary:?}");
    assert_eq!(outcome(&environment, "codes_are_told_apart"), Err(Skip::NeedsSimulation));
    assert_eq!(context.blocks().count, 0, "nothing is left on it");
}

/// A name that is no case's is a mistake of the caller.
#[test]
fn unknown_cases_are_refused() {
    let refused = catch_unwind(|| {
        run_on_every_profile("no_such_case", |context| Ok(Arc::new(Minimal(Arc::clone(context)))));
    });
    assert!(refused.is_err());
}
