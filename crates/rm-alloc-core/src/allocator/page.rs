//! Reports by the page: what a dump reads while the program runs.

use ash::vk;

use super::AllocatorReport;

/// A walk through an allocator's blocks and ranges, a page at a time.
///
/// Between two pages the program allocates and frees as it likes. What lives throughout the walk is seen exactly once; what
/// comes or goes meanwhile may be seen or not, and two such ranges may have had the same bytes one after the other: the one
/// that was seen later is the younger one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ReportWalk {
    /// Where it goes on, for the allocator's own use; zeros at the beginning.
    pub position: [u64; 2],
    most_nodes: usize,
}

/// A part of a report.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReportPage {
    /// Blocks that were seen.
    pub blocks: Vec<BlockPart>,
    /// Ranges in use that were seen, not necessarily after their block.
    pub ranges: Vec<RangePart>,
}

/// One memory object of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BlockPart {
    /// A number that no other block of the allocator has while this one lives.
    pub block: u64,
    /// Its handle; null where the allocator does not say.
    pub memory: vk::DeviceMemory,
    /// Index of its memory type.
    pub memory_type: u32,
    /// Index of its heap.
    pub heap: u32,
    /// Size in bytes.
    pub size: u64,
    /// Whether it belongs to one resource alone.
    pub dedicated: bool,
}

/// One range of a page, which an allocation holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RangePart {
    /// The block that it lies in.
    pub block: u64,
    /// Where it begins, in bytes from the start of the block.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// The label of the allocation.
    pub label: Option<Box<str>>,
}

impl ReportWalk {
    /// Most nodes, be they blocks, ranges or empty places of a table, that an allocator looks at while it holds a lock.
    pub const NODES: usize = 4096;

    /// Notes that so many nodes were looked at under one lock; for allocators.
    pub fn note(&mut self, nodes: usize) {
        self.most_nodes = self.most_nodes.max(nodes);
    }

    /// Most nodes that were looked at under one lock so far.
    pub fn most_nodes(&self) -> usize {
        self.most_nodes
    }
}

impl ReportPage {
    /// Empties it, and keeps its room.
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.ranges.clear();
    }

    /// Adds a whole report; its blocks are numbered in its own order.
    pub(super) fn add(&mut self, report: AllocatorReport, walk: &mut ReportWalk) {
        let mut nodes = 0;
        for (block, it) in (0..).zip(report.blocks) {
            self.blocks.push(BlockPart {
                block,
                memory: vk::DeviceMemory::null(),
                memory_type: it.memory_type,
                heap: it.heap,
                size: it.size,
                dedicated: it.dedicated,
            });
            nodes += 1 + it.ranges.len();
            let used = it.ranges.into_iter().filter(|range| range.used);
            self.ranges.extend(used.map(|range| RangePart {
                block,
                offset: range.offset,
                size: range.size,
                label: range.label,
            }));
        }
        walk.note(nodes);
    }
}
