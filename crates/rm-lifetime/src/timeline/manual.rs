//! A timeline that is moved by hand.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::gate::{Deadline, Gate};
use crate::{GpuTimeline, TimelineError};

/// A timeline that its owner moves: for tests, simulated devices and engines that learn of progress in their own way.
///
/// ```
/// use rm_lifetime::{GpuTimeline, ManualTimeline};
///
/// // Sound: no device is involved.
/// let timeline = unsafe { ManualTimeline::new() };
/// assert_eq!((timeline.completed(), timeline.upcoming()), (0, 1));
///
/// let frame = timeline.submit();
/// assert_eq!((frame, timeline.upcoming()), (1, 2));
/// timeline.complete(frame);
/// assert_eq!(timeline.completed(), 1);
/// ```
#[derive(Debug)]
pub struct ManualTimeline {
    // Both only grow. Acquire and release: who sees a value sees what its writer did before.
    submitted: AtomicU64,
    completed: AtomicU64,
    moved: Gate,
}

impl ManualTimeline {
    /// A timeline at 0, on which nothing was submitted.
    ///
    /// # Safety
    ///
    /// - Whatever is submitted on its behalf signals the value that [`submit`](Self::submit) answered, or less, and
    ///   [`complete`](Self::complete) is called with a value only when the device is done with all work up to it.
    pub unsafe fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self { submitted: zero(), completed: zero(), moved: Gate::default() }
    }

    /// The value of what is about to be submitted; the next one is one more.
    pub fn submit(&self) -> u64 {
        // Nobody counts to 2^64.
        self.submitted.fetch_add(1, Ordering::AcqRel).wrapping_add(1)
    }

    /// Notes that all work up to `value` is finished; a smaller value than before changes nothing.
    pub fn complete(&self, value: u64) {
        self.completed.fetch_max(value, Ordering::AcqRel);
        self.moved.open();
    }
}

// SAFETY: values are moved by whoever made the timeline and vouched for them (`new`); `upcoming` is more than all that was
// submitted, and `wait` answers by `completed` alone.
unsafe impl GpuTimeline for ManualTimeline {
    fn completed(&self) -> u64 {
        self.completed.load(Ordering::Acquire)
    }

    fn upcoming(&self) -> u64 {
        self.submitted.load(Ordering::Acquire).saturating_add(1)
    }

    fn wait(&self, value: u64, at_most: Duration) -> Result<bool, TimelineError> {
        let value = value.min(self.submitted.load(Ordering::Acquire));
        Ok(self.moved.wait(Deadline::after(at_most), || self.completed() >= value))
    }
}
