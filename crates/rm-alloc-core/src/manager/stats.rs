//! The figures a user sees.

use ash::vk;

use crate::{
    AllocatorCapabilities, AllocatorReport, Category, DeviceBudgetManager, Figures, StagingFigures,
    Tag, ledger::is_near,
};

/// Figures of a manager's device memory at one moment, in bytes.
///
/// `used` here is resource bytes: what users asked for, as granted. What the driver gave, block bytes, is in
/// [`HeapBudget`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DeviceMemoryStats {
    /// Size of the device-local heaps.
    #[doc(alias = "totalDeviceMemory")]
    pub heap_size: u64,
    /// What the driver lets this process use of them.
    pub driver_budget: u64,
    /// The budget that holds: the configured one, or the driver's.
    pub budget: u64,
    /// Used of it.
    #[doc(alias = "usedDeviceMemory")]
    pub used: u64,
    /// Left of it.
    pub available: u64,
    /// The part of `used` that waits for the device.
    pub retiring: u64,
    /// Most that was used at any time.
    pub peak: u64,
    /// Resources and blocks that exist, those in host memory included; aliases pay nothing and are counted apart.
    pub allocations: u64,
    /// Resources placed over others' memory that exist.
    pub aliases: u32,
    /// Staging quota that is taken.
    #[doc(alias = "stagingQuotaUsed")]
    pub staging_used: u64,
    /// Staging quota in all.
    pub staging_max: u64,
    /// 1 − the sum over blocks of the largest free range ÷ the sum over blocks of free bytes; `None` where the allocator
    /// cannot know.
    #[doc(alias = "fragmentationRatio")]
    pub fragmentation: Option<f64>,
    /// Figures of every heap.
    pub heaps: [Figures; vk::MAX_MEMORY_HEAPS],
}

/// What is known of one heap, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HeapBudget {
    /// Its size.
    pub size: u64,
    /// What the driver lets this process use, at the last poll.
    pub driver_budget: u64,
    /// What the process uses, by the driver's last word and our own blocks since.
    pub driver_usage: u64,
    /// Memory objects of this device context.
    pub block_bytes: u64,
    /// Resource bytes, with the limit that holds.
    pub figures: Figures,
}

impl DeviceBudgetManager {
    /// Figures of this moment; walks the allocator's report for the fragmentation.
    #[doc(alias = "GetStats")]
    pub fn stats(&self) -> DeviceMemoryStats {
        let core = &self.door.core;
        let (device, heaps) = core.ledger.snapshot();
        let staging = core.staging.figures();
        let driver = core.driver_budget();
        DeviceMemoryStats {
            heap_size: core.device_size(),
            driver_budget: core.device_budget_of(&driver.budget),
            budget: device.limit.unwrap_or(u64::MAX),
            used: device.used(),
            available: device.available(),
            retiring: device.retiring,
            peak: device.peak,
            allocations: heaps.iter().map(|heap| heap.count).sum(),
            aliases: self.aliased_allocation_count(),
            staging_used: staging.used,
            staging_max: staging.limit,
            fragmentation: self.fragmentation(),
            heaps,
        }
    }

    /// Figures of device memory alone, without a look at the allocator.
    pub fn device_figures(&self) -> Figures {
        self.door.core.ledger.device_figures()
    }

    /// Figures of the staging quota alone, without a look at the allocator.
    pub fn staging_figures(&self) -> StagingFigures {
        self.door.core.staging.figures()
    }

    /// What is known of `heap`; zeros if there is no such heap.
    pub fn heap_budget(&self, heap: u32) -> HeapBudget {
        let core = &self.door.core;
        if heap >= core.context.memory_properties().memory_heap_count {
            return HeapBudget::default();
        }
        let (driver, block_bytes) = (core.driver_budget(), core.context.block_bytes(heap));
        let index = heap as usize;
        HeapBudget {
            size: core.heap_size(heap),
            driver_budget: driver.budget[index],
            driver_usage: driver.usage_now(index, block_bytes),
            block_bytes,
            figures: core.ledger.heap(heap),
        }
    }

    /// Figures of everything booked under `category`, in whichever heap.
    pub fn category_figures(&self, category: Category) -> Figures {
        self.door.core.ledger.category(category)
    }

    /// Figures of everything booked under `tag`, in whichever heap; zeros for a tag that was never used, and for
    /// `Tag(0)`, which is no tag.
    ///
    /// A tag is remembered, with its peak, for as long as the manager lives.
    pub fn tag_figures(&self, tag: Tag) -> Figures {
        self.door.core.ledger.tag(tag)
    }

    /// Whether the device, or any heap, holds more than its limit; exactly full is not over.
    #[doc(alias = "IsOverBudget")]
    pub fn is_over_budget(&self) -> bool {
        let (device, heaps) = self.door.core.ledger.snapshot();
        device.is_over() || heaps.iter().any(Figures::is_over)
    }

    /// Whether the device, or any heap, has reached its warning line.
    #[doc(alias = "IsNearBudgetLimit")]
    pub fn is_near_budget_limit(&self) -> bool {
        let core = &self.door.core;
        let (device, heaps) = core.ledger.snapshot();
        let near = |account: &Figures| {
            account.limit.is_some_and(|limit| is_near(account.used(), limit, core.warning_percent))
        };
        near(&device) || heaps.iter().any(near)
    }

    /// See [`DeviceMemoryStats::fragmentation`].
    fn fragmentation(&self) -> Option<f64> {
        let allocator = &self.door.allocator;
        let able = allocator.capabilities().contains(AllocatorCapabilities::REPORT);
        able.then(|| fragmentation(&allocator.report()))
    }
}

/// 0 where nothing is free or nothing is split.
fn fragmentation(report: &AllocatorReport) -> f64 {
    let free = |block: &crate::BlockReport| {
        let sizes = block.ranges.iter().filter(|range| !range.used).map(|range| range.size);
        sizes.fold((0, 0), |(sum, most): (u64, u64), size| (sum + size, most.max(size)))
    };
    let (sum, largest) = report
        .blocks
        .iter()
        .map(free)
        .fold((0, 0), |(sums, most): (u64, u64), (sum, large)| (sums + sum, most + large));
    // A ratio of two counts of bytes: 53 bits are more than enough.
    if sum == 0 { 0.0 } else { 1.0 - largest as f64 / sum as f64 }
}
