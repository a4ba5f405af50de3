//! A driver that fails at any call leaves everything as it was.

use ash::vk::{self, BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    BufferRequest, ErrorKind, ImageRequest, MemoryAllocator, MemoryAllocatorExt, MemoryLocation,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    calls::{self, Call, Counts},
    testing::with_device,
};

/// Everything that was made is gone again.
fn assert_balanced(counts: &Counts, failed: Call) {
    let made = |make, gone| {
        // The failed call itself made nothing.
        let made = counts.of(make) - u64::from(make == failed);
        assert_eq!(made, counts.of(gone), "{failed}: {counts:?}");
    };
    made(Call::CreateBuffer, Call::DestroyBuffer);
    made(Call::CreateImage, Call::DestroyImage);
    made(Call::AllocateMemory, Call::FreeMemory);
}

/// Fails each call in turn with each code, and expects the kind that stands for it.
fn fail_each(calls_made: &[Call], create: impl Fn(&DirectAllocator) -> ErrorKind) {
    let codes = [
        (vk::Result::ERROR_OUT_OF_DEVICE_MEMORY, ErrorKind::OutOfDeviceMemory),
        (vk::Result::ERROR_OUT_OF_HOST_MEMORY, ErrorKind::OutOfHostMemory),
        (vk::Result::ERROR_DEVICE_LOST, ErrorKind::DeviceLost),
        (vk::Result::ERROR_UNKNOWN, ErrorKind::Vulkan(vk::Result::ERROR_UNKNOWN)),
    ];
    with_device(|device, _| {
        // One memory type, so that the first answer is the last.
        let context = device
            .counted_context(|limits| limits.memory_properties.memory_type_count = 1)
            .unwrap();
        let allocator = DirectAllocator::new(&context);
        for &call in calls_made {
            for (code, kind) in codes {
                let before = context.blocks();
                calls::fail_next(call, code);
                let (refused, counts) = calls::counting(|| create(&allocator));
                assert_eq!(refused, kind, "{call} answered {code:?}");
                assert_eq!(calls::pending_faults(), 0, "{call} was never made");
                assert_balanced(&counts, call);
                assert_eq!(allocator.stats(), Default::default());
                assert!(allocator.report().blocks.is_empty());
                let after = context.blocks();
                assert_eq!((after.count, after.bytes), (before.count, before.bytes));
                // Whoever fails to bind has held memory, and only the peaks remember.
                if ![Call::BindBufferMemory, Call::BindImageMemory].contains(&call) {
                    assert_eq!(after, before, "{call} moved a figure");
                }
            }
        }
    });
}

/// Behaviour 31: buffers.
#[test]
fn a_buffer_that_fails_leaves_nothing() {
    let request = BufferRequest::new(4096, BufferUsageFlags::UNIFORM_BUFFER)
        .location(MemoryLocation::HostVisible)
        .label("doomed");
    let steps = [Call::CreateBuffer, Call::AllocateMemory, Call::MapMemory, Call::BindBufferMemory];
    fail_each(&steps, |allocator| allocator.allocate_buffer(&request).unwrap_err().kind());
}

/// Behaviour 31: images.
#[test]
fn an_image_that_fails_leaves_nothing() {
    let usage = ImageUsageFlags::SAMPLED;
    let request = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage).label("doomed");
    let steps = [Call::CreateImage, Call::AllocateMemory, Call::BindImageMemory];
    fail_each(&steps, |allocator| allocator.allocate_image(&request).unwrap_err().kind());
}
