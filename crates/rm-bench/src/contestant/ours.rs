//! Our backends, bare and through the manager.

use std::sync::Arc;

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    Allocation, BoundBuffer, BudgetConfig, BufferAllocation, BufferRequest, DeviceBudgetManager,
    MemoryAllocator, MemoryAllocatorExt, MemoryBlock, MemoryBlockRequest, MemoryRequest,
    TilingClass,
};

use super::{Contestant, Level, Player, Refused, seats};
use crate::{stage::Stage, trace::Want};

pub(super) const BARE: &str = "`MemoryAllocator::allocate` and `free`, linear memory, no label";
pub(super) const MANAGED: &str =
    "`DeviceBudgetManager::allocate_memory` and a drop, linear memory, no label, default budget";
pub(super) const BARE_BUFFERS: &str =
    "`MemoryAllocatorExt::allocate_buffer` and `free_buffer`, no label";
pub(super) const MANAGED_BUFFERS: &str =
    "`DeviceBudgetManager::allocate_buffer` and `free_buffer`, no label, default budget";

/// What every contestant makes buffers for.
pub(super) const USAGE: BufferUsageFlags = BufferUsageFlags::from_raw(
    BufferUsageFlags::STORAGE_BUFFER.as_raw() | BufferUsageFlags::TRANSFER_DST.as_raw(),
);

/// Players of the bare backend.
pub(super) fn bare(
    level: Level,
    stage: &Arc<Stage>,
    allocator: &Arc<dyn MemoryAllocator>,
    slots: &[usize],
) -> Vec<Box<dyn Player>> {
    let memory_type = stage.memory_type();
    let allocator = || Arc::clone(allocator);
    match level {
        Level::Memory => seats(slots, || Bare { allocator: allocator(), memory_type }),
        Level::Buffer => seats(slots, || BareBuffers { allocator: allocator() }),
    }
}

/// Players of the manager over it.
pub(super) fn managed(
    level: Level,
    stage: &Arc<Stage>,
    allocator: Arc<dyn MemoryAllocator>,
    slots: &[usize],
) -> Result<Vec<Box<dyn Player>>, Refused> {
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default());
    let manager = manager.map_err(Refused::because)?;
    let memory_type_bits = 1 << stage.memory_type();
    Ok(match level {
        Level::Memory => seats(slots, || Managed { manager: manager.clone(), memory_type_bits }),
        Level::Buffer => seats(slots, || ManagedBuffers { manager: manager.clone() }),
    })
}

struct Bare {
    allocator: Arc<dyn MemoryAllocator>,
    memory_type: u32,
}

impl Contestant for Bare {
    type Held = Allocation;

    fn allocate(&mut self, want: Want) -> Result<Allocation, Refused> {
        let linear = TilingClass::Linear;
        let request = MemoryRequest::new(want.size, want.alignment, self.memory_type, linear);
        self.allocator.allocate(&request).map_err(Refused::because)
    }

    unsafe fn free(&mut self, held: Allocation) {
        // SAFETY: it came from there (caller), and no device uses it.
        unsafe { self.allocator.free(held) };
    }
}

struct Managed {
    manager: DeviceBudgetManager,
    memory_type_bits: u32,
}

impl Contestant for Managed {
    type Held = MemoryBlock;

    fn allocate(&mut self, want: Want) -> Result<MemoryBlock, Refused> {
        let request = MemoryBlockRequest::new(want.size, self.memory_type_bits)
            .alignment(want.alignment)
            .tiling(TilingClass::Linear);
        self.manager.allocate_memory(&request).map_err(Refused::because)
    }

    unsafe fn free(&mut self, held: MemoryBlock) {
        drop(held);
    }
}

struct BareBuffers {
    allocator: Arc<dyn MemoryAllocator>,
}

impl Contestant for BareBuffers {
    type Held = BoundBuffer;

    fn allocate(&mut self, want: Want) -> Result<BoundBuffer, Refused> {
        self.allocator.allocate_buffer(&buffer(want)).map_err(Refused::because)
    }

    unsafe fn free(&mut self, held: BoundBuffer) {
        // SAFETY: it came from there (caller), and no device uses it.
        unsafe { self.allocator.free_buffer(held) };
    }
}

struct ManagedBuffers {
    manager: DeviceBudgetManager,
}

impl Contestant for ManagedBuffers {
    type Held = BufferAllocation;

    fn allocate(&mut self, want: Want) -> Result<BufferAllocation, Refused> {
        self.manager.allocate_buffer(&buffer(want)).map_err(Refused::because)
    }

    unsafe fn free(&mut self, held: BufferAllocation) {
        // SAFETY: no device uses it.
        unsafe { self.manager.free_buffer(held) };
    }
}

fn buffer(want: Want) -> BufferRequest<'static> {
    let mut request = BufferRequest::new(want.size, USAGE);
    request.min_alignment = want.alignment;
    request
}
