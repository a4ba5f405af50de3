//! What all handles of a queue share, and how it is emptied.
//!
//! Protocol: whoever drains takes `waiting` out of its lock and puts it back afterwards. So one drain runs at a time, no lock
//! is held while garbage dies, and garbage may do what it likes with the queue.

use std::{
    fmt,
    mem::ManuallyDrop,
    time::{Duration, Instant},
};

use rm_alloc_core::{DeviceBudgetManager, MemoryRelief, ReliefStage, Shortage};

use super::{
    garbage::{Entry, Freed, Garbage, Resource, Resources},
    intake::Intake,
    registry::{Crowds, Registry},
    statistics::{Forgotten, QueueStatistics},
    waiting::Waiting,
};
use crate::{
    TimelineError,
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
}

type Hearer = Box<dyn Fn(&Forgotten) + Send + Sync>;

/// The shared part.
pub(super) struct QueueCore {
    pub(super) manager: DeviceBudgetManager,
    pub(super) registry: Registry,
    pub(super) resources: Resources,
    pub(super) crowds: Crowds,
    pub(super) intake: Intake<Entry>,
    /// `None` while somebody drains.
    waiting: Mutex<Option<Box<Waiting>>>,
    figures: Mutex<Totals>,
    hearer: Mutex<Option<Hearer>>,
}

/// Totals since the beginning, and what they were at the last reset.
#[derive(Debug, Default)]
struct Totals {
    now: QueueStatistics,
    before: QueueStatistics,
}

impl QueueCore {
    pub(super) fn new(manager: DeviceBudgetManager, capacity: usize) -> Self {
        Self {
            manager,
            registry: Registry::new(),
            resources: Resources::with_capacity(capacity),
            crowds: Crowds::with_capacity(0),
            intake: Intake::new(capacity),
            waiting: Mutex::new(Some(Box::new(Waiting::with_capacity(capacity)))),
            figures: Mutex::default(),
            hearer: Mutex::new(None),
        }
    }

    pub(super) fn drain(&self, limit: DrainLimit) -> Drained {
        self.round(limit, |_| false, |_| ())
    }

    /// # Safety
    ///
    /// - The device is done with everything that was retired.
    pub(super) unsafe fn flush(&self) -> Drained {
        let Some(mut turn) = Turn::begin(self) else { return Drained::default() };
        turn.waiting.take_in(&self.intake, &self.crowds);
        turn.waiting.ripen();
        turn.destroy(DrainLimit::default(), |now| &mut now.flushed, |_| ())
    }

    /// Waits for every timeline until `until`, for ever if there is no such moment, and destroys what that makes ready.
    pub(super) fn finish(&self, until: Option<Instant>) -> Result<Drained, TimelineError> {
        const FOR_EVER: Duration = Duration::from_secs(u64::MAX >> 1);
        let left =
            || until.map_or(FOR_EVER, |until| until.saturating_duration_since(Instant::now()));
        let (list, _) = self.registry.current();
        let (mut done, mut answer) = (Vec::<TimelineId>::new(), Ok(()));
        for attached in &*list {
            // A panic is no answer, and nothing of it counts as reached.
            match contained(|| attached.timeline.wait(u64::MAX, left())) {
                Some(Ok(true)) => done.push(attached.id),
                Some(Ok(false)) | None => {}
                Some(Err(error)) => {
                    answer = Err(error);
                    if error == TimelineError::DeviceLost {
                        done.push(attached.id);
                    }
                }
            }
        }
        let mut all = Drained::default();
        loop {
            let round = self.round(DrainLimit::default(), |id| done.contains(&id), |_| ());
            all.add(round);
            // Garbage that queues garbage without an end does not keep us.
            if round.entries == 0 || left().is_zero() {
                return answer.map(|()| all);
            }
        }
    }

    /// One drain: takes in, looks, destroys, and tells `tell` what came back.
    fn round(
        &self,
        limit: DrainLimit,
        done: impl Fn(TimelineId) -> bool,
        tell: impl FnMut(Freed),
    ) -> Drained {
        let Some(mut turn) = Turn::begin(self) else { return Drained::default() };
        let before = turn.waiting.examined;
        turn.waiting.take_in(&self.intake, &self.crowds);
        let (list, _) = self.registry.current();
        turn.waiting.look(&list, &self.crowds, done);
        let examined = turn.waiting.examined - before;
        let drained = turn.destroy(limit, |now| &mut now.destroyed, tell);
        Drained { examined, ..drained }
    }

