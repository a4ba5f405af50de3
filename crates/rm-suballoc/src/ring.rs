//! Ring: first in, first out, round and round.

#[cfg(test)]
mod tests;

use crate::{
    RegionStatistics, SuballocError,
    request::{align_up, check},
};

/// Hands out a region round and round, and takes ranges back in the order in which they were allocated.
///
/// For what is used up in order: staging memory of uploads, the constants of frames in flight. Constant time and no heap;
/// [`free_to`](Self::free_to) gives back all that a frame took with one call. No range lies across the end of the region: what
/// is too short there is skipped, and comes back with the range behind it.
///
/// ```
/// use rm_suballoc::Ring;
///
/// let mut staging = Ring::new(1_000);
/// // Frame 0.
/// assert_eq!(staging.allocate(300, 16)?.offset, 0);
/// assert_eq!(staging.allocate(300, 16)?.offset, 304);
/// let frame_0 = staging.mark();
/// // Frame 1.
/// assert!(staging.allocate(500, 16).is_err(), "wait for frame 0");
/// staging.free_to(frame_0)?;
/// let upload = staging.allocate(500, 16)?;
/// assert_eq!(upload.offset, 0);
///
/// staging.free(upload)?;
/// assert!(staging.free(upload).is_err(), "it was freed already");
/// # Ok::<(), rm_suballoc::SuballocError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "FIFO")]
#[doc(alias = "circular")]
pub struct Ring {
    size: u64,
    /// Where the next range may begin.
    offset: u64,
    // Invariant: what lies between the two is live: at most `size` bytes, and none of them if and only if no ranges.
    tail: RingMark,
    head: RingMark,
}

/// How far a [`Ring`] had come.
///
/// Numbers that only grow, so that a mark is never taken for a later one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct RingMark {
    /// Bytes so far, with those that were skipped.
    bytes: u64,
    /// Ranges so far.
    allocations: u64,
}

impl RingMark {
    const START: Self = Self { bytes: 0, allocations: 0 };

    /// Bytes and ranges from `earlier` on; numbers may have come around meanwhile.
    #[inline]
    const fn since(self, earlier: Self) -> Self {
        Self {
            bytes: self.bytes.wrapping_sub(earlier.bytes),
            allocations: self.allocations.wrapping_sub(earlier.allocations),
        }
    }
}

/// Bytes of a [`Ring`] that were set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "what is not freed blocks the ring"]
pub struct RingAllocation {
    /// Where it begins, in bytes from the start of the region.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    before: RingMark,
    end: RingMark,
}

impl RingAllocation {
    /// The mark behind it: freeing to it frees this one and all before it.
    #[inline]
    pub const fn end(&self) -> RingMark {
        self.end
    }
}

impl Ring {
    /// One over `size` bytes, all of them free.
    pub const fn new(size: u64) -> Self {
        Self { size, offset: 0, tail: RingMark::START, head: RingMark::START }
    }

    /// Sets `size` bytes aside at a multiple of `alignment`, behind everything else.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] if the size is zero or the alignment is not a power of two,
    /// [`SuballocError::NoRoom`] if older ranges are in the way, and [`SuballocError::TooMany`] if 32 bits cannot count it.
    #[inline]
    pub const fn allocate(
        &mut self,
        size: u64,
        alignment: u64,
    ) -> Result<RingAllocation, SuballocError> {
        if let Err(error) = check(size, alignment) {
            return Err(error);
        }
        let live = self.head.since(self.tail);
        if live.allocations >= u32::MAX as u64 {
            return Err(SuballocError::TooMany);
        }
        // Empty, it begins anew, so that whatever fits the region fits now.
        let from = if live.allocations == 0 { 0 } else { self.offset };
        let Some((start, bytes)) = self.place(from, size, alignment, self.size - live.bytes) else {
            return Err(SuballocError::NoRoom { size, alignment });
        };
        let end = RingMark {
            bytes: self.head.bytes.wrapping_add(bytes),
            allocations: self.head.allocations.wrapping_add(1),
        };
        let allocation = RingAllocation { offset: start, size, before: self.head, end };
        self.offset = start + size;
        self.head = end;
        Ok(allocation)
    }

    /// Gives the oldest range back.
    ///
    /// # Errors
    ///
    /// [`SuballocError::OutOfOrder`] while older ones are live, and [`SuballocError::StaleHandle`] if this one is not.
    #[inline]
    pub fn free(&mut self, allocation: RingAllocation) -> Result<(), SuballocError> {
        if allocation.before == self.tail {
            return self.free_to(allocation.end);
        }
        let is_live = self.is_ahead(allocation.before) && allocation.before != self.head;
        Err(if is_live { SuballocError::OutOfOrder } else { SuballocError::StaleHandle })
    }

    /// Gives back all that was allocated before `mark`, which may be nothing.
    ///
    /// # Errors
    ///
    /// [`SuballocError::StaleHandle`] if more than that was given back already, or the ring never had this mark.
    #[inline]
    pub fn free_to(&mut self, mark: RingMark) -> Result<(), SuballocError> {
        if !self.is_ahead(mark) {
            return Err(SuballocError::StaleHandle);
        }
        self.tail = mark;
        Ok(())
    }

    /// Gives everything back.
    #[inline]
    pub const fn clear(&mut self) {
        self.tail = self.head;
    }

    /// How far it has come, for [`free_to`](Self::free_to).
    #[inline]
    pub const fn mark(&self) -> RingMark {
        self.head
    }

    /// The figures; `used` counts what alignments and the end of the region skipped, too.
    #[inline]
    pub const fn statistics(&self) -> RegionStatistics {
        let RingMark { bytes: used, allocations } = self.head.since(self.tail);
        // Fewer than 2^32: `allocate` sees to it.
        RegionStatistics { size: self.size, used, allocations: (allocations & 0xFFFF_FFFF) as u32 }
    }

    /// Where a range would begin, and how many of the `free` bytes behind `from` it would take.
    #[inline]
    const fn place(&self, from: u64, size: u64, alignment: u64, free: u64) -> Option<(u64, u64)> {
        if let Some(start) = align_up(from, alignment)
            && let Some(end) = start.checked_add(size)
            && end <= self.size
        {
            let bytes = end - from;
            // What does not fit here has no better place behind the end: it lies even further on.
            return if bytes <= free { Some((start, bytes)) } else { None };
        }
        // The beginning of the region has every alignment.
        match (self.size - from).checked_add(size) {
            Some(bytes) if bytes <= free => Some((0, bytes)),
            _ => None,
        }
    }

    /// Whether `mark` lies between tail and head, both included.
    #[inline]
    fn is_ahead(&self, mark: RingMark) -> bool {
        let (live, ahead) = (self.head.since(self.tail), mark.since(self.tail));
        // Bytes grow with every range, so they end together; another ring's mark may not.
        let end_together = (ahead.allocations == live.allocations) == (ahead.bytes == live.bytes);
        let begin_together = (ahead.allocations == 0) == (ahead.bytes == 0);
        ahead.allocations <= live.allocations
            && ahead.bytes <= live.bytes
            && end_together
            && begin_together
    }
}
