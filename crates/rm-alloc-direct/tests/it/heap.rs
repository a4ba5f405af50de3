//! Behaviour 38: a pair of an unlabelled resource costs no heap allocation of ours.

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, ImageRequest, MemoryAllocatorExt, MemoryLocation};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    HeadlessOptions, Validation,
    heap::{CountingHeap, allocations_of},
    testing::with_options,
};

#[global_allocator]
static COUNTING: CountingHeap = CountingHeap;

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
        assert!(allocations_of(|| pair(&buffer)) > 0, "the counter counts");
        assert_eq!(allocations_of(|| (0..1000).for_each(|_| pair(&buffer))), 0);
        assert!(allocations_of(|| pair(&buffer.clone().label("named"))) > 0);
    });
}
