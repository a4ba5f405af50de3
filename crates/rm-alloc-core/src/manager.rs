//! The one door: memory that is budgeted, and resources that know who pays and who frees.

mod alias;
mod allocate;
mod attempt;
mod block;
mod config;
mod core;
mod deed;
mod free;
mod resources;
mod shared;
mod snapshot;
mod stats;

use std::sync::Arc;

use self::core::{Core, Door};
pub use self::{
    alias::{AliasedBufferRequest, AliasedImageRequest},
    block::MemoryBlockRequest,
    config::BudgetConfig,
    free::Charged,
    resources::{BufferAllocation, ImageAllocation},
    shared::MemoryBlock,
    snapshot::BudgetSnapshot,
    stats::{DeviceMemoryStats, HeapBudget},
};
use crate::{
    AllocationError, AllocatorStats, BudgetPolicy, BufferRequest, DeviceContext, ErrorKind,
    FrameDelta, ImageRequest, MemoryAllocator, MemoryAllocatorExt, MemoryError, MemoryObserver,
    MemoryRelief, Requirements, StagingReservation, callback::Guarded,
};

/// The single entry to budgeted GPU memory.
///
/// A handle: clones share budgets, figures and policies.
/// Built from any allocator; resources made through a handle use that handle's allocator for their whole life, and any
/// handle of the same device frees any resource, in any order.
/// Two managers made by [`new`](Self::new) know nothing of each other.
///
/// ```
/// use std::sync::Arc;
///
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::{
///     AllocationError, BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext,
/// };
/// use rm_alloc_direct::DirectAllocator;
///
/// fn run(context: &Arc<DeviceContext>) -> Result<(), AllocationError> {
///     let allocator = Arc::new(DirectAllocator::new(context));
///     let config = BudgetConfig { device_memory_budget: 1 << 30, strict: true, ..BudgetConfig::default() };
///     let manager = DeviceBudgetManager::new(allocator, config)?;
///
///     let request = BufferRequest::new(64 << 20, BufferUsageFlags::STORAGE_BUFFER).label("grid");
///     let grid = manager.allocate_buffer(&request)?;
///     assert!(manager.stats().used >= 64 << 20);
///     assert!(!manager.is_over_budget());
///
///     // Sound: the device never used the buffer.
///     unsafe { manager.free_buffer(grid) };
///     assert_eq!(manager.stats().used, 0);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct DeviceBudgetManager {
    door: Arc<Door>,
}

impl DeviceBudgetManager {
    /// A manager over `allocator`, with figures of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the configuration names a heap that the device lacks, or a warning line beyond
    /// 100 %.
    pub fn new(
        allocator: Arc<dyn MemoryAllocator>,
        config: BudgetConfig,
    ) -> Result<Self, AllocationError> {
        let core = Arc::new(Core::new(allocator.context(), &config)?);
        Ok(Self { door: Arc::new(Door { core, allocator: Guarded::new(allocator) }) })
    }

    /// A handle over the same figures whose resources come from `allocator`.
    ///
    /// Where memory runs out, empty blocks are asked of the allocator of the handle that ran out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if `allocator` belongs to another device context.
    #[doc(alias = "with_vram_allocator")]
    pub fn with_allocator(
        &self,
        allocator: Arc<dyn MemoryAllocator>,
    ) -> Result<Self, AllocationError> {
        if !Arc::ptr_eq(allocator.context(), self.context()) {
            return Err(ErrorKind::InvalidRequest("the allocator is of another device").into());
        }
        let core = Arc::clone(&self.door.core);
        Ok(Self { door: Arc::new(Door { core, allocator: Guarded::new(allocator) }) })
    }

    /// Installs, replaces or removes the policy; what an earlier one admitted stays its own.
    ///
    /// Attempts that other threads have begun are judged by what was there before.
    /// A policy's limit binds in each manager that it is installed in, whether the manager is strict or not.
    /// A policy that holds a handle of this manager keeps it alive until it is removed.
    #[doc(alias = "set_allocation_policy")]
    pub fn set_policy(&self, policy: Option<Arc<dyn BudgetPolicy>>) {
        self.door.core.set_policy(policy);
    }

