//! Where blocks come from, and where they go.

use std::{cmp::Reverse, fmt, sync::Arc};

use ash::vk;
use rm_alloc_core::{
    BufferRequest, Category, DeviceBudgetManager, DeviceContext, MemoryLocation, MemoryRelief,
    Priority, ReliefStage, Shortage, Tag,
};

use super::{TransientConfig, TransientStatistics, block::Block, error::TransientError};
use crate::{
    DeferredDestructionQueue, RetireAt, Retirer, Stamp, Tally,
    point::Points,
    queue::Progress,
    spares::{Gate, eases, give_back},
    sync::{Mutex, lock},
};

/// Makes blocks, keeps those that nobody uses, and retires what has to go.
#[derive(Debug)]
pub(super) struct Source {
    store: Arc<Store>,
    retirer: Retirer,
    plan: Plan,
    hits: u64,
    misses: u64,
}

/// How blocks are made: the configuration, owned.
#[derive(Debug)]
struct Plan {
    block_size: u64,
    usage: vk::BufferUsageFlags,
    location: MemoryLocation,
    priority: Priority,
    queue_families: Box<[u32]>,
    tag: Tag,
    label: Option<Box<str>>,
    keep_frames: u64,
    /// Least alignment of pieces, for what they are used for.
    alignment: u64,
}

/// The blocks that nobody uses; it shares them with the manager, which asks when memory runs out.
struct Store {
    manager: DeviceBudgetManager,
    // The device is done with all of them. The last one has been here for the shortest time.
    spares: Mutex<Vec<Block>>,
    gate: Gate,
}

impl Source {
    pub(super) fn new(
        manager: &DeviceBudgetManager,
        queue: &DeferredDestructionQueue,
        config: &TransientConfig<'_>,
    ) -> Result<Self, TransientError> {
        let wrong = if !Arc::ptr_eq(manager.context(), queue.manager().context()) {
            "the queue is of another device"
        } else if config.block_size == 0 {
            "the block size is zero"
        } else if config.depth == 0 {
            "the depth is zero"
        } else {
            ""
        };
        if !wrong.is_empty() {
            return Err(TransientError::InvalidConfig(wrong));
        }
        let plan = Plan {
            block_size: config.block_size,
            usage: config.usage,
            location: config.location,
            priority: config.priority,
            queue_families: config.queue_families.into(),
            tag: config.tag,
            label: config.label.map(Box::from),
            // Without a frame to show that it is not needed, no block would ever be used twice.
            keep_frames: config.keep_frames.max(1).into(),
            alignment: alignment_of(manager.context(), config.usage),
        };
        let spares = Mutex::new(Vec::new());
        let store = Arc::new(Store { manager: manager.clone(), spares, gate: Gate::new() });
        let relief: Arc<dyn MemoryRelief> = Arc::clone(&store) as _;
        manager.attach_relief(&relief);
        Ok(Self { store, retirer: queue.retirer(), plan, hits: 0, misses: 0 })
    }

    /// A spare for a piece of `size` bytes, which has it alone if it is larger than a block.
    pub(super) fn spare(&mut self, size: u64) -> Option<Block> {
        let plan = &self.plan;
        let mut block = self.store.take(size.max(plan.block_size), plan.block_size)?;
        self.hits += 1;
        block.used = 0;
        Some(block)
    }

    /// The same, made anew.
    pub(super) fn make(&mut self, size: u64) -> Result<Block, TransientError> {
        let plan = &self.plan;
        let size = size.max(plan.block_size);
        let request = BufferRequest {
            location: plan.location,
            priority: plan.priority,
            queue_families: &plan.queue_families,
            category: Category::Transient,
            tag: plan.tag,
            label: plan.label.as_deref(),
            ..BufferRequest::new(size, plan.usage)
        };
        let buffer = self.store.manager.allocate_buffer(&request)?;
        self.misses += 1;
        Ok(Block::new(&self.store.manager, buffer))
    }

    /// Takes back a block that the device is done with, in frame `now`.
    pub(super) fn keep(&self, mut block: Block, now: u64) {
        block.idle_since = now;
        lock(&self.store.spares).push(block);
    }

    /// Retires a block that the device may use until then.
    pub(super) fn retire(&self, block: Block, until: &Stamp) {
        self.retirer.retire_buffer_when(block.into_buffer(), until);
    }

    /// Gives up spares that no frame has needed for a while, as frame `now` begins.
    pub(super) fn expire(&self, now: u64) {
        let keep = self.plan.keep_frames;
        self.discard(|block, _| now.saturating_sub(block.idle_since) > keep);
    }

