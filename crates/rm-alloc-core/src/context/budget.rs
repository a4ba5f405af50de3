//! What the driver says of its heaps: `VK_EXT_memory_budget`, or a share of the heap.

use ash::vk;

use super::DeviceContext;
use crate::MemoryFeatures;

/// Without the driver's word, this share of a heap counts as the process's.
const SHARE_PERCENT: u64 = 80;

/// The driver's figures of each heap, in bytes, at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DriverBudget {
    /// Whether it is the driver's word, and not a share of the heap.
    pub(crate) spoken: bool,
    /// What the process may use before it gets slow or fails.
    pub(crate) budget: [u64; vk::MAX_MEMORY_HEAPS],
    /// What the process used.
    pub(crate) usage: [u64; vk::MAX_MEMORY_HEAPS],
    /// What our own blocks were at that moment, or less.
    pub(crate) blocks: [u64; vk::MAX_MEMORY_HEAPS],
}

impl DeviceContext {
    /// Asks the driver, which costs a call where the extension is enabled.
    pub(crate) fn poll_budget(&self) -> DriverBudget {
        let block_bytes = || self.blocks().heaps.map(|heap| heap.bytes);
        let mut blocks = block_bytes();
        if !self.rules.features.contains(MemoryFeatures::MEMORY_BUDGET) {
            let share = |heap: vk::MemoryHeap| heap.size / 100 * SHARE_PERCENT;
            return DriverBudget {
                spoken: false,
                budget: self.memory.memory_heaps.map(share),
                usage: blocks,
                blocks,
            };
        }
        let mut answer = vk::PhysicalDeviceMemoryBudgetPropertiesEXT::default();
        let mut properties = vk::PhysicalDeviceMemoryProperties2::default().push_next(&mut answer);
        // SAFETY: instance and physical device are live (invariant), and the extension is enabled.
        unsafe {
            self.instance
                .get_physical_device_memory_properties2(self.physical_device, &mut properties);
        }
        // Blocks may come and go meanwhile; the lesser figure lets usage seem higher than it is, which is the safe side.
        for (before, after) in blocks.iter_mut().zip(block_bytes()) {
            *before = after.min(*before);
        }
        let (budget, usage) = (answer.heap_budget, answer.heap_usage);
        DriverBudget { spoken: true, budget, usage, blocks }
    }
}

impl DriverBudget {
    /// Today's usage: that of the last poll, corrected by what our blocks have changed since.
    pub(crate) fn usage_now(&self, heap: usize, blocks_now: u64) -> u64 {
        let then = self.blocks[heap];
        self.usage[heap]
            .saturating_add(blocks_now.saturating_sub(then))
            .saturating_sub(then.saturating_sub(blocks_now))
    }
}
