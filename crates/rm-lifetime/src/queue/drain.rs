//! What all handles of a queue share, and how it is emptied.
//!
//! Protocol: whoever drains takes the entries out of `place`, leaves its own thread there, and puts them back afterwards. So one
//! drain runs at a time, no lock is held while garbage dies, and garbage may do what it likes with the queue.

use std::{
    fmt,
    mem::{self, ManuallyDrop},
    sync::{Arc, Weak},
    thread::{self, ThreadId},
};

use rm_alloc_core::{DeviceBudgetManager, MemoryRelief, ReliefStage, Shortage};

use super::{
    garbage::{Entry, Freed, Garbage, Resources},
    intake::Intake,
    registry::{Crowds, Registry},
    retirer::{Retirer, View},
    statistics::{Forgotten, QueueStatistics, Totals},
    waiting::Waiting,
};
use crate::{
    callback::contained,
    point::TimelineId,
    spares::eases,
    sync::{Mutex, lock},
};

/// How much one drain may do; `None` is without a bound.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DrainLimit {
    /// Most entries.
    pub entries: Option<u32>,
    /// Bytes after which it stops: the entry that reaches them is the last one.
    pub bytes: Option<u64>,
}

/// What a drain has done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Drained {
    /// Entries that were destroyed.
    pub entries: u64,
    /// Bytes of the buffers, images and blocks among them that nobody else holds.
    pub bytes: u64,
    /// Entries that panicked; they count as destroyed.
    pub panicked: u64,
    /// Entries that were looked at because a point of theirs was reached.
    pub examined: u64,
    /// Entries that are ready, and beyond the limit.
    pub left: u64,
    /// Whether somebody else was draining, so that nothing, or not all, was done.
    pub busy: bool,
}

/// Most entries that room is made for beforehand.
const MOST_ROOM: usize = 1 << 20;

pub(super) type Hearer = Box<dyn Fn(&Forgotten) + Send + Sync>;

/// The shared part.
pub(super) struct QueueCore {
    pub(super) manager: DeviceBudgetManager,
    pub(super) registry: Registry,
    pub(super) resources: Resources,
    pub(super) crowds: Crowds,
    pub(super) intake: Intake<Entry>,
    place: Mutex<Place>,
    pub(super) totals: Mutex<Totals>,
    pub(super) hearer: Mutex<Option<Hearer>>,
    view: Mutex<Weak<View>>,
}

/// Where the entries are.
#[derive(Debug)]
enum Place {
    Here(Box<Waiting>),
    /// With whoever drains.
    With(ThreadId),
}

impl QueueCore {
    /// Room for `capacity` entries, within reason.
    pub(super) fn new(manager: DeviceBudgetManager, capacity: usize) -> Self {
        let capacity = capacity.min(MOST_ROOM);
        Self {
            manager,
            registry: Registry::new(),
            resources: Resources::with_capacity(capacity),
            crowds: Crowds::with_capacity(0),
            intake: Intake::new(capacity),
            place: Mutex::new(Place::Here(Box::new(Waiting::with_capacity(capacity)))),
            totals: Mutex::default(),
            hearer: Mutex::new(None),
            view: Mutex::new(Weak::new()),
        }
    }

    /// A retirer that knows the timelines of the moment.
    pub(super) fn retirer(self: &Arc<Self>) -> Retirer {
        Retirer::new(self.view())
    }

    /// The view of the day.
    pub(super) fn view(self: &Arc<Self>) -> Arc<View> {
        View::of(self, &self.view)
    }

    pub(super) fn drain(&self, limit: DrainLimit) -> Drained {
        let Ok(mut turn) = Turn::begin(self) else { return Drained::BUSY };
        turn.take_in();
        let examined = turn.look(|_| 0);
        let drained = turn.destroy(limit, |totals| &mut totals.destroyed, |_| ());
        Drained { examined, ..drained }
    }

    pub(super) fn set_hearer(&self, hearer: Hearer) {
        let old = lock(&self.hearer).replace(hearer);
        contained(move || drop(old));
    }

    pub(super) fn statistics(&self) -> QueueStatistics {
        lock(&self.totals).statistics(&self.intake)
    }

    pub(super) fn reset_statistics(&self) {
        lock(&self.totals).reset(&self.intake);
    }
}

impl Drained {
    /// Somebody else drains.
    pub(super) const BUSY: Self =
        Self { entries: 0, bytes: 0, panicked: 0, examined: 0, left: 0, busy: true };

