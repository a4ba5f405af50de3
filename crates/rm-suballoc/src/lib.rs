//! Offset allocators over plain numbers: segregated fit over any number of regions.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod segregated;

pub use self::{
    error::SuballocError,
    segregated::{
        Freed, Handle, Part, Range, RegionId, RegionStatistics, SegregatedFit, Statistics,
        size_class,
    },
};
