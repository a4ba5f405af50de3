//! An allocator that goes before its allocations says so, once, and frees what is safe to free.

use std::sync::{Arc, Mutex};

use rm_alloc_core::{
    EventMask, MemoryAllocator, MemoryError, MemoryEvent, MemoryObserver, TilingClass,
};
use rm_alloc_native::{NativeAllocator, NativeConfig, NativePool, PoolConfig};
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

const MIB: u64 = 1 << 20;

/// Leaks as label and bytes.
#[derive(Default)]
struct Leaks(Mutex<Vec<(String, u64)>>);

impl Leaks {
    fn heard(&self) -> Vec<(String, u64)> {
        let mut heard = self.0.lock().unwrap().clone();
        heard.sort();
        heard
    }
}

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

/// Ranges and own objects by label; blocks in which nothing is lost go back.
#[test]
fn what_is_lost_is_told_of_and_the_rest_goes_back() {
    let (sim, context) = device(Profile::h200());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    context.observe(&observer);
    let allocator = NativeAllocator::new(&context).unwrap();
    let lost = allocator.allocate(&linear(4096).label("shadow map")).unwrap();
    let nameless = allocator.allocate(&linear(160)).unwrap();
    let own = allocator.allocate(&linear(300 * MIB).label("atlas")).unwrap();
    let mut optimal = linear(4096).label("freed");
    optimal.tiling = TilingClass::Optimal;
    let freed = allocator.allocate(&optimal).unwrap();
    free_all(&allocator, [freed]);
    drop(allocator);
    let expected = [("-", 160), ("atlas", 300 * MIB), ("shadow map", 4096)];
    assert_eq!(leaks.heard(), expected.map(|(label, size)| (label.to_owned(), size)));
    assert_eq!(context.blocks().count, 2, "leaked memory still counts for the device");
    assert!([&lost, &nameless, &own].iter().all(|it| it.size() > 0));
    // Leaked on purpose.
    let verdict = sim.verdict().unwrap_err();
    assert_eq!((verdict.violations.len(), verdict.leaks.len()), (0, 2));
}

/// A label goes with its range, and does not name the next one at its place.
#[test]
fn a_label_dies_with_its_range() {
    let (_sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let kept = allocator.allocate(&linear(64)).unwrap();
    let named = allocator.allocate(&linear(1000).label("named")).unwrap();
    free_all(&allocator, [named]);
    let next = allocator.allocate(&linear(1000)).unwrap();
    let report = allocator.report();
    let labels = report.blocks[0].ranges.iter().filter_map(|range| range.label.as_deref());
    assert_eq!(labels.count(), 0);
    free_all(&allocator, [kept, next]);
}

/// A block that waits to be freed is no leak, and is not told of as one.
#[test]
fn what_waits_to_be_freed_is_no_leak() {
    let (sim, context) = device(Profile::h200());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    context.observe(&observer);
    let config = NativeConfig::default().grow_ahead().keep_empty(0, std::time::Duration::ZERO);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let held = [(); 8].map(|()| allocator.allocate(&linear(3 * MIB)).unwrap());
    free_all(&allocator, held);
    drop(allocator);
    assert_eq!(leaks.heard(), []);
    assert_eq!(context.blocks().count, 0);
    drop(context);
    sim.verdict().unwrap();
}

/// A pool that is dropped with memory out says so too.
#[test]
fn a_lost_pool_says_so() {
    let (sim, context) = device(Profile::h200());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    context.observe(&observer);
    let config = PoolConfig::new(0, TilingClass::Linear).block_size(MIB).blocks(2, 4);
    let pool = NativePool::new(&context, &config).unwrap();
    let lost = pool.allocate(&linear(4096).label("ring")).unwrap();
    drop(pool);
    assert_eq!(leaks.heard(), [("ring".to_owned(), 4096)]);
    assert_eq!((lost.size(), context.blocks().count), (4096, 1));
    let verdict = sim.verdict().unwrap_err();
    assert_eq!((verdict.violations.len(), verdict.leaks.len()), (0, 1));
}

/// A pool whose first blocks are not to be had is none, leaves nothing behind, and nothing to tell of.
#[test]
fn a_pool_that_cannot_open_is_no_leak() {
    let (sim, context) = device(Profile::h200());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    context.observe(&observer);
    sim.limit_heap(context.heap_of(0), Some(2 * MIB));
    let config = PoolConfig::new(0, TilingClass::Linear).block_size(MIB).blocks(3, 3);
    let error = NativePool::new(&context, &config).unwrap_err();
    assert_eq!(error, MemoryError::OutOfDeviceMemory);
    assert_eq!((context.blocks().count, leaks.heard()), (0, vec![]));
}
