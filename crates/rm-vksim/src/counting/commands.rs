//! The commands of counted buffers; as those of `calls.rs`, each has the contract of its Vulkan namesake.

use ash::vk::{self, Handle};

use super::{ADDRESS, is_encoded};
use crate::{
    Call,
    calls::{bind, create, requirements},
    sim::Sim,
};

type Callbacks<'a> = *const vk::AllocationCallbacks<'a>;

pub(crate) unsafe extern "system" fn create_buffer(
    device: vk::Device,
    info: *const vk::BufferCreateInfo<'_>,
    callbacks: Callbacks<'_>,
    buffer: *mut vk::Buffer,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    // SAFETY: the command's contract.
    let given = unsafe { info.as_ref() };
    match given.and_then(|info| sim.classes.encode(&sim.profile, info)) {
        Some(handle) => {
            sim.counters.bump(Call::CreateBuffer);
            // SAFETY: the command's contract.
            unsafe { buffer.write(vk::Buffer::from_raw(handle)) };
            vk::Result::SUCCESS
        }
        // SAFETY: the command's contract.
        None => unsafe { create::create_buffer(device, info, callbacks, buffer) },
    }
}

pub(crate) unsafe extern "system" fn destroy_buffer(
    device: vk::Device,
    buffer: vk::Buffer,
    callbacks: Callbacks<'_>,
) {
    if !is_encoded(buffer.as_raw()) {
        // SAFETY: the command's contract.
        return unsafe { create::destroy_buffer(device, buffer, callbacks) };
    }
    // SAFETY: the command's contract.
    unsafe { Sim::of(device) }.counters.bump(Call::DestroyBuffer);
}

pub(crate) unsafe extern "system" fn get_requirements(
    device: vk::Device,
    buffer: vk::Buffer,
    requirements: *mut vk::MemoryRequirements,
) {
    if !is_encoded(buffer.as_raw()) {
        // SAFETY: the command's contract.
        unsafe { requirements::get_buffer_memory_requirements(device, buffer, requirements) };
        return;
    }
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.counters.bump(Call::GetBufferMemoryRequirements);
    let needs = sim.classes.needs(buffer.as_raw());
    // SAFETY: the command's contract.
    unsafe { requirements.write(requirements::plain(needs)) };
}

pub(crate) unsafe extern "system" fn get_requirements2(
    device: vk::Device,
    info: *const vk::BufferMemoryRequirementsInfo2<'_>,
    requirements: *mut vk::MemoryRequirements2<'_>,
) {
    // SAFETY: the command's contract.
    let buffer = unsafe { info.as_ref() }.map_or(0, |info| info.buffer.as_raw());
    if !is_encoded(buffer) {
        // SAFETY: the command's contract.
        unsafe { requirements::get_buffer_memory_requirements2(device, info, requirements) };
        return;
    }
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.counters.bump(Call::GetBufferMemoryRequirements2);
    // SAFETY: the command's contract.
    unsafe { requirements::write(requirements, sim.classes.needs(buffer)) };
}

pub(crate) unsafe extern "system" fn bind(
    device: vk::Device,
    buffer: vk::Buffer,
    memory: vk::DeviceMemory,
    offset: vk::DeviceSize,
) -> vk::Result {
    if !is_encoded(buffer.as_raw()) {
        // SAFETY: the command's contract.
        return unsafe { bind::bind_buffer_memory(device, buffer, memory, offset) };
    }
    // SAFETY: the command's contract.
    unsafe { Sim::of(device) }.counters.bump(Call::BindBufferMemory);
    vk::Result::SUCCESS
}

pub(crate) unsafe extern "system" fn bind2(
    device: vk::Device,
    count: u32,
    infos: *const vk::BindBufferMemoryInfo<'_>,
) -> vk::Result {
    let first = if count == 1 { infos } else { std::ptr::null() };
    // SAFETY: the command's contract.
    let buffer = unsafe { first.as_ref() }.map_or(0, |info| info.buffer.as_raw());
    if !is_encoded(buffer) {
        // SAFETY: the command's contract.
        return unsafe { bind::bind_buffer_memory2(device, count, infos) };
    }
    // SAFETY: the command's contract.
    unsafe { Sim::of(device) }.counters.bump(Call::BindBufferMemory2);
    vk::Result::SUCCESS
}

pub(crate) unsafe extern "system" fn get_address(
    device: vk::Device,
    info: *const vk::BufferDeviceAddressInfo<'_>,
) -> vk::DeviceAddress {
    // SAFETY: the command's contract.
    let buffer = unsafe { info.as_ref() }.map_or(0, |info| info.buffer.as_raw());
    if !is_encoded(buffer) {
        // SAFETY: the command's contract.
        return unsafe { bind::get_buffer_device_address(device, info) };
    }
    // SAFETY: the command's contract.
    unsafe { Sim::of(device) }.counters.bump(Call::GetBufferDeviceAddress);
    ADDRESS
}
