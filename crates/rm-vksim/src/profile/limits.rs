//! Limits and features of a device, as far as memory has to do with them.

use serde::{Deserialize, Serialize};

/// Limits of `VkPhysicalDeviceLimits` and of maintenance 3 and 4, in bytes, objects or texels.
///
/// The default is an ordinary desktop GPU.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Memory objects that may exist at a time.
    pub max_memory_allocation_count: u32,
    /// Largest memory object in bytes.
    pub max_memory_allocation_size: u64,
    /// Largest buffer in bytes.
    pub max_buffer_size: u64,
    /// Page in bytes that linear and optimal resources must not share.
    pub buffer_image_granularity: u64,
    /// Unit in bytes in which non-coherent memory is flushed.
    pub non_coherent_atom_size: u64,
    /// Alignment in bytes of what `vkMapMemory` returns.
    pub min_memory_map_alignment: u64,
    /// Largest width of a 1D image.
    pub max_image_dimension_1d: u32,
    /// Largest width or height of a 2D image.
    pub max_image_dimension_2d: u32,
    /// Largest width, height or depth of a 3D image.
    pub max_image_dimension_3d: u32,
    /// Largest width or height of a cube's face.
    pub max_image_dimension_cube: u32,
    /// Most layers of an image.
    pub max_image_array_layers: u32,
    /// Largest width of an attachment.
    pub max_framebuffer_width: u32,
    /// Largest height of an attachment.
    pub max_framebuffer_height: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_memory_allocation_count: 4096,
            max_memory_allocation_size: (4 << 30) - (2 << 20),
            max_buffer_size: (4 << 30) - (2 << 20),
            buffer_image_granularity: 1,
            non_coherent_atom_size: 64,
            min_memory_map_alignment: 64,
            max_image_dimension_1d: 16384,
            max_image_dimension_2d: 16384,
            max_image_dimension_3d: 2048,
            max_image_dimension_cube: 16384,
            max_image_array_layers: 2048,
            max_framebuffer_width: 16384,
            max_framebuffer_height: 16384,
        }
    }
}

/// Optional features that the device supports.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(default, deny_unknown_fields)]
pub struct DeviceFeatures {
    /// `bufferDeviceAddress`.
    pub buffer_device_address: bool,
    /// `maintenance4`.
    pub maintenance4: bool,
    /// `memoryPriority`.
    pub memory_priority: bool,
    /// `pageableDeviceLocalMemory`.
    pub pageable: bool,
    /// `protectedMemory`.
    pub protected: bool,
    /// `deviceCoherentMemory` of AMD.
    pub device_coherent: bool,
}
