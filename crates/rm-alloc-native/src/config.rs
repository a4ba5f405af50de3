//! What can be chosen of an allocator.

use std::time::Duration;

use rm_alloc_core::{Priority, TilingClass};

/// What can be chosen of a [`NativeAllocator`](crate::NativeAllocator).
///
/// ```
/// use std::time::Duration;
///
/// use rm_alloc_native::NativeConfig;
///
/// // Small blocks, one lock, and no empty block for longer than it takes to notice.
/// let config = NativeConfig::default()
///     .least_block(1 << 20)
///     .shards(1)
///     .keep_empty(0, Duration::ZERO);
/// assert_eq!(config.least_block, 1 << 20);
/// ```
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct NativeConfig {
    /// Least bytes of a block; heaps of less than sixteen such blocks have smaller ones.
    pub least_block: u64,
    /// Above this many bytes a resource has an object of its own; in heaps of less than eight times as much, above an eighth
    /// of the heap.
    pub largest_shared: u64,
    /// Up to which part of a heap blocks are made, in per cent.
    ///
    /// Beyond it, what finds no hole has an object of its own, so that a heap that is nearly full loses nothing between
    /// ranges, at the price of driver calls.
    pub shared_percent: u8,
    /// Bytes of empty blocks that stay in each shard, but no more than a sixteenth of the heap; or an eighth of what is used
    /// in the shard, if that is more.
    pub keep_empty_bytes: u64,
    /// How long an empty block beyond that stays, from when it is first seen to be one too many; beyond four times as many
    /// bytes none does.
    ///
    /// Somebody looks whenever a block of the shard is emptied, and whenever the allocator is tended.
    pub keep_empty_for: Duration,
    /// Locks that threads spread over where they meet: a power of two from 1 to 8.
    ///
    /// A program whose threads do not meet uses the first one alone.
    pub shards: u32,
    /// Whether blocks are ordered before they are needed, and given back elsewhere: by a
    /// [`BackgroundGrower`](crate::BackgroundGrower) or whoever calls [`tend`](crate::NativeAllocator::tend).
    ///
    /// Costs a hole for two of the largest requests so far in each shard that is used; objects of their own are made and
    /// freed on the spot as ever.
    pub grow_ahead: bool,
}

impl Default for NativeConfig {
    fn default() -> Self {
        Self {
            least_block: 4 << 20,
            largest_shared: 256 << 20,
            shared_percent: 65,
            keep_empty_bytes: 16 << 20,
            keep_empty_for: Duration::from_millis(500),
            shards: 4,
            grow_ahead: false,
        }
    }
}

impl NativeConfig {
    /// Sets the least bytes of a block.
    pub fn least_block(mut self, bytes: u64) -> Self {
        self.least_block = bytes;
        self
    }

    /// Sets above how many bytes a resource has an object of its own.
    pub fn largest_shared(mut self, bytes: u64) -> Self {
        self.largest_shared = bytes;
        self
    }

    /// Sets up to which part of a heap blocks are made.
    pub fn shared_percent(mut self, percent: u8) -> Self {
        self.shared_percent = percent;
        self
    }

    /// Sets how many bytes of empty blocks stay, and how long others do.
    pub fn keep_empty(mut self, bytes: u64, time: Duration) -> Self {
        (self.keep_empty_bytes, self.keep_empty_for) = (bytes, time);
        self
    }

    /// Sets the number of locks.
    pub fn shards(mut self, shards: u32) -> Self {
        self.shards = shards;
        self
    }

    /// Has blocks ordered before they are needed.
    pub fn grow_ahead(mut self) -> Self {
        self.grow_ahead = true;
        self
    }
}

/// A pool of one's own, see [`NativePool`](crate::NativePool).
///
/// ```
/// use rm_alloc_core::TilingClass;
/// use rm_alloc_native::PoolConfig;
///
/// // 64 MiB of staging memory that is always there, and never more.
/// let staging = PoolConfig::new(1, TilingClass::Linear).block_size(64 << 20).blocks(1, 1);
/// assert_eq!((staging.min_blocks, staging.max_blocks), (1, Some(1)));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct PoolConfig {
    /// Index of the one memory type.
    pub memory_type: u32,
    /// The one tiling class; a mixed pool takes all of them, each in whole granularity pages.
    pub tiling: TilingClass,
    /// Bytes of each block; none for blocks that grow as those of the allocator do.
    pub block_size: Option<u64>,
    /// Blocks that are there from the beginning and stay.
    pub min_blocks: u32,
    /// Most blocks; none for as many as the device gives.
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
            block_size: None,
            min_blocks: 0,
            max_blocks: None,
            priority: Priority::Normal,
            name: "native pool".into(),
        }
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
