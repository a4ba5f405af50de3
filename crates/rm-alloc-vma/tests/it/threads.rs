//! What other threads and observers may do meanwhile.

use std::{
    sync::{Arc, Mutex, OnceLock, Weak},
    thread,
};

use rm_alloc_core::{EventMask, MemoryAllocator, MemoryEvent, MemoryObserver};
use rm_alloc_vma::VmaAllocator;
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

/// Memory is back at the driver when the call that freed it returns, whoever else frees at the same time.
#[test]
fn what_is_freed_is_back() {
    let (sim, context) = device(Profile::h200());
    let allocator = VmaAllocator::new(&context).unwrap();
    let heap = context.memory_properties().memory_heaps[context.heap_of(0) as usize].size;
    let one = 3 << 30;
    // All but three objects of the heap are taken; three threads hold at most one each.
    let held: Vec<_> = (3..heap / one).map(|_| allocator.allocate(&linear(one)).unwrap()).collect();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let own = allocator.allocate(&linear(one)).unwrap();
                    free_all(&allocator, [own]);
                }
            });
        }
    });
    free_all(&allocator, held);
    drop((allocator, context));
    sim.verdict().unwrap();
}

/// Calls back into the allocator whenever it hears of a block.
#[derive(Default)]
struct Curious {
    allocator: OnceLock<Weak<VmaAllocator>>,
    heard: Mutex<Vec<(u64, u64)>>,
}

impl MemoryObserver for Curious {
    fn mask(&self) -> EventMask {
        EventMask::BLOCK_ALLOCATED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        let MemoryEvent::BlockAllocated(block) = event else { panic!("{event:?}") };
        let allocator = self.allocator.get().and_then(Weak::upgrade).unwrap();
        let more = allocator.allocate(&linear(4096)).unwrap();
        let stats = allocator.stats().total();
        assert!(!allocator.report().blocks.is_empty());
        free_all(&*allocator, [more]);
        self.heard.lock().unwrap().push((block.size, stats.block_bytes));
    }
}

/// Observers of blocks are called outside every lock, so they may use the allocator that made the block.
#[test]
fn observers_may_use_the_allocator() {
    let (sim, context) = device(Profile::h200());
    let allocator = Arc::new(VmaAllocator::new(&context).unwrap());
    let curious = Arc::<Curious>::default();
    curious.allocator.set(Arc::downgrade(&allocator)).unwrap();
    let observer: Arc<dyn MemoryObserver> = curious.clone();
    context.observe(&observer);
    let held = [
        allocator.allocate(&linear(1 << 20)).unwrap(),
        allocator.allocate(&linear(200 << 20)).unwrap(),
    ];
    let heard = curious.heard.lock().unwrap().clone();
    assert_eq!(heard, [(32 << 20, 32 << 20), (200 << 20, 232 << 20)]);
    free_all(&*allocator, held);
    drop((allocator, context));
    sim.verdict().unwrap();
}
