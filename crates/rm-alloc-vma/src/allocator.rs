//! The allocator: which pool serves a request, and what all pools share.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use ash::vk;
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, Dedicated, DeviceContext,
    MemoryAllocator, MemoryError, MemoryFeatures, MemoryRequest, Priority, ReportPage, ReportWalk,
    TilingClass,
};
use vk_mem::{AllocationCreateFlags, AllocatorCreateFlags, AllocatorCreateInfo};

use crate::{
    PoolConfig, Strategy, VmaConfig, VmaPool,
    driver::{Driver, Own},
    slot::{self, Settings, Slot},
};

/// AMD's Vulkan Memory Allocator.
///
/// Dropped while allocations are still out, it reports them and leaves their blocks to the device for ever;
/// VMA itself is not destroyed then, because it would abort the process in debug builds.
/// While a [`VmaPool`] of it lives, all that waits for the pool.
#[derive(Debug)]
pub struct VmaAllocator {
    shared: Arc<Shared>,
}

/// What VMA says of one heap, in bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct VmaHeapBudget {
    /// Blocks of this allocator.
    pub usage: u64,
    /// Up to where VMA makes shared blocks: four fifths of the heap, or of the configured limit.
    ///
    /// Beyond it each allocation gets an object of its size.
    pub budget: u64,
}

impl VmaAllocator {
    /// An allocator for the device of `context`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::OutOfHostMemory`] if VMA cannot be made.
    pub fn new(context: &Arc<DeviceContext>) -> Result<Self, MemoryError> {
        Self::with_config(context, &VmaConfig::default())
    }

    /// An allocator for the device of `context`, as `config` wants it.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if `config` limits a heap that the device does not have or wants blocks that no
    /// object can be, otherwise as of [`new`](Self::new).
    pub fn with_config(
        context: &Arc<DeviceContext>,
        config: &VmaConfig,
    ) -> Result<Self, MemoryError> {
        Ok(Self { shared: Arc::new(Shared::new(context, config)?) })
    }

    /// Makes a pool of one's own: an allocator of one memory type and tiling class, with its own blocks.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] for a memory type that does not exist, a block size beyond what one object
    /// can have, or more blocks at least than at most; otherwise what stopped the driver from giving the first blocks.
    pub fn pool(&self, config: &PoolConfig) -> Result<VmaPool, MemoryError> {
        VmaPool::new(&self.shared, config)
    }

    /// What VMA says of each heap, without a question to the driver.
    pub fn heap_budgets(&self) -> Vec<VmaHeapBudget> {
        let budgets = self.shared.vma.get_heap_budgets().unwrap_or_default();
        budgets
            .iter()
            .map(|heap| VmaHeapBudget { usage: heap.usage, budget: heap.budget })
            .collect()
    }
}

// SAFETY: VMA grants a range of a block to one allocation at a time, in a pool of the requested type and tiling class, in
// whole atoms and, if mixed, whole pages; every block is an object of this context from `BlockOwner`, mapped if the host
// sees it; own objects have exactly the requested size, and the resource is gone from the call when it ends. A pool that
// has live allocations is never destroyed, and a block that is leaked keeps the context.
unsafe impl MemoryAllocator for VmaAllocator {
    fn context(&self) -> &Arc<DeviceContext> {
        self.shared.driver.owner().context()
    }

    #[inline]
    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.shared.allocate(request)
    }

    #[inline]
    unsafe fn free(&self, allocation: Allocation) {
        let cookie = allocation.into_parts().cookie;
        if let Some(slot) = self.shared.slots.get(slot::index_of(cookie)) {
            // SAFETY: it came from this allocator, hence from this slot, and the device is done with it (caller).
            unsafe { slot.free(&self.shared.vma, cookie) };
        }
        self.shared.driver.bury();
    }

    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::all()
    }

    fn stats(&self) -> AllocatorStats {
        let mut stats = self.shared.driver.owner().stats();
        let budgets = self.shared.vma.get_heap_budgets().unwrap_or_default();
        for (heap, budget) in stats.heaps.iter_mut().zip(budgets) {
            heap.used_bytes = budget.statistics.allocationBytes;
            heap.allocations = budget.statistics.allocationCount;
        }
        stats
    }

    fn report(&self) -> AllocatorReport {
        let mut report = AllocatorReport::of(NAME);
        self.shared.slots.iter().for_each(|slot| slot.report(&self.shared.driver, &mut report));
        report
    }

    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        let (slots, driver) = (&self.shared.slots, &self.shared.driver);
        // One pool after the other, and then the blocks: whoever lives throughout has its block among them.
        let slot = usize::try_from(walk.position[0]).ok().and_then(|at| slots.get(at));
        let Some(slot) = slot else {
            return driver.block_page(walk, page, |index| (index as usize) < slots.len());
        };
        if !slot.range_page(walk, page) {
            walk.position = [walk.position[0] + 1, 0];
        }
        true
    }

    fn trim(&self, heap: u32, keep_bytes: u64) -> u64 {
        let driver = &self.shared.driver;
        let of_heap =
            |slot: &&Slot| driver.owner().context().heap_of(slot.settings().memory_type) == heap;
        let empty: Vec<_> = self
            .shared
            .slots
            .iter()
            .filter(of_heap)
            .map(|slot| (slot, slot.empty_bytes(driver)))
            .filter(|(_, bytes)| *bytes > 0)
            .collect();
        let mut left: u64 = empty.iter().map(|(_, bytes)| bytes).sum();
        let mut given = 0;
        for (slot, _) in empty {
            if left <= keep_bytes {
                break;
            }
            let back = slot.trim(driver);
            left = left.saturating_sub(back);
            given += back;
        }
        given
    }
}

