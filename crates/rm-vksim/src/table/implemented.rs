//! The commands that are simulated, by name.

use ash::vk;

use super::Function;
use crate::{
    calls::{bind, create, device, features, formats, memory, physical, requirements},
    counting::commands,
};

/// Checks that a function has the type of its command, and forgets the type.
macro_rules! command {
    ($function:path as $type:ident) => {{
        let function: vk::$type = $function;
        function as *const ()
    }};
}

/// The function that simulates `name`, in the counting mode the fast one.
pub(super) fn find(name: &str, counting: bool) -> Option<Function> {
    let fast = if counting { of_counting(name) } else { None };
    let function = fast.or_else(|| of_instance(name)).or_else(|| of_device(name))?;
    // SAFETY: the address of a function, which Vulkan passes around without its type.
    Some(unsafe { std::mem::transmute::<*const (), Function>(function) })
}

fn of_counting(name: &str) -> Option<*const ()> {
    Some(match name {
        "vkCreateBuffer" => command!(commands::create_buffer as PFN_vkCreateBuffer),
        "vkDestroyBuffer" => command!(commands::destroy_buffer as PFN_vkDestroyBuffer),
        "vkGetBufferMemoryRequirements" => {
            command!(commands::get_requirements as PFN_vkGetBufferMemoryRequirements)
        }
        "vkGetBufferMemoryRequirements2" | "vkGetBufferMemoryRequirements2KHR" => {
            command!(commands::get_requirements2 as PFN_vkGetBufferMemoryRequirements2)
        }
        "vkBindBufferMemory" => command!(commands::bind as PFN_vkBindBufferMemory),
        "vkBindBufferMemory2" | "vkBindBufferMemory2KHR" => {
            command!(commands::bind2 as PFN_vkBindBufferMemory2)
        }
        "vkGetBufferDeviceAddress" | "vkGetBufferDeviceAddressKHR" => {
            command!(commands::get_address as PFN_vkGetBufferDeviceAddress)
        }
        _ => return None,
    })
}

fn of_instance(name: &str) -> Option<*const ()> {
    let core = name.strip_suffix("KHR").unwrap_or(name);
    Some(match core {
        "vkGetInstanceProcAddr" => {
            command!(device::get_instance_proc_addr as PFN_vkGetInstanceProcAddr)
        }
        "vkGetDeviceProcAddr" => command!(device::get_device_proc_addr as PFN_vkGetDeviceProcAddr),
        "vkDestroyInstance" => command!(device::destroy_instance as PFN_vkDestroyInstance),
        "vkEnumeratePhysicalDevices" => {
            command!(physical::enumerate_physical_devices as PFN_vkEnumeratePhysicalDevices)
        }
        "vkEnumerateDeviceExtensionProperties" => command!(
            physical::enumerate_device_extension_properties
                as PFN_vkEnumerateDeviceExtensionProperties
        ),
        "vkEnumerateDeviceLayerProperties" => command!(
            physical::enumerate_device_layer_properties as PFN_vkEnumerateDeviceLayerProperties
        ),
        "vkGetPhysicalDeviceProperties" => {
            command!(physical::get_physical_device_properties as PFN_vkGetPhysicalDeviceProperties)
        }
        "vkGetPhysicalDeviceProperties2" => command!(
            physical::get_physical_device_properties2 as PFN_vkGetPhysicalDeviceProperties2
        ),
        "vkGetPhysicalDeviceFeatures" => {
            command!(features::get_physical_device_features as PFN_vkGetPhysicalDeviceFeatures)
        }
        "vkGetPhysicalDeviceFeatures2" => {
            command!(features::get_physical_device_features2 as PFN_vkGetPhysicalDeviceFeatures2)
        }
        "vkGetPhysicalDeviceQueueFamilyProperties" => command!(
            physical::get_physical_device_queue_family_properties
                as PFN_vkGetPhysicalDeviceQueueFamilyProperties
        ),
        "vkGetPhysicalDeviceQueueFamilyProperties2" => command!(
            physical::get_physical_device_queue_family_properties2
                as PFN_vkGetPhysicalDeviceQueueFamilyProperties2
        ),
        "vkGetPhysicalDeviceMemoryProperties" => command!(
            physical::get_physical_device_memory_properties
                as PFN_vkGetPhysicalDeviceMemoryProperties
        ),
        "vkGetPhysicalDeviceMemoryProperties2" => command!(
            physical::get_physical_device_memory_properties2
                as PFN_vkGetPhysicalDeviceMemoryProperties2
        ),
        "vkGetPhysicalDeviceFormatProperties" => command!(
            formats::get_physical_device_format_properties
                as PFN_vkGetPhysicalDeviceFormatProperties
        ),
        "vkGetPhysicalDeviceFormatProperties2" => command!(
            formats::get_physical_device_format_properties2
                as PFN_vkGetPhysicalDeviceFormatProperties2
        ),
        "vkGetPhysicalDeviceImageFormatProperties" => command!(
            formats::get_physical_device_image_format_properties
                as PFN_vkGetPhysicalDeviceImageFormatProperties
        ),
        "vkGetPhysicalDeviceImageFormatProperties2" => command!(
            formats::get_physical_device_image_format_properties2
                as PFN_vkGetPhysicalDeviceImageFormatProperties2
        ),
        "vkGetPhysicalDeviceExternalBufferProperties" => command!(
            formats::get_physical_device_external_buffer_properties
                as PFN_vkGetPhysicalDeviceExternalBufferProperties
        ),
        _ => return None,
    })
}

