//! Which images a device supports by rule, and how large they may be.

use ash::vk;

use super::{
    ImageFormatLimits, ImageQuery, format_properties,
    formats::{Class, Kind, Layout},
};
use crate::profile::{FormatRules, Profile};

/// What a format can be used for, by the profile's rules: at least what Vulkan demands.
pub(super) fn format(rules: &FormatRules, format: vk::Format) -> vk::FormatProperties {
    use vk::FormatFeatureFlags as Feature;
    let Some(layout) = Layout::known(format) else { return vk::FormatProperties::default() };
    let read =
        Feature::SAMPLED_IMAGE | Feature::BLIT_SRC | Feature::TRANSFER_SRC | Feature::TRANSFER_DST;
    let filtered = read | Feature::SAMPLED_IMAGE_FILTER_LINEAR;
    let written = Feature::COLOR_ATTACHMENT | Feature::BLIT_DST;
    let compressed = |has: bool| if has { filtered } else { Feature::empty() };
    let optimal = match layout.class {
        Class::Astc => compressed(rules.astc),
        Class::Bc => compressed(rules.bc),
        Class::Etc2 => compressed(rules.etc2),
        Class::Color => match layout.kind {
            Kind::Float | Kind::Normalised => {
                filtered | written | Feature::COLOR_ATTACHMENT_BLEND | Feature::STORAGE_IMAGE
            }
            Kind::Integer => read | written | Feature::STORAGE_IMAGE,
            Kind::Scaled => Feature::empty(),
            Kind::Srgb => filtered | written | Feature::COLOR_ATTACHMENT_BLEND,
        },
        Class::Depth24 if !rules.depth24 => Feature::empty(),
        Class::Depth | Class::Depth24 | Class::Stencil => read | Feature::DEPTH_STENCIL_ATTACHMENT,
        Class::Packed => filtered | written | Feature::COLOR_ATTACHMENT_BLEND,
        Class::Shared => filtered,
        Class::Vertex => Feature::empty(),
        Class::Ycbcr if rules.ycbcr => filtered | Feature::MIDPOINT_CHROMA_SAMPLES,
        Class::Ycbcr => Feature::empty(),
    };
    let word = [vk::Format::R32_UINT, vk::Format::R32_SINT].contains(&format);
    let atomic = if word { Feature::STORAGE_IMAGE_ATOMIC } else { Feature::empty() };
    vk::FormatProperties {
        linear_tiling_features: linear(rules, &layout, optimal),
        optimal_tiling_features: optimal | atomic,
        buffer_features: buffer(&layout, word),
    }
}

/// Linear tiling: no depth, no compression, and attachments by rule.
fn linear(
    rules: &FormatRules,
    layout: &Layout,
    optimal: vk::FormatFeatureFlags,
) -> vk::FormatFeatureFlags {
    use vk::FormatFeatureFlags as Feature;
    let to_write = Feature::COLOR_ATTACHMENT
        | Feature::COLOR_ATTACHMENT_BLEND
        | Feature::BLIT_DST
        | Feature::STORAGE_IMAGE;
    match layout.class {
        Class::Color | Class::Packed | Class::Shared if rules.linear_attachments => optimal,
        Class::Color | Class::Packed | Class::Shared => optimal & !to_write,
        _ => Feature::empty(),
    }
}

fn buffer(layout: &Layout, word: bool) -> vk::FormatFeatureFlags {
    use vk::FormatFeatureFlags as Feature;
    let texel = Feature::UNIFORM_TEXEL_BUFFER | Feature::STORAGE_TEXEL_BUFFER;
    let atomic = if word { Feature::STORAGE_TEXEL_BUFFER_ATOMIC } else { Feature::empty() };
    match (layout.class, layout.kind) {
        (Class::Color, Kind::Srgb) => Feature::empty(),
        (Class::Color, Kind::Scaled) | (Class::Vertex, _) => Feature::VERTEX_BUFFER,
        (Class::Color, _) => Feature::VERTEX_BUFFER | texel | atomic,
        _ => Feature::empty(),
    }
}

