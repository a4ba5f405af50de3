//! Pools of one's own.

use std::{fmt, sync::Arc};

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, Dedicated, DeviceContext,
    MemoryAllocator, MemoryError, MemoryRequest, ReportPage, ReportWalk, TilingClass,
};

use crate::{
    NativeConfig, PoolConfig,
    accounts::Accounts,
    allocator::{NO_TYPE, NOT_VISIBLE},
    arena::{Arena, NoBlock, Settings},
    cookie::Cookie,
    growth::Growth,
    shard::Need,
};

/// Memory of one type and tiling class in blocks of its own.
///
/// An allocator like any other, with its own statistics: a budget manager takes it by `with_allocator`.
/// It gives no objects of their own: what finds no room in its blocks is refused.
/// Dropped while allocations are still out, it reports them, and their blocks are lost to the device.
///
/// ```
/// use std::sync::Arc;
///
/// use rm_alloc_core::{DeviceContext, MemoryAllocator, MemoryError, MemoryRequest, TilingClass};
/// use rm_alloc_native::{NativePool, PoolConfig};
///
/// fn meshes(context: &Arc<DeviceContext>, memory_type: u32) -> Result<(), MemoryError> {
///     let config = PoolConfig::new(memory_type, TilingClass::Linear)
///         .block_size(32 << 20)
///         .blocks(1, 4)
///         .name("meshes");
///     let pool = NativePool::new(context, &config)?;
///     let mesh = pool.allocate(&MemoryRequest::new(1 << 20, 256, memory_type, TilingClass::Linear))?;
///     // Sound: it came from this pool, and nothing was bound to it.
///     unsafe { pool.free(mesh) };
///     Ok(())
/// }
/// ```
pub struct NativePool {
    // Fields drop in order: blocks before the account that they are taken on.
    arena: Arena,
    accounts: Accounts,
    tiling: TilingClass,
    name: Box<str>,
}

impl NativePool {
    /// A pool on the device of `context`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] for a memory type that does not exist, a block size beyond what one object
    /// can have or without room for a single range, no blocks at most, or more at least than at most; otherwise what stopped the driver from giving the first blocks.
    pub fn new(context: &Arc<DeviceContext>, config: &PoolConfig) -> Result<Self, MemoryError> {
        let PoolConfig { memory_type, tiling, block_size, min_blocks, max_blocks, .. } = *config;
        if memory_type >= context.memory_properties().memory_type_count {
            return Err(NO_TYPE);
        }
        let common = NativeConfig::default();
        let mut settings = Settings::of(context, &common, memory_type, tiling, config.priority);
        let Growth { ceiling, .. } = settings.growth;
        if block_size.is_some_and(|size| size < settings.granule || size > ceiling) {
            return Err(MemoryError::InvalidRequest("no block can have this size"));
        }
        if max_blocks.is_some_and(|most| most == 0 || most < min_blocks) {
            return Err(MemoryError::InvalidRequest("fewer blocks at most than at least"));
        }
        settings.index = 0;
        // Its blocks are whoever's who made it, however full the heap is.
        settings.growth.most_shared = u64::MAX;
        settings.growth.fixed = block_size;
        settings.growth.most_blocks = max_blocks.unwrap_or(u32::MAX);
        // What is beyond whole granules of a block is lost to it.
        settings.largest = block_size.unwrap_or(ceiling) & !(settings.granule - 1);
        // In this order, so that on error the blocks go before the account, which would take them for leaks.
        let accounts = Accounts::new(context, &config.name);
        let arena = Arena::new(settings, None)?;
        arena.open(&accounts.blocks, min_blocks)?;
        Ok(Self { arena, accounts, tiling, name: config.name.clone() })
    }

    /// Index of its memory type.
    pub fn memory_type(&self) -> u32 {
        self.arena.settings().memory_type
    }

    /// Whether a request may be served here.
    fn check(&self, request: &MemoryRequest<'_>) -> Result<(), MemoryError> {
        request.validate()?;
        if request.memory_type != self.memory_type() {
            let count = self.context().memory_properties().memory_type_count;
            if request.memory_type >= count {
                return Err(NO_TYPE);
            }
            // A shortage, so that the ranking goes on to the type that is here.
            return Err(MemoryError::TooLarge { size: request.size, limit: 0 });
        }
        if request.map && !self.arena.settings().visible {
            return Err(NOT_VISIBLE);
        }
        if request.tiling != self.tiling && self.tiling != TilingClass::Mixed {
            return Err(MemoryError::Unsupported("the pool is of another tiling class"));
        }
        if matches!(request.dedicated, Dedicated::Require(_)) || !request.export.is_empty() {
            return Err(MemoryError::Unsupported("a pool gives no objects of their own"));
        }
        let limit = self.arena.settings().largest;
        if request.size > limit {
            return Err(MemoryError::TooLarge { size: request.size, limit });
        }
        Ok(())
    }
}

// SAFETY: as of `NativeAllocator`, whose arenas are the same; a request of another type is refused, and of another tiling class
// unless the pool is mixed, where everything lies in whole pages.
unsafe impl MemoryAllocator for NativePool {
    fn context(&self) -> &Arc<DeviceContext> {
        self.accounts.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.check(request)?;
        let need = Need::from(request);
        if let Some(allocation) = self.arena.reuse(need) {
            return Ok(allocation);
        }
        self.arena.grow(&self.accounts.blocks, need).map_err(|refused| match refused {
            NoBlock::Failed(error) | NoBlock::Refused(Some(error)) => error,
            NoBlock::Refused(None) => MemoryError::OutOfDeviceMemory,
        })
    }

    unsafe fn free(&self, allocation: Allocation) {
        let parts = allocation.into_parts();
        // SAFETY: these are the parts that were just taken apart.
        let allocation = unsafe { Allocation::from_parts(parts) };
        if let Some(shard) = Cookie(parts.cookie).shard() {
            self.arena.put_back(shard, allocation);
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        let mut abilities = AllocatorCapabilities::SUBALLOCATES
            | AllocatorCapabilities::TRIM
            | AllocatorCapabilities::REPORT
            | AllocatorCapabilities::HEADROOM;
        abilities.set(AllocatorCapabilities::MIXED, self.tiling == TilingClass::Mixed);
        abilities
    }

    fn stats(&self) -> AllocatorStats {
        let mut stats = self.accounts.stats();
        if let Some(heap) = stats.heaps.get_mut(self.arena.settings().heap as usize) {
            let figures = self.arena.figures();
            heap.used_bytes += figures.used;
            heap.allocations += figures.allocations;
        }
        stats
    }

    fn report(&self) -> AllocatorReport {
        let mut report = AllocatorReport::of(&self.name);
        self.arena.report(&mut report);
        report
    }

    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        let shard = usize::try_from(walk.position[0]).unwrap_or(usize::MAX);
        let Some(more) = self.arena.shard(shard).map(|mut state| state.range_page(walk, page))
        else {
            return self.accounts.blocks.block_page(walk, page);
        };
        if !more {
            walk.position = [walk.position[0] + 1, 0];
        }
        true
    }

    fn trim(&self, heap: u32, keep_bytes: u64) -> u64 {
        if self.arena.settings().heap == heap { self.arena.trim(keep_bytes) } else { 0 }
    }
}

impl Drop for NativePool {
    fn drop(&mut self) {
        self.arena.abandon(&self.accounts.blocks);
    }
}

impl fmt::Debug for NativePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativePool")
            .field("name", &self.name)
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}
