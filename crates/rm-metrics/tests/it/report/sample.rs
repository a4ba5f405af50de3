//! A report of a streaming program that never ran: the same every time, and shaped as real ones are.
#![expect(clippy::cast_possible_truncation, reason = "a model counts in ratios of small numbers")]

use rm_metrics::{
    CategorySeries, ChurnSeries, FigureValue, MemorySeries, RangeKind, Report, ReportBlock,
    ReportDevice, ReportEvent, ReportFigure, ReportLeak, ReportRange, ReportRefusal,
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const CATEGORIES: [&str; 4] = ["buffer", "image", "staging", "transient"];
const FRAMES: u64 = 2_000;

/// One heap of the model.
struct Heap {
    index: u32,
    memory_type: u32,
    size: u64,
    block: u64,
    budget: u64,
    /// What each category wants of `crest`, in per cent.
    weights: [u8; 4],
    /// Bytes that it wants to hold, at the highest.
    crest: u64,
    phase: f64,
}

const HEAPS: [Heap; 3] = [
    Heap {
        index: 0,
        memory_type: 1,
        size: 8 * GIB,
        block: 128 * MIB,
        budget: 3 * GIB,
        weights: [24, 58, 0, 18],
        crest: 2_900 * MIB,
        phase: 0.0,
    },
    Heap {
        index: 1,
        memory_type: 3,
        size: 16 * GIB,
        block: 64 * MIB,
        budget: GIB,
        weights: [45, 0, 55, 0],
        crest: 620 * MIB,
        phase: 1.1,
    },
    Heap {
        index: 2,
        memory_type: 5,
        size: 256 * MIB,
        block: 32 * MIB,
        budget: 224 * MIB,
        weights: [80, 0, 20, 0],
        crest: 130 * MIB,
        phase: 2.3,
    },
];

/// A report of 2,000 frames and some 5,000 ranges.
pub(crate) fn sample() -> Report {
    let mut rng = fastrand::Rng::with_seed(20_261_120);
    let mut report = Report {
        title: "Sponza, streaming at 1440p".into(),
        made: "2026-11-20 16:42:07 UTC".into(),
        device: ReportDevice {
            name: "Simulated RX 7800 XT".into(),
            driver: "rm-vksim 0.1.0".into(),
            api: "1.3.296".into(),
            backend: "direct, suballocating".into(),
            program: "sponza 0.4.2".into(),
        },
        frames: (0..FRAMES).collect(),
        ended_ns: (0..FRAMES).map(|frame| (frame + 1) * 16_666_667 + rng.u64(..900_000)).collect(),
        warning_percent: 90,
        ..Report::default()
    };
    let mut device = MemorySeries { name: "Device".into(), ..MemorySeries::default() };
    device.categories = CATEGORIES.map(named).into();
    let frames = usize::try_from(FRAMES).unwrap();
    let zeros = vec![0; frames];
    device.used_bytes.clone_from(&zeros);
    device.retiring_bytes.clone_from(&zeros);
    device.block_bytes.clone_from(&zeros);
    device.budget_bytes = vec![Some(HEAPS.iter().map(|heap| heap.budget).sum()); frames];
    for category in &mut device.categories {
        category.used_bytes.clone_from(&zeros);
    }
    report.churn = ChurnSeries {
        allocated_bytes: zeros.clone(),
        freed_bytes: zeros.clone(),
        allocations: zeros.clone(),
        frees: zeros,
    };
    let mut memory = Vec::new();
    for heap in &HEAPS {
        memory.push(Model::new(heap).run(&mut rng, &mut report));
    }
    for series in &memory {
        add(&mut device.used_bytes, &series.used_bytes);
        add(&mut device.retiring_bytes, &series.retiring_bytes);
        add(&mut device.block_bytes, &series.block_bytes);
        for (sum, part) in device.categories.iter_mut().zip(&series.categories) {
            add(&mut sum.used_bytes, &part.used_bytes);
        }
    }
    report.figures = figures(&device, &report);
    report.memory.push(device);
    report.memory.append(&mut memory);
    report.events.sort_by_key(|event| event.frame);
    report.refusals.sort_by_key(|refusal| refusal.frame);
    report.leaks = leaks();
    report
}

/// One heap of `count` ranges in blocks of 64 MiB, neighbours of every kind.
pub(crate) fn crowded(count: usize) -> Report {
    const KINDS: [RangeKind; 5] =
        [RangeKind::Buffer, RangeKind::Image, RangeKind::Alias, RangeKind::Free, RangeKind::Raw];
    let mut rng = fastrand::Rng::with_seed(7);
    let mut report = Report::new("Crowded");
    report.frames = vec![0];
    let mut made = 0;
    while made < count {
        let mut block = ReportBlock {
            allocator: "crowded".into(),
            size: 64 * MIB,
            memory_type: 1,
            ..ReportBlock::default()
        };
        let mut offset = 0;
        while offset < block.size && made < count {
            let size = (rng.u64(1..40) * 256).min(block.size - offset);
            let kind = KINDS[made % KINDS.len()];
            let label = (kind != RangeKind::Free).then(|| format!("range {made}"));
            block.ranges.push(ReportRange {
                offset,
                size,
                kind,
                label,
                since_frame: Some(0),
                ..ReportRange::default()
            });
            offset += size;
            made += 1;
        }
        report.blocks.push(block);
    }
    report
}

/// The state of one heap while its frames pass.
struct Model<'a> {
    heap: &'a Heap,
    blocks: Vec<ReportBlock>,
    live: Vec<Live>,
    used: [u64; 4],
    series: MemorySeries,
}

