//! The timelines of a queue: read without a lock by whoever retires, replaced as a whole by whoever attaches.
//!
//! Protocol: a [`View`] is a list that never changes. `version` says which list is current; it is written under the lock of
//! `current`, after the list. A retirer that holds the list of that version uses it as it is; any other one takes the lock.
//! Acquire and release: a version that is seen comes with what its writer did before.

use std::{
    mem::{self, ManuallyDrop},
    num::NonZeroU32,
    ops::Deref,
    sync::{Arc, atomic::Ordering},
};

use super::{garbage::Wait, slots::Slots};
use crate::{
    GpuTimeline,
    callback::contained,
    point::{Point, Points, TimelineId},
    sync::{AtomicU64, Mutex, lock},
};

/// One timeline and its name.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) id: TimelineId,
    pub(super) timeline: Guarded,
}

/// A timeline, whose end is contained as its calls are.
#[derive(Clone, Debug)]
pub(super) struct Guarded {
    // Invariant: present until drop.
    timeline: ManuallyDrop<Arc<dyn GpuTimeline>>,
}

impl Deref for Guarded {
    type Target = dyn GpuTimeline;

    #[inline]
    fn deref(&self) -> &(dyn GpuTimeline + 'static) {
        &**self.timeline
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: present until now (invariant), and never looked at again.
        let timeline = unsafe { ManuallyDrop::take(&mut self.timeline) };
        contained(move || drop(timeline));
    }
}

/// The timelines at one time.
pub(super) type List = Arc<[Attached]>;

#[derive(Debug)]
pub(super) struct Registry {
    version: AtomicU64,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    list: List,
    named: u32,
}

impl Registry {
    pub(super) fn new() -> Self {
        let current = Current { list: Arc::new([]), named: 0 };
        Self { version: AtomicU64::new(0), current: Mutex::new(current) }
    }

    /// `None` if 2^32 were attached already.
    pub(super) fn attach(&self, timeline: Arc<dyn GpuTimeline>) -> Option<TimelineId> {
        let timeline = Guarded { timeline: ManuallyDrop::new(timeline) };
        let mut current = lock(&self.current);
        let named = current.named.checked_add(1)?;
        let id = TimelineId(NonZeroU32::new(named)?);
        let known = current.list.iter().cloned();
        let longer = known.chain([Attached { id, timeline }]).collect();
        let old = mem::replace(&mut current.list, longer);
        current.named = named;
        self.version.fetch_add(1, Ordering::Release);
        drop(current);
        drop(old);
        Some(id)
    }

    /// Takes `id` off the list and says whether it was on it.
    pub(super) fn detach(&self, id: TimelineId) -> bool {
        let mut current = lock(&self.current);
        let kept: List = current.list.iter().filter(|known| known.id != id).cloned().collect();
        if kept.len() == current.list.len() {
            return false;
        }
        let old = mem::replace(&mut current.list, kept);
        self.version.fetch_add(1, Ordering::Release);
        drop(current);
        // Outside the lock: the last handle of a timeline is the user's code.
        drop(old);
        true
    }

    #[inline]
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The list, and its version.
    pub(super) fn current(&self) -> (List, u64) {
        let current = lock(&self.current);
        (Arc::clone(&current.list), self.version())
    }
}

/// Points of more timelines than an entry has room for.
pub(super) type Crowds = Slots<Box<[Point]>>;

/// What everything in flight or being recorded now will have reached; never, if a timeline panics.
#[inline]
pub(super) fn upcoming(list: &[Attached], crowds: &Crowds) -> Wait {
    match list {
        [] => Wait::Unknown,
        [one] => Wait::One(one.upcoming()),
        few if few.len() <= Points::MOST => {
            let mut points = Points::NONE;
            few.iter().all(|it| points.insert(it.upcoming()));
            Wait::Few(points)
        }
        // Beyond 2^32 of them nobody knows.
        many => crowds.put(all(many)).map_or(Wait::Unknown, Wait::Many),
    }
}

/// The same as a list.
#[cold]
pub(super) fn all(list: &[Attached]) -> Box<[Point]> {
    list.iter().map(Attached::upcoming).collect()
}

impl Attached {
    /// A timeline that panics is never reached.
    #[inline]
    pub(super) fn upcoming(&self) -> Point {
        let value = contained(|| self.timeline.upcoming()).unwrap_or(u64::MAX);
        Point { timeline: self.id, value }
    }

    /// A timeline that panics has reached nothing.
    pub(super) fn completed(&self) -> u64 {
        contained(|| self.timeline.completed()).unwrap_or(0)
    }
}
