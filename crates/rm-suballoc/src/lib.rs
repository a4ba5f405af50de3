//! Offset allocators over plain numbers: segregated fit, linear, stack, ring, slab.
//!
//! # What it is
//!
//! - [`SegregatedFit`] sub-allocates any number of regions: ranges of any size, freed in any order, in constant time.
//! - [`VirtualBlock<T>`] is one such region with a value of yours for every range.
//! - [`Linear`] only goes up, until it is reset: scratch memory that dies at once.
//! - [`Stack`] is freed from the top: what nests.
//! - [`Ring`] is freed in the order of allocation: uploads and frames in flight.
//! - [`Slab`] has slots of one size, for any thread and without a lock: tiles, pages, descriptors.
//!
//! All of them deal in offsets. What is freed twice, out of order or by a wrong handle is an error, not a corrupt list.
//!
//! # What it is not
//!
//! - It has no memory: it neither reads nor writes what it manages, and knows nothing of Vulkan.
//! - It does not wait: whether the device is done with a range is the caller's to know.
//! - Only [`Slab`] is for several threads at a time; the others want `&mut`.
//!
//! # Limits
//!
//! - Sizes and offsets are `u64` bytes, alignments powers of two; nothing overflows and nothing panics, whatever is asked.
//! - A region of a [`SegregatedFit`] has up to 2^31 granules, and all regions together fewer than 2^32 ranges.
//! - A [`Handle`] is told from later ones at the same place for 2^32 frees; a slot of a [`Slab`] that was freed and taken
//!   again is not told apart.
//! - Ranges are never moved.
//! - `no_std` with `alloc`; no `unsafe`. [`Slab`] is there where 64-bit atomics are.
//!
//! `docs/suballocation.md` of the repository says how segregated fit works here, and when to use which.
//!
//! # Example
//!
//! ```
//! use rm_suballoc::{Ring, SegregatedFit, SuballocError};
//!
//! // A block of device memory, and a staging buffer.
//! let mut fit = SegregatedFit::new(16)?;
//! let block = fit.add_region(64 << 20)?;
//! let mut staging = Ring::new(4 << 20);
//!
//! let mesh = fit.allocate(300_000, 256)?;
//! let upload = staging.allocate(mesh.size, 16)?;
//! // ... copy from `upload.offset` of the buffer to `mesh.offset` of the block, and wait ...
//! staging.free(upload)?;
//!
//! assert_eq!(mesh.region, block);
//! fit.free(mesh.handle)?;
//! assert_eq!(fit.free(mesh.handle), Err(SuballocError::StaleHandle));
//! # Ok::<(), SuballocError>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
// Tests of threads, and loom, need more than `alloc`.
#[cfg(test)]
extern crate std;

mod segregated;
mod virtual_block;

mod linear;
mod ring;
#[cfg(target_has_atomic = "64")]
mod slab;
mod stack;

mod allocation;
mod error;
mod request;
#[cfg(target_has_atomic = "64")]
mod sync;

#[cfg(target_has_atomic = "64")]
pub use self::slab::Slab;
pub use self::{
    allocation::Allocation,
    error::SuballocError,
    linear::{Linear, LinearMark},
    ring::{Ring, RingAllocation, RingMark},
    segregated::{
        Freed, Handle, Part, Range, RegionId, RegionStatistics, SegregatedFit, Statistics,
        size_class,
    },
    stack::{Stack, StackMark},
    virtual_block::{Refused, VirtualBlock},
};