    pub(crate) fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.bytes += other.bytes;
        self.panicked += other.panicked;
        self.examined += other.examined;
        self.left = other.left;
        self.busy |= other.busy;
    }
}

/// Whoever drains, until dropped.
pub(super) struct Turn<'q> {
    core: &'q QueueCore,
    // Invariant: taken out of `core.place`, and put back on drop.
    waiting: ManuallyDrop<Box<Waiting>>,
    capacity: usize,
}

impl<'q> Turn<'q> {
    /// Takes the entries; the thread that has them otherwise.
    pub(super) fn begin(core: &'q QueueCore) -> Result<Self, ThreadId> {
        let mut place = lock(&core.place);
        if let Place::With(thread) = *place {
            return Err(thread);
        }
        match mem::replace(&mut *place, Place::With(thread::current().id())) {
            Place::With(thread) => Err(thread),
            Place::Here(waiting) => {
                let capacity = waiting.capacity();
                Ok(Self { core, waiting: ManuallyDrop::new(waiting), capacity })
            }
        }
    }

    pub(super) fn take_in(&mut self) {
        self.waiting.take_in(&self.core.intake, &self.core.crowds);
    }

    /// Finds what is ready, where each timeline is `at_least` that far, and says how many entries that took.
    pub(super) fn look(&mut self, at_least: impl Fn(TimelineId) -> u64) -> u64 {
        let before = self.waiting.examined;
        let (list, _) = self.core.registry.current();
        self.waiting.look(&list, &self.core.crowds, at_least);
        self.waiting.examined - before
    }

    /// Counts everything as ready, and says how much that was.
    pub(super) fn ripen(&mut self) -> u64 {
        self.waiting.ripen(&self.core.crowds)
    }

    /// Destroys what is ready, up to `limit`, counts it in `total`, and tells `tell` what came back.
    pub(super) fn destroy(
        &mut self,
        limit: DrainLimit,
        total: impl Fn(&mut QueueStatistics) -> &mut u64,
        mut tell: impl FnMut(Freed),
    ) -> Drained {
        let (core, found) = (self.core, self.waiting.count() as u64);
        let most = limit.entries.map_or(u64::MAX, u64::from);
        let enough = limit.bytes.unwrap_or(u64::MAX);
        let mut drained = Drained::default();
        let mut more = true;
        while more {
            let (waiting, drained) = (&mut *self.waiting, &mut drained);
            // One net for many: after a panic it goes on behind the one that panicked.
            let ended = contained(|| {
                while drained.entries < most && drained.bytes < enough {
                    let Some(garbage) = waiting.next_ready() else { break };
                    drained.entries += 1;
                    // SAFETY: its points are reached, or the caller of `flush` has promised that the device is done.
                    let freed = unsafe { garbage.destroy(&core.manager, &core.resources) };
                    if freed.bytes > 0 {
                        drained.bytes += freed.bytes;
                        tell(freed);
                    }
                }
            });
            more = ended.is_none();
            drained.panicked += u64::from(more);
        }
        drained.left = self.waiting.ready();
        let now = &mut lock(&core.totals).now;
        *total(now) += drained.entries;
        now.panicked += drained.panicked;
        now.high_water = now.high_water.max(found);
        now.growths += u64::from(self.waiting.capacity() > self.capacity);
        drained
    }

    /// What is left, which nobody will ask for again.
    pub(super) fn forget(&mut self) -> impl Iterator<Item = Garbage> + use<> {
        let empty = Box::new(Waiting::with_capacity(0));
        mem::replace(&mut *self.waiting, empty).forget(&self.core.crowds)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // SAFETY: there until now (invariant), and never looked at again.
        let waiting = unsafe { ManuallyDrop::take(&mut self.waiting) };
        *lock(&self.core.place) = Place::Here(waiting);
    }
}

/// Asked by the manager, which holds the queue weakly.
impl MemoryRelief for QueueCore {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Collect
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        let Ok(mut turn) = Turn::begin(self) else { return 0 };
        turn.take_in();
        turn.look(|_| 0);
        let (context, mut bytes) = (self.manager.context(), 0);
        let count = |freed: Freed| {
            bytes += if eases(context, shortage, freed.memory_type) { freed.bytes } else { 0 };
        };
        turn.destroy(DrainLimit::default(), |totals| &mut totals.destroyed, count);
        bytes
    }
}

impl fmt::Debug for QueueCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredDestructionQueue")
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
