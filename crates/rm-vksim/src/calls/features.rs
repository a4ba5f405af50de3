//! Which optional features the physical device has.

use ash::vk;

use super::answer;
use crate::{Call, Profile, chain, sim::Sim};

pub(crate) unsafe extern "system" fn get_physical_device_features(
    physical_device: vk::PhysicalDevice,
    features: *mut vk::PhysicalDeviceFeatures,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceFeatures);
    // SAFETY: the command's contract.
    unsafe { answer(features, vk::PhysicalDeviceFeatures::default()) };
}

pub(crate) unsafe extern "system" fn get_physical_device_features2(
    physical_device: vk::PhysicalDevice,
    features: *mut vk::PhysicalDeviceFeatures2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceFeatures2);
    // SAFETY: the command's contract.
    let Some(features) = (unsafe { features.as_mut() }) else { return };
    features.features = vk::PhysicalDeviceFeatures::default();
    let next = features.p_next;
    // SAFETY: the command's contract.
    unsafe { write_chain(&sim.profile, next) };
}

/// Fills what is known of a chain of feature structures and leaves the rest alone.
///
/// # Safety
///
/// - `next` is null or a valid chain that belongs to nobody else during the call.
unsafe fn write_chain(profile: &Profile, next: *mut std::ffi::c_void) {
    let has = profile.features;
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceBufferDeviceAddressFeatures<'_>| {
            to.buffer_device_address = has.buffer_device_address.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceMaintenance4Features<'_>| {
            to.maintenance4 = has.maintenance4.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceMemoryPriorityFeaturesEXT<'_>| {
            to.memory_priority = has.memory_priority.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDevicePageableDeviceLocalMemoryFeaturesEXT<'_>| {
            to.pageable_device_local_memory = has.pageable.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceProtectedMemoryFeatures<'_>| {
            to.protected_memory = has.protected.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceCoherentMemoryFeaturesAMD<'_>| {
            to.device_coherent_memory = has.device_coherent.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceVulkan11Features<'_>| {
            to.protected_memory = has.protected.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceVulkan12Features<'_>| {
            to.buffer_device_address = has.buffer_device_address.into();
        });
    }
    // SAFETY: the caller's promise.
    unsafe {
        chain::fill(next, |to: &mut vk::PhysicalDeviceVulkan13Features<'_>| {
            to.maintenance4 = has.maintenance4.into();
        });
    }
}
