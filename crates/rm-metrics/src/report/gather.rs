//! A report from what this crate collects.

use rm_alloc_core::{AllocationError, Category, ParcelKind};

use super::{
    CategorySeries, FigureValue, MemorySeries, RangeKind, Report, ReportBlock, ReportEvent,
    ReportFigure, ReportLeak, ReportRange, ReportRefusal,
};
use crate::{
    AccountFigures, Column, Dump, DumpRange, Event, EventRecord, LeakReport, Snapshot, Unit, Value,
    Window, category_name,
};

impl Report {
    /// Takes the frames of `window`: memory over time of the device and of each heap, and churn.
    ///
    /// What was there of frames is replaced.
    pub fn set_frames(&mut self, window: &Window) {
        let frames = || window.iter().map(|snapshot| &snapshot.frame);
        let began = frames().next().map_or(0, |first| first.began_ns);
        self.frames = frames().map(|it| it.frame).collect();
        self.ended_ns = frames().map(|it| it.ended_ns - began).collect();
        self.warning_percent = window.latest().map_or(0, |last| last.frame.warning_percent);
        self.churn.allocated_bytes = frames().map(|it| it.frame_allocated_bytes).collect();
        self.churn.freed_bytes = frames().map(|it| it.frame_freed_bytes).collect();
        self.churn.allocations = frames().map(|it| it.frame_allocations).collect();
        self.churn.frees = frames().map(|it| it.frame_frees).collect();
        let device = MemorySeries {
            name: "Device memory".into(),
            used_bytes: frames().map(|it| it.used_bytes).collect(),
            retiring_bytes: frames().map(|it| it.retiring_bytes).collect(),
            budget_bytes: frames().map(|it| limit(it.budget_bytes)).collect(),
            ..MemorySeries::default()
        };
        let all = MemorySeries {
            name: "All memory".into(),
            used_bytes: frames().map(|it| it.tracked_bytes).collect(),
            block_bytes: frames().map(|it| it.block_bytes).collect(),
            categories: categories(window),
            ..MemorySeries::default()
        };
        // Where all memory is the device's, one plot says it all.
        self.memory = if all.used_bytes == device.used_bytes {
            let (block_bytes, categories) = (all.block_bytes, all.categories);
            vec![MemorySeries { block_bytes, categories, ..device }]
        } else {
            vec![device, all]
        };
        let heaps = window.latest().map_or(0, |last| last.heaps.len());
        self.memory.extend((0..heaps).map(|heap| of_heap(window, heap)));
    }

    /// Lists each of `columns`: its value at the end of `window`, and the least, mean and greatest of its frames.
    pub fn add_figures(&mut self, window: &Window, columns: &[Column]) {
        let Some(latest) = window.latest() else { return };
        self.figures.extend(columns.iter().map(|column| {
            let unit = column.unit();
            let summary = window.summary(column);
            let of = |value: Option<Value>| value.map_or(FigureValue::None, |it| figure(it, unit));
            ReportFigure {
                name: column.name().into(),
                last: figure(column.value(latest), unit),
                min: of(summary.map(|it| it.min)),
                mean: summary.map_or(FigureValue::None, |it| mean(it.mean, unit)),
                max: of(summary.map(|it| it.max)),
            }
        }));
    }

    /// Adds what happened; refusals come with their explanation.
    pub fn add_events(&mut self, events: &[EventRecord]) {
        for EventRecord { frame, event, .. } in events {
            match event {
                Event::Refused(error) => self.refusals.push(refusal(*frame, error)),
                other => self.events.push(ReportEvent {
                    frame: *frame,
                    name: other.name().into(),
                    heap: other.heap(),
                    bytes: other.bytes(),
                    text: other.to_string(),
                }),
            }
        }
    }

    /// Adds the blocks of `dump` and what lies in them.
    pub fn add_blocks(&mut self, dump: &Dump) {
        for pool in dump.pools() {
            self.blocks.extend(pool.blocks.iter().map(|block| ReportBlock {
                allocator: pool.allocator.clone().into(),
                heap: block.heap,
                memory_type: block.memory_type,
                size: block.size,
                dedicated: block.dedicated,
                ranges: block.ranges.iter().map(ReportRange::from).collect(),
            }));
        }
    }