const NAME: &str = "vma";

/// The pools of one memory type: a tiling class and a priority each.
const PER_TYPE: u32 = 9;

/// VMA, and what all its pools share.
pub(crate) struct Shared {
    // Fields drop in order: pools before VMA, VMA before the device that it sees.
    slots: Box<[Slot]>,
    priorities: bool,
    strategy: AllocationCreateFlags,
    heap_limits: Box<[u64]>,
    next_index: AtomicU32,
    pub(crate) vma: Arc<vk_mem::Allocator>,
    pub(crate) driver: Arc<Driver>,
}

impl Shared {
    fn new(context: &Arc<DeviceContext>, config: &VmaConfig) -> Result<Self, MemoryError> {
        let memory = context.memory_properties();
        let heaps = memory.memory_heaps_as_slice();
        if config.heap_limits.len() > heaps.len() {
            return Err(MemoryError::InvalidRequest("a limit for a heap that does not exist"));
        }
        if config
            .block_size
            .is_some_and(|size| size == 0 || size > context.limits().max_allocation_size)
        {
            return Err(MemoryError::InvalidRequest("no block can have this size"));
        }
        let mut heap_limits = vec![vk::WHOLE_SIZE; heaps.len()].into_boxed_slice();
        for (limit, wanted) in heap_limits.iter_mut().zip(&config.heap_limits) {
            *limit = wanted.unwrap_or(vk::WHOLE_SIZE);
        }
        let driver = Driver::new(context, NAME);
        let device = driver.device();
        let mut info =
            AllocatorCreateInfo::new(context.instance(), &device, context.physical_device());
        // Later versions are nothing to the four commands that it calls.
        info.vulkan_api_version = context.api_version().min(vk::API_VERSION_1_3);
        info.preferred_large_heap_block_size = config.block_size.unwrap_or(0);
        info.heap_size_limits = &heap_limits;
        // The core refuses such types where their feature is not enabled, and says so.
        info.flags = AllocatorCreateFlags::AMD_DEVICE_COHERENT_MEMORY;
        // SAFETY: the instance is live, the device's functions are ours, and both outlive VMA (`driver` drops after it).
        let vma = unsafe { vk_mem::Allocator::new(info) }?;
        let mut shared = Self {
            slots: Box::default(),
            priorities: context.features().contains(MemoryFeatures::MEMORY_PRIORITY),
            strategy: flags(config.strategy),
            heap_limits,
            next_index: AtomicU32::new(1 << 16),
            vma: Arc::new(vma),
            driver,
        };
        let types = (0..).zip(memory.memory_types_as_slice());
        let slots = types.flat_map(|(memory_type, found)| {
            let heap = found.heap_index as usize;
            let size = heaps[heap].size.min(shared.heap_limits[heap]);
            // As VMA computes it.
            let block = match size <= SMALL_HEAP {
                true => size / 8,
                false => config.block_size.unwrap_or(LARGE_BLOCK),
            };
            shared.class_slots(memory_type, block)
        });
        shared.slots = slots.collect();
        Ok(shared)
    }

    /// The settings of a growing pool of an existing memory type, all tiling classes and priorities alike.
    pub(crate) fn settings(&self, memory_type: u32, tiling: TilingClass) -> Settings {
        use vk::MemoryPropertyFlags as Flags;
        let context = self.driver.owner().context();
        let (limits, flags) = (context.limits(), context.type_flags(memory_type));
        let heap = context.heap_of(memory_type) as usize;
        let heap_size = context.memory_properties().memory_heaps[heap].size;
        // Its atoms and pages, by the core's own rule.
        let edge = MemoryRequest::new(1, 1, memory_type, tiling).footprint(limits, flags).alignment;
        Settings {
            index: 0,
            memory_type,
            priority: Priority::Normal,
            name: match tiling {
                TilingClass::Linear => "vma linear block",
                TilingClass::Optimal => "vma optimal block",
                TilingClass::Mixed => "vma mixed block",
            },
            linear: false,
            block_size: 0,
            min_blocks: 0,
            max_blocks: 0,
            strategy: self.strategy,
            edge,
            visible: flags.contains(Flags::HOST_VISIBLE),
            most_shared: u64::MAX,
            largest: limits.max_allocation_size.min(heap_size).min(self.heap_limits[heap]),
        }
    }

