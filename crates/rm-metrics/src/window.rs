//! The last frames, and what they come to.

use crate::{Column, Snapshot, Value};

/// The last snapshots, oldest first; a new one takes the place of the oldest.
///
/// Sums are taken when somebody asks, over what is there: nothing drifts, and a frame pays nothing for them.
#[derive(Clone, Debug)]
pub struct Window {
    // Invariant: `next` is where the next snapshot goes; the ring is full once `snapshots` is as long as `capacity`.
    snapshots: Vec<Snapshot>,
    capacity: usize,
    next: usize,
}

/// What a window says of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Frames that know the figure.
    pub count: u64,
    /// The sum, exact; 0 for ratios.
    pub sum: u128,
    /// The mean.
    pub mean: f64,
    /// The least.
    pub min: Value,
    /// The greatest.
    pub max: Value,
    /// The newest.
    pub last: Value,
}

impl Window {
    /// An empty window over `frames`; at least one.
    pub(crate) fn new(frames: usize) -> Self {
        let capacity = frames.max(1);
        // A wish for a window without end is no reason to run out of memory at once.
        let room = capacity.min(1 << 16);
        Self { snapshots: Vec::with_capacity(room), capacity, next: 0 }
    }

    /// The place of the next snapshot, to be filled anew; it counts at once.
    pub(crate) fn next(&mut self) -> &mut Snapshot {
        let at = self.next;
        if self.snapshots.len() < self.capacity {
            self.snapshots.push(Snapshot::default());
        }
        self.next = (at + 1) % self.capacity;
        &mut self.snapshots[at]
    }

    /// Frames that it holds at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Frames that it holds.
    pub fn len(&self) -> usize {
        self.snapshots.len()
    }

    /// Whether no frame has ended yet.
    pub fn is_empty(&self) -> bool {
        self.snapshots.is_empty()
    }

    /// The newest snapshot.
    pub fn latest(&self) -> Option<&Snapshot> {
        // In front of `next`; at the start of a ring that went round, that is its end.
        let newest = self.next.checked_sub(1).unwrap_or(self.capacity - 1);
        self.snapshots.get(newest)
    }

    /// Every snapshot, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Snapshot> + Clone {
        let full = self.snapshots.len() == self.capacity;
        let (newer, older) = self.snapshots.split_at(if full { self.next } else { 0 });
        older.iter().chain(newer)
    }

    /// Mean, least and greatest of `column`; `None` if no frame knows it. Allocates nothing.
    pub fn summary(&self, column: &Column) -> Option<Summary> {
        let mut sum = None;
        self.iter().for_each(|snapshot| Sum::add(&mut sum, column.value(snapshot)));
        sum.map(|sum| sum.summary())
    }

    /// The value that `percent` of the frames do not exceed, by nearest rank: 50 is the median, 100 the greatest.
    ///
    /// `None` if no frame knows the figure. Sorts, so it is for asking and not for every frame.
    pub fn percentile(&self, column: &Column, percent: u8) -> Option<Value> {
        let values = self.iter().map(|snapshot| column.value(snapshot));
        let mut values: Vec<_> = values.filter(|value| *value != Value::None).collect();
        // Values of one column are of one kind, and ratios are never NaN.
        values.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        let rank = (values.len() * usize::from(percent.min(100))).div_ceil(100).max(1);
        values.get(rank - 1).copied()
    }
}

/// What a column comes to so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    summary: Summary,
    ratios: f64,
}

impl Sum {
    /// Adds `value` to `sum`, unless it is not known.
    pub(crate) fn add(sum: &mut Option<Self>, value: Value) {
        let (number, ratio) = match value {
            Value::None => return,
            Value::Ratio(ratio) => (0, ratio),
            other => (other.as_u64().map_or(0, u128::from), 0.0),
        };
        let first = Summary { count: 0, sum: 0, mean: 0.0, min: value, max: value, last: value };
        let Self { summary, ratios } = sum.get_or_insert(Self { summary: first, ratios: 0.0 });
        summary.count += 1;
        summary.sum += number;
        *ratios += ratio;
        summary.last = value;
        summary.min = if value < summary.min { value } else { summary.min };
        summary.max = if value > summary.max { value } else { summary.max };
    }

    pub(crate) fn summary(&self) -> Summary {
        let Self { summary, ratios } = *self;
        // One of the two is zero.
        Summary { mean: (summary.sum as f64 + ratios) / summary.count as f64, ..summary }
    }
}
