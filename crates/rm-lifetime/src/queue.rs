//! Deferred destruction: garbage waits until the device is done with it.

mod call;
mod drain;
mod ends;
mod garbage;
mod intake;
#[cfg(all(test, loom))]
mod model;
mod registry;
mod retirer;
mod slots;
mod stamp;
mod statistics;
mod waiting;

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use rm_alloc_core::{DeviceBudgetManager, MemoryRelief};

use self::drain::QueueCore;
pub use self::{
    drain::{DrainLimit, Drained},
    retirer::Retirer,
    stamp::Stamp,
    statistics::{Forgotten, QueueStatistics},
};
pub(crate) use self::{garbage::Home, stamp::Progress};
use crate::{GpuTimeline, TimelineError, point::TimelineId};

/// Destroys what it is given as soon as the device is done with it, and not before.
///
/// Whatever goes in through a [`Retirer`] waits for its points, and a [`drain`](Self::drain), once a frame, destroys what is
/// ready, in the order in which it was retired. Of all this only [`shutdown`](Self::shutdown) ever waits.
///
/// Until a timeline is [attached](Self::attach), nothing is ready.
/// Attach one for every queue that is submitted to, before anything is retired; whoever submits work keeps what it uses out
/// of this queue, or lets an attached timeline signal the value that was upcoming when it was retired.
///
/// Dropping the queue lets what is in it wait on: handles keep it going, and the last one destroys what is ready, forgets the
/// rest and reports it. A closure that owns a retirer of the queue that it waits in keeps both for ever.
///
/// The queue is a [`MemoryRelief`]: where memory runs out, what is ready dies at once.
#[derive(Debug)]
pub struct DeferredDestructionQueue {
    core: Arc<QueueCore>,
}

/// A queue, seen by somebody who does not keep it.
#[derive(Clone, Debug)]
pub(crate) struct WeakQueue(Weak<QueueCore>);

impl WeakQueue {
    /// One drain; `None` if the queue is gone.
    pub(crate) fn drain(&self, limit: DrainLimit) -> Option<Drained> {
        Some(self.0.upgrade()?.drain(limit))
    }
}

impl DeferredDestructionQueue {
    /// Entries that [`new`](Self::new) makes room for.
    pub const CAPACITY: usize = 512;

    /// A queue for what `manager` and its device made.
    pub fn new(manager: &DeviceBudgetManager) -> Self {
        Self::with_capacity(manager, Self::CAPACITY)
    }

    /// A queue with room for `entries` between two drains, and as many that wait; beyond that it grows.
    pub fn with_capacity(manager: &DeviceBudgetManager, entries: usize) -> Self {
        let core = Arc::new(QueueCore::new(manager.clone(), entries));
        let relief: Arc<dyn MemoryRelief> = Arc::clone(&core) as _;
        manager.attach_relief(&relief);
        Self { core }
    }

    /// Attaches a timeline, for which everything that is retired from now on waits as well.
    ///
    /// # Errors
    ///
    /// [`TimelineError::Exhausted`], and nothing changed, after 2^32 of them.
    pub fn attach(&self, timeline: Arc<dyn GpuTimeline>) -> Result<TimelineId, TimelineError> {
        self.core.registry.attach(timeline).ok_or(TimelineError::Exhausted)
    }

    /// Detaches a timeline, whose points count as reached from now on; `false` if it is not attached.
    ///
    /// # Safety
    ///
    /// - `timeline` was attached to this queue.
    /// - The device is done with everything that was submitted on it, and nothing more will be.
    pub unsafe fn detach(&self, timeline: TimelineId) -> bool {
        self.core.registry.detach(timeline)
    }

    /// What puts garbage in: cheap to clone, and works after the queue object is gone.
    pub fn retirer(&self) -> Retirer {
        self.core.retirer()
    }

    /// Destroys what is ready, up to `limit`; what is left of it comes first next time.
    ///
    /// Garbage that retires more is welcome, and so is garbage that panics: it counts as destroyed, and the rest goes on.
    /// One drain runs at a time; another one meanwhile, be it from within, returns at once with nothing but
    /// [`Drained::busy`].
    pub fn drain(&self, limit: DrainLimit) -> Drained {
        self.core.drain(limit)
    }

    /// Destroys everything, ready or not, and what that queues, up to 64 times over.
    ///
    /// Does nothing while somebody else drains, and says so: [`Drained::busy`].
    ///
    /// # Safety
    ///
    /// - The device is done with everything that was retired here.
    pub unsafe fn flush(&self) -> Drained {
        // SAFETY: the same promise.
        unsafe { self.core.flush() }
    }

    /// Waits until the device is done with what was submitted, for `at_most` in all, and destroys what is ready by then.
    ///
    /// Work that was recorded and not yet submitted is not waited for: submit it before, or never.
    /// What is submitted by others meanwhile is not touched. Garbage that queues garbage is followed 64 times.
    /// What is not ready in time is forgotten and [reported](Self::on_forgotten) when the last handle goes.
    ///
    /// A [`FrameTimeline`](crate::FrameTimeline) cannot wait for the device, it only watches frames begin: begin as many as
    /// are in flight before, or flush.
    ///
    /// # Errors
    ///
    /// [`TimelineError::DeviceLost`] if any timeline says so, after everything was destroyed, because a lost device is done;
    /// another error of a timeline, after what was ready without it was destroyed.
    pub fn shutdown(self, at_most: Duration) -> Result<Drained, TimelineError> {
        let until = Instant::now().checked_add(at_most);
        self.core.finish(until)
    }

    /// Sets who hears of what has to be forgotten when the last handle goes; standard error, if nobody does.
    ///
    /// Forgotten buffers and images are also leaks of their allocator, which reports them by label.
    pub fn on_forgotten(&self, hear: impl Fn(&Forgotten) + Send + Sync + 'static) {
        self.core.set_hearer(Box::new(hear));
    }

    /// What the queue has done so far.
    pub fn statistics(&self) -> QueueStatistics {
        self.core.statistics()
    }

    /// Starts totals and high-water mark anew; what waits stays counted.
    pub fn reset_statistics(&self) {
        self.core.reset_statistics();
    }

    /// Whose resources these are.
    pub fn manager(&self) -> &DeviceBudgetManager {
        &self.core.manager
    }

    /// For those who must not keep it.
    pub(crate) fn downgrade(&self) -> WeakQueue {
        WeakQueue(Arc::downgrade(&self.core))
    }
}