struct Live {
    block: usize,
    offset: u64,
    size: u64,
    category: usize,
    until: u64,
}

impl<'a> Model<'a> {
    fn new(heap: &'a Heap) -> Self {
        let series = MemorySeries {
            name: ["VRAM", "System memory", "BAR"][heap.index as usize].into(),
            categories: CATEGORIES.map(named).into(),
            ..MemorySeries::of_heap(heap.index, heap.size)
        };
        Self { heap, blocks: Vec::new(), live: Vec::new(), used: [0; 4], series }
    }

    fn run(mut self, rng: &mut fastrand::Rng, report: &mut Report) -> MemorySeries {
        let mut retiring = [0_u64; 3];
        for frame in 0..FRAMES {
            let at = usize::try_from(frame).unwrap();
            let freed = self.retire(frame, report);
            retiring[at % 3] = freed;
            self.allocate(frame, rng, report);
            let held: u64 = self.used.iter().sum();
            let blocks: u64 = self.blocks.iter().map(|block| block.size).sum();
            self.series.used_bytes.push(held);
            self.series.retiring_bytes.push(retiring.iter().sum());
            self.series.block_bytes.push(blocks);
            self.series.budget_bytes.push(Some(self.heap.budget));
            self.series.driver_usage_bytes.push(blocks + 37 * MIB + (frame / 300) * MIB);
            for (series, used) in self.series.categories.iter_mut().zip(self.used) {
                series.used_bytes.push(used);
            }
            self.events(frame, report);
        }
        report.blocks.extend(self.blocks);
        self.series
    }

    fn retire(&mut self, frame: u64, report: &mut Report) -> u64 {
        let at = usize::try_from(frame).unwrap();
        let (mut freed, blocks) = (0, &mut self.blocks);
        let used = &mut self.used;
        self.live.retain(|it| {
            if it.until > frame {
                return true;
            }
            free(&mut blocks[it.block], it.offset);
            used[it.category] -= it.size;
            freed += it.size;
            report.churn.frees[at] += 1;
            false
        });
        report.churn.freed_bytes[at] += freed;
        freed
    }

    fn allocate(&mut self, frame: u64, rng: &mut fastrand::Rng, report: &mut Report) {
        let at = usize::try_from(frame).unwrap();
        let time = frame as f64 / FRAMES as f64;
        let ramp = (time * 8.0).min(1.0);
        for (category, name) in CATEGORIES.into_iter().enumerate() {
            let beat = 4.0 + 3.0 * category as f64;
            let swell = 0.72 + 0.2 * (time * beat + self.heap.phase).sin() + 0.14 * time;
            let share = f64::from(self.heap.weights[category]) / 100.0;
            let wanted = (self.heap.crest as f64 * share * swell * ramp) as u64;
            for _ in 0..6 {
                if self.used[category] >= wanted {
                    break;
                }
                let held: u64 = self.used.iter().sum();
                let mut size = size(category, rng);
                let label = label(category, rng);
                // Now and then somebody asks for all that is left, and a little more.
                if (frame + 1).is_multiple_of(397) && name == "image" {
                    size += (self.heap.budget - held).next_multiple_of(MIB);
                }
                if held + size > self.heap.budget {
                    report.refusals.push(refusal(frame, self.heap, category, &label, size, held));
                    break;
                }
                let stay = match name {
                    "transient" => 2 + rng.u64(..3),
                    "staging" => 3 + rng.u64(..40),
                    _ => 60 + rng.u64(..1_700),
                };
                let block = place(&mut self.blocks, self.heap, size, category);
                let kind = kind(category, rng);
                let offset = take(&mut self.blocks[block], size, kind, frame, label);
                self.live.push(Live { block, offset, size, category, until: frame + stay });
                self.used[category] += size;
                report.churn.allocated_bytes[at] += size;
                report.churn.allocations[at] += 1;
            }
        }
    }

