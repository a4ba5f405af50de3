//! Plain values: units, errors, memory requests.

use ash::vk;
use rm_alloc_core::{
    AllocationError, AllocatorCapabilities, Bytes, ErrorKind, ImageRequest, MemoryError,
    MemoryRequest, Priority, Reason, Refusal, TilingClass, TypeRefusal,
};

/// Numbers print with units, and never as a limit they have not reached.
#[test]
fn bytes_print_with_units() {
    let cases = [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.50 KiB"),
        ((1 << 20) - 1, "1023.99 KiB"),
        (3 << 20, "3 MiB"),
        (140 << 30, "140 GiB"),
        (u64::MAX, "16777215.99 TiB"),
    ];
    for (bytes, text) in cases {
        assert_eq!(Bytes(bytes).to_string(), text);
    }
}

/// An error names the resource, the allocator, and what each memory type answered.
#[test]
fn errors_explain_themselves() {
    let lacks = Reason::Lacks(vk::MemoryPropertyFlags::HOST_VISIBLE);
    let refusal = Refusal::new("buffer", Some("particles"), 64 << 10, "direct").types(vec![
        TypeRefusal { memory_type: 1, reason: lacks },
        TypeRefusal { memory_type: 2, reason: Reason::Memory(MemoryError::OutOfDeviceMemory) },
    ]);
    let error = AllocationError::new(ErrorKind::OutOfDeviceMemory, refusal);
    assert_eq!(
        error.to_string(),
        "no buffer `particles` of 64 KiB from allocator `direct`: out of device memory; \
         memory type 1: lacks HOST_VISIBLE; memory type 2: out of device memory"
    );
    assert_eq!(error.kind(), ErrorKind::OutOfDeviceMemory);
}

/// Every code of Vulkan arrives as the variant that callers branch on.
#[test]
fn vulkan_codes_become_variants() {
    use vk::Result as R;
    let cases = [
        (R::ERROR_OUT_OF_DEVICE_MEMORY, MemoryError::OutOfDeviceMemory, true),
        (R::ERROR_OUT_OF_HOST_MEMORY, MemoryError::OutOfHostMemory, false),
        (R::ERROR_TOO_MANY_OBJECTS, MemoryError::TooManyAllocations, true),
        (R::ERROR_MEMORY_MAP_FAILED, MemoryError::MappingFailed, true),
        (R::ERROR_DEVICE_LOST, MemoryError::DeviceLost, false),
        (R::ERROR_UNKNOWN, MemoryError::Vulkan(R::ERROR_UNKNOWN), false),
    ];
    for (code, error, shortage) in cases {
        assert_eq!(MemoryError::from(code), error);
        assert_eq!(error.is_shortage(), shortage, "{error}");
    }
    assert!(MemoryError::TooLarge { size: 2, limit: 1 }.is_shortage());
    assert!(MemoryError::OverHeadroom { size: 2, headroom: 1 }.is_shortage());
    assert!(!MemoryError::InvalidRequest("").is_shortage());
    assert!(!MemoryError::Unsupported("").is_shortage());
}

/// Behaviour 31: a memory request refuses what no backend could honour.
#[test]
fn memory_requests_validate() {
    let request = |size, alignment| MemoryRequest::new(size, alignment, 0, TilingClass::Linear);
    request(1, 1).validate().unwrap();
    request(i64::MAX as u64, 1 << 62).validate().unwrap();
    for (size, alignment) in [(0, 1), (1, 0), (1, 3), (u64::MAX, 1), (1 << 63, 1), (1, 1 << 63)] {
        let error = request(size, alignment).validate().unwrap_err();
        assert!(matches!(error, MemoryError::InvalidRequest(_)), "{size}/{alignment}: {error}");
    }
}

/// Behaviour 29: a request names the abilities it needs; a plain one needs none.
#[test]
fn requests_name_their_demands() {
    let plain = MemoryRequest::new(1, 1, 0, TilingClass::Optimal).mapped().label("plain");
    assert!(plain.demands().is_empty());
    assert!(plain.priority(Priority::High).demands().is_empty(), "a priority is a wish");
    let mixed = MemoryRequest::new(1, 1, 0, TilingClass::Mixed);
    assert_eq!(mixed.demands(), AllocatorCapabilities::MIXED);
    let bounded = MemoryRequest::new(1, 1, 0, TilingClass::Linear).headroom(1 << 20);
    assert_eq!(bounded.demands(), AllocatorCapabilities::HEADROOM);
    let fd = vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD;
    let exported = MemoryRequest::new(1, 1, 0, TilingClass::Linear).export(fd);
    assert_eq!(exported.demands(), AllocatorCapabilities::EXPORT);
}

/// A full mip chain ends at one texel, whatever the largest side.
#[test]
fn full_mip_chains_end_at_one_texel() {
    let usage = vk::ImageUsageFlags::SAMPLED;
    for (width, height, levels) in [(1, 1, 1), (2, 1, 2), (1024, 512, 11), (1, 4097, 13)] {
        let image = ImageRequest::new_2d(vk::Format::R8_UNORM, width, height, usage);
        assert_eq!(image.full_mip_chain().mip_levels, levels, "{width} x {height}");
    }
}
