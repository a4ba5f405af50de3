//! Behaviour 33: host-visible memory stays mapped, and the helpers flush and invalidate whole atoms.

use std::sync::Arc;

use ash::vk::{BufferUsageFlags, MemoryPropertyFlags};
use rm_alloc_core::{
    BoundBuffer, BufferRequest, DeviceContext, MemoryAllocatorExt, MemoryError, MemoryLocation,
    MemoryRequest, TilingClass,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    calls::{self, Call},
    testing::with_device,
};

/// Odd on purpose: neither start nor end of what the tests touch is a multiple of any atom.
const SIZE: u64 = 1003;

/// Runs `body` with a host-visible buffer on coherent memory, then on memory that claims not to be.
fn each_coherence(body: impl Fn(&Arc<DeviceContext>, &mut BoundBuffer)) {
    for coherent in [true, false] {
        with_device(|device, _| {
            let context = device
                .counted_context(|limits| {
                    for memory_type in &mut limits.memory_properties.memory_types {
                        if !coherent {
                            memory_type.property_flags &= !MemoryPropertyFlags::HOST_COHERENT;
                        }
                    }
                })
                .unwrap();
            let allocator = DirectAllocator::new(&context);
            let request = BufferRequest::new(SIZE, BufferUsageFlags::TRANSFER_SRC)
                .location(MemoryLocation::HostVisible);
            let mut buffer = allocator.allocate_buffer(&request).unwrap();
            assert_eq!(context.is_non_coherent(buffer.allocation().memory_type()), !coherent);
            body(&context, &mut buffer);
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { allocator.free_buffer(buffer) };
        });
    }
}

/// Behaviour 33: bytes come back as they were written, and only non-coherent memory costs calls.
#[test]
fn what_is_written_is_read() {
    each_coherence(|context, buffer| {
        let pattern: Vec<u8> = (0..SIZE).map(|i| (i * 7 % 251) as u8).collect();
        let mut seen = vec![0; pattern.len()];
        let ((), counts) = calls::counting(|| {
            buffer.write(0, &pattern).unwrap();
            buffer.write(501, &[1, 2, 3]).unwrap();
            buffer.flush(SIZE - 1, 1).unwrap();
            // SAFETY: the device never touches the buffer.
            unsafe { buffer.read(0, &mut seen) }.unwrap();
            buffer.invalidate(0, 65).unwrap();
        });
        let mut expected = pattern;
        expected[501..504].copy_from_slice(&[1, 2, 3]);
        assert_eq!(seen, expected);
        let costs = context.is_non_coherent(buffer.allocation().memory_type());
        let expected = if costs { (3, 2) } else { (0, 0) };
        let flushed = counts.of(Call::FlushMappedMemoryRanges);
        assert_eq!((flushed, counts.of(Call::InvalidateMappedMemoryRanges)), expected);
        assert_eq!(counts.of(Call::MapMemory), 0, "it stays mapped");
    });
}

/// Behaviour 31: a range that leaves the buffer is refused and nothing is copied.
#[test]
fn ranges_stay_inside() {
    each_coherence(|_, buffer| {
        buffer.write(0, &vec![9; usize::try_from(SIZE).unwrap()]).unwrap();
        let refused = |result: Result<(), MemoryError>| {
            assert!(matches!(result, Err(MemoryError::InvalidRequest(_))), "{result:?}");
        };
        for offset in [SIZE, SIZE - 1, u64::MAX, u64::MAX - 1] {
            refused(buffer.write(offset, &[1, 2]));
            // SAFETY: the device never touches the buffer.
            refused(unsafe { buffer.read(offset, &mut [0, 0]) });
            refused(buffer.flush(offset, 2));
            refused(buffer.invalidate(offset, 2));
        }
        refused(buffer.flush(1, u64::MAX));
        buffer.write(SIZE, &[]).expect("nothing at the very end is inside");
        let mut last = [0; 2];
        // SAFETY: the device never touches the buffer.
        unsafe { buffer.read(SIZE - 2, &mut last) }.unwrap();
        assert_eq!(last, [9, 9], "a refused write changed something");
    });
}

/// Behaviour 33: device-local memory is never mapped, and says so.
#[test]
fn device_local_memory_is_not_mapped() {
    with_device(|_, context| {
        let allocator = DirectAllocator::new(context);
        let request = BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST);
        let mut buffer = allocator.allocate_buffer(&request).unwrap();
        assert!(buffer.mapped().is_none());
        let error = buffer.write(0, &[1]).unwrap_err();
        assert!(error.to_string().contains("not mapped"), "{error}");
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { allocator.free_buffer(buffer) };
    });
}

/// Behaviour 33: what a range in a shared block takes, so that neighbours share neither atom nor page.
#[test]
fn footprints_are_whole_atoms_and_pages() {
    with_device(|device, _| {
        let context = device
            .counted_context(|limits| {
                limits.non_coherent_atom_size = 64;
                limits.buffer_image_granularity = 1024;
            })
            .unwrap();
        let visible = MemoryPropertyFlags::HOST_VISIBLE;
        let coherent = visible | MemoryPropertyFlags::HOST_COHERENT;
        let local = MemoryPropertyFlags::DEVICE_LOCAL;
        let cases = [
            (TilingClass::Linear, coherent, 100, 16),
            (TilingClass::Linear, local, 100, 16),
            (TilingClass::Linear, visible, 128, 64),
            (TilingClass::Optimal, local, 100, 16),
            (TilingClass::Mixed, local, 1024, 1024),
            (TilingClass::Mixed, visible, 1024, 1024),
        ];
        for (tiling, flags, size, alignment) in cases {
            let footprint =
                MemoryRequest::new(100, 16, 0, tiling).footprint(context.limits(), flags);
            assert_eq!((footprint.size, footprint.alignment), (size, alignment), "{tiling:?}");
        }
        let huge = MemoryRequest::new(u64::MAX, 1, 0, TilingClass::Mixed);
        assert_eq!(huge.footprint(context.limits(), local).size, u64::MAX, "no overflow");
    });
}
