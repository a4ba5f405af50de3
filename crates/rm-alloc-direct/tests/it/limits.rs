//! Behaviour 37: the device's limits hold through the backend.

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    BufferRequest, ErrorKind, MemoryAllocator, MemoryAllocatorExt, MemoryError, MemoryLocation,
    Reason,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    calls::{self, Call},
    testing::with_device,
};

/// Behaviour 37: a heap that our own blocks have filled is not asked for more, and the error says so.
#[test]
fn a_full_heap_is_refused_before_the_driver() {
    with_device(|device, _| {
        let context = device
            .counted_context(|limits| {
                for heap in &mut limits.memory_properties.memory_heaps {
                    heap.size = 100 << 10;
                }
            })
            .unwrap();
        let allocator = DirectAllocator::new(&context);
        let request = BufferRequest::new(60 << 10, BufferUsageFlags::TRANSFER_SRC)
            .location(MemoryLocation::HostVisible)
            .label("staging");
        let first = allocator.allocate_buffer(&request).unwrap();
        let (second, counts) = calls::counting(|| allocator.allocate_buffer(&request));
        let error = second.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfDeviceMemory);
        assert_eq!(counts.of(Call::AllocateMemory), 0, "the driver was asked");
        let refused = error.refusal().unwrap().types[0];
        assert_eq!(refused.reason, Reason::Memory(MemoryError::OutOfDeviceMemory));
        assert!(error.to_string().starts_with("no buffer `staging` of 60 KiB"), "{error}");
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { allocator.free_buffer(first) };
        let again = allocator.allocate_buffer(&request).unwrap();
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { allocator.free_buffer(again) };
    });
}

/// Behaviour 37: statistics follow every step, a heap each.
#[test]
fn statistics_follow_every_step() {
    with_device(|_, context| {
        let allocator = DirectAllocator::new(context);
        let other = DirectAllocator::new(context);
        let request = BufferRequest::new(10_000, BufferUsageFlags::VERTEX_BUFFER);
        let foreign = other.allocate_buffer(&request).unwrap();
        let mut held = Vec::new();
        let mut bytes = 0;
        for count in 1..=5 {
            let buffer = allocator.allocate_buffer(&request).unwrap();
            bytes += buffer.allocation().size();
            held.push(buffer);
            let total = allocator.stats().total();
            assert_eq!((total.block_bytes, total.used_bytes), (bytes, bytes));
            assert_eq!((total.blocks, total.allocations), (count, count));
        }
        assert_eq!(context.blocks().count, 6, "the device knows of both allocators");
        for buffer in held {
            bytes -= buffer.allocation().size();
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { allocator.free_buffer(buffer) };
            assert_eq!(allocator.stats().total().used_bytes, bytes);
        }
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { other.free_buffer(foreign) };
    });
}
