//! What a device says of itself: identity, limits, memory table, features, queues.

use std::ffi::CStr;

use ash::vk;
use rm_vksim::{DeviceFeatures, Heap, Limits, MemoryType, Profile, QueueFamily};

use crate::live::Live;

const NEVER: u32 = u32::MAX;

/// A profile of all that needs no question about resources.
pub(crate) fn read(live: &Live) -> Result<Profile, vk::Result> {
    let mut driver = vk::PhysicalDeviceDriverProperties::default();
    let mut maintenance3 = vk::PhysicalDeviceMaintenance3Properties::default();
    let mut maintenance4 = vk::PhysicalDeviceMaintenance4Properties::default();
    let mut all = vk::PhysicalDeviceProperties2::default().push_next(&mut maintenance3);
    if live.knows(ash::khr::driver_properties::NAME, vk::API_VERSION_1_2) {
        all = all.push_next(&mut driver);
    }
    if live.knows(ash::khr::maintenance4::NAME, vk::API_VERSION_1_3) {
        all = all.push_next(&mut maintenance4);
    }
    // SAFETY: both are live (invariant), and the device knows the chained structures.
    unsafe { live.instance.get_physical_device_properties2(live.physical, &mut all) };
    let properties = all.properties;
    let text = |name: Option<&CStr>| name.unwrap_or_default().to_string_lossy().into_owned();

    let (heaps, types) = memory(live);
    let mut profile = Profile::new("", heaps, types);
    profile.device_name = text(properties.device_name_as_c_str().ok());
    profile.vendor_id = properties.vendor_id;
    profile.device_id = properties.device_id;
    profile.device_type = properties.device_type.into();
    profile.driver_name = text(driver.driver_name_as_c_str().ok());
    profile.driver_info = text(driver.driver_info_as_c_str().ok());
    profile.api_version = properties.api_version;
    profile.limits = limits(&properties.limits, &maintenance3, &maintenance4);
    profile.extensions.clone_from(&live.extensions);
    profile.features = features(live);
    // SAFETY: both are live (invariant).
    let families =
        unsafe { live.instance.get_physical_device_queue_family_properties(live.physical) };
    let families = families.iter();
    profile.queue_families = families
        .map(|it| QueueFamily { flags: it.queue_flags.as_raw(), count: it.queue_count })
        .collect();
    Ok(profile)
}

fn limits(
    device: &vk::PhysicalDeviceLimits,
    maintenance3: &vk::PhysicalDeviceMaintenance3Properties<'_>,
    maintenance4: &vk::PhysicalDeviceMaintenance4Properties<'_>,
) -> Limits {
    let mut limits = Limits::default();
    limits.max_memory_allocation_count = device.max_memory_allocation_count;
    limits.max_memory_allocation_size = maintenance3.max_memory_allocation_size;
    // Where the device does not say, no buffer can be bound that is larger than all memory.
    limits.max_buffer_size = match maintenance4.max_buffer_size {
        0 => maintenance3.max_memory_allocation_size,
        size => size,
    };
    limits.buffer_image_granularity = device.buffer_image_granularity;
    limits.non_coherent_atom_size = device.non_coherent_atom_size;
    limits.min_memory_map_alignment = device.min_memory_map_alignment as u64;
    limits.max_image_dimension_1d = device.max_image_dimension1_d;
    limits.max_image_dimension_2d = device.max_image_dimension2_d;
    limits.max_image_dimension_3d = device.max_image_dimension3_d;
    limits.max_image_dimension_cube = device.max_image_dimension_cube;
    limits.max_image_array_layers = device.max_image_array_layers;
    limits.max_framebuffer_width = device.max_framebuffer_width;
    limits.max_framebuffer_height = device.max_framebuffer_height;
    limits
}

fn memory(live: &Live) -> (Vec<Heap>, Vec<MemoryType>) {
    let mut budget = vk::PhysicalDeviceMemoryBudgetPropertiesEXT::default();
    let mut all = vk::PhysicalDeviceMemoryProperties2::default();
    let budgeted = live.knows(ash::ext::memory_budget::NAME, NEVER);
    if budgeted {
        all = all.push_next(&mut budget);
    }
    // SAFETY: both are live (invariant), and the device knows the chained structure.
    unsafe { live.instance.get_physical_device_memory_properties2(live.physical, &mut all) };
    let table = all.memory_properties;
    let heaps = table.memory_heaps_as_slice().iter().zip(budget.heap_budget);
    let heaps = heaps.map(|(heap, allowed)| Heap {
        size: heap.size,
        flags: heap.flags.as_raw(),
        // Some drivers say nothing of a heap, or more than it has.
        budget: Some(allowed.min(heap.size)).filter(|allowed| budgeted && *allowed > 0),
    });
    let types = table.memory_types_as_slice().iter();
    let types =
        types.map(|it| MemoryType { flags: it.property_flags.as_raw(), heap: it.heap_index });
    (heaps.collect(), types.collect())
}

fn features(live: &Live) -> DeviceFeatures {
    let mut address = vk::PhysicalDeviceBufferDeviceAddressFeatures::default();
    let mut maintenance4 = vk::PhysicalDeviceMaintenance4Features::default();
    let mut priority = vk::PhysicalDeviceMemoryPriorityFeaturesEXT::default();
    let mut pageable = vk::PhysicalDevicePageableDeviceLocalMemoryFeaturesEXT::default();
    let mut protected = vk::PhysicalDeviceProtectedMemoryFeatures::default();
    let mut coherent = vk::PhysicalDeviceCoherentMemoryFeaturesAMD::default();
    let mut chain = vk::PhysicalDeviceFeatures2::default().push_next(&mut protected);
    // Only structures that the device knows may be chained.
    if live.knows(ash::khr::buffer_device_address::NAME, vk::API_VERSION_1_2) {
        chain = chain.push_next(&mut address);
    }
    if live.knows(ash::khr::maintenance4::NAME, vk::API_VERSION_1_3) {
        chain = chain.push_next(&mut maintenance4);
    }
    if live.knows(ash::ext::memory_priority::NAME, NEVER) {
        chain = chain.push_next(&mut priority);
    }
    if live.knows(ash::ext::pageable_device_local_memory::NAME, NEVER) {
        chain = chain.push_next(&mut pageable);
    }
    if live.knows(ash::amd::device_coherent_memory::NAME, NEVER) {
        chain = chain.push_next(&mut coherent);
    }
    // SAFETY: both are live (invariant), and the device knows the chained structures.
    unsafe { live.instance.get_physical_device_features2(live.physical, &mut chain) };
    let mut features = DeviceFeatures::default();
    features.buffer_device_address = address.buffer_device_address == vk::TRUE;
    features.maintenance4 = maintenance4.maintenance4 == vk::TRUE;
    features.memory_priority = priority.memory_priority == vk::TRUE;
    features.pageable = pageable.pageable_device_local_memory == vk::TRUE;
    features.protected = protected.protected_memory == vk::TRUE;
    features.device_coherent = coherent.device_coherent_memory == vk::TRUE;
    features
}
