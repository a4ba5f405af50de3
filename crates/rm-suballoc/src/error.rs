//! Why nothing was set aside, or nothing was given back.

/// The reason an allocator of this crate refused.
///
/// Whatever it says, nothing has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SuballocError {
    /// The request contradicts itself or the allocator; retrying cannot help.
    #[error("invalid request: {0}")]
    InvalidRequest(&'static str),
    /// No free range is large enough at this alignment. Freeing may help.
    #[error("no free range holds {size} bytes at an alignment of {alignment}")]
    NoRoom {
        /// Bytes that were wanted.
        size: u64,
        /// Alignment in bytes.
        alignment: u64,
    },
    /// The region still holds allocations.
    #[error("the region still holds {allocations} allocations")]
    RegionInUse {
        /// How many.
        allocations: u32,
    },
    /// The handle names nothing that is live: it was freed, or it is another allocator's.
    #[error("the handle names nothing that is live")]
    StaleHandle,
    /// The range is live, but only the topmost one of a stack and the oldest one of a ring can be freed.
    #[error("the range is neither the topmost of a stack nor the oldest of a ring")]
    OutOfOrder,
    /// More ranges or regions than 32 bits can number.
    #[error("too many ranges or regions")]
    TooMany,
}
