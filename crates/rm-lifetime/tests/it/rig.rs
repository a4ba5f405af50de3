//! A simulated device of any profile with a queue and one timeline, for what lives beside the queue.

use std::sync::Arc;

use rm_alloc_core::{BudgetConfig, DeviceBudgetManager};
use rm_lifetime::{
    DeferredDestructionQueue, DrainLimit, ManualTimeline, Point, RetireAt, TimelineId,
};
use rm_vksim::{Profile, SimDevice};

use crate::support::{at, attach, manager, simulated};

/// A manager over the pass-through backend, a queue, and one timeline.
pub(crate) struct Rig {
    pub(crate) manager: DeviceBudgetManager,
    pub(crate) queue: DeferredDestructionQueue,
    pub(crate) timeline: Arc<ManualTimeline>,
    pub(crate) id: TimelineId,
    pub(crate) sim: Arc<SimDevice>,
}

impl Rig {
    pub(crate) fn new(profile: Profile) -> Self {
        Self::with(profile, BudgetConfig::default())
    }

    pub(crate) fn with(profile: Profile, config: BudgetConfig) -> Self {
        let (context, sim) = simulated(profile);
        let manager = manager(&context, config);
        let queue = DeferredDestructionQueue::new(&manager);
        let (id, timeline) = attach(&queue);
        Self { manager, queue, timeline, id, sim }
    }

    /// The point at which the timeline reaches `value`.
    pub(crate) fn at(&self, value: u64) -> RetireAt {
        at(&[Point { timeline: self.id, value }])
    }

    /// Submits what was recorded, and lets the device finish it.
    pub(crate) fn finish(&self) {
        self.timeline.complete(self.timeline.submit());
    }

    pub(crate) fn drain(&self) {
        self.queue.drain(DrainLimit::default());
    }

    /// The end of a test: when the device is done with everything, nothing is left and no rule was broken.
    pub(crate) fn end(self) {
        self.finish();
        self.drain();
        assert_eq!(self.manager.stats().used, 0, "all bytes are back");
        assert_eq!(self.manager.stats().retiring, 0);
        let heaps = 0..self.sim.profile().heaps.len();
        let left: u64 = heaps.map(|heap| self.sim.heap_usage(u32::try_from(heap).unwrap())).sum();
        assert_eq!(left, 0, "and all memory objects");
        drop((self.queue, self.manager));
        self.sim.verdict().unwrap();
    }
}