    /// The pools of one memory type whose blocks grow up to `block` bytes.
    fn class_slots(&self, memory_type: u32, block: u64) -> impl Iterator<Item = Slot> + use<> {
        use vk::MemoryPropertyFlags as Flags;
        let flags = self.driver.owner().context().type_flags(memory_type);
        // Lazily allocated memory is committed an object at a time.
        let most_shared = if flags.contains(Flags::LAZILY_ALLOCATED) { 0 } else { block / 2 };
        let tilings = [TilingClass::Linear, TilingClass::Optimal, TilingClass::Mixed]
            .map(|tiling| self.settings(memory_type, tiling));
        let classes = tilings.into_iter().flat_map(|settings| {
            [Priority::Normal, Priority::Low, Priority::High]
                .map(|priority| Settings { priority, ..settings })
        });
        let indices = memory_type * PER_TYPE..;
        indices
            .zip(classes)
            .map(move |(index, settings)| Slot::new(Settings { index, most_shared, ..settings }))
    }

    /// A number for a pool that no other pool has.
    pub(crate) fn next_index(&self) -> u32 {
        self.next_index.fetch_add(1, Ordering::Relaxed)
    }

    #[inline]
    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        let class = match request.tiling {
            TilingClass::Linear => 0,
            TilingClass::Optimal => 3,
            TilingClass::Mixed => 6,
        };
        let priority = match request.priority {
            Priority::Low if self.priorities => 1,
            Priority::High if self.priorities => 2,
            _ => 0,
        };
        let index = request.memory_type as usize * PER_TYPE as usize + class + priority;
        let Some(slot) = self.slots.get(index) else { return Err(NO_TYPE) };
        if request.map && !slot.settings().visible {
            return Err(NOT_VISIBLE);
        }
        if request.dedicated == Dedicated::No
            && request.export.is_empty()
            && let Some(allocation) = slot.reuse(request)
        {
            return Ok(allocation);
        }
        self.allocate_new(slot, request)
    }

    /// Memory that blocks have no room for, or that is to have an object of its own.
    #[cold]
    fn allocate_new(
        &self,
        slot: &Slot,
        request: &MemoryRequest<'_>,
    ) -> Result<Allocation, MemoryError> {
        let grow = |own| slot.grow(&self.vma, &self.driver, request, own);
        let most_shared = slot.settings().most_shared;
        // What cannot lie in a shared block, and what is better off without one.
        let alone = most_shared == 0
            || !request.export.is_empty()
            || matches!(request.dedicated, Dedicated::Require(_));
        let context = self.driver.owner().context();
        let better = request.dedicated != Dedicated::No
            || request.size > most_shared && !context.near_allocation_limit();
        if !alone && !better {
            return grow(None);
        }
        let own = Own {
            resource: request.dedicated.resource(),
            map: request.map,
            export: request.export,
            label: request.label.map(Box::from),
        };
        match grow(Some(own)) {
            Err(error) if error.is_shortage() && !alone => {
                slot.reuse(request).map_or_else(|| grow(None), Ok)
            }
            answer => answer,
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for slot in &self.slots {
            for (label, size) in slot.close() {
                let memory_type = slot.settings().memory_type;
                self.driver.owner().tell_leak(label.as_deref(), size, memory_type);
            }
        }
        self.driver.bury();
        // A pool that was forgotten holds VMA, which therefore stays as well; what it has taken is told of by the account.
        if Arc::strong_count(&self.vma) > 1 {
            self.driver.forget_blocks();
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("driver", &self.driver).finish_non_exhaustive()
    }
}

/// VMA's `VMA_SMALL_HEAP_MAX_SIZE`.
const SMALL_HEAP: u64 = 1 << 30;
/// VMA's `VMA_DEFAULT_LARGE_HEAP_BLOCK_SIZE`.
const LARGE_BLOCK: u64 = 256 << 20;

pub(crate) const NO_TYPE: MemoryError =
    MemoryError::InvalidRequest("the memory type does not exist");
pub(crate) const NOT_VISIBLE: MemoryError =
    MemoryError::InvalidRequest("the host cannot see this memory type");

fn flags(strategy: Strategy) -> AllocationCreateFlags {
    match strategy {
        Strategy::Balanced => AllocationCreateFlags::empty(),
        Strategy::MinMemory => AllocationCreateFlags::STRATEGY_MIN_MEMORY,
        Strategy::MinTime => AllocationCreateFlags::STRATEGY_MIN_TIME,
    }
}
