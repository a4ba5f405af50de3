//! What a render graph holds of a budget manager.
//!
//! Protocol: `uploads` says which quota waits for what, under one lock that is held for a moment and never across a call out of
//! this crate: timelines are asked, and reservations dropped, between two of those moments.
//! Whoever gives quota back, or submits an upload, moves `moves` under the lock afterwards and notifies; whoever finds no room
//! reads it before it tries, and sleeps only while it has not moved. So nobody sleeps through what it waits for.

mod error;
#[cfg(all(test, loom))]
mod model;
mod table;
mod upload;
mod wait;

use std::sync::Arc;

use rm_alloc_core::{
    AllocationError, BufferRequest, DeviceBudgetManager, ImageRequest, StagingReservation,
};
use rm_lifetime::{
    DeferredDestructionQueue, GpuTimeline, Retirer, Shared, SharedBuffer, SharedImage,
    SharedResourceFactory,
};

use self::table::{Batch, Line, Table, contained};
pub use self::{
    error::UploadError,
    upload::{PendingUpload, PendingUploads, UploadRequest},
};
use crate::{
    GraphMemory, GraphMemoryConfig,
    sync::{Condvar, Mutex, lock},
};

/// A render graph's handle of a [`DeviceBudgetManager`].
///
/// Clones are handles of the same bridge. Budgets, quota and figures are the manager's, and anybody may reserve there beside the
/// bridge; the bridge knows only what waits for the device, and on behalf of whom it was reserved.
///
/// Several bridges of one manager share its quota, and each collects its own uploads.
///
/// Dropping the last handle, [`PendingUpload`]s in hand included, gives all of its quota back: it is a count of bytes and guards
/// no memory, and nobody would be left to give it back later.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::{AllocationError, BufferRequest, DeviceBudgetManager};
/// use rm_lifetime::DeferredDestructionQueue;
/// use rm_rendergraph_bridge::BudgetBridge;
///
/// fn set_up(
///     manager: &DeviceBudgetManager,
///     queue: &DeferredDestructionQueue,
/// ) -> Result<(), AllocationError> {
///     let bridge = BudgetBridge::new(manager);
///     let request = BufferRequest::new(4096, BufferUsageFlags::UNIFORM_BUFFER).label("camera");
///     let camera = bridge.allocate_buffer_tracked(&request, &queue.retirer())?;
///     assert!(manager.stats().used >= 4096);
///     drop(camera); // retires to the queue, and is charged until it dies
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct BudgetBridge {
    core: Arc<Core>,
}

#[derive(Debug)]
struct Core {
    manager: DeviceBudgetManager,
    uploads: Mutex<Table>,
    moved: Condvar,
}

impl BudgetBridge {
    /// A bridge to `manager`, with no upload pending.
    pub fn new(manager: &DeviceBudgetManager) -> Self {
        let core = Core {
            manager: manager.clone(),
            uploads: Mutex::new(Table::default()),
            moved: Condvar::new(),
        };
        Self { core: Arc::new(core) }
    }

    /// A buffer, charged to the manager like every other one, that retires through `retirer` when its last handle is dropped.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_buffer`]; nothing is charged then.
    #[doc(alias = "AllocateBufferTracked")]
    pub fn allocate_buffer_tracked(
        &self,
        request: &BufferRequest<'_>,
        retirer: &Retirer,
    ) -> Result<SharedBuffer, AllocationError> {
        Ok(Shared::adopt(self.core.manager.allocate_buffer(request)?, retirer))
    }

    /// An image, charged to the manager like every other one, that retires through `retirer` when its last handle is dropped.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_image`]; nothing is charged then.
    #[doc(alias = "AllocateImageTracked")]
    pub fn allocate_image_tracked(
        &self,
        request: &ImageRequest<'_>,
        retirer: &Retirer,
    ) -> Result<SharedImage, AllocationError> {
        Ok(Shared::adopt(self.core.manager.allocate_image(request)?, retirer))
    }

    /// Memory for the transient resources of a graph, charged to the manager by block; what is replaced retires to `queue`.
    pub fn graph_memory(
        &self,
        queue: &DeferredDestructionQueue,
        config: GraphMemoryConfig,
    ) -> GraphMemory {
        GraphMemory::new(&SharedResourceFactory::new(&self.core.manager, queue), config)
    }

