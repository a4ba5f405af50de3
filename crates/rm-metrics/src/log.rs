//! The log: an observer that keeps what happened, up to a bound.
//!
//! Protocol: records are behind one short lock, taken by whichever thread something happens on and by readers; nothing is
//! called while it is held. The frame number is an atomic that the collector alone stores; relaxed, because which frame an
//! event of another thread belongs to is not ordered with the end of frames anyway.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use rm_alloc_core::{EventMask, MemoryEvent, MemoryObserver};

use crate::{Event, EventRecord, EventTotals, event, sync::lock};

/// What happened lately: refusals with their explanation, pressure, blocks born and dead, leaks.
///
/// A [`MetricsCollector`](crate::MetricsCollector) has one; it may also be used alone, as any other observer.
/// Refusals, pressure and leaks have a ring of their own, so that no storm of blocks drives them out. The oldest record goes
/// first, and is counted: [`EventTotals::lost`].
///
/// ```
/// use std::sync::Arc;
///
/// use rm_alloc_core::{DeviceBudgetManager, MemoryObserver};
/// use rm_metrics::EventLog;
///
/// fn watch(manager: &DeviceBudgetManager) -> Arc<EventLog> {
///     let log = Arc::new(EventLog::new(1024));
///     let observer: Arc<dyn MemoryObserver> = log.clone();
///     manager.observe(&observer); // Held weakly: the log ends with its last handle.
///     manager.context().observe(&observer);
///     log
/// }
/// ```
pub struct EventLog {
    began: Instant,
    mask: EventMask,
    frame: AtomicU64,
    // A copy of `totals.refused`, relaxed: it is read once a frame, and the lock would only make it wait.
    refused: AtomicU64,
    log: Mutex<Rings>,
}

#[derive(Debug)]
struct Rings {
    // Invariant: neither ring is longer than `capacity`; sequence numbers rise within each.
    capacity: usize,
    blocks: VecDeque<EventRecord>,
    others: VecDeque<EventRecord>,
    totals: EventTotals,
    sequence: u64,
}

impl EventLog {
    /// What a log listens to unless told otherwise: everything but single allocations and frees.
    pub const MASK: EventMask =
        EventMask::all().difference(EventMask::ALLOCATED).difference(EventMask::FREED);

    /// A log of at most `records` blocks and as many other events.
    pub fn new(records: usize) -> Self {
        Self::with_mask(records, Self::MASK)
    }

    /// A log that listens to `mask` alone.
    pub fn with_mask(records: usize, mask: EventMask) -> Self {
        Self {
            began: Instant::now(),
            mask,
            frame: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            log: Mutex::new(Rings {
                capacity: records.max(1),
                blocks: VecDeque::new(),
                others: VecDeque::new(),
                totals: EventTotals::default(),
                sequence: 0,
            }),
        }
    }

    /// How often each kind of event has happened.
    pub fn totals(&self) -> EventTotals {
        lock(&self.log).totals
    }

    /// Copies the records that are there, oldest first.
    pub fn records(&self) -> Vec<EventRecord> {
        let rings = lock(&self.log);
        let mut records: Vec<_> = rings.blocks.iter().chain(&rings.others).cloned().collect();
        drop(rings);
        records.sort_unstable_by_key(|record| record.sequence);
        records
    }

    /// Takes the records that are there, oldest first; for those who write them down as they come.
    pub fn take(&self) -> Vec<EventRecord> {
        let mut rings = lock(&self.log);
        let mut records = Vec::with_capacity(rings.blocks.len() + rings.others.len());
        let Rings { blocks, others, .. } = &mut *rings;
        records.extend(blocks.drain(..).chain(others.drain(..)));
        drop(rings);
        records.sort_unstable_by_key(|record| record.sequence);
        records
    }

    /// Requests refused so far.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Nanoseconds since the log was made.
    pub(crate) fn now_ns(&self) -> u64 {
        // 584 years.
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// What happens from now on belongs to `frame`.
    pub(crate) fn set_frame(&self, frame: u64) {
        self.frame.store(frame, Ordering::Relaxed);
    }
}

impl MemoryObserver for EventLog {
    fn mask(&self) -> EventMask {
        self.mask
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        // The record is made before the lock is taken, because it copies labels.
        let event = match event {
            MemoryEvent::BlockAllocated(block) => Event::BlockBorn(block.into()),
            MemoryEvent::BlockFreed(block) => Event::BlockDied(block.into()),
            MemoryEvent::FrameThreshold(delta) => Event::FrameThreshold(*delta),
            MemoryEvent::Leaked(block) => Event::Leaked(block.into()),
            MemoryEvent::Near(pressure) => Event::Near(*pressure),
            MemoryEvent::Over(pressure) => Event::Over(*pressure),
            MemoryEvent::Refused(error) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Event::Refused(event::keep(error))
            }
            // Single allocations are figures, not events; the list may grow.
            _ => return,
        };
        let (at_ns, frame) = (self.now_ns(), self.frame.load(Ordering::Relaxed));
        let lost = lock(&self.log).add(EventRecord { sequence: 0, at_ns, frame, event });
        // Its label is given back outside the lock.
        drop(lost);
    }
}

impl Rings {
    /// Adds a record, and answers the one that had to go.
    fn add(&mut self, mut record: EventRecord) -> Option<EventRecord> {
        record.sequence = self.sequence;
        self.sequence += 1;
        let totals = &mut self.totals;
        let (total, ring) = match &record.event {
            Event::BlockBorn(_) => (&mut totals.blocks_born, &mut self.blocks),
            Event::BlockDied(_) => (&mut totals.blocks_died, &mut self.blocks),
            Event::FrameThreshold(_) => (&mut totals.thresholds, &mut self.others),
            Event::Leaked(_) => (&mut totals.leaked, &mut self.others),
            Event::Near(_) => (&mut totals.near, &mut self.others),
            Event::Over(_) => (&mut totals.over, &mut self.others),
            Event::Refused(_) => (&mut totals.refused, &mut self.others),
        };
        *total += 1;
        let lost = if ring.len() == self.capacity { ring.pop_front() } else { None };
        totals.lost += u64::from(lost.is_some());
        ring.push_back(record);
        lost
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").field("totals", &self.totals()).finish_non_exhaustive()
    }
}
