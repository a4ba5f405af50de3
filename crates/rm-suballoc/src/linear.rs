//! Linear: ever higher offsets, and all of them given back at once.

#[cfg(test)]
mod tests;

use crate::{
    RegionStatistics, SuballocError,
    request::{align_up, check},
};

/// Hands out ever higher offsets of one region, until it is reset.
///
/// For what dies together: the scratch memory of a frame, of a pass, of a loading screen. Constant time, three numbers and no
/// heap. Ranges are not freed one by one; [`Stack`](crate::Stack) does that from the top, and [`Ring`](crate::Ring) from the
/// bottom.
///
/// ```
/// use rm_suballoc::Linear;
///
/// let mut scratch = Linear::new(64 << 10);
/// let constants = scratch.allocate(200, 256)?;
/// let before_the_pass = scratch.mark();
/// let particles = scratch.allocate(4_000, 16)?;
/// assert_eq!((constants, particles), (0, 208));
///
/// scratch.reset_to(before_the_pass)?;
/// assert_eq!(scratch.allocate(4_000, 16)?, particles, "its place is free again");
/// scratch.reset();
/// assert_eq!(scratch.statistics().used, 0);
/// # Ok::<(), rm_suballoc::SuballocError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "bump")]
#[doc(alias = "arena")]
pub struct Linear {
    // Invariant: `head.offset` is at most `size`, and zero where `head.allocations` is.
    size: u64,
    head: LinearMark,
}

/// How far a [`Linear`] had come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct LinearMark {
    offset: u64,
    allocations: u32,
}

impl LinearMark {
    const START: Self = Self { offset: 0, allocations: 0 };

    /// Ranges that were there.
    #[inline]
    pub(crate) const fn allocations(self) -> u32 {
        self.allocations
    }
}

impl Linear {
    /// One over `size` bytes, all of them free.
    pub const fn new(size: u64) -> Self {
        Self { size, head: LinearMark::START }
    }

    /// Sets `size` bytes aside at a multiple of `alignment`, and answers with their offset.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] if the size is zero or the alignment is not a power of two,
    /// [`SuballocError::NoRoom`] if less is left, and [`SuballocError::TooMany`] if 32 bits cannot count it.
    #[inline]
    pub const fn allocate(&mut self, size: u64, alignment: u64) -> Result<u64, SuballocError> {
        if let Err(error) = check(size, alignment) {
            return Err(error);
        }
        let no_room = SuballocError::NoRoom { size, alignment };
        let Some(start) = align_up(self.head.offset, alignment) else { return Err(no_room) };
        match self.size.checked_sub(start) {
            Some(room) if room >= size => {}
            _ => return Err(no_room),
        }
        let Some(allocations) = self.head.allocations.checked_add(1) else {
            return Err(SuballocError::TooMany);
        };
        self.head = LinearMark { offset: start + size, allocations };
        Ok(start)
    }

    /// Gives everything back.
    #[inline]
    pub const fn reset(&mut self) {
        self.head = LinearMark::START;
    }

    /// Gives back what was allocated since `mark`.
    ///
    /// # Errors
    ///
    /// [`SuballocError::StaleHandle`] for a mark that is not reached. A mark below which it was reset and grew again is not
    /// recognised, because nothing is kept of single ranges; [`Stack`](crate::Stack) keeps that.
    #[inline]
    pub const fn reset_to(&mut self, mark: LinearMark) -> Result<(), SuballocError> {
        if mark.offset > self.head.offset || mark.allocations > self.head.allocations {
            return Err(SuballocError::StaleHandle);
        }
        self.head = mark;
        Ok(())
    }

    /// How far it has come, for [`reset_to`](Self::reset_to).
    #[inline]
    pub const fn mark(&self) -> LinearMark {
        self.head
    }

    /// Bytes above everything that was allocated.
    #[inline]
    pub const fn remaining(&self) -> u64 {
        self.size - self.head.offset
    }

    /// The figures; `used` counts what alignments skipped, too.
    #[inline]
    pub const fn statistics(&self) -> RegionStatistics {
        let LinearMark { offset, allocations } = self.head;
        RegionStatistics { size: self.size, used: offset, allocations }
    }
}
