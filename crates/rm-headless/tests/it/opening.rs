//! Opening finds, names and configures a device.

use std::sync::Arc;

use ash::vk;
use rm_alloc_core::MemoryFeatures;
use rm_headless::{HeadlessDevice, HeadlessError, HeadlessOptions, Validation, devices, testing};

#[test]
fn the_default_device_is_ready_to_use() {
    testing::with_device(|device, context| {
        assert!(device.api_version() >= vk::API_VERSION_1_1);
        assert!(device.queue_family() < device.queue_families());
        assert_ne!(device.queue(), vk::Queue::null());
        assert!(!device.name().is_empty());
        assert!(!device.driver().is_empty());
        assert_eq!(context.device().handle(), device.device().handle());
    });
}

#[test]
fn a_device_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<HeadlessDevice>();
}

#[test]
fn an_unknown_name_is_answered_with_what_is_present() {
    if testing::device().is_none() {
        return;
    }
    let options = HeadlessOptions::default().device("no such device");
    match HeadlessDevice::open(&options) {
        Err(HeadlessError::UnknownDevice { wanted, present }) => {
            assert_eq!(wanted, "no such device");
            assert_eq!(present, devices().unwrap());
        }
        other => panic!("expected an unknown device, got {other:?}"),
    }
}

#[test]
fn the_error_for_an_unknown_name_lists_the_names() {
    let Some(device) = testing::device() else { return };
    let present = devices().unwrap();
    let error = HeadlessError::UnknownDevice { wanted: "x".to_owned(), present };
    let text = error.to_string();
    assert!(text.contains(device.name()), "{text}");
}

#[test]
fn a_device_is_found_by_part_of_its_driver_in_any_case() {
    let Some(device) = testing::device() else { return };
    let part = device.driver().to_uppercase();
    testing::with_options(&HeadlessOptions::default().device(part), |named, _| {
        assert_eq!(named.driver(), device.driver());
    });
}

#[test]
fn the_version_cap_is_kept() {
    let options = HeadlessOptions::default().api_version(vk::API_VERSION_1_1);
    testing::with_options(&options, |device, _| {
        assert_eq!(device.api_version(), vk::API_VERSION_1_1);
    });
}

#[test]
fn timeline_semaphores_are_enabled_in_every_version() {
    for version in [vk::API_VERSION_1_1, vk::API_VERSION_1_2, vk::API_VERSION_1_3] {
        let options = HeadlessOptions::default().api_version(version);
        testing::with_options(&options, |device, _| {
            if !device.has_timeline_semaphores() {
                return testing::say_skipped(&"no timeline semaphores");
            }
            let mut kind =
                vk::SemaphoreTypeCreateInfo::default().semaphore_type(vk::SemaphoreType::TIMELINE);
            let info = vk::SemaphoreCreateInfo::default().push_next(&mut kind);
            // SAFETY: the device is live, and its feature is enabled.
            let semaphore = unsafe { device.device().create_semaphore(&info, None) }.unwrap();
            // SAFETY: it was just made from this device and is unused.
            unsafe { device.device().destroy_semaphore(semaphore, None) };
        });
    }
}

#[test]
fn a_feature_left_out_is_not_enabled() {
    let options = HeadlessOptions::default().without(MemoryFeatures::all());
    testing::with_options(&options, |device, _| {
        assert_eq!(device.features(), MemoryFeatures::empty());
    });
}

#[test]
fn without_memory_priority_there_is_no_pageable_memory() {
    let options = HeadlessOptions::default().without(MemoryFeatures::MEMORY_PRIORITY);
    testing::with_options(&options, |device, _| {
        assert!(!device.features().contains(MemoryFeatures::PAGEABLE));
    });
}

#[test]
fn validation_can_be_switched_off() {
    let options = HeadlessOptions::default().validation(Validation::Off);
    testing::with_options(&options, |device, _| assert!(!device.validation()));
}

#[test]
fn synchronization_validation_can_be_switched_on() {
    testing::with_options(&HeadlessOptions::default().synchronization(), |device, _| {
        assert!(device.messages().is_empty());
    });
}

#[test]
fn a_context_keeps_the_device_alive() {
    let Some(device) = testing::device() else { return };
    let (context, weak) = (device.context(), Arc::downgrade(&device));
    drop(device);
    let info = vk::BufferCreateInfo::default().size(64).usage(vk::BufferUsageFlags::TRANSFER_SRC);
    // SAFETY: the context is live, and so is its device.
    let buffer = unsafe { context.device().create_buffer(&info, None) }.unwrap();
    // SAFETY: the buffer was just made from this device and is unused.
    unsafe { context.device().destroy_buffer(buffer, None) };
    assert!(weak.upgrade().is_some(), "the context holds the device");
    drop(context);
    assert!(weak.upgrade().is_none(), "nobody else holds it");
}

#[test]
fn every_context_is_a_new_one() {
    testing::with_device(|device, context| {
        assert!(!Arc::ptr_eq(context, &device.context()));
    });
}

#[test]
fn a_thread_that_ends_with_a_leaked_device_does_not_hang_the_others() {
    let leak = || {
        if let Some(device) = testing::device() {
            std::mem::forget(device);
        }
    };
    std::thread::spawn(leak).join().unwrap();
    std::thread::spawn(|| drop(testing::device())).join().unwrap();
}

#[test]
fn a_device_renders_only_when_it_is_asked_to() {
    if testing::device().is_none() {
        return;
    }
    testing::with_options(&HeadlessOptions::default(), |device, _| {
        assert!(!device.has_rendering());
    });
    match HeadlessDevice::open(&HeadlessOptions::default().rendering()) {
        Ok(device) => {
            assert!(device.has_rendering() && device.api_version() >= vk::API_VERSION_1_3);
            assert_eq!(device.messages(), Vec::<String>::new());
        }
        Err(HeadlessError::NoRendering(what)) => testing::say_skipped(&what),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn rendering_is_refused_below_the_version_that_brings_it() {
    if testing::device().is_none() {
        return;
    }
    let options = HeadlessOptions::default().api_version(vk::API_VERSION_1_2).rendering();
    let refused = HeadlessDevice::open(&options).unwrap_err();
    assert!(matches!(refused, HeadlessError::NoRendering("Vulkan 1.3")), "got {refused:?}");
}
