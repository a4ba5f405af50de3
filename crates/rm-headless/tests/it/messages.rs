//! Validation is listened to, during a device's life and at its end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ash::vk;
use rm_headless::{HeadlessDevice, HeadlessOptions, testing};

fn validated_device() -> Option<Arc<HeadlessDevice>> {
    let device = testing::device()?;
    device.validation().then_some(device)
}

/// A buffer that the caller destroys or leaks; without usage it offends the validation layer.
fn buffer(device: &HeadlessDevice, usage: vk::BufferUsageFlags) -> vk::Buffer {
    let info = vk::BufferCreateInfo::default().size(64).usage(usage);
    // SAFETY: the device is live; drivers accept the missing usage and do not read it.
    unsafe { device.device().create_buffer(&info, None) }.unwrap()
}

#[test]
fn an_error_is_recorded_until_it_is_taken() {
    let Some(device) = validated_device() else { return };
    let offending = buffer(&device, vk::BufferUsageFlags::empty());
    // SAFETY: the buffer was just made from this device and is unused.
    unsafe { device.device().destroy_buffer(offending, None) };
    let messages = device.messages();
    assert!(messages.iter().any(|text| text.starts_with("validation error: ")), "{messages:?}");
    assert_eq!(device.recorder().take(), messages);
    assert!(device.messages().is_empty());
}

#[test]
fn a_leak_is_recorded_when_the_device_is_destroyed() {
    let Some(device) = validated_device() else { return };
    let _leaked = buffer(&device, vk::BufferUsageFlags::TRANSFER_SRC);
    let recorder = Arc::clone(device.recorder());
    assert!(recorder.messages().is_empty());
    drop(device);
    assert!(!recorder.messages().is_empty(), "the layer reports the leaked buffer");
}

#[test]
fn a_leak_fails_the_test_that_leaked() {
    if validated_device().is_none() {
        return;
    }
    let leak = || {
        testing::with_device(|device, _| {
            let _leaked = buffer(device, vk::BufferUsageFlags::TRANSFER_SRC);
        });
    };
    assert!(catch_unwind(leak).is_err());
}

#[test]
fn a_body_that_keeps_the_device_fails() {
    if testing::device().is_none() {
        return;
    }
    let mut kept = None;
    let keep = || testing::with_device(|device, _| kept = Some(Arc::clone(device)));
    assert!(catch_unwind(AssertUnwindSafe(keep)).is_err());
    assert!(kept.is_some());
}

#[test]
fn a_body_may_take_what_it_provoked() {
    testing::with_device(|device, _| {
        let offending = buffer(device, vk::BufferUsageFlags::empty());
        // SAFETY: the buffer was just made from this device and is unused.
        unsafe { device.device().destroy_buffer(offending, None) };
        assert_eq!(device.recorder().take().is_empty(), !device.validation());
    });
}

#[test]
fn a_missing_barrier_is_recorded_with_synchronization_validation_alone() {
    testing::with_device(|device, _| {
        fill_twice_without_barrier(device);
        assert!(device.messages().is_empty());
    });
    testing::with_options(&HeadlessOptions::default().synchronization(), |device, _| {
        fill_twice_without_barrier(device);
        let messages = device.recorder().take();
        let found = messages.iter().any(|text| text.contains("SYNC-HAZARD"));
        assert_eq!(found, device.validation(), "{messages:?}");
    });
}

/// Records two writes to the same bytes; nothing is submitted.
fn fill_twice_without_barrier(device: &HeadlessDevice) {
    let functions = device.device();
    let buffer = buffer(device, vk::BufferUsageFlags::TRANSFER_DST);
    // SAFETY: the buffer is live.
    let needs = unsafe { functions.get_buffer_memory_requirements(buffer) };
    let memory = vk::MemoryAllocateInfo::default()
        .allocation_size(needs.size)
        .memory_type_index(needs.memory_type_bits.trailing_zeros());
    // SAFETY: the info is valid.
    let memory = unsafe { functions.allocate_memory(&memory, None) }.unwrap();
    // SAFETY: both are live, of one device, and the buffer is not bound yet.
    unsafe { functions.bind_buffer_memory(buffer, memory, 0) }.unwrap();
    let pool = vk::CommandPoolCreateInfo::default().queue_family_index(device.queue_family());
    // SAFETY: the family is one that the device was made with.
    let pool = unsafe { functions.create_command_pool(&pool, None) }.unwrap();
    let commands =
        vk::CommandBufferAllocateInfo::default().command_pool(pool).command_buffer_count(1);
    // SAFETY: the pool is live.
    let commands = unsafe { functions.allocate_command_buffers(&commands) }.unwrap()[0];
    let begin = vk::CommandBufferBeginInfo::default();
    // SAFETY: the command buffer is new.
    unsafe { functions.begin_command_buffer(commands, &begin) }.unwrap();
    for value in [1, 2] {
        // SAFETY: the commands are being recorded, and the buffer is live and bound.
        unsafe { functions.cmd_fill_buffer(commands, buffer, 0, vk::WHOLE_SIZE, value) };
    }
    // SAFETY: the commands are being recorded.
    unsafe { functions.end_command_buffer(commands) }.unwrap();
    // SAFETY: the pool is live, and its commands were never submitted.
    unsafe { functions.destroy_command_pool(pool, None) };
    // SAFETY: the buffer is live and unused.
    unsafe { functions.destroy_buffer(buffer, None) };
    // SAFETY: the memory is live, and its one user is gone.
    unsafe { functions.free_memory(memory, None) };
}
