//! Columns: one figure each, by name, of any snapshot.

use std::{fmt, str::FromStr};

use rm_alloc_core::{Category, Tag};

use crate::{AccountFigures, FrameFigures, HeapFigures, Snapshot, category_name};

/// One figure of a snapshot, by name.
///
/// Columns choose what a [`CsvFile`](crate::CsvFile) holds and what a [`Window`](crate::Window) sums up.
/// [`MetricsCollector::column`](crate::MetricsCollector::column) finds one by name, and
/// [`columns`](crate::MetricsCollector::columns) lists them all.
#[derive(Clone, Debug)]
pub struct Column {
    name: Box<str>,
    unit: Unit,
    place: Place,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Things.
    Count,
    /// Yes or no.
    Flag,
    /// Nanoseconds.
    Nanoseconds,
    /// Per cent.
    Percent,
    /// One number by another: 1.0 is all of it.
    Ratio,
}

/// What a column says of one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: the snapshot does not know it.
    None,
    /// Yes or no.
    Flag(bool),
    /// A whole number, exact.
    Number(u64),
    /// A ratio.
    Ratio(f64),
}

/// Where in a snapshot the figure is.
#[derive(Clone, Copy, Debug)]
enum Place {
    Frame(fn(&FrameFigures) -> Value),
    Heap(usize, fn(&HeapFigures) -> Value),
    Category(Category, fn(&AccountFigures) -> u64),
    Tag(Tag, fn(&AccountFigures) -> u64),
    Source(usize),
}

