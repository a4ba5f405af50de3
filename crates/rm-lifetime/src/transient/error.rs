//! Why there is no piece.

use rm_alloc_core::{AllocationError, Bytes, MemoryError};

/// What a transient allocator refused: no frame has begun or ended, and no piece was taken, released or written.
///
/// Blocks may have become spares meanwhile, and those of which writes were [flushed](super::TransientAllocator::flush) before
/// the error stay flushed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransientError {
    /// The last frame has not ended.
    #[error("the last frame has not ended")]
    FrameOpen,
    /// No frame has begun.
    #[error("no frame has begun")]
    NoFrame,
    /// All frames are in flight; the next one may begin when the device has finished the oldest.
    #[error("all {depth} frames are in flight")]
    InFlight {
        /// Frames that may be in flight or open at a time.
        depth: u32,
    },
    /// A piece of nothing was asked for.
    #[error("the size is zero")]
    ZeroSize,
    /// The alignment is not a power of two.
    #[error("the alignment of {alignment} is not a power of two")]
    Alignment {
        /// What was asked for, in bytes.
        alignment: u64,
    },
    /// No buffer is that large.
    #[error("a piece of {} is larger than any buffer", Bytes(*.size))]
    TooLarge {
        /// Bytes asked for.
        size: u64,
    },
    /// The slice is not of this allocator, or its time is over.
    #[error("the slice is of another allocator, or its time is over")]
    UnknownSlice,
    /// What was to be written does not fit into the slice.
    #[error("{} at {offset} leave a slice of {}", Bytes(*.length), Bytes(*.size))]
    OutOfBounds {
        /// Where it was to be written, in bytes.
        offset: u64,
        /// Bytes that were to be written.
        length: u64,
        /// Bytes of the slice.
        size: u64,
    },
    /// The host cannot reach the memory at the configured location.
    #[error("the memory is not mapped")]
    NotMapped,
    /// The configuration cannot be.
    #[error("invalid configuration: {0}")]
    InvalidConfig(&'static str),
    /// Writes could not be made available to the device.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// A block was needed, and refused.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
}
