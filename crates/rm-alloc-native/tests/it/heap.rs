//! An unlabelled pair that finds a hole costs no heap allocation, however much is empty.

use std::time::Duration;

use rm_alloc_core::{MemoryAllocator, MemoryRequest};
use rm_alloc_native::{NativeAllocator, NativeConfig};
use rm_headless::heap::{CountingHeap, allocations_of};
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

#[global_allocator]
static COUNTING: CountingHeap = CountingHeap;

/// After the first pair none of a thousand allocates; a label costs its copy.
#[test]
fn unlabelled_pairs_do_not_allocate() {
    let (_sim, context) = device(Profile::h200());
    let allocator = NativeAllocator::new(&context).unwrap();
    let kept = allocator.allocate(&linear(1000)).unwrap();
    let pair = |request: &MemoryRequest<'_>| {
        free_all(&allocator, [allocator.allocate(request).unwrap()]);
    };
    // Those that are kept for the next one, and those that go back into their hole.
    for plain in [linear(2000), linear(5000), linear(1 << 20)] {
        pair(&plain);
        assert_eq!(allocations_of(|| (0..1000).for_each(|_| pair(&plain))), 0);
    }
    let labelled = linear(5000).label("streamed");
    pair(&labelled);
    assert_eq!(allocations_of(|| (0..10).for_each(|_| pair(&labelled))), 10);
    free_all(&allocator, [kept]);
}

/// A block that is one too many each time it is emptied is looked at without a list.
#[test]
fn a_pair_that_empties_a_block_does_not_allocate() {
    let (_sim, context) = device(Profile::h200());
    let config = NativeConfig::default().keep_empty(1 << 20, Duration::MAX);
    let allocator = NativeAllocator::with_config(&context, &config).unwrap();
    let pair = || free_all(&allocator, [allocator.allocate(&linear(1 << 20)).unwrap()]);
    pair();
    assert_eq!(allocations_of(|| (0..100).for_each(|_| pair())), 0);
}
