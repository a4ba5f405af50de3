//! Sizes and places of images by rule.

use ash::vk;

use super::{
    ImageShape, Needs,
    formats::{Layout, Plane},
    round_up,
    types::{Place, memory_type_bits},
};
use crate::profile::{ImageRules, Profile};

/// Usages for which a device compresses and prefers memory of its own.
const ATTACHMENT: vk::ImageUsageFlags = vk::ImageUsageFlags::from_raw(
    vk::ImageUsageFlags::COLOR_ATTACHMENT.as_raw()
        | vk::ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT.as_raw(),
);

/// The memory that an image needs, by the profile's rules.
pub(super) fn needs(profile: &Profile, shape: &ImageShape) -> Needs {
    let rules = &profile.rules.images;
    let linear = shape.tiling == vk::ImageTiling::LINEAR;
    let bytes = bytes(rules, shape, linear).max(1);
    let large = bytes >= rules.large_from;
    let of_size = if large { rules.large_alignment } else { rules.alignment };
    let alignment = if linear {
        rules.linear_alignment
    } else if shape.samples.as_raw() > 1 {
        // More samples never need less.
        rules.multisampled_alignment.max(of_size)
    } else {
        of_size
    };
    let size = round_up(bytes, alignment);
    let place = Place {
        host_reaches: linear,
        lazily: shape.usage.contains(vk::ImageUsageFlags::TRANSIENT_ATTACHMENT),
        protected: shape.flags.contains(vk::ImageCreateFlags::PROTECTED),
        among: if linear { rules.linear_types } else { rules.optimal_types },
    };
    let requires = shape.usage.as_raw() & rules.dedicated_for != 0;
    let large = rules.dedicated_from.is_some_and(|from| size >= from);
    Needs {
        size,
        alignment,
        memory_type_bits: memory_type_bits(profile, place),
        prefers_dedicated: requires || large && shape.usage.intersects(ATTACHMENT),
        requires_dedicated: requires,
    }
}

/// All planes of all levels of all layers.
fn bytes(rules: &ImageRules, shape: &ImageShape, linear: bool) -> u64 {
    let layout = Layout::of(shape.format);
    let samples = u64::from(shape.samples.as_raw().max(1));
    let mut layer = 0u64;
    // More levels than bits of an extent add nothing but the smallest level again.
    for level in 0..shape.mips.clamp(1, u32::BITS) {
        for plane in layout.planes {
            let bytes = plane_bytes(rules, &layout, *plane, reduced(shape.extent, level), linear);
            layer = layer.saturating_add(bytes.saturating_mul(samples));
        }
    }
    layer.saturating_mul(shape.layers.max(1).into())
}

/// One plane of one level of one layer.
fn plane_bytes(
    rules: &ImageRules,
    layout: &Layout,
    plane: Plane,
    extent: vk::Extent3D,
    linear: bool,
) -> u64 {
    let [block_width, block_height] = layout.block;
    let columns = extent.width.div_ceil(plane.divide[0]).div_ceil(block_width);
    let rows = extent.height.div_ceil(plane.divide[1]).div_ceil(block_height);
    let row = u64::from(columns).saturating_mul(plane.bytes.into());
    let (row, rows) = if linear {
        (round_up(row, rules.row_pitch), u64::from(rows))
    } else {
        // Tiles as high as the image, so that a single row does not take many.
        let rows = u64::from(rows);
        let height = rows.next_power_of_two().min(rules.tile_rows.into());
        (round_up(row, rules.tile_width), rows.next_multiple_of(height))
    };
    row.saturating_mul(rows).saturating_mul(extent.depth.max(1).into())
}

/// The extent of a mip level.
fn reduced(extent: vk::Extent3D, level: u32) -> vk::Extent3D {
    let half = |texels: u32| texels.checked_shr(level).unwrap_or(0).max(1);
    vk::Extent3D {
        width: half(extent.width),
        height: half(extent.height),
        depth: half(extent.depth),
    }
}