    fn events(&self, frame: u64, report: &mut Report) {
        let near = |used: u64| used * 100 >= self.heap.budget * 90;
        let used = &self.series.used_bytes;
        let now = used[used.len() - 1];
        let before = used.len().checked_sub(2).map_or(0, |at| used[at]);
        if near(now) && !near(before) {
            report.events.push(ReportEvent {
                frame,
                name: "near its limit".into(),
                heap: Some(self.heap.index),
                bytes: Some(now),
                text: format!("heap {} passed its warning line of 90 %", self.heap.index),
            });
        }
        let blocks = &self.series.block_bytes;
        let born = blocks[blocks.len() - 1];
        let before = blocks.len().checked_sub(2).map_or(0, |at| blocks[at]);
        if born > before {
            report.events.push(ReportEvent {
                frame,
                name: "memory object made".into(),
                heap: Some(self.heap.index),
                bytes: Some(born - before),
                text: format!("memory type {}, allocator direct", self.heap.memory_type),
            });
        }
    }
}

fn named(name: &str) -> CategorySeries {
    CategorySeries { name: name.into(), used_bytes: Vec::new() }
}

fn add(sum: &mut [u64], part: &[u64]) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum += part;
    }
}

fn size(category: usize, rng: &mut fastrand::Rng) -> u64 {
    let exponent = match CATEGORIES[category] {
        "buffer" => rng.u32(12..20),
        "image" => rng.u32(14..24),
        "staging" => rng.u32(14..22),
        _ => rng.u32(18..24),
    };
    // Half a step up for some, so that holes do not fit exactly.
    let size = (1_u64 << exponent) + if rng.bool() { 1 << (exponent - 1) } else { 0 };
    size.next_multiple_of(4 * KIB)
}

fn label(category: usize, rng: &mut fastrand::Rng) -> Option<String> {
    let number = rng.u32(..480);
    let name = match CATEGORIES[category] {
        "buffer" => ["vertices", "indices", "meshlets", "instances"][number as usize % 4],
        "image" => ["albedo", "normal", "roughness", "lightmap"][number as usize % 4],
        "staging" => "upload ring",
        _ => ["g-buffer", "ssao", "bloom chain"][number as usize % 3],
    };
    (!number.is_multiple_of(17)).then(|| format!("{name} {number:03}"))
}

fn kind(category: usize, rng: &mut fastrand::Rng) -> RangeKind {
    match CATEGORIES[category] {
        "image" => RangeKind::Image,
        "transient" => RangeKind::Alias,
        "buffer" if rng.u8(..12) == 0 => RangeKind::Raw,
        _ => RangeKind::Buffer,
    }
}

/// The first block with room for `size`, or a new one.
fn place(blocks: &mut Vec<ReportBlock>, heap: &Heap, size: u64, category: usize) -> usize {
    let fits = |range: &ReportRange| range.kind == RangeKind::Free && range.size >= size;
    let there = blocks.iter().position(|block| !block.dedicated && block.ranges.iter().any(fits));
    if let Some(there) = there
        && size < 20 * MIB
    {
        return there;
    }
    let dedicated = size >= 20 * MIB || size > heap.block;
    let size = if dedicated { size } else { heap.block };
    let reuse = blocks.iter().position(|block| {
        dedicated
            && block.dedicated
            && block.size == size
            && block.ranges[0].kind == RangeKind::Free
    });
    if let Some(reuse) = reuse {
        return reuse;
    }
    let free = ReportRange { offset: 0, size, kind: RangeKind::Free, ..ReportRange::default() };
    blocks.push(ReportBlock {
        allocator: "direct".into(),
        heap: heap.index,
        memory_type: heap.memory_type + u32::from(category == 3),
        size,
        dedicated,
        ranges: vec![free],
    });
    blocks.len() - 1
}