    /// Reserves staging quota for an upload, or refuses; never waits.
    ///
    /// Where there is no room, timelines are asked what has completed meanwhile.
    /// Needs no heap allocation once the bridge has grown to its size, refusals included.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLarge`] and [`UploadError::OverQuota`], and nothing is reserved.
    pub fn try_upload<'a>(
        &self,
        request: &UploadRequest<'a>,
    ) -> Result<PendingUpload, UploadError<'a>> {
        self.attempt(request.bytes).ok_or_else(|| self.refusal(request))
    }

    /// Notes that the device is done with `frame` and all frames before, and gives their uploads' quota back, now and whenever
    /// one of them is submitted late; answers the bytes.
    ///
    /// An earlier frame than before changes nothing, and frame 0 is a frame like any other. Uploads that wait for timelines are
    /// none of its business.
    pub fn complete_frame(&self, frame: u64) -> u64 {
        lock(&self.core.uploads).end_frame(frame);
        self.give_back(|table, batch| table.take_frames(batch))
    }

    /// Gives back the quota of uploads whose timelines have reached them, in whatever order, and answers the bytes; never waits.
    ///
    /// Each timeline is asked once. One that has vanished, because all of its owners dropped it, counts as reached, as it does in
    /// `rm-lifetime`; one of a lost device has reached everything; one that panics has reached nothing.
    pub fn collect(&self) -> u64 {
        let (mut bytes, mut from) = (0, 0);
        loop {
            // In a statement of its own, so that the lock is gone when the timeline is asked.
            let next = lock(&self.core.uploads).line(from);
            let Some(Line { index, timeline, .. }) = next else { return bytes };
            // The handle dies in there as well, because it may be the last.
            let completed = contained(|| timeline.upgrade().map_or(u64::MAX, |it| it.completed()));
            if let Some(completed) = completed {
                bytes +=
                    self.give_back(|table, batch| table.take(index, &timeline, completed, batch));
            }
            from = index + 1;
        }
    }

    /// Uploads of this bridge that hold quota, submitted or not.
    ///
    /// While nobody else reserves from the manager, their bytes are its `staging_used`.
    pub fn pending(&self) -> PendingUploads {
        lock(&self.core.uploads).pending()
    }

    /// Whose budget it is.
    pub fn manager(&self) -> &DeviceBudgetManager {
        &self.core.manager
    }

    /// Reserves, if need be after a look at what has completed.
    fn attempt(&self, bytes: u64) -> Option<PendingUpload> {
        let reserve = || self.core.manager.try_reserve_staging(bytes);
        let quota = reserve().or_else(|| {
            self.collect();
            reserve()
        })?;
        lock(&self.core.uploads).admit(bytes);
        Some(PendingUpload::new(self, quota))
    }

    /// Why there is no room.
    fn refusal<'a>(&self, request: &UploadRequest<'a>) -> UploadError<'a> {
        let UploadRequest { bytes: requested, label } = *request;
        let (staging, pending) = (self.core.manager.staging_figures(), self.pending().bytes);
        if requested > staging.limit {
            return UploadError::TooLarge { label, requested, quota: staging.limit };
        }
        UploadError::OverQuota {
            label,
            requested,
            pending,
            taken: staging.used,
            quota: staging.limit,
        }
    }

    /// Gives back what `take` takes out, which is called until it finds no more; answers the bytes.
    fn give_back(&self, mut take: impl FnMut(&mut Table, &mut Batch)) -> u64 {
        let mut bytes = 0;
        loop {
            let mut batch = Batch::default();
            take(&mut lock(&self.core.uploads), &mut batch);
            let PendingUploads { bytes: taken, count } = batch.pending();
            bytes += taken;
            let more = batch.is_full();
            drop(batch);
            if count > 0 {
                self.moved();
            }
            if !more {
                return bytes;
            }
        }
    }

    /// Has everybody look again who waits for room.
    fn moved(&self) {
        lock(&self.core.uploads).moves += 1;
        self.core.moved.notify_all();
    }

    /// Quota of an upload that was not submitted.
    fn withdraw(&self, quota: StagingReservation) {
        lock(&self.core.uploads).withdraw(quota.bytes());
        drop(quota);
        self.moved();
    }

    /// Quota of an upload that waits for `timeline`.
    fn submit(&self, quota: StagingReservation, timeline: &Arc<dyn GpuTimeline>, value: u64) {
        lock(&self.core.uploads).add(quota, timeline, value);
        self.moved();
    }

    /// Quota of an upload that waits for the end of `frame`, which may be over.
    fn submit_in_frame(&self, quota: StagingReservation, frame: u64) {
        lock(&self.core.uploads).add_to_frame(quota, frame);
        self.give_back(|table, batch| table.take_frames(batch));
    }
}