    /// Adds someone who wants to hear of allocations, frees, refusals and pressure; held weakly.
    ///
    /// Blocks and leaks are told of by [`DeviceContext::observe`].
    pub fn observe(&self, observer: &Arc<dyn MemoryObserver>) {
        self.door.core.observers.add(observer);
    }

    /// Adds someone who can give memory back when it runs out; held weakly.
    pub fn attach_relief(&self, relief: &Arc<dyn MemoryRelief>) {
        self.door.core.reliefs.add(relief);
    }

    /// What a buffer would need; no object is made where `maintenance4` is enabled.
    ///
    /// # Errors
    ///
    /// As of [`allocate_buffer`](Self::allocate_buffer), memory and budget aside.
    pub fn buffer_requirements(
        &self,
        request: &BufferRequest<'_>,
    ) -> Result<Requirements, AllocationError> {
        self.door.allocator.buffer_requirements(request)
    }

    /// What an image would need; no object is made where `maintenance4` is enabled.
    ///
    /// # Errors
    ///
    /// As of [`allocate_image`](Self::allocate_image), memory and budget aside.
    pub fn image_requirements(
        &self,
        request: &ImageRequest<'_>,
    ) -> Result<Requirements, AllocationError> {
        self.door.allocator.image_requirements(request)
    }

    /// Reserves staging quota, given back when the reservation is dropped; `None` if `bytes` do not fit.
    pub fn try_reserve_staging(&self, bytes: u64) -> Option<StagingReservation> {
        self.door.core.staging.reserve(bytes)
    }

    /// Reserves staging quota that [`release_staging_quota`](Self::release_staging_quota) gives back; `false`, and
    /// nothing changed, if `bytes` do not fit.
    #[doc(alias = "TryReserveStagingQuota")]
    #[must_use = "nothing was reserved if this is false"]
    pub fn try_reserve_staging_quota(&self, bytes: u64) -> bool {
        self.door.core.staging.take_by_hand(bytes)
    }

    /// Gives back quota of [`try_reserve_staging_quota`](Self::try_reserve_staging_quota).
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`], and nothing changed, if that took less in all.
    #[doc(alias = "ReleaseStagingQuota")]
    pub fn release_staging_quota(&self, bytes: u64) -> Result<(), MemoryError> {
        self.door.core.staging.release_by_hand(bytes)
    }

    /// Sets the staging quota in bytes; below what is taken it only stops new reservations.
    pub fn set_staging_quota(&self, bytes: u64) {
        self.door.core.staging.set_limit(bytes);
    }

    /// Sets the budget of device memory in bytes; 0 follows what the driver says.
    pub fn set_device_budget(&self, bytes: u64) {
        self.door.core.set_device_budget(bytes);
    }

    /// Sets the limit of `heap` in bytes; `None` follows what the driver says.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if there is no such heap.
    pub fn set_heap_limit(&self, heap: u32, limit: Option<u64>) -> Result<(), MemoryError> {
        self.door.core.set_heap_limit(heap, limit)
    }

    /// Sets whether limits refuse, or only judge.
    ///
    /// Attempts that other threads have begun are not refused any more, so the figures may still rise by those.
    pub fn set_strict(&self, strict: bool) {
        self.door.core.ledger.set_strict(strict);
    }

    /// Begins a frame: asks the driver for its budget, once.
    pub fn begin_frame(&self) {
        self.door.core.begin_frame();
    }

    /// Ends the frame, and says what it did.
    pub fn end_frame(&self) -> FrameDelta {
        self.door.core.end_frame_into(None)
    }

    /// The device.
    pub fn context(&self) -> &Arc<DeviceContext> {
        &self.door.core.context
    }

    /// The allocator of this handle.
    pub fn allocator(&self) -> &Arc<dyn MemoryAllocator> {
        &self.door.allocator
    }

    /// Figures of this handle's allocator.
    #[doc(alias = "GetAllocatorStats")]
    pub fn allocator_stats(&self) -> AllocatorStats {
        self.door.allocator.stats()
    }
}
