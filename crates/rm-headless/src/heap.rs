//! Counts heap allocations, for tests and benches that install it as their global allocator.
//!
//! The counter is the thread's own, so that nothing is shared and no ordering is needed.
//! Only Rust's allocations are seen; those of C and C++, such as VMA's, are not.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator with a counter, to be named in `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingHeap;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for CountingHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc(layout) }
    }

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

/// Heap allocations of the calling thread so far; stays zero where [`CountingHeap`] is not installed.
pub fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

/// Heap allocations of the calling thread while `work` runs.
pub fn allocations_of(work: impl FnOnce()) -> u64 {
    let before = allocations();
    work();
    allocations() - before
}

fn count() {
    // A thread so late that its locals are gone is not measured any more.
    ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1)).ok();
}