type Entry<Of, To> = (&'static str, Unit, fn(&Of) -> To);

#[rustfmt::skip] // A table: one line a column.
const FRAME: &[Entry<FrameFigures, Value>] = &[
    ("frame", Unit::Count, |it| it.frame.into()),
    ("began_ns", Unit::Nanoseconds, |it| it.began_ns.into()),
    ("ended_ns", Unit::Nanoseconds, |it| it.ended_ns.into()),
    ("allocation_count", Unit::Count, |it| it.allocation_count.into()),
    ("aliased_count", Unit::Count, |it| it.aliased_count.into()),
    ("tracked_bytes", Unit::Bytes, |it| it.tracked_bytes.into()),
    ("staging_quota_used", Unit::Bytes, |it| it.staging_quota_used.into()),
    ("budget_utilization", Unit::Ratio, |it| Value::Ratio(it.budget_utilization)),
    ("is_over_budget", Unit::Flag, |it| Value::Flag(it.is_over_budget)),
    ("staging_quota_max", Unit::Bytes, |it| it.staging_quota_max.into()),
    ("used_bytes", Unit::Bytes, |it| it.used_bytes.into()),
    ("budget_bytes", Unit::Bytes, |it| it.budget_bytes.into()),
    ("peak_bytes", Unit::Bytes, |it| it.peak_bytes.into()),
    ("retiring_bytes", Unit::Bytes, |it| it.retiring_bytes.into()),
    ("warning_percent", Unit::Percent, |it| u64::from(it.warning_percent).into()),
    ("frame_allocated_bytes", Unit::Bytes, |it| it.frame_allocated_bytes.into()),
    ("frame_freed_bytes", Unit::Bytes, |it| it.frame_freed_bytes.into()),
    ("frame_allocations", Unit::Count, |it| it.frame_allocations.into()),
    ("frame_frees", Unit::Count, |it| it.frame_frees.into()),
    ("block_bytes", Unit::Bytes, |it| it.block_bytes.into()),
    ("block_count", Unit::Count, |it| it.block_count.into()),
    ("blocks_made", Unit::Count, |it| it.blocks_made.into()),
    ("refusals", Unit::Count, |it| it.refusals.into()),
    ("driver_calls", Unit::Count, |it| it.driver_calls.into()),
];

#[rustfmt::skip] // A table: one line a column.
const HEAP: &[Entry<HeapFigures, Value>] = &[
    ("used_bytes", Unit::Bytes, |it| it.account.used_bytes.into()),
    ("committed_bytes", Unit::Bytes, |it| it.account.committed_bytes.into()),
    ("retiring_bytes", Unit::Bytes, |it| it.account.retiring_bytes.into()),
    ("peak_bytes", Unit::Bytes, |it| it.account.peak_bytes.into()),
    ("count", Unit::Count, |it| it.account.count.into()),
    ("budget_bytes", Unit::Bytes, |it| it.budget_bytes.into()),
    ("size_bytes", Unit::Bytes, |it| it.size_bytes.into()),
    ("block_bytes", Unit::Bytes, |it| it.block_bytes.into()),
    ("driver_budget_bytes", Unit::Bytes, |it| it.driver_budget_bytes.into()),
    ("driver_usage_bytes", Unit::Bytes, |it| it.driver_usage_bytes.into()),
];

#[rustfmt::skip] // A table: one line a column.
const ACCOUNT: &[Entry<AccountFigures, u64>] = &[
    ("used_bytes", Unit::Bytes, |it| it.used_bytes),
    ("committed_bytes", Unit::Bytes, |it| it.committed_bytes),
    ("retiring_bytes", Unit::Bytes, |it| it.retiring_bytes),
    ("peak_bytes", Unit::Bytes, |it| it.peak_bytes),
    ("count", Unit::Count, |it| it.count),
];

impl Column {
    /// The columns that every snapshot has: those of [`FrameFigures`], named as its fields.
    pub fn of_frame() -> Vec<Self> {
        let columns = FRAME.iter();
        columns.map(|(name, unit, read)| Self::new(name, *unit, Place::Frame(*read))).collect()
    }

    /// The columns of heap `index`: `heap0_used_bytes` and so on.
    pub fn of_heap(index: usize) -> Vec<Self> {
        let name = |figure| format!("heap{index}_{figure}");
        let columns = HEAP.iter();
        columns
            .map(|(figure, unit, read)| Self::new(&name(figure), *unit, Place::Heap(index, *read)))
            .collect()
    }

    /// The columns of `category`: `buffer_used_bytes` and so on.
    pub fn of_category(category: Category) -> Vec<Self> {
        Self::of_account(category_name(category), |read| Place::Category(category, read))
    }

    /// The columns of `tag`: `tag7_used_bytes` and so on.
    pub fn of_tag(tag: Tag) -> Vec<Self> {
        Self::of_account(&format!("tag{}", tag.0), |read| Place::Tag(tag, read))
    }

    /// The `place`-th figure among those of all sources.
    pub(crate) fn of_source(name: &str, unit: Unit, place: usize) -> Self {
        Self::new(name, unit, Place::Source(place))
    }

    fn of_account(owner: &str, place: impl Fn(fn(&AccountFigures) -> u64) -> Place) -> Vec<Self> {
        let columns = ACCOUNT.iter();
        columns
            .map(|(figure, unit, read)| {
                Self::new(&format!("{owner}_{figure}"), *unit, place(*read))
            })
            .collect()
    }

    fn new(name: &str, unit: Unit, place: Place) -> Self {
        Self { name: name.into(), unit, place }
    }

    /// Its name, as in the first line of a file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it counts.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// What it says of `snapshot`; [`Value::None`] of one that has no such heap or source, 0 for a tag not used yet.
    pub fn value(&self, snapshot: &Snapshot) -> Value {
        match self.place {
            Place::Frame(read) => read(&snapshot.frame),
            Place::Heap(index, read) => snapshot.heaps.get(index).map_or(Value::None, read),
            Place::Category(category, read) => read(&snapshot.category(category)).into(),
            Place::Tag(tag, read) => read(&snapshot.tag(tag)).into(),
            Place::Source(place) => snapshot.sources.get(place).copied().into(),
        }
    }
}

impl Value {
    /// The value as a number to draw or to average; exact up to 2^53.
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Flag(flag) => Some(f64::from(u8::from(flag))),
            // Beyond 2^53 the lowest bits are lost, which nobody sees in a picture.
            Self::Number(number) => Some(number as f64),
            Self::Ratio(ratio) => Some(ratio),
        }
    }

    /// The exact number, if it is one.
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Flag(flag) => Some(flag.into()),
            Self::None | Self::Ratio(_) => None,
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<u64>> for Value {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::None, Self::Number)
    }
}

impl fmt::Display for Value {
    /// As in a file: [`FromStr`] gives the same value back, bit by bit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            // With a point or an exponent even where it is whole.
            Self::Ratio(ratio) => write!(f, "{ratio:?}"),
        }
    }
}

impl FromStr for Value {
    type Err = std::num::ParseFloatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self::None),
            "false" => Ok(Self::Flag(false)),
            "true" => Ok(Self::Flag(true)),
            text => text.parse().map(Self::Number).or_else(|_| text.parse().map(Self::Ratio)),
        }
    }
}
