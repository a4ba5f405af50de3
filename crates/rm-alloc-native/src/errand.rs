//! What is done for an arena elsewhere, so that nobody who allocates or frees waits for the driver.

use rm_alloc_core::DeviceMemory;

/// Errands that wait at most; beyond that, orders are forgotten and blocks are freed on the spot.
pub(crate) const MOST_WAITING: usize = 256;

/// Something for whoever tends the allocator.
#[derive(Debug)]
pub(crate) enum Errand {
    /// A block that nobody uses.
    Free(DeviceMemory),
    /// A shard that runs low.
    Grow(Order),
}

/// A shard that runs low.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Order {
    /// The number of its arena.
    pub(crate) arena: usize,
    /// Its number in there.
    pub(crate) shard: usize,
    /// Most bytes of the new block: the headroom of the request that saw it.
    pub(crate) headroom: u64,
}
