//! Instance and device themselves: their functions, queues, names and end.

use std::ffi::c_char;

use ash::vk::{self, Handle};

use super::{answer, given, physical::read_text};
use crate::{
    Call, Rule,
    handle::Kind,
    sim::Sim,
    state::{Stop, linear_layout},
    table::{self, Level},
};

type Callbacks<'a> = *const vk::AllocationCallbacks<'a>;

pub(crate) unsafe extern "system" fn get_instance_proc_addr(
    instance: vk::Instance,
    name: *const c_char,
) -> vk::PFN_vkVoidFunction {
    if instance.is_null() {
        return None;
    }
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(instance) };
    sim.counters.bump(Call::GetInstanceProcAddr);
    // SAFETY: the command's contract.
    let name = unsafe { table::name(name) }?;
    sim.commands.find(sim, name, &[Level::Device, Level::Global, Level::Instance])
}

pub(crate) unsafe extern "system" fn get_device_proc_addr(
    device: vk::Device,
    name: *const c_char,
) -> vk::PFN_vkVoidFunction {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.counters.bump(Call::GetDeviceProcAddr);
    // SAFETY: the command's contract.
    let name = unsafe { table::name(name) }?;
    sim.commands.find(sim, name, &[Level::Device])
}

pub(crate) unsafe extern "system" fn destroy_instance(
    instance: vk::Instance,
    _callbacks: Callbacks<'_>,
) {
    if instance.is_null() {
        return;
    }
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(instance) };
    // The guard owns both; nothing is freed before it.
    sim.infallible(Call::DestroyInstance, |_, _| Ok(()));
}

pub(crate) unsafe extern "system" fn destroy_device(device: vk::Device, _callbacks: Callbacks<'_>) {
    if device.is_null() {
        return;
    }
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.infallible(Call::DestroyDevice, |state, _| {
        state.device_destroyed = true;
        Ok(())
    });
}

pub(crate) unsafe extern "system" fn device_wait_idle(device: vk::Device) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::DeviceWaitIdle, |_, _| Ok(()))
}

pub(crate) unsafe extern "system" fn queue_wait_idle(queue: vk::Queue) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(queue) };
    sim.fallible(Call::QueueWaitIdle, |_, _| Ok(()))
}

pub(crate) unsafe extern "system" fn get_device_queue(
    device: vk::Device,
    family: u32,
    index: u32,
    queue: *mut vk::Queue,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let found = sim.infallible(Call::GetDeviceQueue, |_, _| find_queue(sim, family, index));
    // SAFETY: the command's contract.
    unsafe { answer(queue, found.unwrap_or_else(vk::Queue::null)) };
}

pub(crate) unsafe extern "system" fn get_device_queue2(
    device: vk::Device,
    info: *const vk::DeviceQueueInfo2<'_>,
    queue: *mut vk::Queue,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let found = sim.infallible(Call::GetDeviceQueue2, |_, _| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the info") }?;
        find_queue(sim, info.queue_family_index, info.queue_index)
    });
    // SAFETY: the command's contract.
    unsafe { answer(queue, found.unwrap_or_else(vk::Queue::null)) };
}

pub(crate) unsafe extern "system" fn set_debug_utils_object_name(
    device: vk::Device,
    info: *const vk::DebugUtilsObjectNameInfoEXT<'_>,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::SetDebugUtilsObjectNameEXT, |state, _| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the info") }?;
        let kind = match info.object_type {
            vk::ObjectType::BUFFER => Kind::Buffer,
            vk::ObjectType::IMAGE => Kind::Image,
            vk::ObjectType::DEVICE_MEMORY => Kind::Memory,
            _ => return Ok(()),
        };
        state.note.object = info.object_handle;
        if !state.oracle {
            return Ok(());
        }
        // SAFETY: the command's contract.
        let label = unsafe { read_text(info.p_object_name) };
        state.name(kind, info.object_handle, label)
    })
}

pub(crate) unsafe extern "system" fn get_image_subresource_layout(
    device: vk::Device,
    image: vk::Image,
    subresource: *const vk::ImageSubresource,
    layout: *mut vk::SubresourceLayout,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let found = sim.infallible(Call::GetImageSubresourceLayout, |state, _| {
        // SAFETY: the command's contract.
        let subresource = unsafe { given(subresource, "the subresource") }?;
        let image = state.resource(Kind::Image, image.as_raw(), Rule::UseAfterFree)?;
        match image.made.linear && u64::from(subresource.array_layer) < image.made.layers {
            true => Ok(linear_layout(image, subresource.array_layer.into())),
            false => {
                let message = "the image is not linear or has no such layer";
                Err(Stop::Broken(Rule::Usage, message.to_owned()))
            }
        }
    });
    // SAFETY: the command's contract.
    unsafe { answer(layout, found.unwrap_or_default()) };
}

fn find_queue(sim: &Sim, family: u32, index: u32) -> Result<vk::Queue, Stop> {
    let found = sim.handles.queue(&sim.profile, family, index);
    let message = || format!("queue {index} of family {family}");
    found.ok_or_else(|| Stop::Broken(Rule::Usage, message()))
}
