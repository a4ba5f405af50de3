//! What can be chosen of an allocator and of a pool.

use rm_alloc_core::{Priority, TilingClass};

/// How VMA looks for room in its blocks.
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// VMA's own choice between the two.
    #[default]
    Balanced,
    /// The smallest hole that fits, so that blocks stay dense.
    MinMemory,
    /// The first hole that fits, so that an allocation is quick.
    MinTime,
}

/// What can be chosen of a [`VmaAllocator`](crate::VmaAllocator).
///
/// ```
/// use rm_alloc_vma::{Strategy, VmaConfig};
///
/// // At most 512 MiB of the first heap, in blocks of 64 MiB.
/// let config = VmaConfig::default()
///     .block_size(64 << 20)
///     .heap_limit(0, 512 << 20)
///     .strategy(Strategy::MinTime);
/// assert_eq!(config.heap_limits, [Some(512 << 20)]);
/// ```
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct VmaConfig {
    /// Bytes of a full-grown block in heaps beyond 1 GiB; none for VMA's 256 MiB.
    ///
    /// Blocks grow from an eighth of it, and smaller heaps have blocks of an eighth of the heap.
    pub block_size: Option<u64>,
    /// Most bytes of blocks in each heap, by its index; none, or an index beyond the list, for the heap's size.
    pub heap_limits: Vec<Option<u64>>,
    /// How room is looked for.
    pub strategy: Strategy,
}

impl VmaConfig {
    /// Sets the bytes of a full-grown block.
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.block_size = Some(bytes);
        self
    }

    /// Lets `heap` hold at most `bytes` of blocks.
    pub fn heap_limit(mut self, heap: u32, bytes: u64) -> Self {
        // One beyond all heaps is refused when the allocator is made.
        let index = (heap as usize).min(ash::vk::MAX_MEMORY_HEAPS);
        if self.heap_limits.len() <= index {
            self.heap_limits.resize(index + 1, None);
        }
        self.heap_limits[index] = Some(bytes);
        self
    }

    /// Sets how room is looked for.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }
}

/// A pool of one's own, see [`VmaAllocator::pool`](crate::VmaAllocator::pool).
///
/// ```
/// use rm_alloc_core::TilingClass;
/// use rm_alloc_vma::PoolConfig;
///
/// // A ring of 64 MiB that is always there.
/// let ring = PoolConfig::new(1, TilingClass::Linear).linear().block_size(64 << 20).blocks(1, 1);
/// assert_eq!((ring.min_blocks, ring.max_blocks), (1, Some(1)));
/// ```
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct PoolConfig {
    /// Index of the one memory type.
    pub memory_type: u32,
    /// The one tiling class.
    pub tiling: TilingClass,
    /// Whether memory is handed out in the order of requests and comes back in that order or its reverse: a stack,
    /// or a ring where there is at most one block. Of several blocks VMA looks into the newest alone.
    pub linear: bool,
    /// Bytes of each block; none for blocks that grow as those of the allocator do.
    pub block_size: Option<u64>,
    /// Blocks that are there from the beginning and stay.
    pub min_blocks: u32,
    /// Most blocks, of a fixed size; none for as many as the device gives.
    pub max_blocks: Option<u32>,
    /// How much its blocks suffer when the driver moves memory out.
    pub priority: Priority,
    /// Shown in errors and dumps.
    pub name: Box<str>,
}

impl PoolConfig {
    /// A pool of growing blocks of `memory_type`.
    pub fn new(memory_type: u32, tiling: TilingClass) -> Self {
        Self {
            memory_type,
            tiling,
            linear: false,
            block_size: None,
            min_blocks: 0,
            max_blocks: None,
            priority: Priority::Normal,
            name: "vma pool".into(),
        }
    }

    /// Hands memory out in the order of requests.
    pub fn linear(mut self) -> Self {
        self.linear = true;
        self
    }

    /// Sets the bytes of each block.
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.block_size = Some(bytes);
        self
    }

    /// Keeps at least `min` blocks and makes at most `max`.
    pub fn blocks(mut self, min: u32, max: u32) -> Self {
        (self.min_blocks, self.max_blocks) = (min, Some(max));
        self
    }

    /// Sets how much its blocks suffer when the driver moves memory out.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the name that errors and dumps show.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }
}
