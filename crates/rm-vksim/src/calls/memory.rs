//! Memory objects.

use std::ffi::c_void;

use ash::vk::{self, Handle};

use super::{answer, given};
use crate::{
    Call, Rule, chain,
    sim::Sim,
    state::{AllocateRequest, Outcome, State, Stop},
};

type Callbacks<'a> = *const vk::AllocationCallbacks<'a>;

pub(crate) unsafe extern "system" fn allocate_memory(
    device: vk::Device,
    info: *const vk::MemoryAllocateInfo<'_>,
    _callbacks: Callbacks<'_>,
    memory: *mut vk::DeviceMemory,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::AllocateMemory, |state, profile| {
        // SAFETY: the command's contract.
        let info = unsafe { given(info, "the allocate info") }?;
        // SAFETY: the command's contract.
        let flags = unsafe { chain::find::<vk::MemoryAllocateFlagsInfo<'_>>(info.p_next) };
        // SAFETY: the command's contract.
        let dedicated = unsafe { chain::find::<vk::MemoryDedicatedAllocateInfo<'_>>(info.p_next) };
        // SAFETY: the command's contract.
        let export = unsafe { chain::find::<vk::ExportMemoryAllocateInfo<'_>>(info.p_next) };
        // SAFETY: the command's contract.
        let priority = unsafe { chain::find::<vk::MemoryPriorityAllocateInfoEXT<'_>>(info.p_next) };
        // SAFETY: the command's contract.
        let import = unsafe { chain::find::<vk::ImportMemoryFdInfoKHR<'_>>(info.p_next) };
        if import.is_some() {
            let message = "imported memory is not simulated".to_owned();
            return Err(Stop::Broken(Rule::Unsupported, message));
        }
        let addressable = flags
            .is_some_and(|flags| flags.flags.contains(vk::MemoryAllocateFlags::DEVICE_ADDRESS));
        let handle = state.allocate(
            profile,
            AllocateRequest {
                size: info.allocation_size,
                memory_type: info.memory_type_index,
                addressable,
                dedicated_buffer: dedicated.map_or(0, |dedicated| dedicated.buffer.as_raw()),
                dedicated_image: dedicated.map_or(0, |dedicated| dedicated.image.as_raw()),
                export: export.map(|export| export.handle_types).unwrap_or_default(),
                priority: priority.map(|priority| priority.priority),
            },
        )?;
        // SAFETY: the command's contract.
        unsafe { answer(memory, vk::DeviceMemory::from_raw(handle)) };
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn free_memory(
    device: vk::Device,
    memory: vk::DeviceMemory,
    _callbacks: Callbacks<'_>,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.infallible(Call::FreeMemory, |state, _| state.free(memory.as_raw()));
}

pub(crate) unsafe extern "system" fn map_memory(
    device: vk::Device,
    memory: vk::DeviceMemory,
    offset: vk::DeviceSize,
    size: vk::DeviceSize,
    _flags: vk::MemoryMapFlags,
    mapped: *mut *mut c_void,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::MapMemory, |state, _| {
        let start = state.map(memory.as_raw(), offset, size)?;
        (state.note.offset, state.note.size) = (offset, size);
        // SAFETY: the command's contract.
        unsafe { answer(mapped, start.as_ptr().cast()) };
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn unmap_memory(device: vk::Device, memory: vk::DeviceMemory) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.infallible(Call::UnmapMemory, |state, _| state.unmap(memory.as_raw()));
}

pub(crate) unsafe extern "system" fn flush_mapped_memory_ranges(
    device: vk::Device,
    count: u32,
    ranges: *const vk::MappedMemoryRange<'_>,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::FlushMappedMemoryRanges, |state, profile| {
        // SAFETY: the command's contract.
        unsafe { each(count, ranges, |range| check(state, profile, range)) }
    })
}

pub(crate) unsafe extern "system" fn invalidate_mapped_memory_ranges(
    device: vk::Device,
    count: u32,
    ranges: *const vk::MappedMemoryRange<'_>,
) -> vk::Result {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.fallible(Call::InvalidateMappedMemoryRanges, |state, profile| {
        // SAFETY: the command's contract.
        unsafe { each(count, ranges, |range| check(state, profile, range)) }
    })
}

pub(crate) unsafe extern "system" fn get_device_memory_commitment(
    device: vk::Device,
    memory: vk::DeviceMemory,
    committed: *mut vk::DeviceSize,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    let lazily = vk::MemoryPropertyFlags::LAZILY_ALLOCATED;
    let bytes = sim.infallible(Call::GetDeviceMemoryCommitment, |state, _| {
        let memory = state.memory(memory.as_raw())?;
        match memory.flags.contains(lazily) {
            // Nothing is ever rendered, so nothing spills.
            true => Ok(0),
            false => {
                Err(Stop::Broken(Rule::Usage, "the memory is not lazily allocated".to_owned()))
            }
        }
    });
    // SAFETY: the command's contract.
    unsafe { answer(committed, bytes.unwrap_or(0)) };
}

pub(crate) unsafe extern "system" fn set_device_memory_priority(
    device: vk::Device,
    memory: vk::DeviceMemory,
    priority: f32,
) {
    // SAFETY: the command's contract.
    let sim = unsafe { Sim::of(device) };
    sim.infallible(Call::SetDeviceMemoryPriorityEXT, |state, _| {
        state.memory(memory.as_raw())?;
        match (0.0..=1.0).contains(&priority) {
            true => Ok(()),
            false => Err(Stop::Broken(Rule::Usage, format!("the priority is {priority}"))),
        }
    });
}

fn check(
    state: &mut State,
    profile: &crate::Profile,
    range: &vk::MappedMemoryRange<'_>,
) -> Outcome {
    (state.note.offset, state.note.size) = (range.offset, range.size);
    state.check_flush(profile, range.memory.as_raw(), range.offset, range.size)
}

/// Calls `visit` with each of `count` items until one fails.
///
/// # Safety
///
/// - `items` is valid for `count` reads.
pub(super) unsafe fn each<T>(
    count: u32,
    items: *const T,
    mut visit: impl FnMut(&T) -> Outcome,
) -> Outcome {
    for index in 0..count as usize {
        // SAFETY: within the array (caller).
        let item = unsafe { items.add(index) };
        // SAFETY: valid (caller).
        visit(unsafe { given(item, "an array") }?)?;
    }
    Ok(())
}
