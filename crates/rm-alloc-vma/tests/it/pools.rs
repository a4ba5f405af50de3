//! Pools of one's own.

use rm_alloc_core::{
    AllocatorCapabilities, BudgetConfig, DeviceBudgetManager, MemoryAllocator, MemoryError,
    TilingClass,
};
use rm_alloc_vma::{PoolConfig, VmaAllocator};
use rm_vksim::Profile;
use std::sync::Arc;

use crate::sim::{device, free_all, linear};

const BLOCK: u64 = 1 << 20;

fn config() -> PoolConfig {
    PoolConfig::new(0, TilingClass::Linear).block_size(BLOCK)
}

/// The least number of blocks is there from the beginning and stays; the most is never exceeded.
#[test]
fn blocks_stay_within_their_bounds() {
    let (sim, context) = device(Profile::h200());
    let allocator = VmaAllocator::new(&context).unwrap();
    let pool = allocator.pool(&config().blocks(1, 3)).unwrap();
    let heap = context.heap_of(0);
    assert_eq!(sim.heap_usage(heap), BLOCK);
    assert_eq!(pool.stats().total().blocks, 1);
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
    pool.trim(heap, 0);
    assert!(sim.heap_usage(heap) >= BLOCK, "the first block stays");
    drop(pool);
    assert_eq!(sim.heap_usage(heap), 0);
    drop((allocator, context));
    assert!(sim.verdict().is_ok());
}

/// A linear pool of one block is a ring.
#[test]
fn a_linear_pool_is_a_ring() {
    let (_sim, context) = device(Profile::h200());
    let allocator = VmaAllocator::new(&context).unwrap();
    let ring = allocator.pool(&config().linear().blocks(0, 1)).unwrap();
    let mut held = std::collections::VecDeque::new();
    for step in 0..100 {
        if held.len() == 3 {
            free_all(&ring, held.pop_front());
        }
        let piece = ring.allocate(&linear(BLOCK / 4)).unwrap();
        assert_eq!(piece.offset(), step % 4 * (BLOCK / 4));
        held.push_back(piece);
    }
    free_all(&ring, held);
}

/// What a pool cannot serve it refuses, with a reason to go on or to stop.
#[test]
fn foreign_requests_are_refused() {
    let (_sim, context) = device(Profile::h200());
    let allocator = VmaAllocator::new(&context).unwrap();
    let pool = allocator.pool(&config().name("scratch")).unwrap();
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
    for wrong in [
        PoolConfig::new(99, TilingClass::Linear),
        config().block_size(0),
        config().block_size(u64::MAX),
        config().blocks(2, 1),
        PoolConfig::new(0, TilingClass::Linear).blocks(0, 4),
    ] {
        let error = allocator.pool(&wrong).unwrap_err();
        assert!(matches!(error, MemoryError::InvalidRequest(_)), "{wrong:?}: {error}");
    }
}

/// A manager takes a pool like any other allocator, and the pool outlives the allocator's own handle.
#[test]
fn a_manager_takes_a_pool() {
    let (sim, context) = device(Profile::h200());
    let allocator = Arc::new(VmaAllocator::new(&context).unwrap());
    let pool = allocator.pool(&PoolConfig::new(0, TilingClass::Mixed)).unwrap();
    let manager = DeviceBudgetManager::new(allocator.clone(), BudgetConfig::default()).unwrap();
    let scratch = manager.with_allocator(Arc::new(pool)).unwrap();
    drop((allocator, manager));
    assert_eq!(scratch.allocator_stats().total().used_bytes, 0);
    drop((scratch, context));
    assert!(sim.verdict().is_ok());
}
