//! How a device sizes and places resources that nobody captured.
//!
//! Alignments and sizes are bytes, and every alignment is a power of two.

use ash::vk;
use serde::{Deserialize, Serialize};

use super::names::Raw;

/// How requirements are computed.
///
/// The default is an ordinary desktop GPU.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// For buffers.
    pub buffers: BufferRules,
    /// For images.
    pub images: ImageRules,
    /// Which formats there are.
    pub formats: FormatRules,
}

/// How buffers are sized and placed. The greatest alignment that a usage names wins.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(default, deny_unknown_fields)]
pub struct BufferRules {
    /// Alignment of every buffer.
    pub alignment: u64,
    /// Alignment of uniform buffers.
    pub uniform: u64,
    /// Alignment of texel buffers.
    pub texel: u64,
    /// Alignment of storage buffers.
    pub storage: u64,
    /// Alignment of buffers with a device address.
    pub address: u64,
    /// Types that buffers can live in, one bit each; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<u32>,
    /// Size from which a buffer prefers memory of its own; never when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedicated_from: Option<u64>,
}

impl Default for BufferRules {
    fn default() -> Self {
        Self {
            alignment: 16,
            uniform: 256,
            texel: 64,
            storage: 16,
            address: 16,
            types: None,
            dedicated_from: None,
        }
    }
}

/// How images are sized and placed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(default, deny_unknown_fields)]
pub struct ImageRules {
    /// Alignment of small images with optimal tiling.
    pub alignment: u64,
    /// Alignment of those with `large_from` bytes or more.
    pub large_alignment: u64,
    /// Where large images begin.
    pub large_from: u64,
    /// Alignment of multisampled images.
    pub multisampled_alignment: u64,
    /// Width of a tile in bytes; rows of an optimal image fill whole tiles.
    pub tile_width: u64,
    /// Height of a tile in rows of texel blocks.
    pub tile_rows: u32,
    /// Alignment of images with linear tiling.
    pub linear_alignment: u64,
    /// What a row of a linear image is a multiple of.
    pub row_pitch: u64,
    /// Types that images with optimal tiling can live in, one bit each; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimal_types: Option<u32>,
    /// The same for linear tiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear_types: Option<u32>,
    /// Size from which an attachment prefers memory of its own; never when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedicated_from: Option<u64>,
    /// Bits of `VkImageUsageFlags` of which each makes memory of its own a must, in a file their names.
    #[serde(with = "Raw::<vk::ImageUsageFlags>", skip_serializing_if = "is_zero")]
    pub dedicated_for: u32,
}

impl Default for ImageRules {
    fn default() -> Self {
        Self {
            alignment: 1 << 10,
            large_alignment: 64 << 10,
            large_from: 64 << 10,
            multisampled_alignment: 64 << 10,
            tile_width: 64,
            tile_rows: 8,
            linear_alignment: 256,
            row_pitch: 256,
            optimal_types: None,
            linear_types: None,
            dedicated_from: None,
            dedicated_for: 0,
        }
    }
}

/// Which formats there are beside those that Vulkan demands, and for how large images.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(default, deny_unknown_fields)]
pub struct FormatRules {
    /// BC1 to BC7.
    pub bc: bool,
    /// ETC2 and EAC.
    pub etc2: bool,
    /// ASTC in low dynamic range.
    pub astc: bool,
    /// Formats with several planes or shared chroma.
    pub ycbcr: bool,
    /// Depth with 24 bits.
    pub depth24: bool,
    /// Linear images may be attachments and storage images.
    pub linear_attachments: bool,
    /// Numbers of samples that attachments may have, one bit each: the sum of the numbers.
    pub samples: u32,
    /// `maxResourceSize` in bytes.
    pub max_resource_size: u64,
}

impl Default for FormatRules {
    fn default() -> Self {
        Self {
            bc: true,
            etc2: false,
            astc: false,
            ycbcr: true,
            depth24: true,
            linear_attachments: false,
            samples: 1 | 2 | 4 | 8,
            max_resource_size: 1 << 40,
        }
    }
}

fn is_zero(bits: &u32) -> bool {
    *bits == 0
}
