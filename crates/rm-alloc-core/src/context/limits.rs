//! The limits of a device that memory has to respect, and the usage bits it knows.

use std::ffi::CStr;

use ash::vk;

use crate::{MemoryError, MemoryFeatures, request::check::DeviceRules};

/// Limits of one device, in bytes where nothing else is said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeviceLimits {
    /// Memory objects that may exist at a time (`maxMemoryAllocationCount`).
    pub max_allocation_count: u32,
    /// Largest memory object (`maxMemoryAllocationSize`).
    pub max_allocation_size: u64,
    /// Largest buffer (`maxBufferSize`); where the device does not say, the largest memory object.
    pub max_buffer_size: u64,
    /// Page that linear and optimal resources must not share (`bufferImageGranularity`).
    pub buffer_image_granularity: u64,
    /// Unit in which non-coherent memory is flushed (`nonCoherentAtomSize`).
    pub non_coherent_atom_size: u64,
    /// Largest width of an attachment in texels.
    pub max_framebuffer_width: u32,
    /// Largest height of an attachment in texels.
    pub max_framebuffer_height: u32,
    /// Number of queue families.
    pub queue_families: u32,
}

/// Reads limits and known usage bits.
///
/// # Safety
///
/// As of [`DeviceContext::new`](crate::DeviceContext::new).
pub(super) unsafe fn read(
    instance: &ash::Instance,
    physical_device: vk::PhysicalDevice,
    device: vk::Device,
    api_version: u32,
    features: MemoryFeatures,
) -> Result<DeviceRules, MemoryError> {
    // SAFETY: handles are live and belong together (caller).
    let device_version =
        unsafe { instance.get_physical_device_properties(physical_device) }.api_version;
    if device_version < api_version {
        return Err(MemoryError::InvalidRequest("the device is older than the api version given"));
    }
    let mut maintenance3 = vk::PhysicalDeviceMaintenance3Properties::default();
    let mut maintenance4 = vk::PhysicalDeviceMaintenance4Properties::default();
    let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut maintenance3);
    // The largest buffer holds whether the feature is used or not.
    if device_version >= vk::API_VERSION_1_3 || features.contains(MemoryFeatures::MAINTENANCE4) {
        properties = properties.push_next(&mut maintenance4);
    }
    // SAFETY: handles are live and belong together (caller); the device knows the structures in the chain.
    unsafe { instance.get_physical_device_properties2(physical_device, &mut properties) };
    let limits = properties.properties.limits;
    // SAFETY: handles are live and belong together (caller).
    let families = unsafe { instance.get_physical_device_queue_family_properties(physical_device) };
    let max_allocation_size = match maintenance3.max_memory_allocation_size {
        0 => u64::MAX,
        size => size,
    };
    let limits = DeviceLimits {
        max_allocation_count: limits.max_memory_allocation_count,
        max_allocation_size,
        max_buffer_size: match maintenance4.max_buffer_size {
            0 => max_allocation_size,
            size => size,
        },
        buffer_image_granularity: limits.buffer_image_granularity.max(1),
        non_coherent_atom_size: limits.non_coherent_atom_size.max(1),
        max_framebuffer_width: limits.max_framebuffer_width,
        max_framebuffer_height: limits.max_framebuffer_height,
        queue_families: u32::try_from(families.len()).unwrap_or(u32::MAX),
    };
    let enabled = |command: &CStr| {
        // SAFETY: the device is live and of this instance (caller).
        unsafe { instance.get_device_proc_addr(device, command.as_ptr()) }.is_some()
    };
    Ok(DeviceRules {
        api_version,
        features,
        limits,
        buffer_usage: BUFFER_USAGES
            .iter()
            .filter(|(_, command)| enabled(command))
            .fold(core_buffer_usage(), |all, (usage, _)| all | *usage),
        image_usage: core_image_usage(),
    })
}

/// Usage bits of extensions, each with a command that a device answers only if the extension is enabled.
///
/// That is how a context learns of extensions it has no flag for. Video bits, which need a profile list, and
/// descriptor-buffer bits, whose sizes are bounded in sum, stay out.
const BUFFER_USAGES: [(vk::BufferUsageFlags, &CStr); 8] = [
    (vk::BufferUsageFlags::SHADER_BINDING_TABLE_KHR, c"vkCreateRayTracingPipelinesKHR"),
    (vk::BufferUsageFlags::ACCELERATION_STRUCTURE_STORAGE_KHR, c"vkCreateAccelerationStructureKHR"),
    (
        vk::BufferUsageFlags::ACCELERATION_STRUCTURE_BUILD_INPUT_READ_ONLY_KHR,
        c"vkCreateAccelerationStructureKHR",
    ),
    (vk::BufferUsageFlags::TRANSFORM_FEEDBACK_BUFFER_EXT, c"vkCmdBindTransformFeedbackBuffersEXT"),
    (
        vk::BufferUsageFlags::TRANSFORM_FEEDBACK_COUNTER_BUFFER_EXT,
        c"vkCmdBindTransformFeedbackBuffersEXT",
    ),
    (vk::BufferUsageFlags::CONDITIONAL_RENDERING_EXT, c"vkCmdBeginConditionalRenderingEXT"),
    (vk::BufferUsageFlags::MICROMAP_STORAGE_EXT, c"vkCreateMicromapEXT"),
    (vk::BufferUsageFlags::MICROMAP_BUILD_INPUT_READ_ONLY_EXT, c"vkCreateMicromapEXT"),
];

/// Usage bits of Vulkan 1.0.
fn core_buffer_usage() -> vk::BufferUsageFlags {
    vk::BufferUsageFlags::TRANSFER_SRC
        | vk::BufferUsageFlags::TRANSFER_DST
        | vk::BufferUsageFlags::UNIFORM_TEXEL_BUFFER
        | vk::BufferUsageFlags::STORAGE_TEXEL_BUFFER
        | vk::BufferUsageFlags::UNIFORM_BUFFER
        | vk::BufferUsageFlags::STORAGE_BUFFER
        | vk::BufferUsageFlags::INDEX_BUFFER
        | vk::BufferUsageFlags::VERTEX_BUFFER
        | vk::BufferUsageFlags::INDIRECT_BUFFER
}

/// Usage bits of Vulkan 1.0.
fn core_image_usage() -> vk::ImageUsageFlags {
    vk::ImageUsageFlags::TRANSFER_SRC
        | vk::ImageUsageFlags::TRANSFER_DST
        | vk::ImageUsageFlags::SAMPLED
        | vk::ImageUsageFlags::STORAGE
        | vk::ImageUsageFlags::COLOR_ATTACHMENT
        | vk::ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT
        | vk::ImageUsageFlags::TRANSIENT_ATTACHMENT
        | vk::ImageUsageFlags::INPUT_ATTACHMENT
}
