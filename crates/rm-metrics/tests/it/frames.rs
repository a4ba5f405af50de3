//! A thousand random frames: the picture is the manager's, to the byte.

use std::sync::Arc;

use rm_alloc_core::{
    AliasedBufferRequest, BudgetConfig, BufferAllocation, Category, DeviceBudgetManager,
    MemoryLocation, StagingReservation, Tag,
};
use rm_metrics::{CsvTable, CsvWriter, MetricsCollector, MetricsConfig, Snapshot, Value};

use crate::support::{KIB, MIB, Random, free, manager, request};

/// Whatever a frame may hold on to.
#[derive(Default)]
struct Holdings {
    buffers: Vec<BufferAllocation>,
    aliases: Vec<BufferAllocation>,
    staging: Vec<StagingReservation>,
    // What this test counts by itself: bytes allocated and freed since the start, and refusals.
    allocated: u64,
    freed: u64,
    refused: u64,
}

impl Holdings {
    fn step(&mut self, manager: &DeviceBudgetManager, random: &mut Random) {
        match random.below(10) {
            0..5 => self.allocate(manager, random),
            5..8 if !self.buffers.is_empty() => {
                let buffer = self.buffers.swap_remove(random.index(self.buffers.len()));
                if random.below(2) == 0 {
                    manager.mark_retiring(&buffer);
                }
                let before = tracked(manager);
                free(manager, buffer);
                self.freed += before - tracked(manager);
            }
            8 => {
                self.staging.truncate(random.index(4));
                self.staging.extend(manager.try_reserve_staging(random.below(MIB)));
            }
            _ if !self.buffers.is_empty() => {
                manager.mark_retiring(&self.buffers[random.index(self.buffers.len())]);
            }
            _ => {}
        }
    }

    fn allocate(&mut self, manager: &DeviceBudgetManager, random: &mut Random) {
        let category = Category::ALL[random.index(Category::ALL.len())];
        let tag = Tag(u32::try_from(random.below(4)).unwrap());
        let location = [MemoryLocation::DeviceLocal, MemoryLocation::HostVisible];
        let wanted = request(1 + random.below(256 * KIB))
            .category(category)
            .tag(tag)
            .location(location[random.index(2)])
            .label("random");
        let before = tracked(manager);
        match manager.allocate_buffer(&wanted) {
            Ok(buffer) => self.buffers.push(buffer),
            Err(_) => self.refused += 1,
        }
        self.allocated += tracked(manager) - before;
    }
}

/// Bytes of everything that is charged.
fn tracked(manager: &DeviceBudgetManager) -> u64 {
    manager.stats().heaps.iter().map(|heap| heap.reserved).sum()
}

/// Everything that `snapshot` says, asked of the manager one by one.
fn is_of(snapshot: &Snapshot, manager: &DeviceBudgetManager) {
    let (frame, stats) = (&snapshot.frame, manager.stats());
    assert_eq!(frame.allocation_count, stats.allocations);
    assert_eq!(frame.aliased_count, u64::from(manager.aliased_allocation_count()));
    assert_eq!(frame.tracked_bytes, stats.heaps.iter().map(|heap| heap.reserved).sum::<u64>());
    assert_eq!(frame.staging_quota_used, stats.staging_used);
    assert_eq!(frame.staging_quota_max, stats.staging_max);
    assert_eq!(
        frame.budget_utilization.to_bits(),
        manager.device_figures().utilisation().to_bits()
    );
    assert_eq!(frame.is_over_budget, manager.is_over_budget());
    assert_eq!(frame.used_bytes, stats.used);
    assert_eq!(frame.budget_bytes, stats.budget);
    assert_eq!(frame.peak_bytes, stats.peak);
    assert_eq!(frame.retiring_bytes, stats.retiring);
    let blocks = manager.context().blocks();
    assert_eq!(
        (frame.block_bytes, frame.block_count, frame.blocks_made),
        (blocks.bytes, blocks.count.into(), blocks.made)
    );
    for (index, heap) in (0..).zip(&snapshot.heaps) {
        let asked = manager.heap_budget(index);
        assert_eq!(heap.account.used_bytes, asked.figures.reserved);
        assert_eq!(heap.account.committed_bytes, asked.figures.committed);
        assert_eq!(heap.account.retiring_bytes, asked.figures.retiring);
        assert_eq!(heap.account.peak_bytes, asked.figures.peak);
        assert_eq!(heap.account.count, asked.figures.count);
        assert_eq!(heap.budget_bytes, asked.figures.limit);
        assert_eq!((heap.size_bytes, heap.block_bytes), (asked.size, asked.block_bytes));
        assert_eq!(heap.driver_budget_bytes, asked.driver_budget);
        assert_eq!(heap.driver_usage_bytes, asked.driver_usage);
    }
    for category in Category::ALL {
        let (seen, asked) = (snapshot.category(*category), manager.category_figures(*category));
        assert_eq!((seen.used_bytes, seen.count), (asked.reserved, asked.count), "{category:?}");
        assert_eq!((seen.retiring_bytes, seen.peak_bytes), (asked.retiring, asked.peak));
    }
    for tag in (0..5).map(Tag) {
        let (seen, asked) = (snapshot.tag(tag), manager.tag_figures(tag));
        assert_eq!((seen.used_bytes, seen.count), (asked.reserved, asked.count), "{tag:?}");
        assert_eq!((seen.retiring_bytes, seen.peak_bytes), (asked.retiring, asked.peak));
    }
    let sums = |of: &mut dyn Iterator<Item = u64>| of.sum::<u64>();
    let tracked = frame.tracked_bytes;
    assert_eq!(sums(&mut snapshot.heaps.iter().map(|it| it.account.used_bytes)), tracked);
    assert_eq!(sums(&mut snapshot.categories.iter().map(|it| it.account.used_bytes)), tracked);
}

