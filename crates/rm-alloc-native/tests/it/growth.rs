//! How blocks grow, and what is done when one is not to be had.

use rm_alloc_core::{MemoryAllocator, MemoryError};
use rm_alloc_native::{NativeAllocator, NativeConfig};
use rm_vksim::{Call, Profile};

use crate::sim::{device, free_all, linear, sizes, small};

const MIB: u64 = 1 << 20;

/// 4, 8 and 16 MiB, and then an eighth of what is there, where nothing is free.
#[test]
fn blocks_double_and_then_are_an_eighth() {
    let (_sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let held: Vec<_> = (0..500).map(|_| allocator.allocate(&linear(MIB)).unwrap()).collect();
    let blocks = sizes(&allocator.report());
    assert_eq!(blocks[..3], [4 * MIB, 8 * MIB, 16 * MIB]);
    let mut reserved = blocks[..3].iter().sum::<u64>();
    for (number, block) in blocks.iter().enumerate().skip(3) {
        // What is smaller than a whole range at the end of the last block is free, and little.
        let eighth = (reserved / 8).next_multiple_of(64 << 10).max(4 * MIB);
        let least = eighth / 2;
        assert!((least..=eighth).contains(block), "block {number}: {block} of {reserved}");
        reserved += block;
    }
    assert!(blocks.len() < 50, "{} blocks for 500 MiB", blocks.len());
    free_all(&allocator, held);
}

/// A half, a quarter, an eighth, and then an object of exactly the size.
#[test]
fn what_the_driver_refuses_is_asked_for_in_parts() {
    const SIZE: u64 = 1000;
    for (room, block, calls) in [
        (4 * MIB, 4 * MIB, 1),
        (2 * MIB, 2 * MIB, 2),
        (MIB, MIB, 3),
        (MIB / 2, MIB / 2, 4),
        (SIZE, SIZE, 5),
    ] {
        let (sim, context) = device(Profile::h200());
        sim.limit_heap(context.heap_of(0), Some(room));
        let allocator = NativeAllocator::new(&context).unwrap();
        let held = allocator.allocate(&linear(SIZE)).unwrap();
        assert_eq!(sizes(&allocator.report()), [block]);
        assert_eq!(sim.counts().of(Call::AllocateMemory), calls, "{room}");
        free_all(&allocator, [held]);
    }
}

/// Nothing beyond the headroom is asked for, and what is refused would fit the headroom that the error names.
#[test]
fn headroom_bounds_blocks() {
    for (headroom, block) in
        [(4 * MIB, 4 * MIB), (4 * MIB - 1, 2 * MIB), (600_000, MIB / 2), (1000, 1000)]
    {
        let (sim, context) = device(Profile::h200());
        let allocator = NativeAllocator::new(&context).unwrap();
        let refused = allocator.allocate(&linear(1000).headroom(999)).unwrap_err();
        assert_eq!(refused, MemoryError::OverHeadroom { size: 1000, headroom: 999 });
        assert_eq!(sim.counts().of(Call::AllocateMemory), 0);
        let held = allocator.allocate(&linear(1000).headroom(headroom)).unwrap();
        assert_eq!(sizes(&allocator.report()), [block]);
        assert_eq!(sim.counts().of(Call::AllocateMemory), 1);
        free_all(&allocator, [held]);
    }
}

/// What lies in a hole needs no headroom.
#[test]
fn a_hole_needs_no_headroom() {
    let (_sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let held = allocator.allocate(&linear(1000)).unwrap();
    let more = allocator.allocate(&linear(1000).headroom(0)).unwrap();
    assert_eq!(allocator.stats().total().blocks, 1);
    free_all(&allocator, [held, more]);
}

/// Beyond the shared part of a heap everything has exactly its size, but for what is small.
#[test]
fn the_last_part_of_a_heap_is_not_made_into_blocks() {
    let (sim, context) = device(small(64 * MIB));
    let config = NativeConfig::default().shared_percent(50);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let odd = 2 * MIB + 16;
    let mut held = Vec::new();
    while sim.heap_usage(0) + odd <= 64 * MIB {
        held.push(allocator.allocate(&linear(odd)).unwrap());
    }
    let (own, blocks): (Vec<_>, Vec<_>) =
        sizes(&allocator.report()).into_iter().partition(|size| *size == odd);
    assert!(blocks.iter().sum::<u64>() <= 32 * MIB, "{blocks:?}");
    assert!(own.len() as u64 >= 14, "{} own objects", own.len());
    free_all(&allocator, held);
}

/// A driver call for every small buffer would be worse.
#[test]
fn what_is_small_shares_a_block_even_then() {
    let (_sim, context) = device(small(64 * MIB));
    let config = NativeConfig::default().shared_percent(0);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let mut held: Vec<_> = (0..100).map(|_| allocator.allocate(&linear(1000)).unwrap()).collect();
    held.push(allocator.allocate(&linear(5 * MIB + 16)).unwrap());
    assert_eq!(sizes(&allocator.report()), [5 * MIB + 16, 4 * MIB]);
    free_all(&allocator, held);
}

/// Every byte of a heap can be had.
#[test]
fn a_heap_can_be_filled_to_the_last_piece() {
    let (sim, context) = device(small(64 * MIB));
    let allocator = NativeAllocator::new(&context).unwrap();
    let mut held = Vec::new();
    let refused = loop {
        match allocator.allocate(&linear(64 << 10)) {
            Ok(allocation) => held.push(allocation),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, MemoryError::OutOfDeviceMemory);
    assert_eq!(((held.len() as u64) << 16, sim.heap_usage(0)), (64 * MIB, 64 * MIB));
    free_all(&allocator, held);
}
