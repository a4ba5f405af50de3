//! What memory resources need, asked in each of Vulkan's ways.

use std::ffi::c_void;

use ash::vk::{self, Handle};

use super::{
    answer,
    create::{buffer_shape, image_shape},
    given,
};
use crate::{
    Call, chain,
    handle::Kind,
    requirements::{Needs, buffer_needs, image_needs},
    sim::Sim,
    state::Outcome,
};

const NOTHING: Needs = Needs {
    size: 0,
    alignment: 1,
    memory_type_bits: 0,
    prefers_dedicated: false,
    requires_dedicated: false,
};

pub(crate) unsafe extern "system" fn get_buffer_memory_requirements(
    device: vk::Device,
    buffer: vk::Buffer,
    requirements: *mut vk::MemoryRequirements,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let needs = sim.infallible(Call::GetBufferMemoryRequirements, |state, _| {
        state.needs(Kind::Buffer, buffer.as_raw())
    });
    // SAFETY: the command's contract.
    unsafe { answer(requirements, plain(needs.unwrap_or(NOTHING))) };
}

pub(crate) unsafe extern "system" fn get_image_memory_requirements(
    device: vk::Device,
    image: vk::Image,
    requirements: *mut vk::MemoryRequirements,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let needs = sim.infallible(Call::GetImageMemoryRequirements, |state, _| {
        state.needs(Kind::Image, image.as_raw())
    });
    // SAFETY: the command's contract.
    unsafe { answer(requirements, plain(needs.unwrap_or(NOTHING))) };
}

pub(crate) unsafe extern "system" fn get_buffer_memory_requirements2(
    device: vk::Device,
    info: *const vk::BufferMemoryRequirementsInfo2<'_>,
    requirements: *mut vk::MemoryRequirements2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let needs = sim.infallible(Call::GetBufferMemoryRequirements2, |state, _| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the info") }?;
        state.needs(Kind::Buffer, info.buffer.as_raw())
    });
    // SAFETY: the command's contract.
    unsafe { write(requirements, needs.unwrap_or(NOTHING)) };
}

pub(crate) unsafe extern "system" fn get_image_memory_requirements2(
    device: vk::Device,
    info: *const vk::ImageMemoryRequirementsInfo2<'_>,
    requirements: *mut vk::MemoryRequirements2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let needs = sim.infallible(Call::GetImageMemoryRequirements2, |state, _| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the info") }?;
        state.needs(Kind::Image, info.image.as_raw())
    });
    // SAFETY: the command's contract.
    unsafe { write(requirements, needs.unwrap_or(NOTHING)) };
}

pub(crate) unsafe extern "system" fn get_device_buffer_memory_requirements(
    device: vk::Device,
    info: *const vk::DeviceBufferMemoryRequirements<'_>,
    requirements: *mut vk::MemoryRequirements2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let needs = sim.infallible(Call::GetDeviceBufferMemoryRequirements, |state, profile| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the info") }?;
        // SAFETY: the command's contract.
        let create = unsafe { given(info.p_create_info, "the create info") }?;
        let needs = buffer_needs(profile, &buffer_shape(profile, create)?);
        state.note.size = needs.size;
        Ok(needs)
    });
    // SAFETY: the command's contract.
    unsafe { write(requirements, needs.unwrap_or(NOTHING)) };
}

pub(crate) unsafe extern "system" fn get_device_image_memory_requirements(
    device: vk::Device,
    info: *const vk::DeviceImageMemoryRequirements<'_>,
    requirements: *mut vk::MemoryRequirements2<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let needs = sim.infallible(Call::GetDeviceImageMemoryRequirements, |state, profile| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the info") }?;
        // SAFETY: the command's contract.
        let create = unsafe { given(info.p_create_info, "the create info") }?;
        let needs: Outcome<Needs> =
            image_shape(profile, create).map(|shape| image_needs(profile, &shape));
        state.note.size = needs.as_ref().map_or(0, |needs| needs.size);
        needs
    });
    // SAFETY: the command's contract.
    unsafe { write(requirements, needs.unwrap_or(NOTHING)) };
}

/// The 1.0 form.
pub(crate) fn plain(needs: Needs) -> vk::MemoryRequirements {
    vk::MemoryRequirements {
        size: needs.size,
        alignment: needs.alignment,
        memory_type_bits: needs.memory_type_bits,
    }
}

/// Writes the 1.1 form and what is chained to it.
///
/// # Safety
///
/// - `requirements` is null or valid with its chain, and nobody else's during the call.
pub(crate) unsafe fn write(requirements: *mut vk::MemoryRequirements2<'_>, needs: Needs) {
    // SAFETY: null or valid, and nobody else's (caller).
    let Some(requirements) = (unsafe { requirements.as_mut() }) else { return };
    requirements.memory_requirements = plain(needs);
    let next: *mut c_void = requirements.p_next;
    if next.is_null() {
        return;
    }
    // SAFETY: the chain of a valid structure (caller).
    unsafe {
        chain::fill(next, |dedicated: &mut vk::MemoryDedicatedRequirements<'_>| {
            dedicated.prefers_dedicated_allocation = needs.prefers_dedicated.into();
            dedicated.requires_dedicated_allocation = needs.requires_dedicated.into();
        });
    }
}
