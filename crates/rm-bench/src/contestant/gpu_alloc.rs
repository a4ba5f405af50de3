//! gpu-alloc 0.6, on the device through gpu-alloc-ash.

use std::sync::Arc;

use ash::vk;
use gpu_alloc::{Config, GpuAllocator, MemoryBlock, Request, UsageFlags};
use gpu_alloc_ash::{AshMemoryDevice, device_properties};

use super::{Contestant, Player, Refused, locked_seats, mutex_seats};
use crate::{stage::Stage, trace::Want};

pub(super) const SETTING: &str = "0.6.2 with gpu-alloc-ash 0.7.1; `Config::i_am_prototyping`, which its documentation starts \
     from for today's GPUs; transients of the frame loop are asked for as TRANSIENT, which puts them into its free lists, \
     everything else as FAST_DEVICE_ACCESS, which puts it into its buddies; no lock where one thread plays, one mutex around \
     it where two do, since it has none";
pub(super) const BEHIND_MUTEX: &str = "as `gpu-alloc`, behind one mutex always; nothing is asked for as TRANSIENT, so that its \
     buddies serve every trace (what is larger than its dedicated threshold of 32 MiB gets memory of its own)";

/// Players of one allocator, which has a lock around it only where threads meet.
pub(super) fn players(
    stage: &Arc<Stage>,
    slots: &[usize],
) -> Result<Vec<Box<dyn Player>>, Refused> {
    let memory = Memory::new(stage, UsageFlags::TRANSIENT).map_err(Refused::because)?;
    Ok(locked_seats(slots, memory))
}

/// Players of one allocator that uses its buddies alone, behind a mutex.
pub(super) fn buddies_behind_mutex(
    stage: &Arc<Stage>,
    slots: &[usize],
) -> Result<Vec<Box<dyn Player>>, Refused> {
    let memory = Memory::new(stage, UsageFlags::empty()).map_err(Refused::because)?;
    Ok(mutex_seats(slots, memory))
}

struct Memory {
    allocator: GpuAllocator<vk::DeviceMemory>,
    /// What transients are asked for as, besides.
    transient: UsageFlags,
    stage: Arc<Stage>,
}

impl Memory {
    fn new(stage: &Arc<Stage>, transient: UsageFlags) -> Result<Self, vk::Result> {
        let context = stage.context();
        let (instance, physical_device) = (context.instance(), context.physical_device());
        // SAFETY: both are live and belong together.
        let properties =
            unsafe { device_properties(instance, context.api_version(), physical_device) };
        let mut properties = properties?;
        properties.buffer_device_address = stage.has_addresses();
        // Which gpu-alloc-ash leaves out.
        properties.max_memory_allocation_size = context.limits().max_allocation_size;
        let allocator = GpuAllocator::new(Config::i_am_prototyping(), properties);
        Ok(Self { allocator, transient, stage: Arc::clone(stage) })
    }
}

impl Contestant for Memory {
    type Held = MemoryBlock<vk::DeviceMemory>;

    fn allocate(&mut self, want: Want) -> Result<Self::Held, Refused> {
        let place = if want.transient { self.transient } else { UsageFlags::empty() };
        let request = Request {
            size: want.size,
            align_mask: want.alignment - 1,
            usage: UsageFlags::FAST_DEVICE_ACCESS | place,
            memory_types: 1 << self.stage.memory_type(),
        };
        let device = AshMemoryDevice::wrap(self.stage.context().device());
        // SAFETY: always the same device, of the properties that it was made with.
        unsafe { self.allocator.alloc(device, request) }.map_err(Refused::because)
    }

    unsafe fn free(&mut self, held: Self::Held) {
        let device = AshMemoryDevice::wrap(self.stage.context().device());
        // SAFETY: it came from there (caller), and no device uses it.
        unsafe { self.allocator.dealloc(device, held) };
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let device = AshMemoryDevice::wrap(self.stage.context().device());
        // SAFETY: the same device as ever.
        unsafe { self.allocator.cleanup(device) };
    }
}
