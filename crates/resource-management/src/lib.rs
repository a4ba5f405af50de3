//! Own GPU memory safely in Vulkan.
//!
//! One name for the crates of this workspace: each module is a crate, each feature adds one.
//! Nothing is defined here; whoever needs one part alone can depend on that crate directly and has the same types.
//!
//! | feature | module | crate | what it gives |
//! |---|---|---|---|
//! | `state` | [`state`] | `rm-state` | values that know whether they are ready, and how often they changed |
//! | `alloc` | [`alloc`] | `rm-alloc-core` | device context, requests, memory types, the allocator trait, budgets |
//! | `lifetime` | [`lifetime`] | `rm-lifetime` | when memory may die: timelines, deferred destruction, handles, scopes, transients, pools |
//! | `suballoc` | `suballoc` | `rm-suballoc` | offset allocators over plain numbers: segregated fit, virtual blocks, linear, stack, ring, slab |
//! | `alias` | `alias` | `rm-alias` | which resources may share memory, and where: offsets and a proof |
//! | `rendergraph` | `rendergraph` | `rm-rendergraph-bridge` | passes that share memory: planned transients, hand-over barriers, caches |
//! | `metrics` | `metrics` | `rm-metrics` | where memory is: a collector of frames, CSV, traces, dumps, leak reports |
//! | `backend-native` | [`backend::native`] | `rm-alloc-native` | the recommended backend: sub-allocates, in plain Rust |
//! | `backend-direct` | [`backend::direct`] | `rm-alloc-direct` | one `vkAllocateMemory` a resource; for tests and a few large resources |
//! | `backend-vma` | `backend::vma` | `rm-alloc-vma` | AMD's Vulkan Memory Allocator; builds C++ |
//! | `backend-mock` | `backend::mock` | `rm-alloc-mock` | a backend for unit tests, on a simulated device |
//! | `serde` | | | configurations are read and written by serde |
//!
//! `state`, `alloc`, `lifetime`, `backend-direct` and `backend-native` are on by default and are pure Rust; `full` is everything.
//!
//! # Limits
//!
//! Vulkan 1.1 or later through `ash` 0.38; the program creates instance and device itself.
//!
//! # Example
//!
//! ```
//! # #[cfg(all(feature = "state", feature = "backend-native"))]
//! # mod example {
//! use std::sync::Arc;
//!
//! use ash::vk::BufferUsageFlags;
//! use resource_management::{
//!     alloc::{AllocationError, BudgetConfig, BufferRequest, DeviceBudgetManager, DeviceContext},
//!     backend::native::NativeAllocator,
//!     state::Rm,
//! };
//!
//! fn particles(context: &Arc<DeviceContext>) -> Result<(), AllocationError> {
//!     // Another backend is another constructor on this line.
//!     let allocator = Arc::new(NativeAllocator::new(context)?);
//!     let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default())?;
//!
//!     let request = BufferRequest::new(1 << 20, BufferUsageFlags::STORAGE_BUFFER).label("particles");
//!     let mut particles = Rm::with(manager.allocate_buffer(&request)?);
//!     assert!(particles.is_ready() && manager.stats().used >= 1 << 20);
//!
//!     // ... use it, wait for the device ...
//!     if let Some(buffer) = particles.take() {
//!         // Sound: the device is done with the buffer.
//!         unsafe { manager.free_buffer(buffer) };
//!     }
//!     Ok(())
//! }
//! # }
//! ```

#![forbid(unsafe_code)]

#[cfg(feature = "state")]
pub use rm_state as state;

#[cfg(feature = "suballoc")]
pub use rm_suballoc as suballoc;

#[cfg(feature = "alias")]
pub use rm_alias as alias;

#[cfg(feature = "alloc")]
pub use rm_alloc_core as alloc;

#[cfg(feature = "lifetime")]
pub use rm_lifetime as lifetime;

#[cfg(feature = "metrics")]
pub use rm_metrics as metrics;

#[cfg(feature = "rendergraph")]
pub use rm_rendergraph_bridge as rendergraph;

/// Backends: where bytes come from.
pub mod backend {
    #[cfg(feature = "backend-direct")]
    pub use rm_alloc_direct as direct;
    #[cfg(feature = "backend-mock")]
    pub use rm_alloc_mock as mock;
    #[cfg(feature = "backend-native")]
    pub use rm_alloc_native as native;
    #[cfg(feature = "backend-vma")]
    pub use rm_alloc_vma as vma;
}

/// The README's example, compiled with the documentation's.
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
