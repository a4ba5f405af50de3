//! Waiting for something that another thread changes.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Where threads wait until something has changed, at most for a while.
///
/// Whoever changes it does so first and [opens](Self::open) the gate then.
/// That takes the lock for a moment, so that nobody who looked before falls asleep behind it.
#[derive(Debug, Default)]
pub(super) struct Gate {
    lock: Mutex<()>,
    moved: Condvar,
}

/// The end of a wait; none, if it is beyond what the clock can tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Option<Instant>);

impl Gate {
    /// Has everybody who waits look again.
    pub(super) fn open(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.moved.notify_all();
    }

    /// Waits until `done`, and says whether that came in time.
    ///
    /// `done` runs under the lock of the gate: it looks, and does nothing else.
    pub(super) fn wait(&self, deadline: Deadline, done: impl Fn() -> bool) -> bool {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !done() {
            let left = deadline.left();
            if left.is_zero() {
                return false;
            }
            let waited = self.moved.wait_timeout(guard, left);
            guard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Deadline {
    pub(super) fn after(at_most: Duration) -> Self {
        Self(Instant::now().checked_add(at_most))
    }

    pub(super) fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
    }
}

/// As Vulkan counts timeouts; beyond 584 years it is for ever.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
