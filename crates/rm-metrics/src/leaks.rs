//! What was never freed, and what was asked for wrongly, grouped so that a person can read it.

mod tracker;

use std::{backtrace::Backtrace, fmt, sync::Arc};

use rm_alloc_core::{Bytes, Tag};

pub use self::tracker::AllocationTracker;
use crate::{Dump, Event, EventRecord};

/// What lives, or was left behind, by label and tag; the most bytes first.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LeakReport {
    /// A group for each pair of label and tag.
    pub leaks: Vec<LeakGroup>,
    /// A group for each kind of wrong request; the most frequent first.
    pub misuses: Vec<Misuse>,
}

/// Allocations with the same label and tag.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LeakGroup {
    /// The label, cut at [`MAX_LABEL`](crate::MAX_LABEL) bytes.
    pub label: Option<Box<str>>,
    /// The user's own account; `Tag(0)` where there is none, or where it is not known.
    pub tag: Tag,
    /// How many.
    pub count: u64,
    /// Their bytes in all.
    pub bytes: u64,
    /// The first of them.
    pub first: Occurrence,
    /// The last of them.
    pub last: Occurrence,
}

/// Requests that were wrong in the same way.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Misuse {
    /// The label of the first of them.
    pub label: Option<Box<str>>,
    /// What was wrong.
    pub what: &'static str,
    /// How often.
    pub count: u64,
}

/// When something was allocated, and by whom.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Occurrence {
    /// When, in nanoseconds since the tracker or the log was made; `None` where nobody watched.
    pub at_ns: Option<u64>,
    /// Who called, where backtraces are taken.
    pub backtrace: Option<Arc<Backtrace>>,
}

/// One allocation, on its way into a group.
pub(crate) struct Leak<'a> {
    pub(crate) label: Option<&'a str>,
    pub(crate) tag: Tag,
    pub(crate) bytes: u64,
    pub(crate) occurrence: Occurrence,
}

impl LeakReport {
    /// The report of a `dump`: whatever lives in it, by label, and by tag where a tracker has described it.
    pub fn of_dump(dump: &Dump) -> Self {
        let used = dump.blocks().flat_map(|block| &block.ranges).filter(|range| range.used);
        Self::of(used.map(|range| Leak {
            label: range.label.as_deref(),
            tag: range.origin.map_or(Tag(0), |origin| origin.tag),
            bytes: range.size,
            occurrence: Occurrence::default(),
        }))
    }

    /// The report of `events`: what allocators said they had to leave behind when they were dropped.
    pub fn of_events(events: &[EventRecord]) -> Self {
        Self::of(events.iter().filter_map(|record| match &record.event {
            Event::Leaked(block) => Some(Leak {
                label: block.label.as_deref(),
                tag: Tag(0),
                bytes: block.size,
                occurrence: Occurrence { at_ns: Some(record.at_ns), backtrace: None },
            }),
            _ => None,
        }))
    }

    /// Groups `leaks`, which come in the order in which they were allocated.
    pub(crate) fn of<'a>(leaks: impl Iterator<Item = Leak<'a>>) -> Self {
        let mut places = std::collections::HashMap::new();
        let mut groups: Vec<LeakGroup> = Vec::new();
        for Leak { label, tag, bytes, occurrence } in leaks {
            let place = *places.entry((label, tag)).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => {
                    group.count += 1;
                    group.bytes = group.bytes.saturating_add(bytes);
                    group.last = occurrence;
                }
                None => groups.push(LeakGroup {
                    label: label.map(Box::from),
                    tag,
                    count: 1,
                    bytes,
                    first: occurrence.clone(),
                    last: occurrence,
                }),
            }
        }
        groups.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.label.cmp(&b.label)));
        Self { leaks: groups, misuses: Vec::new() }
    }

    /// Whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.leaks.is_empty() && self.misuses.is_empty()
    }

    /// How many allocations, and their bytes in all.
    pub fn total(&self) -> (u64, u64) {
        let sum =
            |sum: (u64, u64), it: &LeakGroup| (sum.0 + it.count, sum.1.saturating_add(it.bytes));
        self.leaks.iter().fold((0, 0), sum)
    }
}

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, bytes) = self.total();
        writeln!(f, "{count} allocations, {}", Bytes(bytes))?;
        for group in &self.leaks {
            writeln!(f, "  {group}")?;
            if let Some(backtrace) = &group.first.backtrace {
                writeln!(f, "    the first was made here:\n{backtrace}")?;
            }
        }
        for Misuse { label, what, count } in &self.misuses {
            let label = label.as_deref().unwrap_or("unlabelled");
            writeln!(f, "  {count} wrong requests, first `{}`: {what}", label.escape_debug())?;
        }
        Ok(())
    }
}

impl fmt::Display for LeakGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, tag, count, bytes, first, last } = self;
        let label = label.as_deref().unwrap_or("unlabelled").escape_debug();
        write!(f, "{} in {count} of `{label}`", Bytes(*bytes))?;
        if *tag != Tag(0) {
            write!(f, ", tag {}", tag.0)?;
        }
        let seconds = |ns: u64| ns as f64 / 1e9;
        match (first.at_ns, last.at_ns) {
            (Some(first), Some(last)) if first != last => {
                write!(f, ", from {:.3} s to {:.3} s", seconds(first), seconds(last))
            }
            (Some(first), _) => write!(f, ", at {:.3} s", seconds(first)),
            _ => Ok(()),
        }
    }
}
