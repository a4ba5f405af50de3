//! Dumps of a program that runs: whole, bounded in what they lock, and true to what lives throughout.

use std::{
    collections::HashSet,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rm_alloc_core::{
    BlockReport, BudgetConfig, Category, DeviceBudgetManager, MemoryAllocator, MemoryObserver,
    ParcelKind, RangeReport, ReportWalk, Tag,
};
use rm_alloc_direct::DirectAllocator;
use rm_alloc_mock::MockAllocator;
use rm_alloc_native::{NativeAllocator, NativeConfig};
use rm_alloc_vma::{VmaAllocator, VmaConfig};
use rm_metrics::{AllocationTracker, Dump, MetricsError};
use rm_vksim::Profile;
use serde_json::Value as Json;

use crate::support::{KIB, Random, context, free, request};

/// The backends that put several resources into a block.
fn sharing() -> [DeviceBudgetManager; 2] {
    [native(), vma()]
}

fn native() -> DeviceBudgetManager {
    let (context, _sim) = context(Profile::h200(), true);
    let config = NativeConfig::default().least_block(1 << 20);
    let allocator = Arc::new(NativeAllocator::with_config(&context, &config).unwrap());
    DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap()
}

fn vma() -> DeviceBudgetManager {
    let (context, _sim) = context(Profile::h200(), true);
    let config = VmaConfig::default().block_size(4 << 20);
    let allocator = Arc::new(VmaAllocator::with_config(&context, &config).unwrap());
    DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap()
}

fn direct() -> DeviceBudgetManager {
    let (context, _sim) = context(Profile::h200(), true);
    let allocator = Arc::new(DirectAllocator::new(&context));
    DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap()
}

/// The blocks of a dump as a report has them.
fn reports(dump: &Dump) -> Vec<BlockReport> {
    let blocks = dump.blocks().map(|block| BlockReport {
        memory_type: block.memory_type,
        heap: block.heap,
        size: block.size,
        dedicated: block.dedicated,
        ranges: block
            .ranges
            .iter()
            .map(|it| RangeReport {
                offset: it.offset,
                size: it.size,
                used: it.used,
                label: it.label.clone(),
            })
            .collect(),
    });
    blocks.collect()
}

/// Blocks in an order that does not depend on where they come from.
fn sorted(blocks: &[BlockReport]) -> Vec<String> {
    let mut blocks: Vec<_> = blocks.iter().map(|block| format!("{block:?}")).collect();
    blocks.sort();
    blocks
}

/// Where nothing moves, pages say what the report says, of every backend.
#[test]
fn pages_say_what_the_report_says() {
    let (context, _sim) = context(Profile::desktop_rebar(), false);
    let backends: [Arc<dyn MemoryAllocator>; 4] = [
        Arc::new(DirectAllocator::new(&context)),
        Arc::new(NativeAllocator::new(&context).unwrap()),
        Arc::new(VmaAllocator::new(&context).unwrap()),
        Arc::new(MockAllocator::default()),
    ];
    for allocator in backends {
        let name = allocator.name().to_owned();
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
        let mut random = Random(7);
        let mut buffers = Vec::new();
        for index in 0..200 {
            let label = format!("buffer {index}");
            let wanted = request(1 + random.below(64 * KIB)).label(&label);
            let wanted = if index % 50 == 0 { wanted.dedicated() } else { wanted };
            buffers.push(manager.allocate_buffer(&wanted).unwrap());
            if index % 3 == 0 {
                free(&manager, buffers.swap_remove(random.index(buffers.len())));
            }
        }
        let dump = Dump::take(&manager).unwrap();
        let report = manager.allocator().report();
        assert_eq!(sorted(&reports(&dump)), sorted(&report.blocks), "{name}");
        let fragmentation = manager.stats().fragmentation.unwrap();
        let own = dump.fragmentation(None).ratio;
        assert!((own - fragmentation).abs() < 1e-12, "{name}: {own} and {fragmentation}");
        buffers.into_iter().for_each(|buffer| free(&manager, buffer));
    }
}

/// No lock is held for more than 4,096 nodes, however many there are, and few are looked at twice.
#[test]
fn no_lock_is_held_for_more_than_its_share() {
    const COUNT: usize = 20_000;
    for manager in sharing() {
        let name = manager.allocator().name();
        let buffers: Vec<_> = (0..COUNT)
            .map(|_| manager.allocate_buffer(&request(KIB).label("piece")).unwrap())
            .collect();
        let dump = Dump::take(&manager).unwrap();
        assert_eq!(dump.most_nodes(), ReportWalk::NODES, "{name}");
        let ranges = dump.blocks().flat_map(|block| &block.ranges);
        assert_eq!(ranges.filter(|range| range.used).count(), COUNT, "{name}");
        buffers.into_iter().for_each(|buffer| free(&manager, buffer));
    }

    let manager = direct();
    let limit = manager.context().limits().max_allocation_count.min(10_000);
    let buffers: Vec<_> =
        (0..limit).map(|_| manager.allocate_buffer(&request(KIB)).unwrap()).collect();
    let dump = Dump::take(&manager).unwrap();
    assert!(dump.most_nodes() <= ReportWalk::NODES, "{}", dump.most_nodes());
    assert_eq!(dump.blocks().count(), limit as usize);
    buffers.into_iter().for_each(|buffer| free(&manager, buffer));
}

/// Eight threads allocate and free while dumps are taken: what lives throughout is there once, nothing overlaps, and the text
/// is JSON of the layout.
#[test]
fn what_lives_throughout_is_in_every_dump_once() {
    sharing().iter().for_each(dumps_while_threads_allocate);
    dumps_while_threads_allocate(&direct());
}

fn dumps_while_threads_allocate(manager: &DeviceBudgetManager) {
    const LASTING: usize = 5_000;
    let labels: Vec<_> = (0..LASTING).map(|index| format!("lasting {index}")).collect();
    let lasting: Vec<_> = labels
        .iter()
        .map(|label| manager.allocate_buffer(&request(KIB).label(label)).unwrap())
        .collect();
    let (stop, start) = (AtomicBool::new(false), Barrier::new(9));
    thread::scope(|scope| {
        for seed in 1..9 {
            let (stop, start) = (&stop, &start);
            scope.spawn(move || {
                let mut random = Random(seed);
                let mut held = Vec::new();
                start.wait();
                while !stop.load(Ordering::Relaxed) {
                    let wanted = request(1 + random.below(16 * KIB)).label("passing");
                    held.push(manager.allocate_buffer(&wanted).unwrap());
                    if held.len() > 300 {
                        free(manager, held.swap_remove(random.index(held.len())));
                    }
                }
                held.into_iter().for_each(|buffer| free(manager, buffer));
            });
        }
        start.wait();
        let dumps: Vec<_> = (0..10)
            .map(|_| {
                let dump = Dump::take(manager).unwrap();
                let text = dump.write(Vec::new()).unwrap();
                (dump, text)
            })
            .collect();
        // Before anything is asserted, so that a failure does not leave threads behind.
        stop.store(true, Ordering::Relaxed);
        for (dump, text) in dumps {
            assert!(dump.most_nodes() <= ReportWalk::NODES, "{}", dump.most_nodes());
            let json: Json = serde_json::from_slice(&text).unwrap();
            crate::layout::is_of_vma(&json);
            let ranges = dump.blocks().flat_map(|block| &block.ranges).filter(|range| range.used);
            let seen: Vec<_> = ranges.filter_map(|range| range.label.as_deref()).collect();
            let seen: Vec<_> = seen.iter().filter(|label| **label != "passing").collect();
            let unique: HashSet<_> = seen.iter().collect();
            assert_eq!((seen.len(), unique.len()), (LASTING, LASTING));
        }
    });
    lasting.into_iter().for_each(|buffer| free(manager, buffer));
}

/// A tracker tells what a range was made for, by whom, and for how long it has lived; without one that is not known.
#[test]
fn a_tracker_describes_what_a_dump_shows() {
    let manager = native();
    let before = manager.allocate_buffer(&request(KIB).label("before")).unwrap();
    let tracker = Arc::new(AllocationTracker::new());
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    let wanted = request(KIB).label("after").tag(Tag(3)).category(Category::Staging);
    let after = manager.allocate_buffer(&wanted).unwrap();
    let mut dump = Dump::take(&manager).unwrap();
    let origin = |dump: &Dump, label: &str| {
        let mut ranges = dump.blocks().flat_map(|block| &block.ranges);
        ranges.find(|range| range.label.as_deref() == Some(label)).unwrap().origin
    };
    assert_eq!(origin(&dump, "after"), None);
    dump.describe(&tracker);
    assert_eq!(origin(&dump, "before"), None);
    let known = origin(&dump, "after").unwrap();
    assert_eq!((known.kind, known.category), (ParcelKind::Buffer, Category::Staging));
    assert_eq!((known.tag, known.age_ns > 0), (Tag(3), true));
    let json: Json = serde_json::from_slice(&dump.write(Vec::new()).unwrap()).unwrap();
    crate::layout::is_of_vma(&json);
    let text = json.to_string();
    assert!(text.contains("BUFFER") && text.contains("UNKNOWN"), "{text}");
    [before, after].into_iter().for_each(|buffer| free(&manager, buffer));
}

/// An allocator that lists nothing is an error, and no empty picture.
#[test]
fn an_allocator_without_a_report_is_a_typed_error() {
    let (context, _sim) = context(Profile::desktop_rebar(), false);
    let allocator = Arc::new(crate::support::Bare(context));
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let error = Dump::take(&manager).unwrap_err();
    assert!(matches!(&error, MetricsError::NoReport { allocator } if **allocator == *"custom"));
    assert!(error.to_string().contains("`custom`"), "{error}");
}