/// How large such images may be, by the profile's rules and limits.
pub(super) fn limits(profile: &Profile, query: &ImageQuery) -> Option<ImageFormatLimits> {
    use vk::{ImageCreateFlags as Create, ImageType, ImageUsageFlags as Usage};
    let layout = Layout::known(query.format)?;
    let features = format_properties(profile, query.format);
    let linear = query.tiling == vk::ImageTiling::LINEAR;
    let features = match query.tiling {
        vk::ImageTiling::LINEAR => features.linear_tiling_features,
        vk::ImageTiling::OPTIMAL => features.optimal_tiling_features,
        _ => return None,
    };
    let cube = query.flags.contains(Create::CUBE_COMPATIBLE);
    let flat = query.image_type == ImageType::TYPE_2D;
    let texels = matches!(layout.class, Class::Color | Class::Packed | Class::Shared);
    let sparse = Create::SPARSE_BINDING | Create::SPARSE_RESIDENCY | Create::SPARSE_ALIASED;
    // Vulkan lets a device refuse each of these, and most do.
    let refused = features.is_empty()
        || !features.contains(features_of(query.usage))
        || query.flags.intersects(sparse)
        || query.flags.contains(Create::PROTECTED) && !profile.features.protected
        || linear && !flat
        || !flat && !texels
        || !flat && cube
        || query.image_type == ImageType::TYPE_1D && layout.block != [1, 1];
    if refused {
        return None;
    }
    let (limits, rules) = (&profile.limits, &profile.rules.formats);
    let extent = |width, height, depth| vk::Extent3D { width, height, depth };
    let (max_extent, most_texels) = match query.image_type {
        ImageType::TYPE_1D => {
            (extent(limits.max_image_dimension_1d, 1, 1), limits.max_image_dimension_1d)
        }
        ImageType::TYPE_3D => {
            let side = limits.max_image_dimension_3d;
            (extent(side, side, side), side)
        }
        _ => {
            let side =
                if cube { limits.max_image_dimension_cube } else { limits.max_image_dimension_2d };
            (extent(side, side, 1), side)
        }
    };
    let attachment = Usage::COLOR_ATTACHMENT | Usage::DEPTH_STENCIL_ATTACHMENT;
    let single = linear
        || !flat
        || cube
        || layout.class == Class::Ycbcr
        || query.usage.contains(Usage::STORAGE)
        || !query.usage.intersects(attachment);
    let samples = if single { 1 } else { rules.samples };
    let one_level = linear || layout.class == Class::Ycbcr;
    Some(ImageFormatLimits {
        max_extent,
        max_mips: if one_level { 1 } else { most_texels.max(1).ilog2() + 1 },
        max_layers: if one_level || query.image_type == ImageType::TYPE_3D {
            1
        } else {
            limits.max_image_array_layers
        },
        samples: vk::SampleCountFlags::from_raw(samples),
        max_resource_size: rules.max_resource_size,
    })
}

/// The features that a usage builds on.
fn features_of(usage: vk::ImageUsageFlags) -> vk::FormatFeatureFlags {
    use vk::{FormatFeatureFlags as Feature, ImageUsageFlags as Usage};
    let table = [
        (Usage::TRANSFER_SRC, Feature::TRANSFER_SRC),
        (Usage::TRANSFER_DST, Feature::TRANSFER_DST),
        (Usage::SAMPLED, Feature::SAMPLED_IMAGE),
        (Usage::STORAGE, Feature::STORAGE_IMAGE),
        (Usage::COLOR_ATTACHMENT, Feature::COLOR_ATTACHMENT),
        (Usage::DEPTH_STENCIL_ATTACHMENT, Feature::DEPTH_STENCIL_ATTACHMENT),
    ];
    let used = table.iter().filter(|(bit, _)| usage.contains(*bit));
    used.fold(Feature::empty(), |all, (_, feature)| all | *feature)
}
