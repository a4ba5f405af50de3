//! Pools of one's own.

use std::{sync::Arc, thread};

use rm_alloc_core::{
    AllocatorCapabilities, BudgetConfig, DeviceBudgetManager, MemoryAllocator, MemoryError,
    TilingClass,
};
use rm_alloc_native::{NativeAllocator, NativePool, PoolConfig};
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

const BLOCK: u64 = 1 << 20;

fn config() -> PoolConfig {
    PoolConfig::new(0, TilingClass::Linear).block_size(BLOCK)
}

/// The least number of blocks is there from the beginning and stays; the most is never exceeded.
#[test]
fn blocks_stay_within_their_bounds() {
    let (sim, context) = device(Profile::h200());
    let pool = NativePool::new(&context, &config().blocks(1, 3)).unwrap();
    let heap = context.heap_of(0);
    assert_eq!(sim.heap_usage(heap), BLOCK);
    let mut held = Vec::new();
    let refused = loop {
        match pool.allocate(&linear(BLOCK / 4)) {
            Ok(allocation) => held.push(allocation),
            Err(error) => break error,
        }
    };
    assert_eq!((refused, held.len()), (MemoryError::OutOfDeviceMemory, 12));
    let total = pool.stats().total();
    assert_eq!((total.used_bytes, total.block_bytes), (3 * BLOCK, 3 * BLOCK));
    assert_eq!(pool.report().blocks.len(), 3);
    free_all(&pool, held);
    assert_eq!(pool.trim(heap, 0), 2 * BLOCK);
    assert_eq!(sim.heap_usage(heap), BLOCK, "the first block stays");
    let again = pool.allocate(&linear(BLOCK)).unwrap();
    free_all(&pool, [again]);
}

/// Those that grow stay as well, and not only as many bytes as the smallest would have.
#[test]
fn the_first_blocks_stay_where_blocks_grow() {
    let (_sim, context) = device(Profile::h200());
    let config = PoolConfig::new(0, TilingClass::Linear).blocks(3, 8);
    let pool = NativePool::new(&context, &config).unwrap();
    let (heap, first) = (context.heap_of(0), pool.stats().total());
    assert_eq!(first.blocks, 3);
    let held: Vec<_> = (0..first.block_bytes >> 20)
        .map(|_| pool.allocate(&linear(1 << 20)).unwrap())
        .chain([pool.allocate(&linear(1 << 20)).unwrap()])
        .collect();
    assert_eq!(pool.stats().total().blocks, 4);
    free_all(&pool, held);
    pool.trim(heap, 0);
    assert_eq!(pool.stats().total().block_bytes, first.block_bytes);
    assert_eq!(pool.stats().total().blocks, 3);
}

/// However many threads grow it at a time.
#[test]
fn threads_do_not_exceed_the_most_together() {
    let (_sim, context) = device(Profile::h200());
    let pool = NativePool::new(&context, &config().blocks(0, 2)).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let taken = pool.allocate(&linear(BLOCK));
                    assert!(context.blocks().count <= 2);
                    free_all(&pool, taken);
                    pool.trim(context.heap_of(0), 0);
                }
            });
        }
    });
    // What was counted was given back.
    let held = [(); 2].map(|()| pool.allocate(&linear(BLOCK)).unwrap());
    free_all(&pool, held);
}

/// What is as large as a block finds room in one, and what cannot is refused without making any.
#[test]
fn a_block_that_is_no_whole_number_of_granules_is_used_as_far_as_it_goes() {
    const PAGE: u64 = 64 << 10;
    let (_sim, context) = device(Profile::builtin("granularity-64k").unwrap());
    let config = PoolConfig::new(0, TilingClass::Mixed).block_size(3 * PAGE - 1);
    let pool = NativePool::new(&context, &config).unwrap();
    let mut request = linear(2 * PAGE + 1);
    request.tiling = TilingClass::Mixed;
    let refused = pool.allocate(&request).unwrap_err();
    assert_eq!(refused, MemoryError::TooLarge { size: 2 * PAGE + 1, limit: 2 * PAGE });
    assert_eq!(pool.stats().total().blocks, 0);
    request.size = 2 * PAGE;
    let whole = pool.allocate(&request).unwrap();
    assert_eq!((pool.stats().total().blocks, whole.size()), (1, 2 * PAGE));
    free_all(&pool, [whole]);
    let none = PoolConfig::new(0, TilingClass::Mixed).block_size(PAGE - 1);
    let error = NativePool::new(&context, &none).unwrap_err();
    assert!(matches!(error, MemoryError::InvalidRequest(_)), "{error}");
}

/// What a pool cannot serve it refuses, with a reason to go on or to stop.
#[test]
fn foreign_requests_are_refused() {
    let (_sim, context) = device(Profile::h200());
    let pool = NativePool::new(&context, &config().name("scratch")).unwrap();
    assert_eq!(pool.name(), "scratch");
    assert!(!pool.capabilities().contains(AllocatorCapabilities::DEDICATED));
    let mut other = linear(64);
    other.memory_type = 1;
    let error = pool.allocate(&other).unwrap_err();
    assert!(error.is_shortage(), "the ranking goes on: {error}");
    other = linear(64);
    other.tiling = TilingClass::Optimal;
    assert!(matches!(pool.allocate(&other), Err(MemoryError::Unsupported(_))));
    let large = pool.allocate(&linear(BLOCK + 1)).unwrap_err();
    assert_eq!(large, MemoryError::TooLarge { size: BLOCK + 1, limit: BLOCK });
    let refused = pool.allocate(&linear(64).headroom(1000)).unwrap_err();
    assert_eq!(refused, MemoryError::OverHeadroom { size: BLOCK, headroom: 1000 });
    assert_eq!(pool.stats().total().blocks, 0);
    for wrong in [
        PoolConfig::new(99, TilingClass::Linear),
        config().block_size(0),
        config().block_size(u64::MAX),
        config().blocks(2, 1),
        config().blocks(0, 0),
    ] {
        let error = NativePool::new(&context, &wrong).unwrap_err();
        assert!(matches!(error, MemoryError::InvalidRequest(_)), "{wrong:?}: {error}");
    }
}

/// A manager takes a pool like any other allocator.
#[test]
fn a_manager_takes_a_pool() {
    let (_sim, context) = device(Profile::h200());
    let allocator = Arc::new(NativeAllocator::new(&context).unwrap());
    let pool = NativePool::new(&context, &PoolConfig::new(0, TilingClass::Mixed)).unwrap();
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let scratch = manager.with_allocator(Arc::new(pool)).unwrap();
    drop(manager);
    assert_eq!(scratch.allocator_stats().total().used_bytes, 0);
}
