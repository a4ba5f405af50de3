//! Simulated devices, timelines and things to retire.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ash::vk::{self, BufferUsageFlags};
use rm_alloc_core::{
    BudgetConfig, BufferAllocation, BufferRequest, DeviceBudgetManager, DeviceContext,
};
use rm_alloc_direct::DirectAllocator;
pub(crate) use rm_headless::random::Random;
use rm_headless::simulated;
use rm_lifetime::{
    DeferredDestructionQueue, DrainLimit, ManualTimeline, Point, Points, RetireAt, Retirer,
    TimelineId,
};
use rm_vksim::{Profile, SimDevice};

pub(crate) const KIB: u64 = 1 << 10;

/// Everything that a drain finds ready.
pub(crate) const ALL: DrainLimit = DrainLimit { entries: None, bytes: None };

/// A context that owns the simulated device of `profile`, whose guard checks the verdict when both are gone.
pub(crate) fn simulated(profile: Profile) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    simulated::context(SimDevice::new(profile).unwrap())
}

/// A context that owns a simulated device of `profile` that only counts.
pub(crate) fn counting(profile: Profile) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    simulated::context(SimDevice::counting(profile).unwrap())
}

/// A manager over the pass-through backend.
pub(crate) fn manager(context: &Arc<DeviceContext>, config: BudgetConfig) -> DeviceBudgetManager {
    DeviceBudgetManager::new(Arc::new(DirectAllocator::new(context)), config).unwrap()
}

/// A strict budget of `bytes` of device memory.
pub(crate) fn strict(bytes: u64) -> BudgetConfig {
    BudgetConfig { device_memory_budget: bytes, strict: true, ..BudgetConfig::default() }
}

/// A queue on a simulated desktop GPU, with timelines moved by hand.
#[derive(Debug)]
pub(crate) struct Bed {
    pub(crate) sim: Arc<SimDevice>,
    pub(crate) manager: DeviceBudgetManager,
    pub(crate) queue: DeferredDestructionQueue,
    pub(crate) retirer: Retirer,
    pub(crate) timelines: Vec<(TimelineId, Arc<ManualTimeline>)>,
}

impl Bed {
    pub(crate) fn new(timelines: usize) -> Self {
        Self::with(timelines, BudgetConfig::default())
    }

    pub(crate) fn with(timelines: usize, config: BudgetConfig) -> Self {
        Self::over(simulated(Profile::desktop_rebar()), timelines, config)
    }

    /// On a device that only counts.
    pub(crate) fn counting(timelines: usize) -> Self {
        Self::over(counting(Profile::desktop_rebar()), timelines, BudgetConfig::default())
    }

    fn over(
        (context, sim): (Arc<DeviceContext>, Arc<SimDevice>),
        timelines: usize,
        config: BudgetConfig,
    ) -> Self {
        let manager = manager(&context, config);
        let queue = DeferredDestructionQueue::new(&manager);
        let timelines = (0..timelines).map(|_| attach(&queue)).collect();
        let retirer = queue.retirer();
        Self { sim, manager, queue, retirer, timelines }
    }

    pub(crate) fn drain(&self) -> u64 {
        self.queue.drain(ALL).entries
    }

    /// Submits on timeline `index`, and answers the value.
    pub(crate) fn submit(&self, index: usize) -> u64 {
        self.timelines[index].1.submit()
    }

    pub(crate) fn complete(&self, index: usize, value: u64) {
        self.timelines[index].1.complete(value);
    }

    pub(crate) fn buffer(&self, size: u64) -> BufferAllocation {
        self.manager.allocate_buffer(&request(size)).unwrap()
    }

    pub(crate) fn retire_buffer(&self, size: u64) {
        self.retirer.retire_buffer(self.buffer(size), RetireAt::Now);
    }

    /// A buffer without memory, for an object that is destroyed by hand.
    pub(crate) fn object(&self) -> vk::Buffer {
        let info = vk::BufferCreateInfo::default().size(64).usage(BufferUsageFlags::STORAGE_BUFFER);
        // SAFETY: the device is live, and the info valid.
        unsafe { self.sim.device().create_buffer(&info, None) }.unwrap()
    }

    pub(crate) fn retire_object(&self, object: vk::Buffer, at: RetireAt) {
        let destroy = self.sim.device().fp_v1_0().destroy_buffer;
        // SAFETY: null or made by this device, and nobody else destroys it.
        unsafe { self.retirer.retire_raw(object, destroy, at) };
    }

    /// Bytes charged, and those that wait.
    pub(crate) fn charged(&self) -> (u64, u64) {
        let figures = self.manager.device_figures();
        (figures.reserved, figures.retiring)
    }
}

/// A timeline moved by hand, attached.
pub(crate) fn attach(queue: &DeferredDestructionQueue) -> (TimelineId, Arc<ManualTimeline>) {
    // SAFETY: no device is involved but the oracle, which watches.
    let timeline = Arc::new(unsafe { ManualTimeline::new() });
    (queue.attach(timeline.clone()).unwrap(), timeline)
}

pub(crate) fn request(size: u64) -> BufferRequest<'static> {
    BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER)
}

/// The promise that the oracle, which alone uses anything, is done at `points`.
pub(crate) fn at(points: &[Point]) -> RetireAt {
    // SAFETY: the tests mark what the device uses, and take it back before the points are reached.
    RetireAt::Points(unsafe { Points::new(points) }.unwrap())
}

/// Counts what has happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<AtomicU64>);

impl Tally {
    /// A closure that counts one.
    pub(crate) fn one(&self) -> impl FnOnce() + Send + 'static {
        let tally = self.clone();
        move || {
            tally.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
