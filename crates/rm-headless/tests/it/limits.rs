//! A counted context sees patched limits, and nobody else does.

use ash::vk;
use rm_headless::{HeadlessDevice, testing};

/// The limits as a context would read them: properties2 with both maintenance structs.
fn read(instance: &ash::Instance, device: &HeadlessDevice) -> (vk::PhysicalDeviceLimits, [u64; 2]) {
    let mut maintenance3 = vk::PhysicalDeviceMaintenance3Properties::default();
    let mut maintenance4 = vk::PhysicalDeviceMaintenance4Properties::default();
    let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut maintenance3);
    if device.api_version() >= vk::API_VERSION_1_3 {
        properties = properties.push_next(&mut maintenance4);
    }
    // SAFETY: the instance is live, and the physical device is one of its own.
    unsafe { instance.get_physical_device_properties2(device.physical_device(), &mut properties) };
    let limits = properties.properties.limits;
    (limits, [maintenance3.max_memory_allocation_size, maintenance4.max_buffer_size])
}

#[test]
fn limits_start_from_the_driver() {
    testing::with_device(|device, _| {
        let (limits, [allocation_size, _]) = read(device.instance(), device);
        let own = device.limits();
        assert_eq!(own.max_memory_allocation_count, limits.max_memory_allocation_count);
        assert_eq!(own.non_coherent_atom_size, limits.non_coherent_atom_size);
        assert_eq!(own.buffer_image_granularity, limits.buffer_image_granularity);
        assert_eq!(own.max_memory_allocation_size, allocation_size);
        assert!(own.memory_properties.memory_type_count > 0);
    });
}

#[test]
fn a_counted_context_sees_patched_limits() {
    testing::with_device(|device, _| {
        let context = device
            .counted_context(|limits| {
                limits.max_memory_allocation_count = 7;
                limits.max_memory_allocation_size = 5 << 20;
                limits.non_coherent_atom_size = 128;
                limits.buffer_image_granularity = 1024;
                limits.max_buffer_size = 3 << 20;
            })
            .unwrap();
        let (limits, [allocation_size, buffer_size]) = read(context.instance(), device);
        assert_eq!(limits.max_memory_allocation_count, 7);
        assert_eq!(limits.non_coherent_atom_size, 128);
        assert_eq!(limits.buffer_image_granularity, 1024);
        assert_eq!(allocation_size, 5 << 20);
        assert_eq!(context.limits().max_allocation_count, 7, "the core read the same");
        if device.api_version() >= vk::API_VERSION_1_3 {
            assert_eq!(buffer_size, 3 << 20);
        }
    });
}

#[test]
fn properties_of_version_1_0_are_patched_too() {
    testing::with_device(|device, _| {
        let context =
            device.counted_context(|limits| limits.max_memory_allocation_count = 7).unwrap();
        let physical_device = device.physical_device();
        // SAFETY: the instance is live, and the physical device is one of its own.
        let seen = unsafe { context.instance().get_physical_device_properties(physical_device) };
        assert_eq!(seen.limits.max_memory_allocation_count, 7);
    });
}

#[test]
fn a_plain_context_sees_the_driver() {
    testing::with_device(|device, context| {
        let _patched =
            device.counted_context(|limits| limits.max_memory_allocation_count = 7).unwrap();
        let (limits, _) = read(context.instance(), device);
        assert_ne!(limits.max_memory_allocation_count, 7);
    });
}

#[test]
fn memory_types_can_be_replaced() {
    testing::with_device(|device, _| {
        let context = device
            .counted_context(|limits| {
                for kind in &mut limits.memory_properties.memory_types {
                    kind.property_flags &= !vk::MemoryPropertyFlags::HOST_COHERENT;
                }
            })
            .unwrap();
        let kept = context.memory_properties();
        let (instance, physical_device) = (context.instance(), device.physical_device());
        let mut seen2 = vk::PhysicalDeviceMemoryProperties2::default();
        // SAFETY: the instance is live, and the physical device is one of its own.
        unsafe { instance.get_physical_device_memory_properties2(physical_device, &mut seen2) };
        // SAFETY: the instance is live, and the physical device is one of its own.
        let seen = unsafe { instance.get_physical_device_memory_properties(physical_device) };
        for seen in [*kept, seen, seen2.memory_properties] {
            assert!(seen.memory_type_count > 0);
            let coherent = vk::MemoryPropertyFlags::HOST_COHERENT;
            let types = seen.memory_types_as_slice();
            assert!(types.iter().all(|kind| !kind.property_flags.contains(coherent)));
        }
    });
}
