//! A simulated device with a manager, a queue, and timelines moved by hand.

use std::sync::Arc;

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{BudgetConfig, BufferRequest, DeviceBudgetManager, MemoryFeatures};
use rm_alloc_direct::DirectAllocator;
pub(crate) use rm_headless::random::Random;
use rm_headless::simulated;
use rm_lifetime::{DeferredDestructionQueue, DrainLimit, ManualTimeline};
use rm_rendergraph_bridge::{BudgetBridge, PendingUpload, PendingUploads, UploadRequest};
use rm_vksim::{Profile, SimDevice};

pub(crate) const KIB: u64 = 1 << 10;

/// A bridge to a manager whose quota is 64 KiB.
#[derive(Debug)]
pub(crate) struct Bed {
    pub(crate) manager: DeviceBudgetManager,
    pub(crate) bridge: BudgetBridge,
    pub(crate) queue: DeferredDestructionQueue,
    pub(crate) device: Arc<ManualTimeline>,
}

impl Bed {
    pub(crate) const QUOTA: u64 = 64 * KIB;

    pub(crate) fn new() -> Self {
        let config = BudgetConfig { staging_quota: Self::QUOTA, ..BudgetConfig::default() };
        Self::with(config)
    }

    pub(crate) fn with(config: BudgetConfig) -> Self {
        // The guard of the device checks the verdict when the last of the managers is gone.
        let sim = SimDevice::new(Profile::desktop_rebar()).unwrap();
        let (context, _) = simulated::context_with(sim, MemoryFeatures::empty());
        let allocator = Arc::new(DirectAllocator::new(&context));
        let manager = DeviceBudgetManager::new(allocator, config).unwrap();
        let queue = DeferredDestructionQueue::new(&manager);
        let device = timeline();
        queue.attach(device.clone()).unwrap();
        let bridge = BudgetBridge::new(&manager);
        Self { manager, bridge, queue, device }
    }

    /// An upload for which there is room.
    pub(crate) fn upload(&self, bytes: u64) -> PendingUpload {
        self.bridge.try_upload(&UploadRequest::new(bytes)).unwrap()
    }

    /// An upload that waits for the value that is answered.
    pub(crate) fn submit(&self, bytes: u64) -> u64 {
        let upload = self.upload(bytes);
        let value = self.device.submit();
        upload.submitted(self.device.clone(), value);
        value
    }

    /// Bytes that are taken, on which bridge and manager agree.
    #[track_caller]
    pub(crate) fn taken(&self) -> u64 {
        let PendingUploads { bytes, count } = self.bridge.pending();
        assert_eq!(bytes, self.manager.staging_figures().used);
        assert_eq!(bytes, self.manager.stats().staging_used);
        assert_eq!(bytes == 0, count == 0);
        bytes
    }

    /// Lets the device finish what was submitted, and destroys what is ready.
    pub(crate) fn finish(&self) {
        self.device.complete(self.device.submit());
        self.queue.drain(DrainLimit::default());
    }
}

/// A timeline moved by hand.
pub(crate) fn timeline() -> Arc<ManualTimeline> {
    // SAFETY: no device is involved but a simulated one, which the tests leave alone.
    Arc::new(unsafe { ManualTimeline::new() })
}

pub(crate) fn buffer(size: u64) -> BufferRequest<'static> {
    BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER)
}
