//! Buffers and images come and go.

use ash::vk::{self, Handle};

use super::{answer, given};
use crate::{
    Call, Profile, Rule,
    handle::Kind,
    requirements::{BufferShape, ImageShape, buffer_needs, image_format_limits, image_needs},
    sim::Sim,
    state::{CreateRequest, Outcome, Stop},
};

type Callbacks<'a> = *const vk::AllocationCallbacks<'a>;

pub(crate) unsafe extern "system" fn create_buffer(
    device: vk::Device,
    info: *const vk::BufferCreateInfo<'_>,
    _callbacks: Callbacks<'_>,
    buffer: *mut vk::Buffer,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::CreateBuffer, |state, profile| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the create info") }?;
        let shape = buffer_shape(profile, info)?;
        let made = CreateRequest {
            linear: true,
            addressable: shape.usage.contains(vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS),
            protected: shape.flags.contains(vk::BufferCreateFlags::PROTECTED),
            ..CreateRequest::default()
        };
        let handle = state.create(Kind::Buffer, made, buffer_needs(profile, &shape));
        // SAFETY: the command's contract.
        unsafe { answer(buffer, vk::Buffer::from_raw(handle)) };
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn destroy_buffer(
    device: vk::Device,
    buffer: vk::Buffer,
    _callbacks: Callbacks<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.infallible(Call::DestroyBuffer, |state, _| state.destroy(Kind::Buffer, buffer.as_raw()));
}

pub(crate) unsafe extern "system" fn create_image(
    device: vk::Device,
    info: *const vk::ImageCreateInfo<'_>,
    _callbacks: Callbacks<'_>,
    image: *mut vk::Image,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::CreateImage, |state, profile| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the create info") }?;
        let shape = image_shape(profile, info)?;
        let made = CreateRequest {
            linear: shape.tiling == vk::ImageTiling::LINEAR,
            alias: shape.flags.contains(vk::ImageCreateFlags::ALIAS),
            addressable: false,
            protected: shape.flags.contains(vk::ImageCreateFlags::PROTECTED),
            rows: u64::from(shape.extent.height),
            slices: u64::from(shape.extent.depth),
            layers: u64::from(shape.layers),
        };
        let handle = state.create(Kind::Image, made, image_needs(profile, &shape));
        // SAFETY: the command's contract.
        unsafe { answer(image, vk::Image::from_raw(handle)) };
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn destroy_image(
    device: vk::Device,
    image: vk::Image,
    _callbacks: Callbacks<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.infallible(Call::DestroyImage, |state, _| state.destroy(Kind::Image, image.as_raw()));
}

/// What a buffer's memory depends on, if the device can make such a buffer.
pub(crate) fn buffer_shape(
    profile: &Profile,
    info: &vk::BufferCreateInfo<'_>,
) -> Outcome<BufferShape> {
    let features = &profile.features;
    let (size, usage, flags) = (info.size, info.usage, info.flags);
    let sparse = vk::BufferCreateFlags::SPARSE_BINDING
        | vk::BufferCreateFlags::SPARSE_RESIDENCY
        | vk::BufferCreateFlags::SPARSE_ALIASED;
    let protected = flags.contains(vk::BufferCreateFlags::PROTECTED);
    let addressed = usage.contains(vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS);
    let broken = if size == 0 {
        Some((Rule::ZeroSize, "a buffer of 0 bytes".to_owned()))
    } else if size > profile.limits.max_buffer_size {
        let limit = profile.limits.max_buffer_size;
        Some((Rule::Limit, format!("a buffer of {size} bytes, at most {limit} are allowed")))
    } else if usage.is_empty() && info.p_next.is_null() {
        Some((Rule::Usage, "a buffer without a usage".to_owned()))
    } else if flags.intersects(sparse) {
        Some((Rule::Usage, "a sparse buffer, which is not enabled".to_owned()))
    } else if protected && !features.protected {
        Some((Rule::Protected, "a protected buffer, which is not enabled".to_owned()))
    } else if addressed && !features.buffer_device_address {
        let message = "a buffer with a device address, which is not enabled";
        Some((Rule::DeviceAddress, message.to_owned()))
    } else {
        None
    };
    broken.map_or(Ok(BufferShape { size, usage, flags }), |(rule, message)| {
        Err(Stop::Broken(rule, message))
    })
}

/// What an image's memory depends on, if the device can make such an image.
pub(super) fn image_shape(
    profile: &Profile,
    info: &vk::ImageCreateInfo<'_>,
) -> Outcome<ImageShape> {
    let shape = ImageShape {
        flags: info.flags,
        image_type: info.image_type,
        format: info.format,
        extent: info.extent,
        mips: info.mip_levels,
        layers: info.array_layers,
        samples: info.samples,
        tiling: info.tiling,
        usage: info.usage,
    };
    let vk::Extent3D { width, height, depth } = shape.extent;
    let counts = [width, height, depth, shape.mips, shape.layers];
    if counts.contains(&0) {
        let message = format!("an image of {counts:?} texels, mips and layers");
        return Err(Stop::Broken(Rule::ZeroSize, message));
    }
    if shape.usage.is_empty() {
        return Err(Stop::Broken(Rule::Usage, "an image without a usage".to_owned()));
    }
    if shape.flags.contains(vk::ImageCreateFlags::PROTECTED) && !profile.features.protected {
        let message = "a protected image, which is not enabled";
        return Err(Stop::Broken(Rule::Protected, message.to_owned()));
    }
    let ImageShape { flags, image_type, format, tiling, usage, .. } = shape;
    let asked = image_format_limits(profile, format, image_type, tiling, usage, flags);
    let Some(limits) = asked else {
        let message =
            format!("no {tiling:?} {image_type:?} {format:?} images for {usage:?} {flags:?}");
        return Err(Stop::Broken(Rule::Usage, message));
    };
    let most = limits.max_extent;
    let whole_chain = u32::BITS - width.max(height).max(depth).leading_zeros();
    let fits = width <= most.width
        && height <= most.height
        && depth <= most.depth
        && shape.mips <= limits.max_mip_levels.min(whole_chain)
        && shape.layers <= limits.max_array_layers
        && limits.sample_counts.contains(shape.samples);
    match fits {
        true => Ok(shape),
        false => {
            let samples = shape.samples;
            let message =
                format!("{counts:?} texels, mips, layers, {samples:?} of at most {limits:?}");
            Err(Stop::Broken(Rule::Limit, message))
        }
    }
}
