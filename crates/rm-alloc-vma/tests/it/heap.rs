//! An unlabelled pair that VMA serves from a block costs no heap allocation of ours.

use rm_alloc_core::{MemoryAllocator, MemoryRequest};
use rm_alloc_vma::VmaAllocator;
use rm_headless::heap::{CountingHeap, allocations_of};
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

#[global_allocator]
static COUNTING: CountingHeap = CountingHeap;

/// After the first pair none of a thousand allocates; a label costs its copy.
#[test]
fn unlabelled_pairs_do_not_allocate() {
    let (_sim, context) = device(Profile::h200());
    let allocator = VmaAllocator::new(&context).unwrap();
    let kept = allocator.allocate(&linear(1000)).unwrap();
    let pair = |request: &MemoryRequest<'_>| {
        free_all(&allocator, [allocator.allocate(request).unwrap()]);
    };
    let plain = linear(5000);
    pair(&plain);
    assert_eq!(allocations_of(|| (0..1000).for_each(|_| pair(&plain))), 0);
    let labelled = plain.label("streamed");
    pair(&labelled);
    assert_eq!(allocations_of(|| (0..10).for_each(|_| pair(&labelled))), 10);
    free_all(&allocator, [kept]);
}
