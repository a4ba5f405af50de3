//! Script, journal, leaks.

use std::panic::catch_unwind;

use ash::vk::{BufferUsageFlags, Result as Code};
use rm_alloc_core::{
    Allocation, BufferRequest, ErrorKind, MemoryAllocator, MemoryAllocatorExt, MemoryError,
    MemoryLocation, MemoryRequest, TilingClass,
};
use rm_alloc_mock::{Entry, MockAllocator};
use rm_vksim::{Call, Profile};

fn request(size: u64) -> MemoryRequest<'static> {
    MemoryRequest::new(size, 1, 0, TilingClass::Linear)
}

fn free(allocator: &MockAllocator, allocation: Allocation) {
    // SAFETY: it came from this allocator, and nothing uses it.
    unsafe { allocator.free(allocation) };
}

/// A script fails the allocations it names, in its order, and no others.
#[test]
fn a_script_fails_what_it_names() {
    let allocator = MockAllocator::default();
    allocator.fail(3, MemoryError::DeviceLost);
    allocator.fail_next(MemoryError::TooManyAllocations);
    assert_eq!(allocator.pending(), 2);
    let answers: Vec<_> = (0..4).map(|_| allocator.allocate(&request(64))).collect();
    let errors: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().copied()).collect();
    let (many, lost) = (MemoryError::TooManyAllocations, MemoryError::DeviceLost);
    assert_eq!(errors, [Some(many), None, Some(lost), None]);
    assert_eq!(allocator.pending(), 0);
    answers.into_iter().flatten().for_each(|allocation| free(&allocator, allocation));
    allocator.assert_no_leaks();
}

/// Two answers for one allocation are given one after the other.
#[test]
fn answers_queue_up() {
    let allocator = MockAllocator::new();
    allocator.fail_next(MemoryError::OutOfDeviceMemory);
    allocator.fail_next(MemoryError::OutOfHostMemory);
    let errors = [(); 2].map(|()| allocator.allocate(&request(64)).unwrap_err());
    assert_eq!(errors, [MemoryError::OutOfDeviceMemory, MemoryError::OutOfHostMemory]);
}

/// The journal names everything that happened, in order, refusals of the device included.
#[test]
fn the_journal_tells_the_story() {
    let allocator = MockAllocator::on(Profile::h200());
    let named = allocator.allocate(&request(100).label("named")).unwrap();
    let error = allocator.allocate(&request(0)).unwrap_err();
    allocator.fail_next(MemoryError::OutOfDeviceMemory);
    allocator.allocate(&request(7).label("scripted")).unwrap_err();
    free(&allocator, named);
    let (memory_type, label) = (0, Some("named".to_owned()));
    let scripted = Some("scripted".to_owned());
    assert_eq!(
        allocator.journal(),
        [
            Entry::Allocated { size: 100, memory_type, label: label.clone() },
            Entry::Refused { size: 0, memory_type, label: None, error },
            Entry::Refused {
                size: 7,
                memory_type,
                label: scripted,
                error: MemoryError::OutOfDeviceMemory,
            },
            Entry::Freed { size: 100, memory_type, label },
        ]
    );
}

/// What is still out is found by label, and the assertion names it.
#[test]
fn leaks_are_found_by_label() {
    let allocator = MockAllocator::new();
    let kept = allocator.allocate(&request(4096).label("shadow map")).unwrap();
    let nameless = allocator.allocate(&request(5)).unwrap();
    let leaks = allocator.leaks();
    assert_eq!(leaks[0].to_string(), "`shadow map`, 4 KiB of memory type 0");
    assert_eq!(leaks[1].to_string(), "`unlabelled`, 5 B of memory type 0");
    let asserted = catch_unwind(std::panic::AssertUnwindSafe(|| allocator.assert_no_leaks()));
    let text = *asserted.unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains("shadow map"), "{text}");
    free(&allocator, kept);
    assert_eq!(allocator.leaks().len(), 1);
    free(&allocator, nameless);
    allocator.assert_no_leaks();
}

/// Resources of a mock are real: mapped bytes are written and read, and faults of the device reach the caller.
#[test]
fn resources_are_real() {
    let allocator = MockAllocator::new();
    let staging = BufferRequest::new(256, BufferUsageFlags::TRANSFER_SRC)
        .location(MemoryLocation::HostVisible)
        .label("staging");
    let mut buffer = allocator.allocate_buffer(&staging).unwrap();
    buffer.write(3, b"bytes").unwrap();
    let mut found = [0; 5];
    // SAFETY: no device writes it.
    unsafe { buffer.read(3, &mut found) }.unwrap();
    assert_eq!(&found, b"bytes");
    // SAFETY: it came from this allocator, and no device uses it.
    unsafe { allocator.free_buffer(buffer) };

    let device = allocator.device().unwrap();
    device.fail(Call::CreateBuffer, 1, Code::ERROR_OUT_OF_HOST_MEMORY);
    let error = allocator.allocate_buffer(&staging).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfHostMemory);
    assert!(error.to_string().contains("allocator `mock`"), "{error}");
    allocator.assert_no_leaks();
}

/// A mock on a device of the caller's has none of its own.
#[test]
fn a_device_can_be_shared() {
    let one = MockAllocator::new();
    let other = MockAllocator::on_context(one.context());
    assert!(other.device().is_none());
    let held = [&one, &other].map(|allocator| allocator.allocate(&request(64)).unwrap());
    assert_eq!(one.context().blocks().count, 2);
    for (allocator, allocation) in [&one, &other].into_iter().zip(held) {
        free(allocator, allocation);
    }
}
