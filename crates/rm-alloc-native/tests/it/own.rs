//! Objects of their own, and when none is to be had.

use rm_alloc_core::{Dedicated, MemoryAllocator};
use rm_alloc_native::{NativeAllocator, NativeConfig};
use rm_vksim::Profile;

use crate::sim::{buffer, device, free_all, linear, sizes};

const MIB: u64 = 1 << 20;

/// Beyond the largest that shares, and for whoever insists, of exactly the size.
#[test]
fn what_is_large_or_insists_has_exactly_its_size() {
    let (sim, context) = device(Profile::h200());
    let allocator =
        NativeAllocator::with_config(&context, &NativeConfig::default().largest_shared(MIB))
            .unwrap();
    let (raw, resource, request) = buffer(&sim, 100_000);
    let insists = request.clone().dedicated(Dedicated::Require(resource));
    let held = [
        allocator.allocate(&linear(MIB + 1)).unwrap(),
        allocator.allocate(&insists).unwrap(),
        allocator.allocate(&linear(MIB)).unwrap(),
    ];
    assert_eq!(sizes(&allocator.report()), [MIB + 1, request.size, 4 * MIB]);
    free_all(&allocator, held);
    // SAFETY: ours, and used by nobody.
    unsafe { sim.device().destroy_buffer(raw, None) };
}

/// A wish is not granted near the device's limit of objects, and takes a hole that is there instead of a new block.
#[test]
fn near_the_limit_of_objects_a_wish_takes_a_hole() {
    let mut profile = Profile::h200();
    profile.limits.max_memory_allocation_count = 8;
    let (sim, context) = device(profile);
    let allocator = NativeAllocator::new(&context).unwrap();
    let mut held = vec![allocator.allocate(&linear(1000)).unwrap()];
    // Seven of eight.
    held.extend((0..6).map(|_| allocator.allocate(&linear(300 * MIB)).unwrap()));
    assert!(context.near_allocation_limit());
    let (raw, resource, request) = buffer(&sim, MIB);
    held.push(allocator.allocate(&request.dedicated(Dedicated::Prefer(resource))).unwrap());
    assert_eq!(allocator.stats().total().blocks, 7, "there was room in the block");
    free_all(&allocator, held);
    // SAFETY: ours, and used by nobody.
    unsafe { sim.device().destroy_buffer(raw, None) };
}

/// A wish that the driver refuses lies in a block.
#[test]
fn a_wish_that_is_refused_lies_in_a_block() {
    let (sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let first = allocator.allocate(&linear(1000)).unwrap();
    sim.limit_heap(context.heap_of(0), Some(4 * MIB));
    let (raw, resource, request) = buffer(&sim, MIB);
    let second = allocator.allocate(&request.dedicated(Dedicated::Prefer(resource))).unwrap();
    assert_eq!(second.memory(), first.memory());
    free_all(&allocator, [first, second]);
    // SAFETY: ours, and used by nobody.
    unsafe { sim.device().destroy_buffer(raw, None) };
}

/// Whoever insists gets the memory of our empty blocks, if there is no other.
#[test]
fn empty_blocks_make_way_for_who_insists() {
    let (sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    free_all(&allocator, [allocator.allocate(&linear(1000)).unwrap()]);
    assert_eq!(sizes(&allocator.report()), [4 * MIB], "it stays, empty");
    sim.limit_heap(context.heap_of(0), Some(5 * MIB));
    let (raw, resource, request) = buffer(&sim, 3 * MIB);
    let own = allocator.allocate(&request.dedicated(Dedicated::Require(resource))).unwrap();
    assert_eq!(sizes(&allocator.report()), [3 * MIB]);
    free_all(&allocator, [own]);
    // SAFETY: ours, and used by nobody.
    unsafe { sim.device().destroy_buffer(raw, None) };
}
