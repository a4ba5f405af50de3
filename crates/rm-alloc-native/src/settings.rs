//! What an arena of a device is made of.

use ash::vk;
use rm_alloc_core::{DeviceContext, MemoryRequest, Priority, TilingClass};

use crate::{NativeConfig, arena::Settings, growth::Growth, shard::Hysteresis};

/// Arenas of one memory type: a tiling class and a priority each.
pub(crate) const PER_TYPE: usize = 9;

/// Least bytes that ranges are multiples of.
const GRANULE: u64 = 16;
/// What 2^31 granules of that size come to.
const MOST_GRANULES: u64 = 1 << 31;
/// Least bytes of a block that a configuration can come to.
const LEAST_BLOCK: u64 = 64 << 10;

impl Settings {
    /// Those of an existing memory type.
    pub(crate) fn of(
        context: &DeviceContext,
        config: &NativeConfig,
        memory_type: u32,
        tiling: TilingClass,
        priority: Priority,
    ) -> Self {
        use vk::MemoryPropertyFlags as Flags;
        let (limits, flags) = (context.limits(), context.type_flags(memory_type));
        let heap = context.heap_of(memory_type);
        let heap_size = context.memory_properties().memory_heaps[heap as usize].size;
        // Its atoms and pages, by the core's own rule.
        let edge = MemoryRequest::new(1, 1, memory_type, tiling).footprint(limits, flags).alignment;
        let granule = edge.max(GRANULE);
        let most =
            limits.max_allocation_size.min(heap_size).min(MOST_GRANULES.saturating_mul(granule));
        // Whole granules, so that what is as large as a block finds room in one.
        let ceiling = most & !(granule - 1);
        let floor = config.least_block.min(heap_size / 16).max(LEAST_BLOCK).min(ceiling);
        // Lazily allocated memory is committed an object at a time.
        let largest = match flags.contains(Flags::LAZILY_ALLOCATED) {
            true => 0,
            false => config.largest_shared.min(heap_size / 8).min(ceiling),
        };
        let percent = u64::from(config.shared_percent.min(100));
        Self {
            index: memory_type as usize * PER_TYPE
                + class_index(tiling) * 3
                + priority_index(priority),
            memory_type,
            heap,
            priority,
            name: match tiling {
                TilingClass::Linear => "native linear block",
                TilingClass::Optimal => "native optimal block",
                TilingClass::Mixed => "native mixed block",
            },
            granule,
            visible: flags.contains(Flags::HOST_VISIBLE),
            largest,
            growth: Growth {
                floor,
                ceiling,
                granule,
                fixed: None,
                most_shared: heap_size / 100 * percent,
                most_blocks: u32::MAX,
            },
            hysteresis: Hysteresis {
                bytes: config.keep_empty_bytes.min(heap_size / 16),
                time: config.keep_empty_for,
                ahead: config.grow_ahead,
            },
            shards: config.shards as usize,
        }
    }
}

/// The place of a tiling class among the arenas of a memory type.
#[inline]
pub(crate) fn class_index(tiling: TilingClass) -> usize {
    tiling as usize
}

/// The place of a priority among the arenas of a tiling class.
#[inline]
pub(crate) fn priority_index(priority: Priority) -> usize {
    priority as usize
}
