//! Behaviour 38: a pair of an unlabelled resource costs no heap allocation of ours.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, ImageRequest, MemoryAllocatorExt, MemoryLocation};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{HeadlessOptions, Validation, testing::with_options};

/// Counts the heap allocations of each thread; drivers allocate with C and are not counted.
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

/// Behaviour 38: after the first pair, none of a thousand allocates; a label costs its copies and nothing else.
#[test]
fn unlabelled_pairs_do_not_allocate() {
    // Without the layer, whose Rust side is our recorder.
    let options = HeadlessOptions::default().validation(Validation::Off);
    with_options(&options, |_, context| {
        let allocator = DirectAllocator::new(context);
        let buffer = BufferRequest::new(4096, BufferUsageFlags::UNIFORM_BUFFER)
            .location(MemoryLocation::HostVisible);
        let usage = ImageUsageFlags::SAMPLED;
        let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 32, 32, usage).full_mip_chain();
        let pair = |buffer: &BufferRequest<'_>| {
            let mut made = allocator.allocate_buffer(buffer).unwrap();
            made.write(0, &[1; 64]).unwrap();
            let picture = allocator.allocate_image(&image).unwrap();
            // SAFETY: both came from this allocator, and the device never used them.
            unsafe { allocator.free_buffer(made) };
            // SAFETY: as above.
            unsafe { allocator.free_image(picture) };
        };
        // The first pair grows the book and asks for the format.
        assert!(allocations(|| pair(&buffer)) > 0, "the counter counts");
        assert_eq!(allocations(|| (0..1000).for_each(|_| pair(&buffer))), 0);
        assert!(allocations(|| pair(&buffer.clone().label("named"))) > 0);
    });
}
