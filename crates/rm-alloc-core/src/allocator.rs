//! Where bytes come from: the trait that every backend implements.

mod ext;
mod page;
mod placement;
mod stats;

use std::{fmt, sync::Arc};

use bitflags::bitflags;

pub(crate) use self::placement::{NoMemory, Placement};
pub use self::{
    ext::MemoryAllocatorExt,
    page::{BlockPart, RangePart, ReportPage, ReportWalk},
    stats::{
        AllocatorReport, AllocatorStats, BlockReport, FreedParcel, HeapStats, ParcelKind,
        RangeReport,
    },
};
use crate::{Allocation, DeviceContext, MemoryError, MemoryRequest};

bitflags! {
    /// What a backend can do beyond plain memory of a given type.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct AllocatorCapabilities: u32 {
        /// Puts several allocations into one memory object.
        const SUBALLOCATES = 1;
        /// Serves [`TilingClass::Mixed`](crate::TilingClass::Mixed).
        const MIXED = 2;
        /// Gives empty blocks back on [`trim`](MemoryAllocator::trim).
        const TRIM = 4;
        /// Fills [`report`](MemoryAllocator::report).
        const REPORT = 8;
        /// Makes memory exportable.
        const EXPORT = 16;
        /// Passes [`Priority`](crate::Priority) on to the driver.
        const PRIORITY = 32;
        /// Serves [`Dedicated::Require`](crate::Dedicated::Require).
        const DEDICATED = 64;
        /// Keeps new blocks within [`MemoryRequest::headroom`].
        const HEADROOM = 128;
    }
}

/// A source of GPU memory.
///
/// Three methods make a backend; it gets everything else.
/// A decorator names what it wraps in [`below`](Self::below), and every other default forwards, so that it
/// loses no ability.
///
/// A backend never chooses a memory type and knows nothing of budgets, frames or scopes.
///
/// # Safety
///
/// Implementors promise that
///
/// - an allocation is live memory of the requested type, size and alignment, of [`context`](Self::context)'s device, and stays so until freed;
/// - memory ranges of two live allocations never overlap;
/// - allocations of different tiling classes never share a page of
///   [`buffer_image_granularity`](crate::DeviceLimits::buffer_image_granularity) bytes, and on non-coherent types no two allocations
///   share an atom ([`MemoryRequest::footprint`] says what to set aside);
/// - a requested mapping exists, and a `mapped` pointer stays valid for raw reads and writes of `size` bytes until the allocation is freed;
/// - memory dedicated to a resource is an object of its own, of exactly the requested size, and the resource is
///   not kept beyond the call;
/// - memory is exportable only where that was requested;
/// - a live allocation keeps the context alive, so that a leak never outlives its device;
/// - memory carries the device-address flag if that feature is enabled, as everything from
///   [`DeviceContext::allocate_memory`] does.
///
/// ```
/// use std::sync::Arc;
///
/// use rm_alloc_core::{Allocation, DeviceContext, MemoryAllocator, MemoryError, MemoryRequest};
///
/// /// Writes every request to standard output and passes it on.
/// #[derive(Debug)]
/// struct Logging {
///     below: Arc<dyn MemoryAllocator>,
/// }
///
/// // SAFETY: every promise is kept by the allocator below.
/// unsafe impl MemoryAllocator for Logging {
///     fn context(&self) -> &Arc<DeviceContext> {
///         self.below.context()
///     }
///
///     fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
///         println!("{request:?}");
///         self.below.allocate(request)
///     }
///
///     unsafe fn free(&self, allocation: Allocation) {
///         // SAFETY: it came from there, and the device is done with it (caller).
///         unsafe { self.below.free(allocation) }
///     }
///
///     fn below(&self) -> Option<&dyn MemoryAllocator> {
///         Some(&*self.below)
///     }
/// }
/// ```
#[doc(alias = "IMemoryAllocator")]
#[doc(alias = "VramAllocator")]
pub unsafe trait MemoryAllocator: fmt::Debug + Send + Sync {
    /// The device that the memory belongs to; always the same.
    fn context(&self) -> &Arc<DeviceContext>;

    /// Takes memory that satisfies `request`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if `request` fails its own validation, otherwise whatever stopped the backend.
    /// On error nothing has been allocated.
    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError>;

    /// Gives `allocation` back.
    ///
    /// # Safety
    ///
    /// - `allocation` came from this allocator.
    /// - The device no longer uses it, nor does anything bound to it.
    unsafe fn free(&self, allocation: Allocation);

    /// The allocator that this one decorates, if any; every default below forwards to it.
    fn below(&self) -> Option<&dyn MemoryAllocator> {
        None
    }

    /// What errors, statistics and dumps call it.
    fn name(&self) -> &str {
        self.below().map_or("custom", |below| below.name())
    }

    /// What it can do beyond plain memory.
    fn capabilities(&self) -> AllocatorCapabilities {
        self.below().map_or(AllocatorCapabilities::empty(), |below| below.capabilities())
    }

    /// Figures of each heap, in time that does not grow with the number of allocations.
    #[doc(alias = "GetStats")]
    fn stats(&self) -> AllocatorStats {
        self.below().map_or_else(AllocatorStats::default, |below| below.stats())
    }

    /// Every block and range, for dumps.
    fn report(&self) -> AllocatorReport {
        self.below().map_or_else(|| AllocatorReport::of(self.name()), |below| below.report())
    }

    /// Adds the next part of the report to `page`, and says whether there is more.
    ///
    /// For dumps of a program that runs: an allocator that can looks at no more than [`ReportWalk::NODES`] nodes while it
    /// holds a lock, and [notes](ReportWalk::note) how many. By default all of [`report`](Self::report) is one page.
    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        if let Some(below) = self.below() {
            return below.report_page(walk, page);
        }
        page.add(self.report(), walk);
        false
    }

    /// Hears that a resource was freed whose memory came from here, after the memory went back.
    fn notify_freed(&self, parcel: FreedParcel) {
        if let Some(below) = self.below() {
            below.notify_freed(parcel);
        }
    }

    /// Returns empty blocks of `heap` to the driver until at most `keep_bytes` of them are left,
    /// and says how many bytes went back.
    fn trim(&self, heap: u32, keep_bytes: u64) -> u64 {
        self.below().map_or(0, |below| below.trim(heap, keep_bytes))
    }
}