    pub(super) fn set_hearer(&self, hearer: Hearer) {
        let old = lock(&self.hearer).replace(hearer);
        contained(move || drop(old));
    }

    pub(super) fn statistics(&self) -> QueueStatistics {
        let figures = lock(&self.figures);
        let (now, before) = (figures.now, figures.before);
        let (queued, spilled) = (self.intake.count(), self.intake.spilled());
        QueueStatistics {
            capacity: self.intake.capacity(),
            queued: queued - before.queued,
            destroyed: now.destroyed - before.destroyed,
            flushed: now.flushed - before.flushed,
            panicked: now.panicked - before.panicked,
            waiting: queued.saturating_sub(now.destroyed + now.flushed),
            high_water: now.high_water,
            growths: now.growths - before.growths,
            spilled: spilled - before.spilled,
        }
    }

    pub(super) fn reset_statistics(&self) {
        let mut figures = lock(&self.figures);
        figures.now.high_water = 0;
        let (queued, spilled) = (self.intake.count(), self.intake.spilled());
        figures.before = QueueStatistics { queued, spilled, ..figures.now };
    }
}

impl Drained {
    pub(crate) fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.bytes += other.bytes;
        self.panicked += other.panicked;
        self.examined += other.examined;
        self.left = other.left;
    }
}

/// Whoever drains, until dropped.
struct Turn<'q> {
    core: &'q QueueCore,
    // Invariant: taken out of `core.waiting`, and put back on drop.
    waiting: ManuallyDrop<Box<Waiting>>,
    capacity: usize,
}

impl<'q> Turn<'q> {
    /// `None` if somebody else drains.
    fn begin(core: &'q QueueCore) -> Option<Self> {
        let waiting = ManuallyDrop::new(lock(&core.waiting).take()?);
        let capacity = waiting.capacity();
        Some(Self { core, waiting, capacity })
    }

    /// Destroys what is ready, up to `limit`, counts it in `total`, and tells `tell` what came back.
    fn destroy(
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
        let now = &mut lock(&core.figures).now;
        *total(now) += drained.entries;
        now.panicked += drained.panicked;
        now.high_water = now.high_water.max(found);
        now.growths += u64::from(self.waiting.capacity() > self.capacity);
        drained
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // SAFETY: there until now (invariant), and never looked at again.
        let waiting = unsafe { ManuallyDrop::take(&mut self.waiting) };
        *lock(&self.core.waiting) = Some(waiting);
    }
}

/// Asked by the manager, which holds the queue weakly.
impl MemoryRelief for QueueCore {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Collect
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        let (context, mut bytes) = (self.manager.context(), 0);
        let count = |freed: Freed| {
            bytes += if eases(context, shortage, freed.memory_type) { freed.bytes } else { 0 };
        };
        self.round(DrainLimit::default(), |_| false, count);
        bytes
    }
}

impl Drop for QueueCore {
    fn drop(&mut self) {
        // Nobody can retire any more, but garbage that owns garbage.
        while self.drain(DrainLimit::default()).entries > 0 {}
        let waiting = lock(&self.waiting).take();
        let forgotten = waiting.map(|waiting| self.forget(*waiting)).unwrap_or_default();
        if forgotten.entries() == 0 {
            return;
        }
        match lock(&self.hearer).take() {
            Some(hear) => {
                contained(move || hear(&forgotten));
            }
            None => report(&forgotten),
        }
    }
}

impl QueueCore {
    fn forget(&self, waiting: Waiting) -> Forgotten {
        let mut forgotten = Forgotten::default();
        for garbage in waiting.forget() {
            match garbage {
                Garbage::Call(_) => forgotten.calls += 1,
                Garbage::Object(_) => forgotten.objects += 1,
                Garbage::Resource(slot) => {
                    forgotten.resources += 1;
                    let resource = self.resources.take(slot).map(ManuallyDrop::into_inner);
                    forgotten.bytes += resource.map(Resource::leak).unwrap_or_default().bytes;
                }
            }
        }
        forgotten
    }
}

#[expect(clippy::print_stderr, reason = "a leak that nobody listens to must not be silent")]
fn report(forgotten: &Forgotten) {
    eprintln!("rm-lifetime: {forgotten}");
}

impl fmt::Debug for QueueCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredDestructionQueue")
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