fn of_device(name: &str) -> Option<*const ()> {
    let core = name.strip_suffix("KHR").unwrap_or(name);
    Some(match core {
        "vkDestroyDevice" => command!(device::destroy_device as PFN_vkDestroyDevice),
        "vkDeviceWaitIdle" => command!(device::device_wait_idle as PFN_vkDeviceWaitIdle),
        "vkQueueWaitIdle" => command!(device::queue_wait_idle as PFN_vkQueueWaitIdle),
        "vkGetDeviceQueue" => command!(device::get_device_queue as PFN_vkGetDeviceQueue),
        "vkGetDeviceQueue2" => command!(device::get_device_queue2 as PFN_vkGetDeviceQueue2),
        "vkSetDebugUtilsObjectNameEXT" => {
            command!(device::set_debug_utils_object_name as PFN_vkSetDebugUtilsObjectNameEXT)
        }
        "vkAllocateMemory" => command!(memory::allocate_memory as PFN_vkAllocateMemory),
        "vkFreeMemory" => command!(memory::free_memory as PFN_vkFreeMemory),
        "vkMapMemory" => command!(memory::map_memory as PFN_vkMapMemory),
        "vkUnmapMemory" => command!(memory::unmap_memory as PFN_vkUnmapMemory),
        "vkFlushMappedMemoryRanges" => {
            command!(memory::flush_mapped_memory_ranges as PFN_vkFlushMappedMemoryRanges)
        }
        "vkInvalidateMappedMemoryRanges" => {
            command!(memory::invalidate_mapped_memory_ranges as PFN_vkInvalidateMappedMemoryRanges)
        }
        "vkGetDeviceMemoryCommitment" => {
            command!(memory::get_device_memory_commitment as PFN_vkGetDeviceMemoryCommitment)
        }
        "vkSetDeviceMemoryPriorityEXT" => {
            command!(memory::set_device_memory_priority as PFN_vkSetDeviceMemoryPriorityEXT)
        }
        "vkCreateBuffer" => command!(create::create_buffer as PFN_vkCreateBuffer),
        "vkDestroyBuffer" => command!(create::destroy_buffer as PFN_vkDestroyBuffer),
        "vkCreateImage" => command!(create::create_image as PFN_vkCreateImage),
        "vkDestroyImage" => command!(create::destroy_image as PFN_vkDestroyImage),
        "vkGetImageSubresourceLayout" => {
            command!(device::get_image_subresource_layout as PFN_vkGetImageSubresourceLayout)
        }
        "vkGetBufferMemoryRequirements" => command!(
            requirements::get_buffer_memory_requirements as PFN_vkGetBufferMemoryRequirements
        ),
        "vkGetImageMemoryRequirements" => command!(
            requirements::get_image_memory_requirements as PFN_vkGetImageMemoryRequirements
        ),
        "vkGetBufferMemoryRequirements2" => command!(
            requirements::get_buffer_memory_requirements2 as PFN_vkGetBufferMemoryRequirements2
        ),
        "vkGetImageMemoryRequirements2" => command!(
            requirements::get_image_memory_requirements2 as PFN_vkGetImageMemoryRequirements2
        ),
        "vkGetDeviceBufferMemoryRequirements" => command!(
            requirements::get_device_buffer_memory_requirements
                as PFN_vkGetDeviceBufferMemoryRequirements
        ),
        "vkGetDeviceImageMemoryRequirements" => command!(
            requirements::get_device_image_memory_requirements
                as PFN_vkGetDeviceImageMemoryRequirements
        ),
        "vkBindBufferMemory" => command!(bind::bind_buffer_memory as PFN_vkBindBufferMemory),
        "vkBindImageMemory" => command!(bind::bind_image_memory as PFN_vkBindImageMemory),
        "vkBindBufferMemory2" => command!(bind::bind_buffer_memory2 as PFN_vkBindBufferMemory2),
        "vkBindImageMemory2" => command!(bind::bind_image_memory2 as PFN_vkBindImageMemory2),
        "vkGetBufferDeviceAddress" => {
            command!(bind::get_buffer_device_address as PFN_vkGetBufferDeviceAddress)
        }
        _ => return None,
    })
}
