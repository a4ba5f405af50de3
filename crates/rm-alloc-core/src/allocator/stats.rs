//! Figures of an allocator: cheap ones for every frame, whole ones for dumps.

use ash::vk;

/// Figures of each heap of the device, in bytes.
#[doc(alias = "AllocationStats")]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AllocatorStats {
    /// One entry a heap; heaps that the device lacks stay zero.
    pub heaps: [HeapStats; vk::MAX_MEMORY_HEAPS],
}

impl AllocatorStats {
    /// The sum over all heaps.
    pub fn total(&self) -> HeapStats {
        self.heaps.iter().fold(HeapStats::default(), |sum, heap| HeapStats {
            block_bytes: sum.block_bytes + heap.block_bytes,
            used_bytes: sum.used_bytes + heap.used_bytes,
            blocks: sum.blocks + heap.blocks,
            allocations: sum.allocations + heap.allocations,
        })
    }
}

/// Figures of one heap.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HeapStats {
    /// Bytes taken from the driver.
    #[doc(alias = "totalAllocatedBytes")]
    pub block_bytes: u64,
    /// Bytes granted to allocations.
    pub used_bytes: u64,
    /// Memory objects.
    pub blocks: u32,
    /// Live allocations.
    #[doc(alias = "allocationCount")]
    pub allocations: u32,
}

/// Every block of an allocator, with what lies in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct AllocatorReport {
    /// The allocator's name.
    pub allocator: Box<str>,
    /// Its blocks, in no particular order.
    pub blocks: Vec<BlockReport>,
}

impl AllocatorReport {
    /// The report of an allocator called `name` that holds nothing.
    pub fn of(name: &str) -> Self {
        Self { allocator: name.into(), blocks: Vec::new() }
    }
}

/// One memory object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BlockReport {
    /// Index of its memory type.
    pub memory_type: u32,
    /// Index of its heap.
    pub heap: u32,
    /// Size in bytes.
    pub size: u64,
    /// Whether it belongs to one resource alone.
    pub dedicated: bool,
    /// What lies in it, by offset, without gaps.
    pub ranges: Vec<RangeReport>,
}

/// A part of a block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RangeReport {
    /// Where it begins, in bytes from the start of the block.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// Whether an allocation holds it.
    pub used: bool,
    /// The label of that allocation.
    pub label: Option<Box<str>>,
}

/// Memory of a resource that is gone.
#[doc(alias = "ParcelType")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FreedParcel {
    /// Bytes that were set aside for it: the allocation's size.
    pub reserved: u64,
    /// Bytes that the resource itself needed.
    pub committed: u64,
    /// What it was.
    pub kind: ParcelKind,
}

/// What memory was used for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ParcelKind {
    /// A buffer.
    Buffer,
    /// An image.
    Image,
    /// Memory without a resource of its own.
    Raw,
}