    /// Adds the groups of `leaks`.
    pub fn add_leaks(&mut self, leaks: &LeakReport) {
        self.leaks.extend(leaks.leaks.iter().map(|group| ReportLeak {
            label: group.label.as_deref().map(str::to_owned),
            tag: (group.tag.0 != 0).then_some(group.tag.0),
            count: group.count,
            bytes: group.bytes,
            since_frame: None,
            backtrace: group.first.backtrace.as_ref().map(ToString::to_string),
        }));
    }
}

impl From<&DumpRange> for ReportRange {
    fn from(range: &DumpRange) -> Self {
        let kind = match range.origin {
            _ if !range.used => RangeKind::Free,
            None => RangeKind::Used,
            Some(origin) if origin.category == Category::Transient => RangeKind::Alias,
            Some(origin) => match origin.kind {
                ParcelKind::Buffer => RangeKind::Buffer,
                ParcelKind::Image => RangeKind::Image,
                _ => RangeKind::Raw,
            },
        };
        Self {
            offset: range.offset,
            size: range.size,
            kind,
            label: range.label.as_deref().map(str::to_owned),
            tag: range.origin.and_then(|origin| (origin.tag.0 != 0).then_some(origin.tag.0)),
            since_frame: None,
            age_ns: range.origin.map(|origin| origin.age_ns),
        }
    }
}

fn categories(window: &Window) -> Vec<CategorySeries> {
    let series = |category: &Category| CategorySeries {
        name: category_name(*category).into(),
        used_bytes: window.iter().map(|it| it.category(*category).used_bytes).collect(),
    };
    Category::ALL.iter().map(series).collect()
}

fn of_heap(window: &Window, heap: usize) -> MemorySeries {
    let figures = || window.iter().map(move |snapshot: &Snapshot| snapshot.heaps.get(heap));
    let account = |of: fn(&AccountFigures) -> u64| -> Vec<u64> {
        figures().map(|it| it.map_or(0, |it| of(&it.account))).collect()
    };
    let size = figures().flatten().last().map_or(0, |it| it.size_bytes);
    MemorySeries {
        used_bytes: account(|it| it.used_bytes),
        retiring_bytes: account(|it| it.retiring_bytes),
        block_bytes: figures().map(|it| it.map_or(0, |it| it.block_bytes)).collect(),
        budget_bytes: figures().map(|it| it?.budget_bytes).collect(),
        driver_usage_bytes: figures().map(|it| it.map_or(0, |it| it.driver_usage_bytes)).collect(),
        // A device has a handful of heaps.
        ..MemorySeries::of_heap(u32::try_from(heap).unwrap_or(u32::MAX), size)
    }
}

/// The limit that a figure stands for; the greatest number means none.
fn limit(bytes: u64) -> Option<u64> {
    (bytes != u64::MAX).then_some(bytes)
}

fn refusal(frame: u64, error: &AllocationError) -> ReportRefusal {
    let refusal = error.refusal();
    ReportRefusal {
        frame,
        what: refusal.map_or("request", |it| it.what).into(),
        label: refusal.and_then(|it| it.label.as_deref()).map(str::to_owned),
        requested: refusal.map(|it| it.requested),
        reason: error.kind().to_string(),
        explanation: error.to_string(),
    }
}

fn figure(value: Value, unit: Unit) -> FigureValue {
    match (value, unit) {
        (Value::Flag(flag), _) => FigureValue::Flag(flag),
        (Value::Number(number), Unit::Bytes) => FigureValue::Bytes(number),
        (Value::Number(number), Unit::Nanoseconds) => FigureValue::Nanoseconds(number),
        (Value::Number(number), _) => FigureValue::Count(number),
        (Value::Ratio(ratio), _) => FigureValue::Ratio(ratio),
        (Value::None, _) => FigureValue::None,
    }
}

/// A mean, whole where the figure is one of bytes or of time.
fn mean(mean: f64, unit: Unit) -> FigureValue {
    #[expect(clippy::cast_possible_truncation, reason = "a mean of whole numbers, rounded")]
    let whole = mean.round() as u64;
    match unit {
        Unit::Bytes => FigureValue::Bytes(whole),
        Unit::Nanoseconds => FigureValue::Nanoseconds(whole),
        Unit::Flag => FigureValue::None,
        _ => FigureValue::Ratio(mean),
    }
}
