//! How large the next block is.
//!
//! The first few double, because the driver asks as much for a small block as for a larger one. From then on it is an eighth
//! of what is reserved, so that the number of blocks grows with the logarithm of the memory and no more than an eighth of it
//! waits to be used; less where much is free already and only the holes are too small, because then it is not memory that
//! is missing. The nearer the blocks come to [`MOST_BLOCKS`], the larger they are.
//!
//! The last part of a heap is not made into blocks: whatever finds no hole there gets an object of its own, of exactly
//! its size, so that a heap that is nearly full loses nothing between ranges.

/// Blocks of a shard that growth aims to stay below.
const MOST_BLOCKS: u32 = 64;
/// From so many on they are no longer small.
const MANY_BLOCKS: u32 = 62;
/// Blocks that are made for nobody in particular are multiples of it, in bytes: the largest page that drivers are known to
/// use for small objects.
const STEP: u64 = 64 << 10;
/// Blocks that double: to 4, 8 and 16 MiB, unless the least block is another one.
const DOUBLING: u32 = 3;
/// Below so many bytes an object of one's own costs more than it saves.
const LEAST_OWN: u64 = 1 << 20;

/// What is fixed about the blocks of an arena, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth {
    /// Least size of a block.
    pub(crate) floor: u64,
    /// Most bytes of one block, a multiple of `granule`.
    pub(crate) ceiling: u64,
    /// What ranges are multiples of, in bytes; what is left of a block beyond that is lost.
    pub(crate) granule: u64,
    /// Bytes of every block, if all are alike.
    pub(crate) fixed: Option<u64>,
    /// Up to how many bytes of the heap are made into blocks.
    pub(crate) most_shared: u64,
    /// Most blocks.
    pub(crate) most_blocks: u32,
}

/// How things stand, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    /// Blocks of the shard that grows.
    pub(crate) reserved: u64,
    /// What lies in them.
    pub(crate) used: u64,
    /// Number of its blocks.
    pub(crate) blocks: u32,
    /// All memory objects of the heap, whoever has them.
    pub(crate) heap_bytes: u64,
}

impl Growth {
    /// What `size` bytes take of a block.
    pub(crate) fn granules(&self, size: u64) -> u64 {
        size.checked_next_multiple_of(self.granule).unwrap_or(u64::MAX)
    }

    /// Sizes to ask the driver for, in this order; none if the request had better have an object of its own.
    pub(crate) fn sizes(&self, need: u64, now: Standing) -> impl Iterator<Item = u64> + use<> {
        let Self { floor, ceiling, fixed, most_shared, .. } = *self;
        let fixed_first = fixed.filter(|size| *size >= need);
        let wish = self.wish(need, now);
        let fits = now.heap_bytes.saturating_add(wish) <= most_shared;
        // What is small shares a small block even then.
        let first = match fits {
            true => Some(wish),
            false => (need < LEAST_OWN).then_some(floor),
        };
        let first = first.filter(|size| fixed.is_none() && *size >= need && *size <= ceiling);
        let halves = [1, 2, 4, 8].into_iter().map(move |part| first.map(|size| size / part));
        let enough = move |size: &u64| *size >= need;
        fixed_first.into_iter().chain(halves.flatten().filter(enough))
    }

    /// Bytes of the next block, if the driver and the heap agree.
    pub(crate) fn wish(&self, need: u64, now: Standing) -> u64 {
        let eighth = now.reserved / 8;
        let free = now.reserved.saturating_sub(now.used);
        // Where much is free, it is holes that are missing, and not memory.
        let part = match free {
            free if free <= now.reserved / 64 => eighth,
            free if free <= now.reserved / 16 => eighth / 2,
            _ => eighth / 4,
        };
        let part = match now.blocks {
            ..MANY_BLOCKS => part,
            MANY_BLOCKS..MOST_BLOCKS => part.max(eighth / 2),
            _ => eighth,
        };
        let floor = match now.blocks {
            ..DOUBLING => self.floor << now.blocks,
            _ => self.floor,
        };
        let size = part.max(floor).max(need);
        let step = STEP.max(self.granule);
        size.checked_next_multiple_of(step).unwrap_or(size).min(self.ceiling.max(need))
    }
}
