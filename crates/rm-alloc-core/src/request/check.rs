//! The checks that make safe creation sound: what the driver may assume and would not look at itself.
//!
//! Pure functions of a request and [`DeviceRules`], so that tables can test them without a device.
//! Each refusal stands for a valid-usage rule of `vkCreateBuffer` or `vkCreateImage`.

mod image;

#[cfg(test)]
mod tests;

use ash::vk;

pub(crate) use self::image::{FormatQuery, check_image, check_image_limits};
use crate::{BufferRequest, DeviceLimits, MemoryError, MemoryFeatures};

/// What one device lets safe code ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceRules {
    pub(crate) api_version: u32,
    pub(crate) features: MemoryFeatures,
    pub(crate) limits: DeviceLimits,
    /// Usage bits of Vulkan 1.0 and of the extensions that are enabled.
    pub(crate) buffer_usage: vk::BufferUsageFlags,
    /// Likewise for images.
    pub(crate) image_usage: vk::ImageUsageFlags,
}

/// Checks every rule of `vkCreateBuffer` that a plain request could break.
pub(crate) fn check_buffer(
    rules: &DeviceRules,
    request: &BufferRequest<'_>,
) -> Result<(), MemoryError> {
    if request.size == 0 {
        return Err(MemoryError::InvalidRequest("the size is zero"));
    }
    if request.size > rules.limits.max_buffer_size {
        return Err(MemoryError::TooLarge {
            size: request.size,
            limit: rules.limits.max_buffer_size,
        });
    }
    if request.usage.is_empty() {
        return Err(MemoryError::InvalidRequest("no usage is given"));
    }
    let address = vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
    if request.usage.contains(address)
        && !rules.features.contains(MemoryFeatures::BUFFER_DEVICE_ADDRESS)
    {
        return Err(MemoryError::Unsupported("buffer device address is not enabled"));
    }
    if !(rules.buffer_usage | address).contains(request.usage) {
        return Err(MemoryError::InvalidRequest(
            "a usage bit is unknown or belongs to an extension that is not enabled",
        ));
    }
    check_min_alignment(request.min_alignment)?;
    check_aliasable(request.aliasable, request.dedicated)?;
    check_queue_families(rules, request.queue_families)
}

/// An alignment is a power of two small enough to add without overflow.
fn check_min_alignment(alignment: u64) -> Result<(), MemoryError> {
    if alignment.is_power_of_two() && alignment <= i64::MAX as u64 {
        return Ok(());
    }
    Err(MemoryError::InvalidRequest("the alignment is not a power of two"))
}

/// A memory object dedicated to one resource cannot hold another.
fn check_aliasable(aliasable: bool, dedicated: bool) -> Result<(), MemoryError> {
    if aliasable && dedicated {
        return Err(MemoryError::Unsupported("dedicated memory cannot be aliased"));
    }
    Ok(())
}

/// Families exist and none is named twice.
fn check_queue_families(rules: &DeviceRules, families: &[u32]) -> Result<(), MemoryError> {
    for (index, family) in families.iter().enumerate() {
        if *family >= rules.limits.queue_families {
            return Err(MemoryError::InvalidRequest("a queue family does not exist"));
        }
        if families[..index].contains(family) {
            return Err(MemoryError::InvalidRequest("a queue family is named twice"));
        }
    }
    Ok(())
}

/// Shared access exists between two families at least.
pub(super) fn sharing_mode(families: &[u32]) -> vk::SharingMode {
    if families.len() > 1 { vk::SharingMode::CONCURRENT } else { vk::SharingMode::EXCLUSIVE }
}
