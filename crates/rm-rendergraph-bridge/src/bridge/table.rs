//! Which quota waits for what: plain data under the bridge's lock.

use std::{
    cmp::Ordering,
    collections::BinaryHeap,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use rm_alloc_core::StagingReservation;
use rm_lifetime::GpuTimeline;

use super::PendingUploads;

/// Most uploads that are given back under one lock.
const BATCH: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Table {
    // Invariant: a place of `lines` is given to another timeline only when its own has vanished and it is empty, so that an
    // index stays good while somebody looks away, and lines are as many as timelines live at a time.
    lines: Vec<Waiting>,
    frames: BinaryHeap<Upload>,
    /// This frame and all before are over.
    over: Option<u64>,
    // Invariant: uploads of this bridge, submitted or not.
    pending: PendingUploads,
    /// How often quota came back or an upload was submitted.
    pub(super) moves: u64,
}

/// Uploads that wait for one timeline.
#[derive(Debug)]
struct Waiting {
    timeline: Weak<dyn GpuTimeline>,
    uploads: BinaryHeap<Upload>,
}

/// Quota that waits for a value, or a frame; the smallest is the greatest.
#[derive(Debug)]
struct Upload {
    value: u64,
    quota: StagingReservation,
}

/// A timeline that uploads wait for.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) index: usize,
    pub(super) timeline: Weak<dyn GpuTimeline>,
    /// The first value that is waited for.
    pub(super) value: u64,
}

/// Quota on its way back, to be dropped when no lock is held.
#[derive(Debug, Default)]
pub(super) struct Batch {
    quota: [Option<StagingReservation>; BATCH],
    count: usize,
}

impl Table {
    /// Counts an upload that was given `bytes`.
    pub(super) fn admit(&mut self, bytes: u64) {
        self.pending.bytes += bytes;
        self.pending.count += 1;
    }

    /// The same, if it was not submitted.
    pub(super) fn withdraw(&mut self, bytes: u64) {
        self.pending.bytes -= bytes;
        self.pending.count -= 1;
    }

    /// An admitted upload waits for a value of `timeline`.
    pub(super) fn add(
        &mut self,
        quota: StagingReservation,
        timeline: &Arc<dyn GpuTimeline>,
        value: u64,
    ) {
        let upload = Upload { value, quota };
        let timeline = Arc::downgrade(timeline);
        // A weak handle keeps its address from being used again, so that the same address is the same timeline.
        if let Some(line) = self.lines.iter_mut().find(|it| it.timeline.ptr_eq(&timeline)) {
            line.uploads.push(upload);
            return;
        }
        let is_free = |it: &&mut Waiting| it.uploads.is_empty() && it.timeline.strong_count() == 0;
        match self.lines.iter_mut().find(is_free) {
            Some(line) => {
                line.timeline = timeline;
                line.uploads.push(upload);
            }
            None => self.lines.push(Waiting { timeline, uploads: BinaryHeap::from([upload]) }),
        }
    }

    /// An admitted upload waits for the end of `frame`.
    pub(super) fn add_to_frame(&mut self, quota: StagingReservation, frame: u64) {
        self.frames.push(Upload { value: frame, quota });
    }

    /// `frame` and all before are over.
    pub(super) fn end_frame(&mut self, frame: u64) {
        // `None` is less than any frame, frame 0 included.
        self.over = self.over.max(Some(frame));
    }

    /// Takes out uploads of frames that are over.
    pub(super) fn take_frames(&mut self, batch: &mut Batch) {
        if let Some(over) = self.over {
            batch.fill(&mut self.frames, over, &mut self.pending);
        }
    }

    /// Takes out uploads of the line `index` that are reached by `completed`, if it is still that of `timeline`.
    pub(super) fn take(
        &mut self,
        index: usize,
        timeline: &Weak<dyn GpuTimeline>,
        completed: u64,
        batch: &mut Batch,
    ) {
        if let Some(line) = self.lines.get_mut(index).filter(|it| it.timeline.ptr_eq(timeline)) {
            batch.fill(&mut line.uploads, completed, &mut self.pending);
        }
    }

    /// The first line from index `from` on for which somebody waits.
    pub(super) fn line(&self, from: usize) -> Option<Line> {
        let lines = self.lines.iter().enumerate().skip(from);
        let mut waited = lines.filter_map(|(index, it)| {
            let value = it.uploads.peek()?.value;
            Some(Line { index, timeline: Weak::clone(&it.timeline), value })
        });
        waited.next()
    }

    pub(super) fn pending(&self) -> PendingUploads {
        self.pending
    }
}

impl Batch {
    /// Takes uploads up to `value` out of `uploads` and out of the figures.
    fn fill(&mut self, uploads: &mut BinaryHeap<Upload>, value: u64, pending: &mut PendingUploads) {
        for place in &mut self.quota[self.count..] {
            let reached = uploads.peek().is_some_and(|upload| upload.value <= value);
            let Some(upload) = reached.then(|| uploads.pop()).flatten() else { return };
            pending.bytes -= upload.quota.bytes();
            pending.count -= 1;
            *place = Some(upload.quota);
            self.count += 1;
        }
    }

    pub(super) fn pending(&self) -> PendingUploads {
        let bytes = self.quota.iter().flatten().map(StagingReservation::bytes).sum();
        PendingUploads { bytes, count: self.count }
    }

    /// Whether there may be more.
    pub(super) fn is_full(&self) -> bool {
        self.count == BATCH
    }
}

impl PartialEq for Upload {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Upload {}

impl PartialOrd for Upload {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Upload {
    fn cmp(&self, other: &Self) -> Ordering {
        other.value.cmp(&self.value)
    }
}

/// Asks somebody else's code, whose panic says nothing; it is forgotten, because it may itself panic when dropped.
pub(super) fn contained<T>(ask: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(ask)).map_err(mem::forget).ok()
}
