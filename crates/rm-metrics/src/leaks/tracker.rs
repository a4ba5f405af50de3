//! An observer that remembers what lives, label, tag, time and, on request, the caller.
//!
//! Protocol: one mutex guards plain records; records are made before it is taken and dropped after it is left. Frees are told
//! of after the memory went back, so that the next allocation at the same place may be heard of first: each place has a queue,
//! of which the eldest goes first, for at one place memory comes and goes in turn.

use std::{
    backtrace::Backtrace,
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rm_alloc_core::{
    Category, ErrorKind, EventMask, MemoryEvent, MemoryObserver, Parcel, ParcelKind, Place,
    ReportWalk, Tag,
};

use super::{Leak, LeakReport, Misuse, Occurrence};
use crate::{Origin, sync::lock, text};

/// Remembers every allocation of a manager until it is freed, for reports of leaks by label and tag.
///
/// Costs a record an allocation while it is attached, and nothing where it is not. Attach it before the first allocation:
/// what it has not heard of is not in its reports.
///
/// ```
/// use std::sync::Arc;
///
/// use rm_alloc_core::{DeviceBudgetManager, MemoryObserver};
/// use rm_metrics::AllocationTracker;
///
/// fn track(manager: &DeviceBudgetManager) -> Arc<AllocationTracker> {
///     let tracker = Arc::new(AllocationTracker::new().on_drop(|report| println!("leaked: {report}")));
///     let observer: Arc<dyn MemoryObserver> = tracker.clone();
///     manager.observe(&observer);
///     tracker
/// }
/// ```
pub struct AllocationTracker {
    began: Instant,
    capture: fn() -> Option<Arc<Backtrace>>,
    records: Mutex<Records>,
    on_drop: Option<Hear>,
}

type Hear = Box<dyn Fn(&LeakReport) + Send + Sync>;

#[derive(Debug, Default)]
struct Records {
    /// By number, which is the order in which they came.
    live: BTreeMap<u64, Record>,
    places: HashMap<Place, VecDeque<u64>>,
    misuses: Vec<Misuse>,
    next: u64,
}

#[derive(Debug)]
struct Record {
    place: Place,
    label: Option<Box<str>>,
    kind: ParcelKind,
    category: Category,
    tag: Tag,
    bytes: u64,
    occurrence: Occurrence,
}

impl AllocationTracker {
    /// A tracker that remembers labels, tags and times.
    pub fn new() -> Self {
        Self { began: Instant::now(), capture: || None, records: Mutex::default(), on_drop: None }
    }

    /// A tracker that remembers who called as well; each allocation costs some microseconds more.
    #[cfg(feature = "forensics")]
    pub fn with_backtraces() -> Self {
        let mut tracker = Self::new();
        tracker.capture = || Some(Arc::new(Backtrace::force_capture()));
        tracker
    }

    /// Sets who hears of what is left when the tracker is dropped, if anything is; a panic of theirs is contained.
    #[must_use]
    pub fn on_drop(mut self, hear: impl Fn(&LeakReport) + Send + Sync + 'static) -> Self {
        self.on_drop = Some(Box::new(hear));
        self
    }

    /// What lives now, and what was asked for wrongly so far.
    ///
    /// The program goes on meanwhile, as in a [`Dump`](crate::Dump): what lives throughout is there, once.
    pub fn report(&self) -> LeakReport {
        let mut living = Vec::new();
        let copy = |it: &Record| (it.label.clone(), it.tag, it.bytes, it.occurrence.clone());
        self.walk(copy, |it| living.push(it));
        let mut report =
            LeakReport::of(living.iter().map(|(label, tag, bytes, occurrence)| Leak {
                label: label.as_deref(),
                tag: *tag,
                bytes: *bytes,
                occurrence: occurrence.clone(),
            }));
        report.misuses.clone_from(&lock(&self.records).misuses);
        report.misuses.sort_by_key(|misuse| std::cmp::Reverse(misuse.count));
        report
    }

    /// What lives where, and since when, for dumps.
    pub(crate) fn origins(&self) -> HashMap<Place, (Instant, Origin)> {
        let (now, mut origins) = (self.now_ns(), HashMap::new());
        let copy = |it: &Record| {
            let at_ns = it.occurrence.at_ns.unwrap_or(now);
            let Record { place, kind, category, tag, .. } = *it;
            let origin = Origin { kind, category, tag, age_ns: now.saturating_sub(at_ns) };
            (place, (self.began + Duration::from_nanos(at_ns), origin))
        };
        // Of several at one place the youngest comes last, and is the one that is there.
        self.walk(copy, |(place, origin)| {
            origins.insert(place, origin);
        });
        origins
    }

    /// Shows `see` a copy of every record, in the order in which they came; outside the lock, and others have it in between.
    fn walk<T>(&self, copy: impl Fn(&Record) -> T, mut see: impl FnMut(T)) {
        let mut next = 0;
        let mut copies = Vec::new();
        loop {
            let records = lock(&self.records);
            for (number, record) in records.live.range(next..).take(ReportWalk::NODES) {
                copies.push(copy(record));
                next = number + 1;
            }
            drop(records);
            let last = copies.len() < ReportWalk::NODES;
            copies.drain(..).for_each(&mut see);
            if last {
                return;
            }
        }
    }

    /// Nanoseconds since the tracker was made.
    fn now_ns(&self) -> u64 {
        // 584 years.
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn allocated(&self, parcel: &Parcel<'_>) {
        // A long way down the stack, so before the lock.
        let backtrace = (self.capture)();
        let at_ns = self.now_ns();
        let record = Record {
            place: parcel.place,
            label: parcel.label.map(|label| text::cut(label).into()),
            kind: parcel.kind,
            category: parcel.category,
            tag: parcel.tag,
            bytes: parcel.bytes,
            occurrence: Occurrence { at_ns: Some(at_ns), backtrace },
        };
        let mut records = lock(&self.records);
        let number = records.next;
        records.next += 1;
        records.places.entry(parcel.place).or_default().push_back(number);
        records.live.insert(number, record);
    }

    /// Answers the record, to be dropped outside the lock.
    fn freed(&self, place: Place) -> Option<Record> {
        let mut records = lock(&self.records);
        let queue = records.places.get_mut(&place)?;
        let number = queue.pop_front();
        if queue.is_empty() {
            records.places.remove(&place);
        }
        records.live.remove(&number?)
    }

    fn misused(&self, what: &'static str, label: Option<&str>) {
        let label = label.map(|label| text::cut(label).into());
        let misuses = &mut lock(&self.records).misuses;
        match misuses.iter_mut().find(|misuse| misuse.what == what) {
            Some(misuse) => misuse.count += 1,
            // The reasons are words of the library, so there are not many.
            None => misuses.push(Misuse { label, what, count: 1 }),
        }
    }
}

impl Default for AllocationTracker {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryObserver for AllocationTracker {
    fn mask(&self) -> EventMask {
        EventMask::ALLOCATED | EventMask::FREED | EventMask::REFUSED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        match event {
            MemoryEvent::Allocated(parcel) => self.allocated(parcel),
            MemoryEvent::Freed(_, place) => drop(self.freed(*place)),
            MemoryEvent::Refused(error) => {
                let label = error.refusal().and_then(|refusal| refusal.label.as_deref());
                match error.kind() {
                    ErrorKind::InvalidRequest(what) | ErrorKind::Unsupported(what) => {
                        self.misused(what, label);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

impl Drop for AllocationTracker {
    fn drop(&mut self) {
        let Some(hear) = self.on_drop.take() else { return };
        let report = self.report();
        if !report.is_empty() {
            // A drop does not panic, whoever listens.
            let hear = std::panic::AssertUnwindSafe(|| hear(&report));
            std::panic::catch_unwind(hear).ok();
        }
    }
}

impl fmt::Debug for AllocationTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = lock(&self.records).live.len();
        f.debug_struct("AllocationTracker").field("live", &live).finish_non_exhaustive()
    }
}
