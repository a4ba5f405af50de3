//! Resources get memory and an address.

use ash::vk::{self, Handle};

use super::{given, memory::each};
use crate::{Call, handle::Kind, sim::Sim, state::Bound};

pub(crate) unsafe extern "system" fn bind_buffer_memory(
    device: vk::Device,
    buffer: vk::Buffer,
    memory: vk::DeviceMemory,
    offset: vk::DeviceSize,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let to = Bound { memory: memory.as_raw(), offset };
    sim.fallible(Call::BindBufferMemory, |state, profile| {
        state.bind(profile, Kind::Buffer, buffer.as_raw(), to)
    })
}

pub(crate) unsafe extern "system" fn bind_image_memory(
    device: vk::Device,
    image: vk::Image,
    memory: vk::DeviceMemory,
    offset: vk::DeviceSize,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let to = Bound { memory: memory.as_raw(), offset };
    sim.fallible(Call::BindImageMemory, |state, profile| {
        state.bind(profile, Kind::Image, image.as_raw(), to)
    })
}

pub(crate) unsafe extern "system" fn bind_buffer_memory2(
    device: vk::Device,
    count: u32,
    infos: *const vk::BindBufferMemoryInfo<'_>,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::BindBufferMemory2, |state, profile| {
        let bind = |info: &vk::BindBufferMemoryInfo<'_>| {
            let to = Bound { memory: info.memory.as_raw(), offset: info.memory_offset };
            state.bind(profile, Kind::Buffer, info.buffer.as_raw(), to)
        };
        // SAFETY: the command's contract.
        unsafe { each(count, infos, bind) }
    })
}

pub(crate) unsafe extern "system" fn bind_image_memory2(
    device: vk::Device,
    count: u32,
    infos: *const vk::BindImageMemoryInfo<'_>,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::BindImageMemory2, |state, profile| {
        let bind = |info: &vk::BindImageMemoryInfo<'_>| {
            let to = Bound { memory: info.memory.as_raw(), offset: info.memory_offset };
            state.bind(profile, Kind::Image, info.image.as_raw(), to)
        };
        // SAFETY: the command's contract.
        unsafe { each(count, infos, bind) }
    })
}

pub(crate) unsafe extern "system" fn get_buffer_device_address(
    device: vk::Device,
    info: *const vk::BufferDeviceAddressInfo<'_>,
) -> vk::DeviceAddress {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let address = sim.infallible(Call::GetBufferDeviceAddress, |state, profile| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the info") }?;
        state.buffer_address(profile.features.buffer_device_address, info.buffer.as_raw())
    });
    address.unwrap_or(0)
}
