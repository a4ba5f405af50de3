//! One range of a region, free or in use.

/// No node.
pub(super) const NONE: u32 = u32::MAX;
/// In `free_prev` of a node that is in use.
const USED: u32 = u32::MAX - 1;
/// Most nodes: what the two marks leave.
pub(super) const MOST: usize = USED as usize;

/// A range of a region. Sizes and offsets are in granules.
///
/// Two of them fill a cache line of 64 bytes, and never lie across one.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Node {
    pub(super) offset: u32,
    pub(super) size: u32,
    /// Neighbours in the region; the next spare node, where this one is spare.
    pub(super) prev: u32,
    pub(super) next: u32,
    /// Neighbours in the bin.
    pub(super) free_prev: u32,
    pub(super) free_next: u32,
    pub(super) region: u32,
    /// Counts how often the node was given back, so that old handles are told apart.
    pub(super) generation: u32,
}

impl Node {
    pub(super) const SPARE: Self = Self {
        offset: 0,
        size: 0,
        prev: NONE,
        next: NONE,
        free_prev: NONE,
        free_next: NONE,
        region: NONE,
        generation: 0,
    };

    /// One that is in use.
    pub(super) const USED: Self = Self { free_prev: USED, ..Self::SPARE };

    #[inline]
    pub(super) fn is_used(&self) -> bool {
        self.free_prev == USED
    }

    #[inline]
    pub(super) fn end(&self) -> u32 {
        self.offset + self.size
    }
}