    /// Gives up spares until at most `keep_bytes` are left, and says how many bytes went.
    pub(super) fn trim(&self, keep_bytes: u64) -> u64 {
        self.discard(|_, bytes| bytes > keep_bytes)
    }

    /// Gives up spares, the oldest first, as long as `which` says so of the next one and the bytes of all.
    fn discard(&self, which: impl Fn(&Block, u64) -> bool) -> u64 {
        let mut discarded = 0;
        while let Some(block) = self.store.oldest_if(&which) {
            discarded += block.size();
            // The device is done with it, so that the next drain may have it.
            self.retirer.retire_buffer(block.into_buffer(), RetireAt::Points(Points::NONE));
        }
        discarded
    }

    pub(super) fn stamp(&self, at: RetireAt) -> Stamp {
        self.retirer.stamp(at)
    }

    /// How far the device is, for all stamps of so far.
    pub(super) fn progress(&self) -> Progress {
        self.retirer.progress()
    }

    pub(super) fn block_size(&self) -> u64 {
        self.plan.block_size
    }

    /// Least alignment of pieces in `block`, so that what they are used for is content and none share an atom.
    pub(super) fn alignment(&self, block: &Block) -> u64 {
        self.plan.alignment.max(block.grain())
    }

    /// The largest unit in which pieces may have to lie apart.
    pub(super) fn atom(&self) -> u64 {
        self.store.manager.context().limits().non_coherent_atom_size
    }

    /// What is known here: spares, hits and misses.
    pub(super) fn statistics(&self) -> TransientStatistics {
        let (spares, hits, misses) = (self.store.spares(), self.hits, self.misses);
        TransientStatistics { spares, hits, misses, ..Default::default() }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.discard(|_, _| true);
    }
}

impl Store {
    /// A spare for `size` bytes: one of the common size, or the closest of those that are larger than that.
    fn take(&self, size: u64, block_size: u64) -> Option<Block> {
        let mut spares = lock(&self.spares);
        let serves = |block: &Block| {
            let own = block.size();
            // One that is much too large would stay for ever.
            (own > block_size) == (size > block_size) && own >= size && own / 2 <= size
        };
        let serving = spares.iter().enumerate().filter(|(_, block)| serves(block));
        let (index, _) = serving.min_by_key(|(index, block)| (block.size(), Reverse(*index)))?;
        Some(spares.remove(index))
    }

    /// How many there are, without the lock for whoever shows them.
    fn spares(&self) -> Tally {
        let mut tally = Tally::default();
        lock(&self.spares).iter().for_each(|block| tally.add(block.size()));
        tally
    }

    fn oldest_if(&self, which: impl Fn(&Block, u64) -> bool) -> Option<Block> {
        let mut spares = lock(&self.spares);
        let bytes = spares.iter().map(Block::size).sum();
        spares.first().is_some_and(|block| which(block, bytes)).then(|| spares.remove(0))
    }
}

impl MemoryRelief for Store {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Spares
    }

    fn relieve(&self, shortage: Shortage) -> u64 {
        let Some(_inside) = self.gate.enter() else { return 0 };
        let context = self.manager.context();
        give_back(shortage, || {
            let mut spares = lock(&self.spares);
            let eases = |block: &Block| eases(context, shortage, block.memory_type());
            let index = spares.iter().position(eases)?;
            let block = spares.remove(index);
            drop(spares);
            let bytes = block.size();
            // SAFETY: the device is done with every spare.
            unsafe { self.manager.free_buffer(block.into_buffer()) };
            Some(bytes)
        })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spares = self.spares();
        f.debug_struct("Store").field("spares", &spares).finish_non_exhaustive()
    }
}

/// What Vulkan demands of offsets for these uses.
fn alignment_of(context: &DeviceContext, usage: vk::BufferUsageFlags) -> u64 {
    let physical_device = context.physical_device();
    // SAFETY: both are live and belong together, as a context promises.
    let properties = unsafe { context.instance().get_physical_device_properties(physical_device) };
    let limits = properties.limits;
    let texel =
        vk::BufferUsageFlags::UNIFORM_TEXEL_BUFFER | vk::BufferUsageFlags::STORAGE_TEXEL_BUFFER;
    let demands = [
        (vk::BufferUsageFlags::UNIFORM_BUFFER, limits.min_uniform_buffer_offset_alignment),
        (vk::BufferUsageFlags::STORAGE_BUFFER, limits.min_storage_buffer_offset_alignment),
        (texel, limits.min_texel_buffer_offset_alignment),
    ];
    let demanded = demands.iter().filter(|(uses, _)| usage.intersects(*uses));
    let most = demanded.map(|(_, alignment)| *alignment).max().unwrap_or(1);
    most.checked_next_power_of_two().unwrap_or(1)
}
