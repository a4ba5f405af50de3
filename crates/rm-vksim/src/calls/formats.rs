//! What formats and external memory can be used for.

use ash::vk;

use super::{answer, given};
use crate::{
    Call, Profile,
    requirements::{format_properties, image_format_limits},
    sim::Sim,
    state::{Outcome, Stop},
    table::has_extension,
};

pub(crate) unsafe extern "system" fn get_physical_device_format_properties(
    physical_device: vk::PhysicalDevice,
    format: vk::Format,
    properties: *mut vk::FormatProperties,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceFormatProperties);
    // SAFETY: the command's contract.
    unsafe { answer(properties, format_properties(&sim.profile, format)) };
}

pub(crate) unsafe extern "system" fn get_physical_device_format_properties2(
    physical_device: vk::PhysicalDevice,
    format: vk::Format,
    properties: *mut vk::FormatProperties2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceFormatProperties2);
    // SAFETY: the command's contract.
    if let Some(properties) = unsafe { properties.as_mut() } {
        properties.format_properties = format_properties(&sim.profile, format);
    }
}

pub(crate) unsafe extern "system" fn get_physical_device_image_format_properties(
    physical_device: vk::PhysicalDevice,
    format: vk::Format,
    image_type: vk::ImageType,
    tiling: vk::ImageTiling,
    usage: vk::ImageUsageFlags,
    flags: vk::ImageCreateFlags,
    properties: *mut vk::ImageFormatProperties,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.fallible(Call::GetPhysicalDeviceImageFormatProperties, |_, profile| {
        let info = vk::PhysicalDeviceImageFormatInfo2::default()
            .format(format)
            .ty(image_type)
            .tiling(tiling)
            .usage(usage)
            .flags(flags);
        let limits = limits(profile, &info)?;
        // SAFETY: the command's contract.
        unsafe { answer(properties, limits) };
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn get_physical_device_image_format_properties2(
    physical_device: vk::PhysicalDevice,
    info: *const vk::PhysicalDeviceImageFormatInfo2<'_>,
    properties: *mut vk::ImageFormatProperties2<'_>,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.fallible(Call::GetPhysicalDeviceImageFormatProperties2, |_, profile| {
        // SAFETY: the command's contract.
        let limits = limits(profile, unsafe { given(info, "the info") }?)?;
        // SAFETY: the command's contract.
        if let Some(properties) = unsafe { properties.as_mut() } {
            properties.image_format_properties = limits;
        }
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn get_physical_device_external_buffer_properties(
    physical_device: vk::PhysicalDevice,
    info: *const vk::PhysicalDeviceExternalBufferInfo<'_>,
    properties: *mut vk::ExternalBufferProperties<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(physical_device) };
    sim.counters.bump(Call::GetPhysicalDeviceExternalBufferProperties);
    // SAFETY: the command's contract.
    let info = unsafe { info.as_ref() };
    let opaque = vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD;
    let has_fd = has_extension(&sim.profile, "VK_KHR_external_memory_fd");
    let external = match info.is_some_and(|info| has_fd && info.handle_type == opaque) {
        true => vk::ExternalMemoryProperties {
            external_memory_features: vk::ExternalMemoryFeatureFlags::EXPORTABLE
                | vk::ExternalMemoryFeatureFlags::IMPORTABLE,
            export_from_imported_handle_types: opaque,
            compatible_handle_types: opaque,
        },
        false => vk::ExternalMemoryProperties::default(),
    };
    // SAFETY: the command's contract.
    if let Some(properties) = unsafe { properties.as_mut() } {
        properties.external_memory_properties = external;
    }
}

fn limits(
    profile: &Profile,
    info: &vk::PhysicalDeviceImageFormatInfo2<'_>,
) -> Outcome<vk::ImageFormatProperties> {
    let limits =
        image_format_limits(profile, info.format, info.ty, info.tiling, info.usage, info.flags);
    limits.ok_or(Stop::Code(vk::Result::ERROR_FORMAT_NOT_SUPPORTED))
}
