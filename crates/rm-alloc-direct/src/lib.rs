//! One `vkAllocateMemory` per resource: the pass-through backend.
//!
//! # What it is
//!
//! [`DirectAllocator`] hands every request straight to the driver.
//! It adds no lock and no counter of its own: the device-wide book of [`DeviceContext`] is the only one,
//! and statistics, reports and leak lists are read from there.
//!
//! # When not to use it
//!
//! On a discrete GPU a raw driver allocation together with its free costs from 0.1 ms for 64 KiB to 5.6 ms for 256 MiB
//! (measured on an NVIDIA H200), and a device gives only `maxMemoryAllocationCount` objects, often 4096.
//! That is fine for a few dozen large, long-lived resources and for tests; a renderer that streams wants a
//! backend that puts many resources into one block, such as `rm-alloc-native`.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use ash::vk::{Format, ImageUsageFlags};
//! use rm_alloc_core::{AllocationError, DeviceContext, ImageRequest, MemoryAllocatorExt};
//! use rm_alloc_direct::DirectAllocator;
//!
//! fn depth_buffer(context: &Arc<DeviceContext>) -> Result<(), AllocationError> {
//!     let allocator = DirectAllocator::new(context);
//!     let usage = ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT;
//!     let request = ImageRequest::new_2d(Format::D32_SFLOAT, 1920, 1080, usage).label("depth");
//!     let depth = allocator.allocate_image(&request)?;
//!     // ... render ...
//!     // Sound: the image came from this allocator, and the device is done with it.
//!     unsafe { allocator.free_image(depth) };
//!     Ok(())
//! }
//! ```

use std::sync::Arc;

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, BlockOwner, BlockRequest,
    DeviceContext, DeviceMemory, MemoryAllocator, MemoryError, MemoryRequest, ReportPage,
    ReportWalk,
};

/// Gives every allocation a memory object of its own.
///
/// Dropped while allocations are still out, it reports each of them by label; their memory is lost to the device.
#[doc(alias = "DefaultVramAllocator")]
#[derive(Debug)]
pub struct DirectAllocator {
    blocks: BlockOwner,
}

impl DirectAllocator {
    /// An allocator for the device of `context`.
    pub fn new(context: &Arc<DeviceContext>) -> Self {
        Self { blocks: BlockOwner::new(context, "direct") }
    }
}

// SAFETY: every allocation is the whole of an own object of exactly the requested size and type, made by
// `DeviceContext`, which maps it on request; so nothing overlaps, shares a page or an atom, and offset 0 has every alignment.
unsafe impl MemoryAllocator for DirectAllocator {
    fn context(&self) -> &Arc<DeviceContext> {
        self.blocks.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        if request.size > request.headroom {
            return Err(MemoryError::OverHeadroom {
                size: request.size,
                headroom: request.headroom,
            });
        }
        Ok(self.blocks.allocate_memory(&BlockRequest::from(request))?.into_allocation())
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate` (caller), so it is the whole of an object of this context.
        drop(unsafe { DeviceMemory::from_allocation(self.blocks.context(), allocation) });
    }

    fn name(&self) -> &str {
        "direct"
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::MIXED
            | AllocatorCapabilities::REPORT
            | AllocatorCapabilities::EXPORT
            | AllocatorCapabilities::PRIORITY
            | AllocatorCapabilities::DEDICATED
            | AllocatorCapabilities::HEADROOM
    }

    fn stats(&self) -> AllocatorStats {
        self.blocks.stats()
    }

    fn report(&self) -> AllocatorReport {
        self.blocks.report()
    }

    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        self.blocks.report_page(walk, page)
    }
}
