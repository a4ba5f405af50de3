//! Resources that know whether they are ready: values with state flags and a generation.
//!
//! # What it is
//!
//! - [`Rm<T>`] is an `Option<T>` that also says whether the value may be used, why not, and how often it changed.
//! - [`ResourceState`] holds the flags of an [`Rm`]: ready, outdated, locked, stale, pending, failed, transient.
//! - [`StatefulContainer<T>`] is a vector whose elements are each dirty, ready, stale or invalid,
//!   and which finds the dirty ones without looking at the others.
//! - [`Metadata`] and [`Annotated<T>`] put named values of any type beside a resource, for those who want them.
//!
//! # What it is not
//!
//! - It owns nothing on a device: a handle that is dropped here is not destroyed.
//!   That is why [`Rm::set`], [`Rm::take`] and [`Rm::reset`] hand the old value back and want it to be used.
//! - It is not a synchronisation primitive.
//!   [`Rm::lock`] is a flag that refuses edits, not a mutex; see [`Rm`] on sharing between threads.
//! - It knows nothing of Vulkan, frames or budgets.
//!
//! # Limits
//!
//! - A generation has 56 bits.
//!   After 2^56 − 1 changes it starts again at 1, never at 0.
//! - `Rm<u64>` takes 24 bytes, and `set` with `is_ready` takes at most a tenth longer than `Option::replace` with
//!   `is_some`; `cargo bench -p rm-state` prints the ratio.
//! - `no_std` with `alloc`; no `unsafe`.
//!
//! # Example
//!
//! ```
//! use rm_state::{ResourceState, Rm};
//!
//! let mut pipeline: Rm<u64> = Rm::new();
//! assert!(!pipeline.is_ready());
//!
//! let replaced = pipeline.set(0xA)?;
//! assert_eq!(replaced, None);
//! let mut built_for = pipeline.generation();
//!
//! // The shader changed on disk: the handle must not be used any more, but it must be destroyed.
//! pipeline.mark_outdated()?;
//! assert_eq!(pipeline.get(), None);
//! if pipeline.has(ResourceState::OUTDATED) {
//!     let old = pipeline.set(0xB)?;
//!     assert_eq!(old, Some(0xA)); // Destroy it here.
//! }
//!
//! // Whoever depends on the pipeline rebuilds once for this change.
//! if pipeline.generation() != built_for {
//!     built_for = pipeline.generation();
//! }
//! assert_eq!(pipeline.generation(), built_for);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod rm;
mod state;
mod word;

mod container;
mod error;
mod metadata;

pub use container::{ElementState, StatefulContainer};
pub use error::{Locked, OutOfBounds, StateError};
pub use metadata::{Annotated, Metadata};
pub use rm::Rm;
pub use state::ResourceState;
