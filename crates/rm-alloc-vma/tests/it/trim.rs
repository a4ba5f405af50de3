//! Trimming: what VMA keeps, and what can be had back of it.

use rm_alloc_core::{MemoryAllocator, Priority, TilingClass};
use rm_alloc_vma::VmaAllocator;
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

/// The empty block that VMA keeps beside one in use goes back.
#[test]
fn an_empty_block_beside_a_used_one_goes_back() {
    let (sim, context) = device(Profile::h200());
    let heap = context.heap_of(0);
    let allocator = VmaAllocator::new(&context).unwrap();
    let kept = allocator.allocate(&linear(1 << 20)).unwrap();
    // More than the first block holds.
    let rest: Vec<_> = (0..70).map(|_| allocator.allocate(&linear(1 << 20)).unwrap()).collect();
    let blocks = allocator.stats().total().blocks;
    assert!(blocks > 1);
    free_all(&allocator, rest);
    let before = allocator.stats().total();
    assert_eq!(before.blocks, 2, "VMA keeps one empty block");
    assert_eq!(allocator.trim(heap, u64::MAX), 0, "all of it may be kept");
    let given = allocator.trim(heap, 0);
    let after = allocator.stats().total();
    assert_eq!((after.blocks, after.block_bytes), (1, before.block_bytes - given));
    assert_eq!(sim.heap_usage(heap), after.block_bytes);
    free_all(&allocator, [kept]);
}

/// `keep_bytes` of empty blocks stay, over all pools of the heap, and other heaps are left alone.
#[test]
fn what_may_be_kept_is_kept() {
    let (_sim, context) = device(Profile::h200());
    let heap = context.heap_of(0);
    let allocator = VmaAllocator::new(&context).unwrap();
    let mut held = Vec::new();
    for tiling in [TilingClass::Linear, TilingClass::Optimal, TilingClass::Mixed] {
        for priority in [Priority::Low, Priority::Normal] {
            let mut request = linear(4096).priority(priority);
            request.tiling = tiling;
            held.push(allocator.allocate(&request).unwrap());
        }
    }
    free_all(&allocator, held);
    let empty = allocator.stats().heaps[heap as usize];
    assert_eq!(empty.used_bytes, 0);
    assert!(empty.blocks >= 3);
    let one = empty.block_bytes / u64::from(empty.blocks);
    let keep = one * 2;
    assert_eq!(allocator.trim(heap + 1, 0), 0, "another heap");
    assert_eq!(allocator.trim(heap, keep), empty.block_bytes - keep);
    assert_eq!(allocator.stats().total().block_bytes, keep);
    assert_eq!(allocator.trim(heap, 0), keep);
    let again = allocator.allocate(&linear(10)).unwrap();
    free_all(&allocator, [again]);
}

/// While one thread trims, others allocate and free.
#[test]
fn trimming_disturbs_nobody() {
    let (sim, context) = device(Profile::h200());
    let heap = context.heap_of(0);
    let allocator = VmaAllocator::new(&context).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let allocator = &allocator;
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(thread);
                for _ in 0..2000 {
                    let size = random.u64(1..40 << 20);
                    free_all(allocator, [allocator.allocate(&linear(size)).unwrap()]);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..2000 {
                allocator.trim(heap, 0);
            }
        });
    });
    allocator.trim(heap, 0);
    assert_eq!(allocator.stats().total(), Default::default());
    drop((allocator, context));
    assert!(sim.verdict().is_ok(), "{:?}", sim.verdict());
}
