//! VMA 3 through vk-mem 0.5.

use std::sync::Arc;

use ash::vk;
use rm_alloc_core::MemoryFeatures;
use vk_mem::{
    Alloc, Allocation, AllocationCreateInfo, Allocator, AllocatorCreateFlags, AllocatorCreateInfo,
    AllocatorPool, AllocatorPoolCreateFlags, PoolCreateInfo,
};

use super::{Contestant, Level, Player, Refused, ours::USAGE, seats};
use crate::{stage::Stage, trace::Want};

pub(super) const SETTING: &str = "0.5.0; one custom pool of the memory type with IGNORE_BUFFER_IMAGE_GRANULARITY, since all \
     that is allocated is linear, and its book of pages is dear on devices where they are large; default block sizes and \
     strategy; EXTERNALLY_SYNCHRONIZED where one thread plays, its own locks where two do; never asks for the budget";
pub(super) const LOCKED: &str =
    "as `vk-mem`, with its own locks always, as it comes: EXTERNALLY_SYNCHRONIZED is never set";

/// Who takes care that one thread at a time is inside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Locks {
    /// The allocator itself, as it does unless told.
    Own,
    /// Whoever calls it.
    Outside,
}

/// Players of one allocator, which has locks only where threads meet.
pub(super) fn players(
    level: Level,
    stage: &Arc<Stage>,
    slots: &[usize],
) -> Result<Vec<Box<dyn Player>>, Refused> {
    let locks = if slots.len() > 1 { Locks::Own } else { Locks::Outside };
    let memory = Memory::new(stage, locks).map_err(Refused::because)?;
    Ok(memory.players(level, slots))
}

/// Players of one allocator, which has its locks always.
pub(super) fn locked_players(
    level: Level,
    stage: &Arc<Stage>,
    slots: &[usize],
) -> Result<Vec<Box<dyn Player>>, Refused> {
    let memory = Memory::new(stage, Locks::Own).map_err(Refused::because)?;
    Ok(memory.players(level, slots))
}

/// Memory from the pool.
#[derive(Clone)]
struct Memory {
    // Dropped before the stage, which owns the device.
    pool: Arc<AllocatorPool>,
    wish: AllocationCreateInfo,
    stage: Arc<Stage>,
}

impl Memory {
    fn new(stage: &Arc<Stage>, locks: Locks) -> Result<Self, vk::Result> {
        let context = stage.context();
        let (instance, device) = (context.instance(), context.device());
        let mut info = AllocatorCreateInfo::new(instance, device, context.physical_device());
        info.vulkan_api_version = context.api_version();
        let outside = locks == Locks::Outside;
        info.flags.set(AllocatorCreateFlags::EXTERNALLY_SYNCHRONIZED, outside);
        info.flags.set(AllocatorCreateFlags::BUFFER_DEVICE_ADDRESS, stage.has_addresses());
        let priority = context.features().contains(MemoryFeatures::MEMORY_PRIORITY);
        info.flags.set(AllocatorCreateFlags::EXT_MEMORY_PRIORITY, priority);
        // SAFETY: everything is live and belongs together, and the stage outlives the allocator.
        let allocator = unsafe { Allocator::new(info) }?;
        let pool = PoolCreateInfo {
            memory_type_index: stage.memory_type(),
            flags: AllocatorPoolCreateFlags::IGNORE_BUFFER_IMAGE_GRANULARITY,
            priority: 0.5,
            ..PoolCreateInfo::default()
        };
        let pool = Arc::new(Arc::new(allocator).create_pool(&pool)?);
        Ok(Self { pool, wish: AllocationCreateInfo::default(), stage: Arc::clone(stage) })
    }

    fn players(&self, level: Level, slots: &[usize]) -> Vec<Box<dyn Player>> {
        match level {
            Level::Memory => seats(slots, || self.clone()),
            Level::Buffer => seats(slots, || Buffers { memory: self.clone() }),
        }
    }
}

impl Contestant for Memory {
    type Held = Allocation;

    fn allocate(&mut self, want: Want) -> Result<Allocation, Refused> {
        let needs = self.stage.requirements(want.size, want.alignment);
        // SAFETY: the requirements are valid.
        unsafe { self.pool.allocate_memory(&needs, &self.wish) }.map_err(Refused::because)
    }

    unsafe fn free(&mut self, mut held: Allocation) {
        // SAFETY: it came from there (caller), and no device uses it.
        unsafe { self.pool.allocator().free_memory(&mut held) };
    }
}

/// Buffers in the pool.
#[derive(Clone)]
struct Buffers {
    memory: Memory,
}

impl Contestant for Buffers {
    type Held = (vk::Buffer, Allocation);

    fn allocate(&mut self, want: Want) -> Result<Self::Held, Refused> {
        let info = vk::BufferCreateInfo::default().size(want.size).usage(USAGE);
        let Memory { pool, wish, .. } = &self.memory;
        // SAFETY: the structure is valid.
        let made = unsafe { pool.create_buffer_with_alignment(&info, wish, want.alignment) };
        made.map_err(Refused::because)
    }

    unsafe fn free(&mut self, (buffer, mut allocation): Self::Held) {
        let allocator = self.memory.pool.allocator();
        // SAFETY: both came from there (caller), and no device uses them.
        unsafe { allocator.destroy_buffer(buffer, &mut allocation) };
    }
}
