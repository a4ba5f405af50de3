//! What memory a resource needs: captured answers first, the profile's rules otherwise.
//!
//! Pure functions of a profile and a shape. Absurd sizes saturate, so that they fail as too large and do not wrap.

mod buffer;
pub(crate) mod formats;
mod image;
mod support;
mod types;

#[cfg(test)]
mod tests;

use ash::vk;
use serde::{Deserialize, Serialize};

use crate::profile::{Profile, names};

/// A buffer, as far as its memory depends on it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BufferShape {
    /// Size in bytes.
    pub size: u64,
    /// What it is used for.
    #[serde(with = "names::flags")]
    pub usage: vk::BufferUsageFlags,
    /// How it is created.
    #[serde(default, with = "names::flags", skip_serializing_if = "no_buffer_flags")]
    pub flags: vk::BufferCreateFlags,
}

/// An image, as far as its memory depends on it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// How it is created.
    #[serde(default, with = "names::flags", skip_serializing_if = "no_image_flags")]
    pub flags: vk::ImageCreateFlags,
    /// Its dimensions.
    #[serde(with = "names::value")]
    pub image_type: vk::ImageType,
    /// What a texel is.
    #[serde(with = "names::value")]
    pub format: vk::Format,
    /// Width, height and depth in texels.
    #[serde(with = "names::extent")]
    pub extent: vk::Extent3D,
    /// Number of mip levels.
    pub mips: u32,
    /// Number of layers.
    pub layers: u32,
    /// Samples of a texel.
    #[serde(with = "names::samples")]
    pub samples: vk::SampleCountFlags,
    /// How texels are arranged.
    #[serde(with = "names::value")]
    pub tiling: vk::ImageTiling,
    /// What it is used for.
    #[serde(with = "names::flags")]
    pub usage: vk::ImageUsageFlags,
}

/// A kind of image, of which a device says how large it may be.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImageQuery {
    /// What a texel is.
    #[serde(with = "names::value")]
    pub format: vk::Format,
    /// Its dimensions.
    #[serde(with = "names::value")]
    pub image_type: vk::ImageType,
    /// How texels are arranged.
    #[serde(with = "names::value")]
    pub tiling: vk::ImageTiling,
    /// What it is used for.
    #[serde(with = "names::flags")]
    pub usage: vk::ImageUsageFlags,
    /// How it is created.
    #[serde(default, with = "names::flags", skip_serializing_if = "no_image_flags")]
    pub flags: vk::ImageCreateFlags,
}

/// `VkImageFormatProperties`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImageFormatLimits {
    /// Largest width, height and depth in texels.
    #[serde(with = "names::extent")]
    pub max_extent: vk::Extent3D,
    /// Most mip levels.
    pub max_mips: u32,
    /// Most layers.
    pub max_layers: u32,
    /// Numbers of samples, one bit each: the sum of the numbers.
    #[serde(with = "names::samples")]
    pub samples: vk::SampleCountFlags,
    /// Largest size in bytes.
    pub max_resource_size: u64,
}

/// The memory that a resource needs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub alignment: u64,
    /// Memory types that it can live in, one bit each.
    pub memory_type_bits: u32,
    /// Memory of its own would make it faster.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prefers_dedicated: bool,
    /// Only memory of its own will do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub requires_dedicated: bool,
}

/// The memory that a buffer needs.
pub(crate) fn buffer_needs(profile: &Profile, shape: &BufferShape) -> Needs {
    let captured = profile.answers().and_then(|answers| answers.buffers.get(shape));
    captured.copied().unwrap_or_else(|| buffer::needs(profile, shape))
}

/// The memory that an image needs.
pub(crate) fn image_needs(profile: &Profile, shape: &ImageShape) -> Needs {
    let captured = profile.answers().and_then(|answers| answers.images.get(shape));
    captured.copied().unwrap_or_else(|| image::needs(profile, shape))
}

/// How large such images may be; none if there are no such images.
pub(crate) fn image_format_limits(
    profile: &Profile,
    format: vk::Format,
    image_type: vk::ImageType,
    tiling: vk::ImageTiling,
    usage: vk::ImageUsageFlags,
    flags: vk::ImageCreateFlags,
) -> Option<vk::ImageFormatProperties> {
    let query = ImageQuery { format, image_type, tiling, usage, flags };
    let captured = profile.answers().and_then(|answers| answers.queries.get(&query));
    let limits = captured.copied().unwrap_or_else(|| support::limits(profile, &query))?;
    Some(vk::ImageFormatProperties {
        max_extent: limits.max_extent,
        max_mip_levels: limits.max_mips,
        max_array_layers: limits.max_layers,
        sample_counts: limits.samples,
        max_resource_size: limits.max_resource_size,
    })
}

/// What a format can be used for.
pub(crate) fn format_properties(profile: &Profile, format: vk::Format) -> vk::FormatProperties {
    let captured = profile.answers().and_then(|answers| answers.formats.get(&format));
    captured.copied().unwrap_or_else(|| support::format(&profile.rules.formats, format))
}

/// `size` rounded up to the power of two `alignment`, or the greatest multiple that there is.
fn round_up(size: u64, alignment: u64) -> u64 {
    size.saturating_add(alignment - 1) & !(alignment - 1)
}

fn no_buffer_flags(flags: &vk::BufferCreateFlags) -> bool {
    flags.is_empty()
}

fn no_image_flags(flags: &vk::ImageCreateFlags) -> bool {
    flags.is_empty()
}

fn is_false(value: &bool) -> bool {
    !*value
}
