//! In whose name memory objects are taken: blocks on one account of the device's book, objects of their own on another.

use std::sync::Arc;

use rm_alloc_core::{
    Allocation, AllocatorStats, BlockOwner, BlockRequest, DeviceContext, DeviceMemory, MemoryError,
    MemoryRequest,
};

use crate::cookie::Cookie;

/// The two accounts.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) blocks: BlockOwner,
    pub(crate) own: BlockOwner,
}

impl Accounts {
    pub(crate) fn new(context: &Arc<DeviceContext>, name: &str) -> Self {
        Self { blocks: BlockOwner::new(context, name), own: BlockOwner::new(context, name) }
    }

    pub(crate) fn context(&self) -> &Arc<DeviceContext> {
        self.blocks.context()
    }

    /// An object of exactly the requested size.
    pub(crate) fn own_object(
        &self,
        request: &MemoryRequest<'_>,
    ) -> Result<Allocation, MemoryError> {
        let &MemoryRequest { size, headroom, .. } = request;
        if size > headroom {
            return Err(MemoryError::OverHeadroom { size, headroom });
        }
        let memory = self.own.allocate_memory(&BlockRequest::from(request))?;
        let mut parts = memory.into_allocation().into_parts();
        parts.cookie = Cookie::own(parts.cookie[0]).0;
        // SAFETY: the parts are those of live memory, and the second word, which the core leaves alone, says whose it is.
        Ok(unsafe { Allocation::from_parts(parts) })
    }

    /// Frees such an object.
    ///
    /// # Safety
    ///
    /// - `allocation` came from [`own_object`](Self::own_object) of this account.
    /// - The device is done with it.
    pub(crate) unsafe fn free_own(&self, allocation: Allocation) {
        let mut parts = allocation.into_parts();
        parts.cookie[1] = 0;
        // SAFETY: these are the parts as the core made them.
        let allocation = unsafe { Allocation::from_parts(parts) };
        // SAFETY: it is the whole of an object of this context (caller), with its parts as they were.
        drop(unsafe { DeviceMemory::from_allocation(self.context(), allocation) });
    }

    /// Objects of both accounts, of which the own ones are in use as a whole.
    pub(crate) fn stats(&self) -> AllocatorStats {
        let (mut stats, blocks) = (self.own.stats(), self.blocks.stats());
        for (sum, blocks) in stats.heaps.iter_mut().zip(blocks.heaps) {
            sum.block_bytes += blocks.block_bytes;
            sum.blocks += blocks.blocks;
        }
        stats
    }
}
