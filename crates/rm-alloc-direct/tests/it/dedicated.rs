//! Behaviour 36: dedicated memory where it is required or preferred, told to the driver.

use ash::vk::{self, BufferUsageFlags, Format, ImageUsageFlags, StructureType};
use rm_alloc_core::{
    BufferRequest, Dedicated, ErrorKind, ImageRequest, MemoryAllocator, MemoryAllocatorExt,
    MemoryRequest, Resource, TilingClass,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{calls, testing::with_device};

fn told_dedicated() -> bool {
    let seen = calls::last_allocation().expect("memory was just allocated");
    seen.chain.contains(&StructureType::MEMORY_DEDICATED_ALLOCATE_INFO)
}

/// Behaviour 36: a resource that insists is dedicated always; one that does not is not.
#[test]
fn who_insists_is_dedicated() {
    with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let allocator = DirectAllocator::new(&context);
        let request = BufferRequest::new(1000, BufferUsageFlags::STORAGE_BUFFER);
        let needs = allocator.buffer_requirements(&request).unwrap();
        let wished = needs.prefers_dedicated || needs.requires_dedicated;
        for (request, expected) in [(request.clone(), wished), (request.dedicated(), true)] {
            let buffer = allocator.allocate_buffer(&request).unwrap();
            assert_eq!(told_dedicated(), expected);
            assert_eq!(allocator.report().blocks[0].dedicated, expected);
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { allocator.free_buffer(buffer) };
        }
        let usage = ImageUsageFlags::COLOR_ATTACHMENT;
        let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 256, 256, usage).dedicated();
        let image = allocator.allocate_image(&image).unwrap();
        assert!(told_dedicated());
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { allocator.free_image(image) };
    });
}

/// Behaviour 36: a preference that reaches the backend is honoured.
#[test]
fn a_preference_is_honoured() {
    with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let allocator = DirectAllocator::new(&context);
        let usage = BufferUsageFlags::STORAGE_BUFFER;
        let info = vk::BufferCreateInfo::default().size(1000).usage(usage);
        // SAFETY: the info is valid and the device live.
        let raw = unsafe { context.device().create_buffer(&info, None) }.unwrap();
        let needs = allocator.buffer_requirements(&BufferRequest::new(1000, usage)).unwrap();
        let memory_type = needs.memory_type_bits.trailing_zeros();
        // SAFETY: the buffer is live and unbound until the request is answered, and the request fits it.
        let resource = unsafe { Resource::buffer(raw) };
        let request =
            MemoryRequest::new(needs.size, needs.alignment, memory_type, TilingClass::Linear)
                .dedicated(Dedicated::Prefer(resource));
        let allocation = allocator.allocate(&request).unwrap();
        assert!(told_dedicated());
        // SAFETY: the buffer is ours, and nothing uses it.
        unsafe { context.device().destroy_buffer(raw, None) };
        // SAFETY: it came from this allocator, and the buffer that could have used it is gone.
        unsafe { allocator.free(allocation) };
    });
}

/// Behaviour 36: near the device's limit on objects a preference is no longer granted, a need still is.
#[test]
fn near_the_count_limit_only_needs_are_dedicated() {
    with_device(|device, _| {
        let context =
            device.counted_context(|limits| limits.max_memory_allocation_count = 8).unwrap();
        let allocator = DirectAllocator::new(&context);
        let request = BufferRequest::new(64, BufferUsageFlags::STORAGE_BUFFER);
        let mut held = Vec::new();
        for made in 0..7 {
            assert!(!context.near_allocation_limit(), "{made} of 8");
            held.push(allocator.allocate_buffer(&request).unwrap());
        }
        assert!(context.near_allocation_limit());
        held.push(allocator.allocate_buffer(&request.clone().dedicated()).unwrap());
        assert!(told_dedicated(), "a need is a need");
        let error = allocator.allocate_buffer(&request.label("ninth")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooManyAllocations, "{error}");
        for buffer in held {
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { allocator.free_buffer(buffer) };
        }
    });
}
