//! What a dump shows, as plain data.

use ash::vk;
use rm_alloc_core::{Category, ParcelKind, Tag};

/// One allocator of a dump.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DumpPool {
    /// The allocator, by name.
    pub allocator: Box<str>,
    /// Its blocks, by memory type, then in the order in which they were seen.
    pub blocks: Vec<DumpBlock>,
}

/// One memory object of a dump.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DumpBlock {
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
    /// What lies in it, by offset, without gaps.
    pub ranges: Vec<DumpRange>,
}

/// A part of a block.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DumpRange {
    /// Where it begins, in bytes from the start of the block.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// Whether an allocation holds it.
    pub used: bool,
    /// The label of that allocation, cut at [`MAX_LABEL`](crate::MAX_LABEL) bytes.
    pub label: Option<Box<str>>,
    /// What else is known of it, where somebody has watched; see
    /// [`Dump::describe`](crate::Dump::describe).
    pub origin: Option<Origin>,
}

/// What a tracker knows of an allocation and an allocator does not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Origin {
    /// What the memory is used for.
    pub kind: ParcelKind,
    /// The account it belongs to.
    pub category: Category,
    /// The user's own account.
    pub tag: Tag,
    /// Nanoseconds since it was allocated.
    pub age_ns: u64,
}

/// How split up the free memory of an allocator is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fragmentation {
    /// 1 − the sum over blocks of the largest free range ÷ the sum over blocks of free bytes; 0 where nothing is free or
    /// nothing is split.
    #[doc(alias = "fragmentationRatio")]
    pub ratio: f64,
    /// The largest free range in bytes: what could be had without a new block.
    pub largest_free: u64,
    /// Free bytes in blocks.
    pub free_bytes: u64,
    /// Free ranges.
    pub free_ranges: u64,
}
