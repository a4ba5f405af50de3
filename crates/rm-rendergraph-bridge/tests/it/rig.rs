//! A simulated device whose oracle sees every early death, a queue, and frames to arrange.

use std::sync::Arc;

use ash::vk::{Format, ImageUsageFlags, PipelineStageFlags2, QueueFlags};
use rm_alloc_core::{
    Allocation, BudgetConfig, Category, DeviceBudgetManager, DeviceContext, ImageRequest,
    MemoryAllocator, MemoryError, MemoryRequest,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::simulated;
use rm_lifetime::{DeferredDestructionQueue, DrainLimit, ManualTimeline, SharedResourceFactory};
use rm_rendergraph_bridge::{Access, GraphDescription, PassId, ResourceId};
use rm_vksim::{Profile, SimDevice};

/// A manager over the pass-through backend, with one timeline that is moved by hand.
pub(crate) struct Rig {
    pub(crate) sim: Arc<SimDevice>,
    pub(crate) manager: DeviceBudgetManager,
    pub(crate) queue: DeferredDestructionQueue,
    pub(crate) factory: SharedResourceFactory,
    pub(crate) timeline: Arc<ManualTimeline>,
}

impl Rig {
    pub(crate) fn new(config: BudgetConfig) -> Self {
        Self::on(Profile::desktop_rebar(), config)
    }

    pub(crate) fn on(profile: Profile, config: BudgetConfig) -> Self {
        let (context, sim) = simulated::context(SimDevice::new(profile).unwrap());
        let allocator = Shared { below: DirectAllocator::new(&context), sim: sim.clone() };
        let manager = DeviceBudgetManager::new(Arc::new(allocator), config).unwrap();
        let queue = DeferredDestructionQueue::new(&manager);
        // SAFETY: no device runs anything.
        let timeline = Arc::new(unsafe { ManualTimeline::new() });
        queue.attach(timeline.clone()).unwrap();
        let factory = SharedResourceFactory::new(&manager, &queue);
        Self { sim, manager, queue, factory, timeline }
    }

    /// A strict budget of `bytes`.
    pub(crate) fn strict(bytes: u64) -> Self {
        Self::new(BudgetConfig { device_memory_budget: bytes, strict: true, ..Default::default() })
    }

    /// The device is done with everything so far.
    pub(crate) fn finish(&self) {
        self.timeline.complete(self.timeline.submit());
        self.queue.drain(DrainLimit::default());
    }

    /// Bytes in use, all and transient.
    pub(crate) fn used(&self) -> (u64, u64) {
        let transient = self.manager.category_figures(Category::Transient);
        (self.manager.stats().used, transient.used())
    }

    /// Everything is back, and nothing died early.
    pub(crate) fn end(self) {
        self.finish();
        assert_eq!(self.used(), (0, 0));
        assert_eq!(self.manager.aliased_allocation_count(), 0);
        self.sim.verdict().unwrap();
    }
}

/// The pass-through backend, over memory in which overlapping is meant.
#[derive(Debug)]
struct Shared {
    below: DirectAllocator,
    sim: Arc<SimDevice>,
}

// SAFETY: the backend below keeps all promises.
unsafe impl MemoryAllocator for Shared {
    fn context(&self) -> &Arc<DeviceContext> {
        self.below.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let allocation = self.below.allocate(request)?;
        let start = allocation.offset();
        self.sim.allow_alias(allocation.memory(), start..start + allocation.size());
        Ok(allocation)
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from the backend below (caller).
        unsafe { self.below.free(allocation) };
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&self.below)
    }
}

/// A chain of passes: each draws an image of so many texels a side, and reads the one before.
pub(crate) struct Chain {
    pub(crate) graph: GraphDescription,
    pub(crate) passes: Vec<PassId>,
    pub(crate) images: Vec<ResourceId>,
}

impl Chain {
    pub(crate) fn new(sides: &[u32]) -> Self {
        let mut chain =
            Self { graph: GraphDescription::new(), passes: Vec::new(), images: Vec::new() };
        chain.describe(sides);
        chain
    }

    /// Describes it anew; allocates nothing where it was as long before.
    pub(crate) fn describe(&mut self, sides: &[u32]) {
        const LABELS: [&str; 8] =
            ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
        let graph = &mut self.graph;
        graph.clear();
        self.passes.clear();
        self.images.clear();
        let queue = graph.queue("main", QueueFlags::GRAPHICS);
        for (index, side) in sides.iter().enumerate() {
            let request = square(*side).label(LABELS[index % 8]);
            self.images.push(graph.image(&request));
            self.passes.push(graph.pass(queue, LABELS[index % 8]));
            graph.access(self.passes[index], self.images[index], Access::COLOR_ATTACHMENT);
            if index > 0 {
                let read = Access::sampled(PipelineStageFlags2::FRAGMENT_SHADER);
                graph.access(self.passes[index], self.images[index - 1], read);
            }
        }
    }
}

/// An attachment that can be sampled, of four bytes a texel.
pub(crate) fn square(side: u32) -> ImageRequest<'static> {
    let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, side, side, usage)
}
