//! What an allocator of one region gives.

use crate::Handle;

/// Bytes of the one region of an allocator that were set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "without its handle it cannot be freed"]
pub struct Allocation {
    /// Gives it back.
    pub handle: Handle,
    /// Where it begins, in bytes from the start of the region.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
}
