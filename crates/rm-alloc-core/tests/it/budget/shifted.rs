//! A backend whose memory does not begin where its object does.

use std::sync::Arc;

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    AliasedBufferRequest, Allocation, AllocationParts, AllocatorCapabilities, BlockRequest,
    BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext, DeviceMemory, MemoryAllocator,
    MemoryBlockRequest, MemoryError, MemoryRequest,
};
use rm_vksim::Profile;

use super::{MIB, free};
use crate::support::simulated;

/// Gives memory that begins a page into its object.
#[derive(Debug)]
struct Shifted(Arc<DeviceContext>);

const SHIFT: u64 = 1 << 16;

// SAFETY: every allocation is the rest of an own object, and begins at a multiple of every alignment that is asked for here.
unsafe impl MemoryAllocator for Shifted {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.0
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let block = BlockRequest::new(request.size + SHIFT, request.memory_type);
        let whole = self.0.allocate_memory(&block)?.into_allocation().into_parts();
        let parts = AllocationParts { offset: SHIFT, size: request.size, ..whole };
        // SAFETY: a part of what was just taken.
        Ok(unsafe { Allocation::from_parts(parts) })
    }

    unsafe fn free(&self, allocation: Allocation) {
        let parts = allocation.into_parts();
        let whole = AllocationParts { offset: 0, size: parts.size + SHIFT, ..parts };
        // SAFETY: the parts are those of the whole again.
        let whole = unsafe { Allocation::from_parts(whole) };
        // SAFETY: it came from this context, with these parts.
        drop(unsafe { DeviceMemory::from_allocation(&self.0, whole) });
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::MIXED
    }
}

/// Behaviour 30: offsets count from the start of the block, wherever in its memory object that is.
#[test]
fn blocks_begin_anywhere() {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let shifted = Arc::new(Shifted(context));
    let manager = DeviceBudgetManager::new(shifted, BudgetConfig::default()).unwrap();
    let memory = manager.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
    assert_eq!(memory.offset(), SHIFT);
    let buffer = BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST);
    let alias = AliasedBufferRequest { memory: &memory, offset: 1 << 16, buffer };
    let placed = manager.create_aliased_buffer(&alias).unwrap();
    assert_eq!(placed.memory_offset(), SHIFT + (1 << 16));
    assert_eq!(placed.device_memory(), memory.raw());
    free(&manager, placed);
    drop((memory, manager));
    sim.verdict().unwrap();
}
