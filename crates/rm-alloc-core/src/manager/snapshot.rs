//! Everything that a manager counts, of one moment.

use std::sync::atomic::Ordering;

use crate::{Category, DeviceBlocks, DeviceBudgetManager, Figures, FrameDelta, HeapBudget, Tag};

/// Everything that a manager counts.
///
/// The accounts are of one moment: they were read under one lock, so heaps and categories each sum up to the same bytes.
/// What the driver and the device context say of heaps, aliases and the staging quota is of the next moment.
///
/// A buffer that is filled again and again: once its lists have grown, filling it allocates nothing.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BudgetSnapshot {
    /// Number of the frame that was open at that moment, or that ended with it; counted from 0.
    pub frame: u64,
    /// Device memory as a whole.
    pub device: Figures,
    /// The heaps that the device has, by index.
    pub heaps: Vec<HeapBudget>,
    /// What each category holds, in whichever heap; in the order of [`Category::ALL`].
    pub categories: Vec<(Category, Figures)>,
    /// What each tag holds, in whichever heap; by number, those that hold nothing any more included.
    pub tags: Vec<(Tag, Figures)>,
    /// Memory objects of the device context, whoever they belong to.
    pub blocks: DeviceBlocks,
    /// Resources placed over others' memory that exist.
    pub aliases: u32,
    /// Staging quota that is taken, in bytes.
    pub staging_used: u64,
    /// Staging quota in all, in bytes.
    pub staging_max: u64,
    /// Warning line, in per cent of a limit.
    pub warning_percent: u8,
}

impl BudgetSnapshot {
    /// Resources and blocks that exist, those in host memory included, aliases not.
    pub fn allocations(&self) -> u64 {
        self.heaps.iter().map(|heap| heap.figures.count).sum()
    }

    /// Bytes of everything that [`allocations`](Self::allocations) counts.
    pub fn bytes(&self) -> u64 {
        self.heaps.iter().map(|heap| heap.figures.reserved).sum()
    }

    /// Whether the device, or any heap, holds more than its limit; exactly full is not over.
    pub fn is_over_budget(&self) -> bool {
        self.device.is_over() || self.heaps.iter().any(|heap| heap.figures.is_over())
    }
}

impl DeviceBudgetManager {
    /// Puts everything that is counted into `snapshot`, in time that does not grow with the number of allocations.
    ///
    /// ```
    /// use rm_alloc_core::{BudgetSnapshot, DeviceBudgetManager};
    ///
    /// fn show(manager: &DeviceBudgetManager, snapshot: &mut BudgetSnapshot) {
    ///     manager.snapshot_into(snapshot);
    ///     let sum: u64 = snapshot.categories.iter().map(|(_, figures)| figures.reserved).sum();
    ///     assert_eq!(snapshot.bytes(), sum);
    /// }
    /// ```
    pub fn snapshot_into(&self, snapshot: &mut BudgetSnapshot) {
        self.door.core.ledger.copy_into(snapshot);
        self.add_context(snapshot);
    }

    /// Ends the frame as [`end_frame`](Self::end_frame) does, and puts what is counted at this very moment into `snapshot`.
    ///
    /// What other threads do meanwhile is in both or in neither: from one such moment to the next, what is used changes by
    /// what the frame allocated less what it freed.
    pub fn end_frame_into(&self, snapshot: &mut BudgetSnapshot) -> FrameDelta {
        let delta = self.door.core.end_frame_into(Some(snapshot));
        self.add_context(snapshot);
        delta
    }

    /// What has owners of its own beside the ledger.
    fn add_context(&self, snapshot: &mut BudgetSnapshot) {
        let core = &self.door.core;
        let (driver, blocks) = (core.driver_budget(), core.context.blocks());
        for (index, heap) in snapshot.heaps.iter_mut().enumerate() {
            heap.size = core.context.memory_properties().memory_heaps[index].size;
            heap.driver_budget = driver.budget[index];
            heap.block_bytes = blocks.heaps[index].bytes;
            heap.driver_usage = driver.usage_now(index, heap.block_bytes);
        }
        snapshot.blocks = blocks;
        snapshot.aliases = core.aliases.load(Ordering::Relaxed);
        let staging = core.staging.figures();
        (snapshot.staging_used, snapshot.staging_max) = (staging.used, staging.limit);
        snapshot.warning_percent = core.warning_percent;
    }
}
