//! Pools of one's own.

use std::sync::Arc;

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, Dedicated, DeviceContext,
    MemoryAllocator, MemoryError, MemoryRequest, ReportPage, ReportWalk, TilingClass,
};

use crate::{
    PoolConfig,
    allocator::{NO_TYPE, NOT_VISIBLE, Shared},
    slot::{Settings, Slot},
};

/// Memory of one type and tiling class in blocks of its own, see [`VmaAllocator::pool`](crate::VmaAllocator::pool).
///
/// An allocator like any other: a budget manager takes it by `with_allocator`.
/// All its blocks have the priority that it was made with.
/// It keeps its [`VmaAllocator`](crate::VmaAllocator) alive, in whose statistics its bytes are; its ranges are in its own
/// report alone.
/// Dropped while allocations are still out, it reports them, and its blocks are lost to the device.
#[derive(Debug)]
pub struct VmaPool {
    // Invariant: `slot` is a pool of `shared`, and closed before it goes.
    shared: Arc<Shared>,
    slot: Slot,
    tiling: TilingClass,
    name: Box<str>,
}

impl VmaPool {
    pub(crate) fn new(shared: &Arc<Shared>, config: &PoolConfig) -> Result<Self, MemoryError> {
        let context = shared.driver.owner().context();
        if config.memory_type >= context.memory_properties().memory_type_count {
            return Err(NO_TYPE);
        }
        let settings = shared.settings(config.memory_type, config.tiling);
        if config.block_size.is_some_and(|size| size == 0 || size > settings.largest) {
            return Err(MemoryError::InvalidRequest("no block can have this size"));
        }
        if config.max_blocks.is_some_and(|most| most == 0 || most < config.min_blocks) {
            return Err(MemoryError::InvalidRequest("fewer blocks at most than at least"));
        }
        if config.linear && config.min_blocks > 1 {
            // VMA looks into the newest alone.
            return Err(MemoryError::InvalidRequest("a linear pool uses one block at a time"));
        }
        if config.max_blocks.is_some() && config.block_size.is_none() {
            // VMA would go on with an object for each allocation.
            return Err(MemoryError::InvalidRequest("a bound on blocks needs their size"));
        }
        let slot = Slot::new(Settings {
            index: shared.next_index(),
            priority: config.priority,
            name: "vma pool block",
            linear: config.linear,
            block_size: config.block_size.unwrap_or(0),
            min_blocks: config.min_blocks as usize,
            max_blocks: config.max_blocks.unwrap_or(0) as usize,
            // Blocks of a fixed size serve nothing larger, and no object of its own either.
            largest: config.block_size.unwrap_or(settings.largest),
            ..settings
        });
        slot.open(&shared.vma, &shared.driver)?;
        Ok(Self {
            shared: Arc::clone(shared),
            slot,
            tiling: config.tiling,
            name: config.name.clone(),
        })
    }

    /// Index of its memory type.
    pub fn memory_type(&self) -> u32 {
        self.slot.settings().memory_type
    }
}

// SAFETY: as of `VmaAllocator`, whose pools are made in the same way; a request of another tiling class or type is refused.
unsafe impl MemoryAllocator for VmaPool {
    fn context(&self) -> &Arc<DeviceContext> {
        self.shared.driver.owner().context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        if request.memory_type != self.memory_type() {
            let count = self.context().memory_properties().memory_type_count;
            if request.memory_type >= count {
                return Err(NO_TYPE);
            }
            // A shortage, so that the ranking goes on to the type that is here.
            return Err(MemoryError::TooLarge { size: request.size, limit: 0 });
        }
        if request.map && !self.slot.settings().visible {
            return Err(NOT_VISIBLE);
        }
        if request.tiling != self.tiling && self.tiling != TilingClass::Mixed {
            return Err(MemoryError::Unsupported("the pool is of another tiling class"));
        }
        if matches!(request.dedicated, Dedicated::Require(_)) || !request.export.is_empty() {
            return Err(MemoryError::Unsupported("a pool gives no objects of their own"));
        }
        // In a mixed pool everything keeps to whole pages.
        let reused = self.slot.reuse(request).map(Ok);
        reused
            .unwrap_or_else(|| self.slot.grow(&self.shared.vma, &self.shared.driver, request, None))
    }

    unsafe fn free(&self, allocation: Allocation) {
        let cookie = allocation.into_parts().cookie;
        // SAFETY: it came from this pool, and the device is done with it (caller).
        unsafe { self.slot.free(&self.shared.vma, cookie) };
        self.shared.driver.bury();
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
        let mut stats = AllocatorStats::default();
        let heap = self.context().heap_of(self.memory_type()) as usize;
        if let Some(figures) = stats.heaps.get_mut(heap) {
            (figures.allocations, figures.used_bytes) = self.slot.used();
            self.shared.driver.each_block(|_, block| {
                if block.slot == self.slot.settings().index {
                    figures.blocks += 1;
                    figures.block_bytes += block.memory.size();
                }
            });
        }
        stats
    }

    fn report(&self) -> AllocatorReport {
        let mut report = AllocatorReport::of(&self.name);
        self.slot.report(&self.shared.driver, &mut report);
        report
    }

    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        if walk.position[0] > 0 {
            let own = self.slot.settings().index;
            return self.shared.driver.block_page(walk, page, |index| index == own);
        }
        if !self.slot.range_page(walk, page) {
            walk.position = [1, 0];
        }
        true
    }

    fn trim(&self, heap: u32, keep_bytes: u64) -> u64 {
        let driver = &self.shared.driver;
        let here = self.context().heap_of(self.memory_type()) == heap;
        if !here || self.slot.empty_bytes(driver) <= keep_bytes {
            return 0;
        }
        self.slot.trim(driver)
    }
}

impl Drop for VmaPool {
    fn drop(&mut self) {
        let memory_type = self.memory_type();
        for (label, size) in self.slot.close() {
            self.shared.driver.owner().tell_leak(label.as_deref(), size, memory_type);
        }
        self.shared.driver.bury();
    }
}
