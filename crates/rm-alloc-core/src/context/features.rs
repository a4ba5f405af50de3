//! Which optional parts of Vulkan the device was created with.

use std::ffi::CStr;

use ash::vk;
use bitflags::bitflags;

bitflags! {
    /// Optional parts of Vulkan that were *really enabled* when the device was created.
    ///
    /// Plain data, never a chain of structures: whoever creates the device has a chain of their own,
    /// and two structures of one type in it would be invalid.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct MemoryFeatures: u32 {
        /// `VK_EXT_memory_budget`: the driver says how much of a heap this process may use.
        const MEMORY_BUDGET = 1;
        /// `VK_EXT_memory_priority` and its feature `memoryPriority`.
        const MEMORY_PRIORITY = 2;
        /// `VK_EXT_pageable_device_local_memory` and its feature of the same name.
        const PAGEABLE = 4;
        /// The feature `bufferDeviceAddress` (core in 1.2, `VK_KHR_buffer_device_address` before).
        const BUFFER_DEVICE_ADDRESS = 8;
        /// The feature `maintenance4` (core in 1.3, `VK_KHR_maintenance4` before).
        const MAINTENANCE4 = 16;
        /// `VK_KHR_external_memory_fd`: memory can leave the process as a file descriptor.
        const EXTERNAL_FD = 32;
        /// The *instance* extension `VK_EXT_debug_utils`: labels reach captures and validation messages.
        const DEBUG_NAMES = 64;
        /// `VK_AMD_device_coherent_memory` and its feature `deviceCoherentMemory`.
        const AMD_DEVICE_COHERENT = 128;
        /// The feature `protectedMemory`.
        const PROTECTED = 256;
        /// `VK_KHR_portability_subset`, which a device that lists it demands to be enabled.
        const PORTABILITY_SUBSET = 512;
    }
}

/// A feature's extension and the version that made it core, `u32::MAX` for never.
const EXTENSIONS: [(MemoryFeatures, &CStr, u32); 8] = [
    (MemoryFeatures::MEMORY_BUDGET, ash::ext::memory_budget::NAME, u32::MAX),
    (MemoryFeatures::MEMORY_PRIORITY, ash::ext::memory_priority::NAME, u32::MAX),
    (MemoryFeatures::PAGEABLE, ash::ext::pageable_device_local_memory::NAME, u32::MAX),
    (
        MemoryFeatures::BUFFER_DEVICE_ADDRESS,
        ash::khr::buffer_device_address::NAME,
        vk::API_VERSION_1_2,
    ),
    (MemoryFeatures::MAINTENANCE4, ash::khr::maintenance4::NAME, vk::API_VERSION_1_3),
    (MemoryFeatures::EXTERNAL_FD, ash::khr::external_memory_fd::NAME, u32::MAX),
    (MemoryFeatures::AMD_DEVICE_COHERENT, ash::amd::device_coherent_memory::NAME, u32::MAX),
    (MemoryFeatures::PORTABILITY_SUBSET, ash::khr::portability_subset::NAME, u32::MAX),
];

impl MemoryFeatures {
    /// What `physical_device` offers and a renderer gains from.
    ///
    /// Leaves out what has a price or is not the device's to say: [`PROTECTED`](Self::PROTECTED),
    /// [`AMD_DEVICE_COHERENT`](Self::AMD_DEVICE_COHERENT) and [`DEBUG_NAMES`](Self::DEBUG_NAMES).
    /// Create the device with [`extensions`](Self::extensions) and the features named at each bit.
    ///
    /// # Safety
    ///
    /// - `instance` is live, was created for Vulkan 1.1 at least, and `physical_device` is one of its own.
    pub unsafe fn recommended(
        instance: &ash::Instance,
        physical_device: vk::PhysicalDevice,
    ) -> Self {
        // SAFETY: both are live and belong together (caller).
        let listed = unsafe { instance.enumerate_device_extension_properties(physical_device) };
        // A driver that cannot list its extensions offers none that we could rely on.
        let listed = listed.unwrap_or_default();
        let has = |name: &CStr| {
            listed.iter().any(|extension| extension.extension_name_as_c_str() == Ok(name))
        };
        // SAFETY: both are live and belong together (caller).
        let properties = unsafe { instance.get_physical_device_properties(physical_device) };
        let offered = EXTENSIONS
            .iter()
            .filter(|(_, name, core)| properties.api_version >= *core || has(name))
            .fold(Self::empty(), |all, (feature, ..)| all | *feature);

        let mut address = vk::PhysicalDeviceBufferDeviceAddressFeatures::default();
        let mut maintenance4 = vk::PhysicalDeviceMaintenance4Features::default();
        let mut priority = vk::PhysicalDeviceMemoryPriorityFeaturesEXT::default();
        let mut pageable = vk::PhysicalDevicePageableDeviceLocalMemoryFeaturesEXT::default();
        let mut chain = vk::PhysicalDeviceFeatures2::default();
        // Only structures that the device knows may be chained.
        if offered.contains(Self::BUFFER_DEVICE_ADDRESS) {
            chain = chain.push_next(&mut address);
        }
        if offered.contains(Self::MAINTENANCE4) {
            chain = chain.push_next(&mut maintenance4);
        }
        if offered.contains(Self::MEMORY_PRIORITY) {
            chain = chain.push_next(&mut priority);
        }
        if offered.contains(Self::PAGEABLE) {
            chain = chain.push_next(&mut pageable);
        }
        // SAFETY: both are live and belong together (caller); the chain holds structures of known extensions.
        unsafe { instance.get_physical_device_features2(physical_device, &mut chain) };
        let lacking = [
            (Self::BUFFER_DEVICE_ADDRESS, address.buffer_device_address),
            (Self::MAINTENANCE4, maintenance4.maintenance4),
            (Self::MEMORY_PRIORITY, priority.memory_priority),
            // Pageable memory is steered by priorities and demands their feature.
            (Self::PAGEABLE, pageable.pageable_device_local_memory & priority.memory_priority),
            (Self::AMD_DEVICE_COHERENT, vk::FALSE),
        ];
        lacking
            .iter()
            .filter(|(_, enabled)| *enabled == vk::FALSE)
            .fold(offered, |left, (feature, _)| left - *feature)
    }

    /// The *device* extensions to enable for these features on a device of `api_version`.
    ///
    /// [`DEBUG_NAMES`](Self::DEBUG_NAMES) is an instance extension and not among them.
    pub fn extensions(self, api_version: u32) -> Vec<&'static CStr> {
        EXTENSIONS
            .iter()
            .filter(|(feature, _, core)| self.contains(*feature) && api_version < *core)
            .map(|(_, name, _)| *name)
            .collect()
    }
}
