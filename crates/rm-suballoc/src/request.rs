//! What every allocator of this crate checks and rounds alike.

use crate::SuballocError;

/// Refuses what no allocator can serve.
#[inline]
pub(crate) const fn check(size: u64, alignment: u64) -> Result<(), SuballocError> {
    if size == 0 || !alignment.is_power_of_two() {
        return Err(SuballocError::InvalidRequest("no bytes, or not a power of two"));
    }
    Ok(())
}

/// The first multiple of `alignment`, a power of two, from `offset` on; none beyond the end of all numbers.
#[inline]
pub(crate) const fn align_up(offset: u64, alignment: u64) -> Option<u64> {
    let mask = alignment - 1;
    match offset.checked_add(mask) {
        Some(sum) => Some(sum & !mask),
        None => None,
    }
}
