//! The allocator of a device: an arena for every memory type, tiling class and priority that is used.

mod report;
mod shared;

use std::{sync::Arc, time::Instant};

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, DeviceContext,
    MemoryAllocator, MemoryError, MemoryRequest, ReportPage, ReportWalk,
};

pub(crate) use self::shared::{NO_TYPE, NOT_VISIBLE, Shared};
use crate::{NativeConfig, cookie::Cookie};

/// Puts resources into blocks that grow with what is used.
///
/// ```
/// use std::sync::Arc;
///
/// use rm_alloc_core::{AllocationError, BudgetConfig, DeviceBudgetManager, DeviceContext};
/// use rm_alloc_native::NativeAllocator;
///
/// fn manager(context: &Arc<DeviceContext>) -> Result<DeviceBudgetManager, AllocationError> {
///     let allocator = Arc::new(NativeAllocator::new(context)?);
///     DeviceBudgetManager::new(allocator, BudgetConfig::default())
/// }
/// ```
///
/// Dropped while allocations are still out, it reports each of them by label, and their blocks are lost to the device.
#[derive(Debug)]
pub struct NativeAllocator {
    shared: Arc<Shared>,
}

/// What searching has cost, and what books are kept, whatever the machine.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SearchFigures {
    /// Holes that allocations have looked at so far.
    pub visited: u64,
    /// Bytes of the host's heap that tables of ranges, blocks and labels take.
    pub bookkeeping: usize,
}

impl NativeAllocator {
    /// An allocator for the device of `context`.
    ///
    /// # Errors
    ///
    /// None today; as of [`with_config`](Self::with_config).
    pub fn new(context: &Arc<DeviceContext>) -> Result<Self, MemoryError> {
        Self::with_config(context, &NativeConfig::default())
    }

    /// An allocator for the device of `context`, as `config` wants it.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the number of shards is not a power of two from 1 to 8, a least block has no bytes,
    /// or a share is beyond 100 per cent.
    pub fn with_config(
        context: &Arc<DeviceContext>,
        config: &NativeConfig,
    ) -> Result<Self, MemoryError> {
        Ok(Self { shared: Arc::new(Shared::new(context, config)?) })
    }

    /// Makes the blocks that were ordered and frees those that were given back or have been empty for too long.
    ///
    /// Once a frame on a thread that may wait for the driver, where no [`BackgroundGrower`](crate::BackgroundGrower) does it.
    /// Without [`grow_ahead`](NativeConfig::grow_ahead) it looks for empty blocks alone.
    pub fn tend(&self) {
        self.shared.tend(Instant::now());
    }

    /// What searching has cost so far, over all arenas.
    pub fn search_figures(&self) -> SearchFigures {
        self.shared.search_figures()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

// SAFETY: an arena is of one memory type, tiling class and priority, so neighbours are never of another class, and its granules
// are whole atoms and, if mixed, whole pages; a range belongs to one allocation at a time (`SegregatedFit`), its block stays as
// long as anything lies in it, and is an object of this context, mapped as a whole if the host sees it. Own objects have exactly
// the requested size, and the resource is gone from the call when it ends. A block or object that is leaked keeps the context.
unsafe impl MemoryAllocator for NativeAllocator {
    fn context(&self) -> &Arc<DeviceContext> {
        self.shared.context()
    }

    #[inline]
    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.shared.allocate(request)
    }

    #[inline]
    unsafe fn free(&self, allocation: Allocation) {
        let parts = allocation.into_parts();
        // SAFETY: these are the parts that were just taken apart.
        let allocation = unsafe { Allocation::from_parts(parts) };
        if let Some(shard) = Cookie(parts.cookie).shard() {
            self.shared.put_back(shard, allocation);
            return;
        }
        // SAFETY: it came from here and has no shard (caller), so it is an own object, and the device is done with it.
        unsafe { self.shared.accounts().free_own(allocation) };
    }

    fn name(&self) -> &str {
        shared::NAME
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::all()
    }

    fn stats(&self) -> AllocatorStats {
        self.shared.stats()
    }

    fn report(&self) -> AllocatorReport {
        self.shared.report()
    }

    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        self.shared.report_page(walk, page)
    }

    fn trim(&self, heap: u32, keep_bytes: u64) -> u64 {
        self.shared.trim(heap, keep_bytes)
    }
}
