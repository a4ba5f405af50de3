//! Asking the device about every resource in the table, by creating and destroying it.
//!
//! Objects without memory cost next to nothing, and every driver of Vulkan 1.1 answers this way.

use std::collections::HashSet;

use ash::vk;
use rm_vksim::{BufferShape, Captured, ImageFormatLimits, ImageQuery, ImageShape, Needs, Profile};

use crate::{live::Live, questions};

/// Appends what the device answers. What it refuses is named on standard error and left out.
pub(crate) fn collect(live: &Live, profile: &mut Profile) {
    let formats = questions::FORMATS.iter();
    profile.captured.extend(formats.map(|format| format_features(live, *format)));
    for info in questions::buffers(live.address) {
        if info.size <= profile.limits.max_buffer_size {
            match buffer(live, &info) {
                Ok(needs) => profile.captured.push(Captured::Buffer { info, needs }),
                Err(error) => eprintln!("left out {info:?}: {error}"),
            }
        }
    }
    let (mut queries, mut images) = (Vec::new(), Vec::new());
    let mut known = HashSet::new();
    for info in questions::images() {
        let query = ImageQuery {
            format: info.format,
            image_type: info.image_type,
            tiling: info.tiling,
            usage: info.usage,
            flags: info.flags,
        };
        let limits = match image_format(live, &query) {
            Ok(limits) => limits,
            Err(error) => {
                eprintln!("left out {query:?}: {error}");
                continue;
            }
        };
        if known.insert(query) {
            queries.push(Captured::ImageFormat { query, limits });
        }
        if limits.is_some_and(|limits| fits(&info, &limits)) {
            match image(live, &info) {
                Ok(needs) => images.push(Captured::Image { info, needs }),
                Err(error) => eprintln!("left out {info:?}: {error}"),
            }
        }
    }
    profile.captured.extend(queries);
    profile.captured.extend(images);
}

/// Whether the device can create the image.
fn fits(info: &ImageShape, limits: &ImageFormatLimits) -> bool {
    info.extent.width <= limits.max_extent.width
        && info.extent.height <= limits.max_extent.height
        && info.extent.depth <= limits.max_extent.depth
        && info.mips <= limits.max_mips
        && info.layers <= limits.max_layers
        && limits.samples.contains(info.samples)
}

fn format_features(live: &Live, format: vk::Format) -> Captured {
    // SAFETY: both are live (invariant).
    let properties =
        unsafe { live.instance.get_physical_device_format_properties(live.physical, format) };
    Captured::Format {
        format,
        linear: properties.linear_tiling_features.as_raw(),
        optimal: properties.optimal_tiling_features.as_raw(),
        buffer: properties.buffer_features.as_raw(),
    }
}

fn image_format(live: &Live, query: &ImageQuery) -> Result<Option<ImageFormatLimits>, vk::Result> {
    let &ImageQuery { format, image_type, tiling, usage, flags } = query;
    let (instance, physical) = (&live.instance, live.physical);
    // SAFETY: both are live (invariant), and the table asks about no reserved bits.
    let limits = unsafe {
        instance.get_physical_device_image_format_properties(
            physical, format, image_type, tiling, usage, flags,
        )
    };
    match limits {
        Ok(limits) => Ok(Some(ImageFormatLimits {
            max_extent: limits.max_extent,
            max_mips: limits.max_mip_levels,
            max_layers: limits.max_array_layers,
            samples: limits.sample_counts,
            max_resource_size: limits.max_resource_size,
        })),
        Err(vk::Result::ERROR_FORMAT_NOT_SUPPORTED) => Ok(None),
        Err(error) => Err(error),
    }
}

fn buffer(live: &Live, shape: &BufferShape) -> Result<Needs, vk::Result> {
    let info =
        vk::BufferCreateInfo::default().size(shape.size).usage(shape.usage).flags(shape.flags);
    // SAFETY: the device is live (invariant), and the size is within its limit (caller).
    let buffer = unsafe { live.device.create_buffer(&info, None) }?;
    let mut dedicated = vk::MemoryDedicatedRequirements::default();
    let mut all = vk::MemoryRequirements2::default().push_next(&mut dedicated);
    let question = vk::BufferMemoryRequirementsInfo2::default().buffer(buffer);
    // SAFETY: `buffer` is live (lines above), and the chained structure is core in 1.1.
    unsafe { live.device.get_buffer_memory_requirements2(&question, &mut all) };
    let requirements = all.memory_requirements;
    // SAFETY: `buffer` is live, and nobody else knows it.
    unsafe { live.device.destroy_buffer(buffer, None) };
    Ok(needs(requirements, dedicated))
}

fn image(live: &Live, shape: &ImageShape) -> Result<Needs, vk::Result> {
    let info = vk::ImageCreateInfo::default()
        .flags(shape.flags)
        .image_type(shape.image_type)
        .format(shape.format)
        .extent(shape.extent)
        .mip_levels(shape.mips)
        .array_layers(shape.layers)
        .samples(shape.samples)
        .tiling(shape.tiling)
        .usage(shape.usage);
    // SAFETY: the device is live (invariant), and supports such an image (caller).
    let image = unsafe { live.device.create_image(&info, None) }?;
    let mut dedicated = vk::MemoryDedicatedRequirements::default();
    let mut all = vk::MemoryRequirements2::default().push_next(&mut dedicated);
    let question = vk::ImageMemoryRequirementsInfo2::default().image(image);
    // SAFETY: `image` is live (lines above), and the chained structure is core in 1.1.
    unsafe { live.device.get_image_memory_requirements2(&question, &mut all) };
    let requirements = all.memory_requirements;
    // SAFETY: `image` is live, and nobody else knows it.
    unsafe { live.device.destroy_image(image, None) };
    Ok(needs(requirements, dedicated))
}

fn needs(
    requirements: vk::MemoryRequirements,
    dedicated: vk::MemoryDedicatedRequirements<'_>,
) -> Needs {
    Needs {
        size: requirements.size,
        alignment: requirements.alignment,
        memory_type_bits: requirements.memory_type_bits,
        prefers_dedicated: dedicated.prefers_dedicated_allocation == vk::TRUE,
        requires_dedicated: dedicated.requires_dedicated_allocation == vk::TRUE,
    }
}
