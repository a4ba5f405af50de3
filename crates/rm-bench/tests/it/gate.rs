//! One driver call or one heap allocation more, and the comparison fails.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rm_alloc_core::{Allocation, DeviceContext, MemoryAllocator, MemoryError, MemoryRequest};
use rm_alloc_direct::DirectAllocator;
use rm_bench::{BACKENDS, Backend, Baseline, Difference};

/// The direct backend that does something once which it should not.
#[derive(Debug)]
struct Wasteful {
    below: DirectAllocator,
    waste: fn(&DeviceContext),
    wasted: AtomicBool,
}

impl Wasteful {
    fn new(context: &Arc<DeviceContext>, waste: fn(&DeviceContext)) -> Self {
        Self { below: DirectAllocator::new(context), waste, wasted: AtomicBool::new(false) }
    }
}

// SAFETY: every promise is kept by the allocator below.
unsafe impl MemoryAllocator for Wasteful {
    fn context(&self) -> &Arc<DeviceContext> {
        self.below.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        if !self.wasted.swap(true, Ordering::Relaxed) {
            (self.waste)(self.context());
        }
        self.below.allocate(request)
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.below.free(allocation) }
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&self.below)
    }
}

fn calls_once_more(context: &DeviceContext) {
    // SAFETY: the device is live, and no queue of it is in use.
    unsafe { context.device().device_wait_idle() }.unwrap();
}

fn allocates_once_more(_: &DeviceContext) {
    drop(black_box(Box::new(0_u8)));
}

/// What differs between the real backends and one that wastes something.
fn differences(wasteful: Backend) -> Vec<Difference> {
    let baseline = Baseline::measure(BACKENDS, None).unwrap();
    let mut backends = BACKENDS.to_vec();
    let place = backends.iter_mut().find(|backend| backend.name == "direct").unwrap();
    *place = wasteful;
    baseline.differences(&Baseline::measure(&backends, None).unwrap())
}

fn only(what: &str, differences: &[Difference]) {
    // Five traces, two levels, bare and through the manager.
    assert_eq!(differences.len(), 20, "{differences:#?}");
    for difference in differences {
        assert_eq!(difference.what, what, "{difference}");
        let (before, now) = (difference.before.unwrap_or(0), difference.now.unwrap_or(0));
        assert_eq!(now, before + 1, "{difference}");
    }
}

#[test]
fn counting_twice_counts_the_same() {
    let first = Baseline::measure(BACKENDS, None).unwrap();
    assert_eq!(first.differences(&Baseline::measure(BACKENDS, None).unwrap()), []);
    assert!(!first.counters.is_empty());
}

#[test]
fn one_more_driver_call_is_a_difference_everywhere() {
    let open = |context: &Arc<DeviceContext>| -> Result<Arc<dyn MemoryAllocator>, MemoryError> {
        Ok(Arc::new(Wasteful::new(context, calls_once_more)))
    };
    only("vkDeviceWaitIdle", &differences(Backend { name: "direct", open }));
}

#[test]
fn one_more_heap_allocation_is_a_difference_everywhere() {
    let open = |context: &Arc<DeviceContext>| -> Result<Arc<dyn MemoryAllocator>, MemoryError> {
        Ok(Arc::new(Wasteful::new(context, allocates_once_more)))
    };
    only("heap allocations", &differences(Backend { name: "direct", open }));
}

#[test]
fn a_backend_that_is_new_or_gone_is_a_difference() {
    let baseline = Baseline::measure(BACKENDS, None).unwrap();
    let nobody = Baseline::measure(&[], None).unwrap();
    assert!(!baseline.differences(&nobody).is_empty());
    assert!(!nobody.differences(&baseline).is_empty());
}

#[test]
fn instructions_count_only_with_the_same_toolchain_and_beyond_two_per_cent() {
    let counted = |toolchain: &str, instructions: u64| {
        let counters = [("instructions".to_owned(), instructions)].into();
        let counters = [("memory/t1-churn/direct".to_owned(), counters)].into();
        Baseline { toolchain: toolchain.to_owned(), counters }
    };
    let baseline = counted("a", 1_000);
    assert_eq!(baseline.differences(&counted("a", 1_020)), []);
    assert_eq!(baseline.differences(&counted("b", 2_000)), []);
    let beyond = baseline.differences(&counted("a", 1_021));
    assert_eq!(beyond.len(), 1, "{beyond:?}");
    assert_eq!(baseline.differences(&counted("a", 979)).len(), 1, "a gain is blessed as well");
}
