//! What the configuration bounds.

use rm_alloc_core::{MemoryAllocator, MemoryError, TilingClass};
use rm_alloc_vma::{PoolConfig, Strategy, VmaAllocator, VmaConfig};
use rm_vksim::{Call, Profile};

use crate::sim::{device, free_all, linear};

/// A heap limit holds to the byte, is no reason to ask the driver, and freed memory makes room again.
#[test]
fn a_heap_limit_holds() {
    const LIMIT: u64 = 64 << 20;
    let (sim, context) = device(Profile::h200());
    let heap = context.heap_of(0);
    let config = VmaConfig::default().heap_limit(heap, LIMIT);
    let allocator = VmaAllocator::with_config(&context, &config).unwrap();
    for _ in 0..2 {
        let mut held = Vec::new();
        let refused = loop {
            match allocator.allocate(&linear(1 << 20)) {
                Ok(allocation) => held.push(allocation),
                Err(error) => break error,
            }
        };
        assert_eq!(refused, MemoryError::OutOfDeviceMemory);
        assert_eq!(held.len(), 64, "every byte of the limit is used");
        assert_eq!(sim.heap_usage(heap), LIMIT);
        free_all(&allocator, held);
    }
    let whole = allocator.allocate(&linear(LIMIT + 1)).unwrap_err();
    assert_eq!(whole, MemoryError::TooLarge { size: LIMIT + 1, limit: LIMIT });
    let refused = sim
        .journal()
        .iter()
        .filter(|entry| entry.call == Call::AllocateMemory)
        .filter(|entry| entry.result != ash::vk::Result::SUCCESS)
        .count();
    assert_eq!(refused, 0, "the driver was asked in vain");
    let beyond = VmaConfig::default().heap_limit(9, 1);
    let error = VmaAllocator::with_config(&context, &beyond).unwrap_err();
    assert!(matches!(error, MemoryError::InvalidRequest(_)), "{error}");
}

/// Blocks grow from an eighth of the configured size, and larger requests than half of it get an object of their own.
#[test]
fn blocks_have_the_configured_size() {
    let (_sim, context) = device(Profile::h200());
    let config = VmaConfig::default().block_size(16 << 20).strategy(Strategy::MinTime);
    let allocator = VmaAllocator::with_config(&context, &config).unwrap();
    let sizes = |allocator: &VmaAllocator| {
        let mut sizes: Vec<_> =
            allocator.report().blocks.iter().map(|block| block.size >> 20).collect();
        sizes.sort_unstable();
        sizes
    };
    let mut held = vec![allocator.allocate(&linear(1000)).unwrap()];
    assert_eq!(sizes(&allocator), [2]);
    held.push(allocator.allocate(&linear(9 << 20)).unwrap());
    assert_eq!(sizes(&allocator), [2, 9]);
    held.extend((0..20).map(|_| allocator.allocate(&linear(1 << 20)).unwrap()));
    assert_eq!(sizes(&allocator), [2, 4, 8, 9, 16]);
    free_all(&allocator, held);
}

/// VMA's view of the heaps costs no question to the driver.
#[test]
fn budgets_are_vmas_own() {
    let (sim, context) = device(Profile::h200());
    let config = VmaConfig::default().heap_limit(0, 100 << 20);
    let allocator = VmaAllocator::with_config(&context, &config).unwrap();
    let calls = sim.counts();
    let budgets = allocator.heap_budgets();
    assert_eq!(sim.counts(), calls);
    assert_eq!(budgets.len(), context.memory_properties().memory_heap_count as usize);
    assert_eq!(budgets[0].budget, 80 << 20, "four fifths of the limit");
    assert!(budgets.iter().all(|heap| heap.usage == 0));
}

/// A hundred thousand pairs ask the driver for nothing but blocks, budgets included.
#[test]
fn the_driver_is_asked_for_blocks_alone() {
    let (sim, context) = device(Profile::h200());
    let allocator = VmaAllocator::new(&context).unwrap();
    let kept = allocator.allocate(&linear(1000)).unwrap();
    let calls = sim.counts();
    for size in 1..100_000 {
        free_all(&allocator, [allocator.allocate(&linear(size)).unwrap()]);
    }
    assert_eq!(sim.counts(), calls);
    free_all(&allocator, [kept]);
}

/// What is read by serde is what was written, and what is left out is the default.
#[cfg(feature = "serde")]
#[test]
fn configurations_are_read_and_written() {
    let config =
        VmaConfig::default().block_size(1 << 20).heap_limit(1, 5).strategy(Strategy::MinMemory);
    let text = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<VmaConfig>(&text).unwrap(), config);
    assert_eq!(serde_json::from_str::<VmaConfig>("{}").unwrap(), VmaConfig::default());
    assert!(serde_json::from_str::<VmaConfig>(r#"{"blocksize": 1}"#).is_err());
}

/// Block sizes that no object can have are refused when the allocator is made, and so are limits of heaps beyond all.
#[test]
fn absurd_configurations_are_refused() {
    let (_sim, context) = device(Profile::h200());
    let most = context.limits().max_allocation_size;
    for config in [
        VmaConfig::default().block_size(0),
        VmaConfig::default().block_size(most + 1),
        VmaConfig::default().heap_limit(u32::MAX, 1),
    ] {
        let error = VmaAllocator::with_config(&context, &config).unwrap_err();
        assert!(matches!(error, MemoryError::InvalidRequest(_)), "{config:?}: {error}");
    }
    let allocator =
        VmaAllocator::with_config(&context, &VmaConfig::default().block_size(most)).unwrap();
    let held: Vec<_> = (0..100).map(|_| allocator.allocate(&linear(256)).unwrap()).collect();
    assert_eq!(context.blocks().count, 1, "small pieces share a block");
    free_all(&allocator, held);
    let several = PoolConfig::new(0, TilingClass::Linear).linear().block_size(1 << 20);
    let error = allocator.pool(&several.blocks(4, 4)).unwrap_err();
    assert!(matches!(error, MemoryError::InvalidRequest(_)), "{error}");
}
