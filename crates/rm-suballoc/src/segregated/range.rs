//! What requests are given, and what is given back.

use super::RegionId;

/// Names a live range of the allocator that gave it.
///
/// Generations tell a range from later ones at the same place of the table, so that what was freed is not freed again; after
/// 2^32 frees at the same place a number comes back.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Handle {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl Handle {
    /// Puts together what [`index`](Self::index) and [`generation`](Self::generation) took apart.
    ///
    /// Any other pair names nothing, or something else, as a wrong handle always does.
    #[inline]
    pub const fn from_parts(index: u32, generation: u32) -> Self {
        Self { index, generation }
    }

    /// Its place in the table, the same as long as the range lives: for tables beside the allocator.
    ///
    /// Places are used again, so numbers stay below the most ranges, free ones included, that there were at a time.
    #[inline]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How often its place was given back before.
    #[inline]
    pub const fn generation(self) -> u32 {
        self.generation
    }
}

/// Bytes that were set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "without its handle it cannot be freed"]
pub struct Range {
    /// Gives it back.
    pub handle: Handle,
    /// The region that it lies in.
    pub region: RegionId,
    /// Where it begins, in bytes from the start of the region.
    pub offset: u64,
    /// Size in bytes, whole granules.
    pub size: u64,
}

/// What was given back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Freed {
    /// The region that it lay in.
    pub region: RegionId,
    /// Bytes that had been set aside.
    pub size: u64,
    /// Whether nothing lies in the region any more.
    pub is_empty: bool,
}
