//! gpu-allocator 0.28.

use std::sync::Arc;

use ash::vk;
use gpu_allocator::{
    AllocationSizes, AllocatorDebugSettings, MemoryLocation,
    vulkan::{Allocation, AllocationCreateDesc, AllocationScheme, Allocator, AllocatorCreateDesc},
};

use super::{Contestant, Level, Player, Refused, locked_seats, ours::USAGE};
use crate::{stage::Stage, trace::Want};

pub(super) const SETTING: &str = "0.28; default block sizes (256 MiB); no logging, no stack traces, empty names, which are \
     not allocated; no lock where one thread plays, one mutex around it where two do, since it has none";

/// Players of one allocator.
pub(super) fn players(
    level: Level,
    stage: &Arc<Stage>,
    slots: &[usize],
) -> Result<Vec<Box<dyn Player>>, Refused> {
    let memory = Memory::new(stage).map_err(Refused::because)?;
    Ok(match level {
        Level::Memory => locked_seats(slots, memory),
        Level::Buffer => locked_seats(slots, Buffers { memory }),
    })
}

/// Memory.
struct Memory {
    // Dropped before the stage, which owns the device.
    allocator: Allocator,
    stage: Arc<Stage>,
}

impl Memory {
    fn new(stage: &Arc<Stage>) -> gpu_allocator::Result<Self> {
        let context = stage.context();
        let mut debug_settings = AllocatorDebugSettings::default();
        debug_settings.log_leaks_on_shutdown = false;
        let allocator = Allocator::new(&AllocatorCreateDesc {
            instance: context.instance().clone(),
            device: context.device().clone(),
            physical_device: context.physical_device(),
            debug_settings,
            buffer_device_address: stage.has_addresses(),
            allocation_sizes: AllocationSizes::default(),
        })?;
        Ok(Self { allocator, stage: Arc::clone(stage) })
    }
}

fn take(
    allocator: &mut Allocator,
    requirements: vk::MemoryRequirements,
) -> Result<Allocation, Refused> {
    let wish = AllocationCreateDesc {
        name: "",
        requirements,
        location: MemoryLocation::GpuOnly,
        linear: true,
        allocation_scheme: AllocationScheme::GpuAllocatorManaged,
    };
    allocator.allocate(&wish).map_err(Refused::because)
}

fn give_back(allocator: &mut Allocator, held: Allocation) {
    // It fails only for what it did not give out.
    allocator.free(held).ok();
}

impl Contestant for Memory {
    type Held = Allocation;

    fn allocate(&mut self, want: Want) -> Result<Allocation, Refused> {
        let needs = self.stage.requirements(want.size, want.alignment);
        take(&mut self.allocator, needs)
    }

    unsafe fn free(&mut self, held: Allocation) {
        give_back(&mut self.allocator, held);
    }
}

/// Buffers, made and bound by hand, as its documentation does it.
struct Buffers {
    memory: Memory,
}

impl Buffers {
    /// Requirements of `buffer`, memory of them, and the one bound to the other.
    fn bind(&mut self, buffer: vk::Buffer, want: Want) -> Result<Allocation, Refused> {
        let Memory { allocator, stage } = &mut self.memory;
        let device = stage.context().device();
        // SAFETY: the buffer is live.
        let mut needs = unsafe { device.get_buffer_memory_requirements(buffer) };
        needs.alignment = needs.alignment.max(want.alignment);
        let allocation = take(allocator, needs)?;
        // SAFETY: it lives, and is given out for this buffer.
        let memory = unsafe { allocation.memory() };
        // SAFETY: both are live, and the memory satisfies the buffer's requirements.
        match unsafe { device.bind_buffer_memory(buffer, memory, allocation.offset()) } {
            Ok(()) => Ok(allocation),
            Err(error) => {
                give_back(allocator, allocation);
                Err(Refused::because(error))
            }
        }
    }

    fn destroy(&self, buffer: vk::Buffer) {
        // SAFETY: made here, and used by nobody.
        unsafe { self.memory.stage.context().device().destroy_buffer(buffer, None) };
    }
}

impl Contestant for Buffers {
    type Held = (vk::Buffer, Allocation);

    fn allocate(&mut self, want: Want) -> Result<Self::Held, Refused> {
        let info = vk::BufferCreateInfo::default().size(want.size).usage(USAGE);
        // SAFETY: the structure is valid and the device lives.
        let made = unsafe { self.memory.stage.context().device().create_buffer(&info, None) };
        let buffer = made.map_err(Refused::because)?;
        match self.bind(buffer, want) {
            Ok(allocation) => Ok((buffer, allocation)),
            Err(refused) => {
                self.destroy(buffer);
                Err(refused)
            }
        }
    }

    unsafe fn free(&mut self, (buffer, allocation): Self::Held) {
        self.destroy(buffer);
        give_back(&mut self.memory.allocator, allocation);
    }
}
