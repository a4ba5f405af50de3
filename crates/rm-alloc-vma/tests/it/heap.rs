//! An unlabelled pair that VMA serves from a block costs no heap allocation of ours.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use rm_alloc_core::{MemoryAllocator, MemoryRequest};
use rm_alloc_vma::VmaAllocator;
use rm_vksim::Profile;

use crate::sim::{device, free_all, linear};

/// Counts the heap allocations of each thread; VMA allocates with C and is not counted.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc(layout) }
    }

    // The default would write to every byte of a simulated block.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system's.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the system's.
        unsafe { System.dealloc(block, layout) };
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Heap allocations of this thread while `work` runs.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

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
    assert_eq!(allocations(|| (0..1000).for_each(|_| pair(&plain))), 0);
    let labelled = plain.label("streamed");
    pair(&labelled);
    assert_eq!(allocations(|| (0..10).for_each(|_| pair(&labelled))), 10);
    free_all(&allocator, [kept]);
}
