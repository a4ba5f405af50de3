//! What the physical device says of itself: properties, limits, memory, queues.

use std::ffi::{CStr, c_void};

use ash::vk;

use super::{answer, list};
use crate::{Call, Profile, chain, sim::Sim, table::has_extension};

pub(crate) unsafe extern "system" fn get_physical_device_properties(
    physical_device: vk::PhysicalDevice,
    properties: *mut vk::PhysicalDeviceProperties,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceProperties);
    // SAFETY: the command's contract.
    unsafe { answer(properties, of_profile(&sim.profile)) };
}

pub(crate) unsafe extern "system" fn get_physical_device_properties2(
    physical_device: vk::PhysicalDevice,
    properties: *mut vk::PhysicalDeviceProperties2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceProperties2);
    // SAFETY: the command's contract.
    let Some(properties) = (unsafe { properties.as_mut() }) else { return };
    properties.properties = of_profile(&sim.profile);
    let next: *mut c_void = properties.p_next;
    // SAFETY: the command's contract.
    unsafe { write_chain(&sim.profile, next) };
}

pub(crate) unsafe extern "system" fn get_physical_device_memory_properties(
    physical_device: vk::PhysicalDevice,
    properties: *mut vk::PhysicalDeviceMemoryProperties,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceMemoryProperties);
    // SAFETY: the command's contract.
    unsafe { answer(properties, sim.profile.memory_properties()) };
}

pub(crate) unsafe extern "system" fn get_physical_device_memory_properties2(
    physical_device: vk::PhysicalDevice,
    properties: *mut vk::PhysicalDeviceMemoryProperties2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceMemoryProperties2);
    // SAFETY: the command's contract.
    let Some(properties) = (unsafe { properties.as_mut() }) else { return };
    properties.memory_properties = sim.profile.memory_properties();
    let next: *mut c_void = properties.p_next;
    if !has_extension(&sim.profile, "VK_EXT_memory_budget") {
        return;
    }
    // SAFETY: the command's contract.
    unsafe {
        chain::fill(next, |budget: &mut vk::PhysicalDeviceMemoryBudgetPropertiesEXT<'_>| {
            let state = sim.lock();
            budget.heap_usage = state.heaps;
            for (index, (to, heap)) in
                budget.heap_budget.iter_mut().zip(&sim.profile.heaps).enumerate()
            {
                let told = state.faults.budget(index);
                *to = told.unwrap_or_else(|| heap.budget.unwrap_or(heap.size));
            }
        });
    }
}

pub(crate) unsafe extern "system" fn get_physical_device_queue_family_properties(
    physical_device: vk::PhysicalDevice,
    count: *mut u32,
    properties: *mut vk::QueueFamilyProperties,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceQueueFamilyProperties);
    // SAFETY: the command's contract.
    let _cut_short = unsafe { list(&families(&sim.profile), count, properties) };
}

pub(crate) unsafe extern "system" fn get_physical_device_queue_family_properties2(
    physical_device: vk::PhysicalDevice,
    count: *mut u32,
    properties: *mut vk::QueueFamilyProperties2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceQueueFamilyProperties2);
    let families = families(&sim.profile);
    if properties.is_null() {
        // SAFETY: the command's contract.
        let _complete = unsafe { list(&families, count, std::ptr::null_mut()) };
        return;
    }
    // SAFETY: the command's contract.
    let room = unsafe { *count } as usize;
    for (index, family) in families.iter().take(room).enumerate() {
        // SAFETY: within the array, by the command's contract.
        let place = unsafe { properties.add(index) };
        // SAFETY: the command's contract.
        unsafe { (*place).queue_family_properties = *family };
    }
    let written = u32::try_from(families.len().min(room)).unwrap_or(u32::MAX);
    // SAFETY: the command's contract.
    unsafe { answer(count, written) };
}

fn families(profile: &Profile) -> Vec<vk::QueueFamilyProperties> {
    let families = profile.queue_families.iter().map(|family| vk::QueueFamilyProperties {
        queue_flags: vk::QueueFlags::from_raw(family.flags),
        queue_count: family.count,
        timestamp_valid_bits: 64,
        min_image_transfer_granularity: vk::Extent3D { width: 1, height: 1, depth: 1 },
    });
    families.collect()
}

fn of_profile(profile: &Profile) -> vk::PhysicalDeviceProperties {
    let own = &profile.limits;
    let common = u32::MAX;
    let limits = vk::PhysicalDeviceLimits {
        max_image_dimension1_d: own.max_image_dimension_1d,
        max_image_dimension2_d: own.max_image_dimension_2d,
        max_image_dimension3_d: own.max_image_dimension_3d,
        max_image_dimension_cube: own.max_image_dimension_cube,
        max_image_array_layers: own.max_image_array_layers,
        max_texel_buffer_elements: 1 << 27,
        max_uniform_buffer_range: 64 << 10,
        max_storage_buffer_range: common,
        max_push_constants_size: 256,
        max_memory_allocation_count: own.max_memory_allocation_count,
        max_sampler_allocation_count: 4000,
        buffer_image_granularity: own.buffer_image_granularity,
        max_bound_descriptor_sets: 32,
        min_memory_map_alignment: usize::try_from(own.min_memory_map_alignment).unwrap_or(64),
        min_texel_buffer_offset_alignment: 64,
        min_uniform_buffer_offset_alignment: 256,
        min_storage_buffer_offset_alignment: 64,
        max_framebuffer_width: own.max_framebuffer_width,
        max_framebuffer_height: own.max_framebuffer_height,
        max_framebuffer_layers: 2048,
        timestamp_compute_and_graphics: vk::TRUE,
        timestamp_period: 1.0,
        optimal_buffer_copy_offset_alignment: 1,
        optimal_buffer_copy_row_pitch_alignment: 1,
        non_coherent_atom_size: own.non_coherent_atom_size,
        ..vk::PhysicalDeviceLimits::default()
    };
    let mut properties = vk::PhysicalDeviceProperties {
        api_version: profile.api_version,
        driver_version: 1,
        vendor_id: profile.vendor_id,
        device_id: profile.device_id,
        device_type: profile.device_type.into(),
        pipeline_cache_uuid: uuid(profile),
        limits,
        ..vk::PhysicalDeviceProperties::default()
    };
    write_text(&mut properties.device_name, &profile.device_name);
    properties
}

