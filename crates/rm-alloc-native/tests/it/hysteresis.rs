//! Empty blocks: which stay, and for how long.

use std::time::Duration;

use rm_alloc_core::MemoryAllocator;
use rm_alloc_native::{NativeAllocator, NativeConfig};
use rm_vksim::{Call, Profile};

use crate::sim::{device, free_all, linear, sizes};

const MIB: u64 = 1 << 20;
/// Longer than any test.
const FOR_EVER: Duration = Duration::MAX;

/// The block of a pair is asked for once, however often the pair is repeated.
#[test]
fn an_empty_block_is_used_again() {
    let (sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    for size in [100, 100_000, 3 * MIB, 100] {
        free_all(&allocator, [allocator.allocate(&linear(size)).unwrap()]);
    }
    let counts = sim.counts();
    assert_eq!((counts.of(Call::AllocateMemory), counts.of(Call::FreeMemory)), (1, 0));
}

/// Beyond four times what may stay time does not matter.
#[test]
fn what_is_far_too_much_goes_at_once() {
    let (_sim, context) = device(Profile::h200());
    let config = NativeConfig::default().keep_empty(4 * MIB, FOR_EVER);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let held: Vec<_> = (0..60).map(|_| allocator.allocate(&linear(MIB)).unwrap()).collect();
    let all = sizes(&allocator.report()).iter().sum::<u64>();
    assert!(all >= 60 * MIB);
    free_all(&allocator, held);
    let left = sizes(&allocator.report()).iter().sum::<u64>();
    assert!((MIB..=16 * MIB).contains(&left), "{left} bytes are left");
}

/// What is one too many goes when its time is over, and not before.
#[test]
fn what_is_too_much_goes_in_time() {
    for (time, left) in [(Duration::ZERO, 0), (FOR_EVER, 4 * MIB)] {
        let (_sim, context) = device(Profile::h200());
        // A byte may stay, and four times as much is little; so only the time says when, once the first look has begun it.
        let config = NativeConfig::default().keep_empty(2 * MIB, time);
        let allocator = NativeAllocator::with_config(&context, &config).unwrap();
        free_all(&allocator, [allocator.allocate(&linear(1000)).unwrap()]);
        allocator.tend();
        assert_eq!(sizes(&allocator.report()).iter().sum::<u64>(), left, "{time:?}");
    }
}

/// Ranges that are kept for the next of their size do not hold a block that could go.
#[test]
fn small_ranges_hold_no_block() {
    let (_sim, context) = device(Profile::h200());
    let config = NativeConfig::default().keep_empty(0, Duration::ZERO);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let held = [(); 3].map(|()| allocator.allocate(&linear(1000)).unwrap());
    free_all(&allocator, held);
    assert_eq!(context.blocks().count, 0, "the last one takes the block with it");
}

/// The same where another block is in use: whoever tends the allocator finds it.
#[test]
fn tending_finds_blocks_that_only_kept_ranges_hold() {
    let (_sim, context) = device(Profile::h200());
    let config = NativeConfig::default().keep_empty(0, Duration::ZERO);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    // Small ones in the first block, and a large one that needs the second.
    let small = [(); 3].map(|()| allocator.allocate(&linear(1000)).unwrap());
    let large = allocator.allocate(&linear(6 * MIB)).unwrap();
    assert_ne!(small[0].memory(), large.memory());
    free_all(&allocator, small);
    allocator.tend();
    assert_eq!(context.blocks().count, 1);
    free_all(&allocator, [large]);
}