fn take(
    block: &mut ReportBlock,
    size: u64,
    kind: RangeKind,
    frame: u64,
    label: Option<String>,
) -> u64 {
    let fits = |range: &ReportRange| range.kind == RangeKind::Free && range.size >= size;
    let at = block.ranges.iter().position(fits).unwrap();
    let hole = &mut block.ranges[at];
    let offset = hole.offset;
    hole.offset += size;
    hole.size -= size;
    if hole.size == 0 {
        block.ranges.remove(at);
    }
    let tag = Some(match kind {
        RangeKind::Image => 2,
        RangeKind::Alias => 7,
        _ => 1,
    });
    let since_frame = Some(frame);
    let range =
        ReportRange { offset, size, kind, label, tag, since_frame, ..ReportRange::default() };
    block.ranges.insert(at, range);
    offset
}

/// Frees the range at `offset` and joins it with free neighbours.
fn free(block: &mut ReportBlock, offset: u64) {
    let at = block.ranges.iter().position(|range| range.offset == offset).unwrap();
    let range = &mut block.ranges[at];
    (range.kind, range.label, range.tag, range.since_frame) = (RangeKind::Free, None, None, None);
    for at in [at, at.wrapping_sub(1)] {
        let both = block.ranges.get(at..at.saturating_add(2)).unwrap_or_default();
        if both.len() == 2 && both.iter().all(|range| range.kind == RangeKind::Free) {
            block.ranges[at].size += block.ranges[at + 1].size;
            block.ranges.remove(at + 1);
        }
    }
}

fn refusal(
    frame: u64,
    heap: &Heap,
    category: usize,
    label: &Option<String>,
    size: u64,
    held: u64,
) -> ReportRefusal {
    let what = if CATEGORIES[category] == "image" { "image" } else { "buffer" };
    let (used, limit) = (held / MIB, heap.budget / MIB);
    let index = heap.index;
    ReportRefusal {
        frame,
        what: what.into(),
        label: label.clone(),
        requested: Some(size),
        reason: format!("over budget: heap {index} holds {used} MiB of {limit} MiB"),
        explanation: format!(
            "{what} of {size} B was refused\n  memory type {}: over budget, heap {index} holds \
             {used} MiB of {limit} MiB\n  memory type 4: not device-local, and the request wants \
             it to be\n  12 MiB of heap {index} wait for the device and come back once it is done",
            heap.memory_type
        ),
    }
}

fn leaks() -> Vec<ReportLeak> {
    let group = |label: &str, tag, count, bytes, since_frame| ReportLeak {
        label: Some(label.into()),
        tag,
        count,
        bytes,
        since_frame: Some(since_frame),
        backtrace: None,
    };
    let mut leaks = vec![
        group("upload ring", Some(1), 6, 18 * MIB + 4 * KIB, 1_204),
        group("bloom chain", Some(7), 2, 10_616_832, 44),
        group("debug lines", None, 41, 41 * 64 * KIB, 12),
    ];
    leaks[0].backtrace = Some(
        "  0: sponza::upload::Ring::grow\n          at src/upload.rs:118\n  1: \
         sponza::stream::Streamer::tick\n          at src/stream.rs:77\n  2: sponza::main\n          \
         at src/main.rs:40"
            .into(),
    );
    leaks
}

fn figures(device: &MemorySeries, report: &Report) -> Vec<ReportFigure> {
    let bytes = |name: &str, values: &[u64]| {
        let sum: u64 = values.iter().sum();
        ReportFigure {
            name: name.into(),
            last: FigureValue::Bytes(*values.last().unwrap()),
            min: FigureValue::Bytes(*values.iter().min().unwrap()),
            mean: FigureValue::Bytes(sum / FRAMES),
            max: FigureValue::Bytes(*values.iter().max().unwrap()),
        }
    };
    let last = |name: &str, last| ReportFigure { name: name.into(), last, ..Default::default() };
    let budget = device.budget_bytes[0].unwrap() as f64;
    vec![
        bytes("used_bytes", &device.used_bytes),
        bytes("retiring_bytes", &device.retiring_bytes),
        bytes("block_bytes", &device.block_bytes),
        bytes("frame_allocated_bytes", &report.churn.allocated_bytes),
        bytes("frame_freed_bytes", &report.churn.freed_bytes),
        last("refusals", FigureValue::Count(report.refusals.len() as u64)),
        last(
            "budget_utilization",
            FigureValue::Ratio(*device.used_bytes.last().unwrap() as f64 / budget),
        ),
        last("is_over_budget", FigureValue::Flag(false)),
        last("frame_time", FigureValue::Nanoseconds(16_666_667)),
    ]
}