/// Every figure equals the manager's at frame end, a file parsed back equals the snapshots, and churn adds up.
#[test]
fn every_figure_of_a_thousand_random_frames_is_the_managers() {
    let config = BudgetConfig {
        device_memory_budget: 12 * MIB,
        strict: true,
        staging_quota: 2 * MIB,
        ..BudgetConfig::default()
    };
    let (manager, sim) = manager(config);
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default().window(1000));
    let counter = Arc::clone(&sim);
    metrics.count_driver_calls(move || counter.counts().total());
    let mut random = Random(0x5eed);
    let mut held = Holdings::default();
    let source = manager.allocate_buffer(&request(MIB).aliasable()).unwrap();
    let memory = source.memory().cloned().unwrap();
    sim.allow_alias(memory.raw(), 0..memory.size());
    held.allocated += tracked(&manager);
    for number in 0..1000 {
        metrics.begin_frame();
        for _ in 0..random.below(8) {
            held.step(&manager, &mut random);
        }
        if random.below(4) == 0 {
            let alias = AliasedBufferRequest { memory: &memory, offset: 0, buffer: request(KIB) };
            held.aliases.push(manager.create_aliased_buffer(&alias).unwrap());
        } else if let Some(alias) = held.aliases.pop() {
            free(&manager, alias);
        }
        let calls = sim.counts().total();
        let snapshot = metrics.end_frame();
        assert_eq!(snapshot.frame.frame, number);
        assert_eq!(snapshot.frame.refusals, held.refused);
        assert_eq!(snapshot.frame.driver_calls, Some(calls), "the collector calls no driver");
        assert!(snapshot.frame.began_ns <= snapshot.frame.ended_ns);
        is_of(snapshot, &manager);
    }
    assert!(held.refused > 0 && held.freed > 0, "the frames were not random enough");
    let churn = |of: fn(&Snapshot) -> u64| metrics.window().iter().map(of).sum::<u64>();
    assert_eq!(churn(|it| it.frame.frame_allocated_bytes), held.allocated);
    assert_eq!(churn(|it| it.frame.frame_freed_bytes), held.freed);
    parsed_back(&metrics);
    drop(memory);
    held.buffers.into_iter().chain(held.aliases).chain([source]).for_each(|it| free(&manager, it));
}

/// All columns of all frames, through a file.
fn parsed_back(metrics: &MetricsCollector) {
    let columns = metrics.columns();
    let mut csv = CsvWriter::new(Vec::new(), columns.clone(), &[("frames", "1000")]).unwrap();
    metrics.window().iter().for_each(|snapshot| csv.add(snapshot).unwrap());
    let table = CsvTable::read(&*csv.finish().unwrap()).unwrap();
    assert_eq!(table.metadata, [("frames".to_owned(), "1000".to_owned())]);
    assert_eq!(table.rows.len(), 1000);
    let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
    assert_eq!(table.columns, names);
    for (row, snapshot) in table.rows.iter().zip(metrics.window().iter()) {
        let values: Vec<Value> = columns.iter().map(|column| column.value(snapshot)).collect();
        assert_eq!(*row, values);
    }
    for column in &columns {
        let summary = metrics.window().summary(column);
        let written = table.summaries.iter().find(|(name, _)| name == column.name());
        assert_eq!(written.map(|(_, summary)| *summary), summary, "{}", column.name());
    }
}

/// The window keeps the newest frames, and sums up those alone.
#[test]
fn a_window_holds_the_last_frames_and_sums_up_those() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default().window(10));
    let column = metrics.column("frame").unwrap();
    assert!(metrics.window().is_empty() && metrics.latest().is_none());
    assert_eq!(metrics.window().summary(&column), None);
    for frame in 0..25 {
        metrics.end_frame();
        assert_eq!(metrics.latest().unwrap().frame.frame, frame);
    }
    let frames: Vec<_> = metrics.window().iter().map(|snapshot| snapshot.frame.frame).collect();
    assert_eq!(frames, (15..25).collect::<Vec<_>>());
    let summary = metrics.window().summary(&column).unwrap();
    assert_eq!((summary.count, summary.sum), (10, 195));
    assert_eq!((summary.min, summary.max), (Value::Number(15), Value::Number(24)));
    assert!((summary.mean - 19.5).abs() < 1e-12, "{summary:?}");
    let percentile = |percent| metrics.window().percentile(&column, percent);
    let asked = [0, 10, 50, 90, 91, 100].map(percentile);
    assert_eq!(asked, [15, 15, 19, 23, 24, 24].map(|it| Some(Value::Number(it))));
}

/// A tag that appears late is 0 before, and a snapshot survives its way through text.
#[test]
fn a_late_tag_is_zero_before_it_was_used() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    metrics.end_frame();
    assert!(metrics.column("tag9_used_bytes").is_err());
    let buffer = manager.allocate_buffer(&request(KIB).tag(Tag(9))).unwrap();
    metrics.end_frame();
    let column = metrics.column("tag9_used_bytes").unwrap();
    let values: Vec<_> = metrics.window().iter().map(|it| column.value(it)).collect();
    assert_eq!(values, [0, tracked(&manager)].map(Value::Number));
    manager.set_device_budget(1);
    manager.set_staging_quota(1 << 60);
    let text = serde_json::to_string(metrics.end_frame()).unwrap();
    let back: Snapshot = serde_json::from_str(&text).unwrap();
    assert_eq!(Some(&back), metrics.latest());
    let mut endless = back;
    endless.frame.budget_utilization = f64::INFINITY;
    let text = serde_json::to_string(&endless).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), endless);
    free(&manager, buffer);
}
