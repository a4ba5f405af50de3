//! The rules of `vkCreateImage`.

use ash::vk;

use super::{DeviceRules, check_aliasable, check_queue_families};
use crate::{
    ImageRequest, MemoryError, MemoryFeatures,
    request::{format, image::full_mip_chain},
};

/// What `vkGetPhysicalDeviceImageFormatProperties` is asked with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct FormatQuery {
    pub(crate) format: vk::Format,
    pub(crate) image_type: vk::ImageType,
    pub(crate) tiling: vk::ImageTiling,
    pub(crate) usage: vk::ImageUsageFlags,
    pub(crate) flags: vk::ImageCreateFlags,
}

const ATTACHMENT: vk::ImageUsageFlags = vk::ImageUsageFlags::from_raw(
    vk::ImageUsageFlags::COLOR_ATTACHMENT.as_raw()
        | vk::ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT.as_raw()
        | vk::ImageUsageFlags::INPUT_ATTACHMENT.as_raw()
        | vk::ImageUsageFlags::TRANSIENT_ATTACHMENT.as_raw(),
);

type Rule = (bool, &'static str);

/// Checks every rule that does not depend on the format's own limits, and says what to ask the
/// device about those; `None` where the request carries a create info that its maker vouches for.
pub(crate) fn check_image(
    rules: &DeviceRules,
    request: &ImageRequest<'_>,
) -> Result<Option<FormatQuery>, MemoryError> {
    check_aliasable(request.aliasable, request.dedicated)?;
    if let Some(raw) = request.raw() {
        let unbindable = vk::ImageCreateFlags::SPARSE_BINDING | vk::ImageCreateFlags::DISJOINT;
        if raw.flags.intersects(unbindable) {
            return Err(MemoryError::Unsupported("sparse and disjoint images"));
        }
        return Ok(None);
    }
    let broken = shape(rules, request)
        .into_iter()
        .chain(samples(rules, request))
        .chain(usage(rules, request))
        .chain(formats(rules, request))
        .find_map(|(broken, rule)| broken.then_some(rule));
    if let Some(rule) = broken {
        return Err(MemoryError::InvalidRequest(rule));
    }
    check_flags(rules, request.flags)?;
    check_queue_families(rules, request.queue_families)?;
    Ok(Some(FormatQuery {
        format: request.format,
        image_type: request.image_type,
        tiling: request.tiling,
        usage: request.usage,
        flags: request.flags,
    }))
}

/// Checks what the device says about the format against the request.
pub(crate) fn check_image_limits(
    request: &ImageRequest<'_>,
    limits: &vk::ImageFormatProperties,
) -> Result<(), MemoryError> {
    let (extent, most) = (request.extent, limits.max_extent);
    let beyond: [Rule; 4] = [
        (
            extent.width > most.width || extent.height > most.height || extent.depth > most.depth,
            "the extent is beyond what the device gives for this format",
        ),
        (
            request.mip_levels > limits.max_mip_levels,
            "the mip levels are beyond what the device gives for this format",
        ),
        (
            request.array_layers > limits.max_array_layers,
            "the array layers are beyond what the device gives for this format",
        ),
        (
            !limits.sample_counts.contains(request.samples),
            "the device does not give this format that many samples",
        ),
    ];
    match beyond.into_iter().find(|(beyond, _)| *beyond) {
        Some((_, rule)) => Err(MemoryError::Unsupported(rule)),
        None => Ok(()),
    }
}

/// Dimensions, levels and layers.
fn shape(rules: &DeviceRules, request: &ImageRequest<'_>) -> [Rule; 10] {
    let extent = request.extent;
    let cube = request.flags.contains(vk::ImageCreateFlags::CUBE_COMPATIBLE);
    let (is_1d, is_2d, is_3d) = (
        request.image_type == vk::ImageType::TYPE_1D,
        request.image_type == vk::ImageType::TYPE_2D,
        request.image_type == vk::ImageType::TYPE_3D,
    );
    let (block_width, block_height) = format::chroma_block(request.format);
    let as_array = request.flags.contains(vk::ImageCreateFlags::TYPE_2D_ARRAY_COMPATIBLE);
    let portable = rules.features.contains(MemoryFeatures::PORTABILITY_SUBSET);
    let plain = is_2d
        && (request.mip_levels, request.array_layers) == (1, 1)
        && request.samples == vk::SampleCountFlags::TYPE_1;
    [
        (!(is_1d || is_2d || is_3d), "the image type is unknown"),
        (extent.width == 0 || extent.height == 0 || extent.depth == 0, "the extent is empty"),
        (is_1d && extent.height != 1, "a one-dimensional image has a height"),
        (!is_3d && extent.depth != 1, "only a three-dimensional image has a depth"),
        (
            request.mip_levels == 0 || request.mip_levels > full_mip_chain(extent),
            "the mip levels do not fit the extent",
        ),
        (
            request.array_layers == 0 || (is_3d && request.array_layers != 1),
            "the array layers do not fit the image type",
        ),
        (
            cube && !(is_2d && extent.width == extent.height && request.array_layers >= 6),
            "a cube is square, two-dimensional and has six layers",
        ),
        (
            as_array && (!is_3d || portable),
            "only a three-dimensional image can be viewed as an array, and not portably",
        ),
        (
            format::is_ycbcr(request.format) && !plain,
            "a format with chroma is for two-dimensional images with one level, layer and sample",
        ),
        (
            !extent.width.is_multiple_of(block_width)
                || !extent.height.is_multiple_of(block_height),
            "the extent is odd where the format's chroma is subsampled",
        ),
    ]
}

/// Multisampling.
fn samples(rules: &DeviceRules, request: &ImageRequest<'_>) -> [Rule; 4] {
    let many = request.samples != vk::SampleCountFlags::TYPE_1;
    let portable = rules.features.contains(MemoryFeatures::PORTABILITY_SUBSET);
    [
        (request.samples.as_raw().count_ones() != 1, "the samples are not exactly one count"),
        (
            many && (request.image_type != vk::ImageType::TYPE_2D
                || request.flags.contains(vk::ImageCreateFlags::CUBE_COMPATIBLE)
                || request.mip_levels != 1
                || request.tiling != vk::ImageTiling::OPTIMAL),
            "a multisampled image is two-dimensional, optimally tiled and has one mip level",
        ),
        (
            many && request.usage.contains(vk::ImageUsageFlags::STORAGE),
            "multisampled storage needs a feature that only a create info can vouch for",
        ),
        (many && portable && request.array_layers > 1, "multisampled layers are not portable"),
    ]
}

/// Usage, tiling and layout.
fn usage(rules: &DeviceRules, request: &ImageRequest<'_>) -> [Rule; 6] {
    let usage = request.usage;
    let transient = usage.contains(vk::ImageUsageFlags::TRANSIENT_ATTACHMENT);
    let real = ATTACHMENT & !vk::ImageUsageFlags::TRANSIENT_ATTACHMENT;
    let limits = &rules.limits;
    let oversized = request.extent.width > limits.max_framebuffer_width
        || request.extent.height > limits.max_framebuffer_height;
    [
        (usage.is_empty(), "no usage is given"),
        (
            !rules.image_usage.contains(usage),
            "a usage bit is unknown or belongs to an extension that is not enabled",
        ),
        (
            transient && (!ATTACHMENT.contains(usage) || !usage.intersects(real)),
            "a transient attachment is an attachment and nothing else",
        ),
        (usage.intersects(ATTACHMENT) && oversized, "the attachment is larger than a framebuffer"),
        (
            request.tiling != vk::ImageTiling::OPTIMAL && request.tiling != vk::ImageTiling::LINEAR,
            "the tiling is unknown",
        ),
        (
            request.initial_layout != vk::ImageLayout::UNDEFINED
                && request.initial_layout != vk::ImageLayout::PREINITIALIZED,
            "an image is born undefined or preinitialized",
        ),
    ]
}

/// The format, and those of the views.
fn formats(rules: &DeviceRules, request: &ImageRequest<'_>) -> [Rule; 5] {
    let views = request.view_formats;
    let mutable = request.flags.contains(vk::ImageCreateFlags::MUTABLE_FORMAT);
    let block_view = request.flags.contains(vk::ImageCreateFlags::BLOCK_TEXEL_VIEW_COMPATIBLE);
    [
        (!format::is_known(request.format, rules.api_version), "the format is unknown"),
        (
            !views.iter().all(|&view| format::is_compatible(request.format, view)),
            "a view format is not compatible with the image's",
        ),
        (views.len() > 1 && !mutable, "several view formats need a mutable format"),
        (
            !views.is_empty() && rules.api_version < vk::API_VERSION_1_2,
            "view formats need vulkan 1.2",
        ),
        (
            block_view && !(mutable && format::is_block_compressed(request.format)),
            "texel views of blocks need a compressed, mutable format",
        ),
    ]
}

/// Only flags that bind as a whole, and that the device has.
fn check_flags(rules: &DeviceRules, flags: vk::ImageCreateFlags) -> Result<(), MemoryError> {
    let plain = vk::ImageCreateFlags::MUTABLE_FORMAT
        | vk::ImageCreateFlags::CUBE_COMPATIBLE
        | vk::ImageCreateFlags::ALIAS
        | vk::ImageCreateFlags::TYPE_2D_ARRAY_COMPATIBLE
        | vk::ImageCreateFlags::BLOCK_TEXEL_VIEW_COMPATIBLE
        | vk::ImageCreateFlags::EXTENDED_USAGE;
    let protected = vk::ImageCreateFlags::PROTECTED;
    if flags.contains(protected) && !rules.features.contains(MemoryFeatures::PROTECTED) {
        return Err(MemoryError::Unsupported("protected memory is not enabled"));
    }
    if !(plain | protected).contains(flags) {
        return Err(MemoryError::Unsupported(
            "an image flag beyond what one memory range can back",
        ));
    }
    Ok(())
}
