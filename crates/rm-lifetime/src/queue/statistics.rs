//! Figures of a queue.

use std::fmt;

use rm_alloc_core::Bytes;

use super::intake::Intake;

/// What a queue has done since it was made, or since its statistics were reset.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct QueueStatistics {
    /// Entries that fit between two drains before others have to wait behind a lock.
    pub capacity: usize,
    /// Entries that came in.
    pub queued: u64,
    /// Entries that a drain destroyed.
    pub destroyed: u64,
    /// Entries that a flush destroyed, ready or not.
    pub flushed: u64,
    /// Destroyed entries that panicked.
    pub panicked: u64,
    /// Entries that are in the queue.
    pub waiting: u64,
    /// Most entries that a drain has found.
    pub high_water: u64,
    /// How many drains found that waiting entries needed more memory.
    pub growths: u64,
    /// Entries that came in when there was no more room between two drains.
    pub spilled: u64,
}

/// Totals since the beginning, and what they were at the last reset.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) now: QueueStatistics,
    before: QueueStatistics,
}

impl Totals {
    /// What happened since the last reset.
    pub(super) fn statistics<T: Copy>(&self, intake: &Intake<T>) -> QueueStatistics {
        let Self { now, before } = self;
        let (queued, spilled) = (intake.count(), intake.spilled());
        QueueStatistics {
            capacity: intake.capacity(),
            queued: queued.wrapping_sub(before.queued),
            destroyed: now.destroyed - before.destroyed,
            flushed: now.flushed - before.flushed,
            panicked: now.panicked - before.panicked,
            waiting: queued.saturating_sub(now.destroyed + now.flushed),
            high_water: now.high_water,
            growths: now.growths - before.growths,
            spilled: spilled - before.spilled,
        }
    }

    /// Starts anew; what waits is the first mark.
    pub(super) fn reset<T: Copy>(&mut self, intake: &Intake<T>) {
        self.now.high_water = self.statistics(intake).waiting;
        let (queued, spilled) = (intake.count(), intake.spilled());
        self.before = QueueStatistics { queued, spilled, ..self.now };
    }
}

/// What had to be forgotten, because the device may still use it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Forgotten {
    /// Buffers, images and blocks, which leak.
    pub resources: u64,
    /// Other Vulkan objects, which leak.
    pub objects: u64,
    /// Closures that never ran.
    pub calls: u64,
    /// Bytes of the resources.
    pub bytes: u64,
}

impl Forgotten {
    /// Entries in all.
    pub fn entries(&self) -> u64 {
        self.resources + self.objects + self.calls
    }
}

impl fmt::Display for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resources, objects, calls, bytes } = *self;
        write!(
            f,
            "forgotten, because the device may still use it: {resources} resources ({}), {objects} objects, {calls} calls",
            Bytes(bytes)
        )
    }
}
