//! AMD's Vulkan Memory Allocator (VMA) as a backend.
//!
//! # What it is
//!
//! [`VmaAllocator`]: VMA 3 through `vk-mem`, with what a Rust program needs of it and nothing that costs unasked:
//!
//! - one pool of VMA a memory type, tiling class and priority, so that `bufferImageGranularity` costs no search;
//! - every block through the core, so that limits, events and the device's book of blocks hold as for any backend;
//! - dedicated and exportable memory as objects of their own;
//! - statistics without a question to the driver, and a report of every block and range, by label;
//! - [`trim`](rm_alloc_core::MemoryAllocator::trim), which VMA itself does not have, as far as VMA lets it;
//! - [`VmaPool`]: pools of one's own, which are allocators like any other.
//!
//! It is the one crate of this workspace that builds C++, and needs a C++ compiler.
//!
//! # What it is not
//!
//! Not a binding of VMA: no defragmentation, no virtual blocks, no choice of memory types by VMA.
//! It knows nothing of budgets; VMA's own use of `VK_EXT_memory_budget` is off, because it asks the driver every
//! thirty operations.
//!
//! # Limits
//!
//! - The label of a shared block is that of its pool.
//! - At most four fifths of a heap are shared blocks; beyond that VMA gives each allocation an object of its size.
//! - `docs/vma.md` has the decisions, and what the C++ compiler should be told.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use ash::vk::BufferUsageFlags;
//! use rm_alloc_core::{AllocationError, BufferRequest, DeviceContext, MemoryAllocatorExt};
//! use rm_alloc_vma::{VmaAllocator, VmaConfig};
//!
//! fn vertices(context: &Arc<DeviceContext>) -> Result<(), AllocationError> {
//!     let config = VmaConfig::default().block_size(64 << 20);
//!     let allocator = VmaAllocator::with_config(context, &config)?;
//!     let request = BufferRequest::new(1 << 20, BufferUsageFlags::VERTEX_BUFFER).label("mesh");
//!     let mesh = allocator.allocate_buffer(&request)?;
//!     // ... draw ...
//!     // Sound: the buffer came from this allocator, and the device is done with it.
//!     unsafe { allocator.free_buffer(mesh) };
//!     Ok(())
//! }
//! ```

mod allocator;
mod config;
mod driver;
mod pool;
mod slot;
mod sync;
mod word;

pub use self::{
    allocator::{VmaAllocator, VmaHeapBudget},
    config::{PoolConfig, Strategy, VmaConfig},
    pool::VmaPool,
};
