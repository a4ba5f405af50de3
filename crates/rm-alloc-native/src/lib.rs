//! The sub-allocating backend in plain Rust: tight blocks, short locks, growth ahead of need.
//!
//! # What it is
//!
//! [`NativeAllocator`] puts resources into blocks that it asks the driver for as they are needed:
//!
//! - one search over all blocks of a memory type, tiling class and priority, in constant time (`rm-suballoc`);
//! - blocks that double at first and are an eighth of what is there from then on, so that they are few and little waits unused;
//! - empty blocks that stay for a while, as many as an eighth of what is used, and go back then, or by
//!   [`trim`](rm_alloc_core::MemoryAllocator::trim);
//! - a lock that is held for one search or one return and never while the driver is called, and several of them where
//!   threads meet;
//! - objects of exactly their size for what is large, exported or dedicated, and for the last part of a heap;
//! - with [`grow_ahead`](NativeConfig::grow_ahead), blocks that are made and freed by whoever calls
//!   [`tend`](NativeAllocator::tend), or by the thread of a [`BackgroundGrower`], before anybody waits for them;
//! - [`NativePool`]: pools of one's own, which are allocators like any other.
//!
//! # What it is not
//!
//! It knows nothing of budgets beyond the headroom of a request, nothing of frames, and nothing of when the device is done
//! with what is freed.
//! It neither chooses memory types nor moves what it has placed.
//!
//! # Limits
//!
//! - Ranges are multiples of 16 bytes, of whole atoms on memory that is not coherent, and of whole granularity pages where
//!   the tiling is mixed.
//! - A block has up to 2^31 of those, and never more than the device's largest object.
//! - Memory that the host sees is mapped from the first moment of its block to the last.
//! - A label is copied, which is the one heap allocation of a request that finds a hole.
//! - Growth ahead covers blocks: objects of their own are made and freed on the spot, and so is a block that more is asked
//!   for at a time than was ever expected.
//! - Dropped while allocations are out, it reports them and leaves their blocks to the device.
//! - `docs/native.md` of the repository has the decisions, and how it works.
//!
//! # Example
//!
//! ```
//! use ash::vk::BufferUsageFlags;
//! use rm_alloc_core::{BufferRequest, MemoryAllocator, MemoryAllocatorExt};
//! use rm_alloc_native::{NativeAllocator, NativeConfig};
//! use rm_headless::simulated;
//! use rm_vksim::{Profile, SimDevice};
//!
//! // A device in plain Rust; yours works the same.
//! let (context, _device) = simulated::context(SimDevice::new(Profile::h200())?);
//! let config = NativeConfig::default().least_block(1 << 20);
//! let allocator = NativeAllocator::with_config(&context, &config)?;
//!
//! let request = BufferRequest::new(64 << 10, BufferUsageFlags::VERTEX_BUFFER);
//! let tree = allocator.allocate_buffer(&request.clone().label("tree"))?;
//! let rock = allocator.allocate_buffer(&request.label("rock"))?;
//! assert_eq!(allocator.stats().total().blocks, 1, "they share a block");
//!
//! // ... draw ...
//! // Sound: the buffers came from this allocator, and the device is done with them.
//! unsafe { allocator.free_buffer(tree) };
//! // Sound: as above.
//! unsafe { allocator.free_buffer(rock) };
//! assert_eq!(allocator.stats().total().used_bytes, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accounts;
mod allocator;
mod arena;
mod config;
mod cookie;
mod errand;
mod grower;
mod growth;
mod lock;
mod pool;
mod seat;
mod settings;
mod shard;
mod sync;

pub use self::{
    allocator::{NativeAllocator, SearchFigures},
    config::{NativeConfig, PoolConfig},
    grower::BackgroundGrower,
    pool::NativePool,
};
