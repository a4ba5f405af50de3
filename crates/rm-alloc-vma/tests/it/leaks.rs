//! Behaviour 32: an allocator that goes before its allocations says so and aborts nothing, in debug and in release.

use std::sync::{Arc, Mutex};

use rm_alloc_core::{EventMask, MemoryAllocator, MemoryEvent, MemoryObserver, TilingClass};
use rm_alloc_vma::{PoolConfig, VmaAllocator};
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

/// Leaks as label and bytes.
#[derive(Default)]
struct Leaks(Mutex<Vec<(String, u64)>>);

impl MemoryObserver for Leaks {
    fn mask(&self) -> EventMask {
        EventMask::LEAKED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        let MemoryEvent::Leaked(block) = event else { panic!("{event:?} was not asked for") };
        let label = block.label.unwrap_or("-").to_owned();
        self.0.lock().unwrap().push((label, block.size));
    }
}

/// Observers hear of every allocation that is lost by its label, and of nothing that was given back.
#[test]
fn lost_blocks_are_told_of_and_nothing_aborts() {
    let (sim, context) = device(Profile::h200());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    context.observe(&observer);
    let allocator = VmaAllocator::new(&context).unwrap();
    let lost = allocator.allocate(&linear(4096).label("shadow map")).unwrap();
    let own = allocator.allocate(&linear(200 << 20).label("atlas")).unwrap();
    let mut optimal = linear(4096);
    optimal.tiling = TilingClass::Optimal;
    let freed = allocator.allocate(&optimal).unwrap();
    free_all(&allocator, [freed]);
    drop(allocator);
    let mut heard = leaks.0.lock().unwrap().clone();
    heard.sort();
    assert_eq!(heard, [("atlas".to_owned(), 200 << 20), ("shadow map".to_owned(), 4096)]);
    assert_eq!(context.blocks().count, 2, "leaked memory still counts for the device");
    assert!(lost.size() + own.size() > 0);
    // Leaked on purpose.
    let verdict = sim.verdict().unwrap_err();
    assert_eq!((verdict.violations.len(), verdict.leaks.len()), (0, 2));
}

/// A pool that is dropped with memory out takes nothing else with it.
#[test]
fn a_lost_pool_leaves_the_allocator_whole() {
    let (sim, context) = device(Profile::h200());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    context.observe(&observer);
    let allocator = VmaAllocator::new(&context).unwrap();
    let config = PoolConfig::new(0, TilingClass::Linear).block_size(1 << 20).name("rings");
    let pool = allocator.pool(&config).unwrap();
    let lost = pool.allocate(&linear(4096).label("ring")).unwrap();
    drop(pool);
    assert_eq!(*leaks.0.lock().unwrap(), [("ring".to_owned(), 4096)]);
    let kept = allocator.allocate(&linear(4096)).unwrap();
    free_all(&allocator, [kept]);
    drop(allocator);
    assert_eq!(leaks.0.lock().unwrap().len(), 1, "once is enough");
    assert_eq!(lost.size(), 4096);
    let verdict = sim.verdict().unwrap_err();
    assert_eq!((verdict.violations.len(), verdict.leaks.len()), (0, 1));
}

/// Labels are in the report as long as their memory lives.
#[test]
fn the_report_knows_labels() {
    let (_sim, context) = device(Profile::h200());
    let allocator = VmaAllocator::new(&context).unwrap();
    let held = [
        allocator.allocate(&linear(100)).unwrap(),
        allocator.allocate(&linear(200).label("second")).unwrap(),
    ];
    let report = allocator.report();
    let ranges = &report.blocks[0].ranges;
    let seen: Vec<_> =
        ranges.iter().map(|range| (range.size, range.used, range.label.as_deref())).collect();
    let rest = (32 << 20) - 300;
    assert_eq!(seen, [(100, true, None), (200, true, Some("second")), (rest, false, None)]);
    free_all(&allocator, held);
}
