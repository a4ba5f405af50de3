//! What a frame costs, counted and not timed.

use std::sync::Arc;

use rm_alloc_core::{
    AllocatorCapabilities, AllocatorReport, AllocatorStats, BudgetConfig, DeviceBudgetManager,
    MemoryAllocator, ReportPage, ReportWalk, Tag,
};
use rm_headless::heap::allocations_of;
use rm_metrics::{MetricsCollector, MetricsConfig, MetricsSource};

use crate::support::{KIB, context, free, manager, request};

/// In steady state a frame allocates nothing on the heap, with a full window, tags, sources and events.
#[test]
fn a_frame_allocates_nothing_on_the_heap() {
    let (manager, sim) = manager(BudgetConfig::default());
    let queue: Arc<dyn MetricsSource + Send + Sync> =
        Arc::new(rm_lifetime::DeferredDestructionQueue::new(&manager));
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default().window(16));
    metrics.attach("queue", &queue);
    let plan = rm_alias::Plan::default();
    let pushed = metrics.register("plan", &plan);
    metrics.count_driver_calls(move || sim.counts().total());
    let buffers: Vec<_> =
        (0..100).map(|tag| manager.allocate_buffer(&request(KIB).tag(Tag(tag))).unwrap()).collect();
    let frame = |metrics: &mut MetricsCollector| {
        metrics.begin_frame();
        metrics.record(pushed, &plan);
        metrics.end_frame();
    };
    (0..16).for_each(|_| frame(&mut metrics));
    let used = metrics.column("used_bytes").unwrap();
    let count = allocations_of(|| (0..1000).for_each(|_| frame(&mut metrics)));
    assert_eq!(count, 0, "heap allocations in a thousand frames");
    let mut summary = None;
    let count = allocations_of(|| summary = metrics.window().summary(&used));
    assert_eq!((count, summary.map(|it| it.count)), (0, Some(16)), "of a summary");
    buffers.into_iter().for_each(|buffer| free(&manager, buffer));
}

/// Panics when somebody looks at more than the cheap figures.
#[derive(Debug)]
struct Unseen(Arc<dyn MemoryAllocator>);

// SAFETY: every promise is kept by the allocator below.
unsafe impl MemoryAllocator for Unseen {
    fn context(&self) -> &Arc<rm_alloc_core::DeviceContext> {
        self.0.context()
    }

    fn allocate(
        &self,
        request: &rm_alloc_core::MemoryRequest<'_>,
    ) -> Result<rm_alloc_core::Allocation, rm_alloc_core::MemoryError> {
        self.0.allocate(request)
    }

    unsafe fn free(&self, allocation: rm_alloc_core::Allocation) {
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.0.free(allocation) };
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&*self.0)
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        self.0.capabilities()
    }

    fn stats(&self) -> AllocatorStats {
        panic!("a frame asked for statistics")
    }

    fn report(&self) -> AllocatorReport {
        panic!("a frame walked the report")
    }

    fn report_page(&self, _: &mut ReportWalk, _: &mut ReportPage) -> bool {
        panic!("a frame walked the pages")
    }
}

/// No frame walks over allocations: the allocator is not asked anything at all.
#[test]
fn a_frame_asks_the_allocator_nothing() {
    let (context, _sim) = context(rm_vksim::Profile::desktop_rebar(), false);
    let direct = Arc::new(rm_alloc_direct::DirectAllocator::new(&context));
    let allocator = Arc::new(Unseen(direct));
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let buffer = manager.allocate_buffer(&request(KIB)).unwrap();
    metrics.begin_frame();
    assert_eq!(metrics.end_frame().frame.allocation_count, 1);
    let delta = manager.end_frame();
    assert_eq!(metrics.collect(&delta).frame.frame, 1);
    free(&manager, buffer);
}

/// Collector, log and tracker go where the program wants them.
#[test]
fn collectors_move_and_logs_are_shared_between_threads() {
    fn moves<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    moves::<MetricsCollector>();
    is_shared::<rm_metrics::EventLog>();
    is_shared::<rm_metrics::AllocationTracker>();
    is_shared::<rm_metrics::Dump>();
}