/// Fills what is known of a chain of property structures and leaves the rest alone.
///
/// # Safety
///
/// - `next` is null or a valid chain that belongs to nobody else during the call.
unsafe fn write_chain(profile: &Profile, next: *mut c_void) {
    let limits = &profile.limits;
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceMaintenance3Properties<'_>| {
            to.max_per_set_descriptors = 1 << 20;
            to.max_memory_allocation_size = limits.max_memory_allocation_size;
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceMaintenance4Properties<'_>| {
            to.max_buffer_size = limits.max_buffer_size;
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceIDProperties<'_>| {
            to.device_uuid = uuid(profile);
            to.driver_uuid = uuid(profile);
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceDriverProperties<'_>| {
            write_text(&mut to.driver_name, &profile.driver_name);
            write_text(&mut to.driver_info, &profile.driver_info);
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceVulkan11Properties<'_>| {
            to.device_uuid = uuid(profile);
            to.driver_uuid = uuid(profile);
            to.max_per_set_descriptors = 1 << 20;
            to.max_memory_allocation_size = limits.max_memory_allocation_size;
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceVulkan12Properties<'_>| {
            write_text(&mut to.driver_name, &profile.driver_name);
            write_text(&mut to.driver_info, &profile.driver_info);
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceVulkan13Properties<'_>| {
            to.max_buffer_size = limits.max_buffer_size;
        });
    }
}

/// An identity that two runs on one profile share.
fn uuid(profile: &Profile) -> [u8; vk::UUID_SIZE] {
    let mut uuid = *b"rm-vksim\0\0\0\0\0\0\0\0";
    uuid[8..12].copy_from_slice(&profile.vendor_id.to_le_bytes());
    uuid[12..].copy_from_slice(&profile.device_id.to_le_bytes());
    uuid
}

/// Writes a terminated string, cut to the room there is.
pub(super) fn write_text(to: &mut [std::ffi::c_char], text: &str) {
    to.fill(0);
    let room = to.len() - 1;
    for (to, byte) in to[..room].iter_mut().zip(text.bytes()) {
        *to = std::ffi::c_char::from_ne_bytes([byte]);
    }
}

pub(crate) unsafe extern "system" fn enumerate_physical_devices(
    instance: vk::Instance,
    count: *mut u32,
    physical_devices: *mut vk::PhysicalDevice,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(instance) };
    let mut result = vk::Result::SUCCESS;
    let code = sim.fallible(Call::EnumeratePhysicalDevices, |_, _| {
        // SAFETY: the command's contract.
        result = unsafe { list(&[sim.handles.physical_device()], count, physical_devices) };
        Ok(())
    });
    if code == vk::Result::SUCCESS { result } else { code }
}

pub(crate) unsafe extern "system" fn enumerate_device_extension_properties(
    physical_device: vk::PhysicalDevice,
    layer: *const std::ffi::c_char,
    count: *mut u32,
    properties: *mut vk::ExtensionProperties,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    let mut result = vk::Result::SUCCESS;
    let code = sim.fallible(Call::EnumerateDeviceExtensionProperties, |_, profile| {
        let listed = profile.extensions.iter().filter(|_| layer.is_null()).map(|name| {
            let mut extension = vk::ExtensionProperties { spec_version: 1, ..Default::default() };
            write_text(&mut extension.extension_name, name);
            extension
        });
        let listed: Vec<_> = listed.collect();
        // SAFETY: the command's contract.
        result = unsafe { list(&listed, count, properties) };
        Ok(())
    });
    if code == vk::Result::SUCCESS { result } else { code }
}

pub(crate) unsafe extern "system" fn enumerate_device_layer_properties(
    physical_device: vk::PhysicalDevice,
    count: *mut u32,
    properties: *mut vk::LayerProperties,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.fallible(Call::EnumerateDeviceLayerProperties, |_, _| {
        // SAFETY: the command's contract.
        let _complete = unsafe { list(&[], count, properties) };
        Ok(())
    })
}

/// The name of an object, cut at its first byte that is not UTF-8.
///
/// # Safety
///
/// - `text` is null or a terminated string.
pub(super) unsafe fn read_text(text: *const std::ffi::c_char) -> Option<Box<str>> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, so a terminated string (caller).
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    (!text.is_empty()).then(|| text.into())
}
