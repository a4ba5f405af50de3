//! Stack: last in, first out.

use alloc::vec::Vec;

use crate::{Allocation, Handle, Linear, LinearMark, RegionStatistics, SuballocError};

/// Hands out ever higher offsets of one region, and takes them back from the top.
///
/// For what nests: passes within passes, levels within a world. Unlike [`Linear`] it keeps a record of every range, so that
/// whatever is freed out of order or twice is refused. Constant time.
///
/// ```
/// use rm_suballoc::{Stack, SuballocError};
///
/// let mut stack = Stack::new(1 << 20);
/// let world = stack.allocate(100_000, 256)?;
/// let level = stack.mark();
/// let terrain = stack.allocate(50_000, 256)?;
/// let props = stack.allocate(20_000, 256)?;
/// assert_eq!(stack.free(terrain.handle), Err(SuballocError::OutOfOrder));
///
/// stack.free(props.handle)?;
/// stack.free_to(level)?;
/// assert_eq!(stack.free(terrain.handle), Err(SuballocError::StaleHandle));
/// stack.free(world.handle)?;
/// # Ok::<(), SuballocError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "LIFO")]
pub struct Stack {
    linear: Linear,
    // Invariant: as many entries as `linear` counts allocations are live; those above only keep their generations.
    entries: Vec<Entry>,
}

/// A range, or a place where there was one.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where the stack ended before.
    below: LinearMark,
    generation: u32,
}

/// How high a [`Stack`] was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct StackMark {
    /// The topmost range; none at the bottom.
    top: Option<Handle>,
}

impl Stack {
    /// One over `size` bytes, all of them free.
    pub const fn new(size: u64) -> Self {
        Self { linear: Linear::new(size), entries: Vec::new() }
    }

    /// Sets `size` bytes aside at a multiple of `alignment`, above everything else.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] if the size is zero or the alignment is not a power of two,
    /// [`SuballocError::NoRoom`] if less is left, and [`SuballocError::TooMany`] if 32 bits cannot count it.
    #[inline]
    pub fn allocate(&mut self, size: u64, alignment: u64) -> Result<Allocation, SuballocError> {
        let below = self.linear.mark();
        let offset = self.linear.allocate(size, alignment)?;
        let index = below.allocations();
        let generation = if let Some(entry) = self.entries.get_mut(index as usize) {
            entry.below = below;
            entry.generation
        } else {
            self.entries.push(Entry { below, generation: 0 });
            0
        };
        Ok(Allocation { handle: Handle::from_parts(index, generation), offset, size })
    }

    /// Gives the topmost range back.
    ///
    /// # Errors
    ///
    /// [`SuballocError::OutOfOrder`] while others lie above it, and [`SuballocError::StaleHandle`] if it names nothing that is
    /// live.
    #[inline]
    pub fn free(&mut self, handle: Handle) -> Result<(), SuballocError> {
        let above = self.above(handle)?;
        if above < self.linear.mark().allocations() {
            return Err(SuballocError::OutOfOrder);
        }
        self.cut(handle.index());
        Ok(())
    }

    /// Gives back what was allocated since `mark`.
    ///
    /// # Errors
    ///
    /// [`SuballocError::StaleHandle`] if what was topmost then has been freed.
    #[inline]
    pub fn free_to(&mut self, mark: StackMark) -> Result<(), SuballocError> {
        let depth = match mark.top {
            Some(top) => self.above(top)?,
            None => 0,
        };
        self.cut(depth);
        Ok(())
    }

    /// Gives everything back; every handle is stale.
    pub fn clear(&mut self) {
        self.cut(0);
    }

    /// How high it is, for [`free_to`](Self::free_to).
    #[inline]
    pub fn mark(&self) -> StackMark {
        let top = self.linear.mark().allocations().checked_sub(1).and_then(|index| {
            let entry = self.entries.get(index as usize)?;
            Some(Handle::from_parts(index, entry.generation))
        });
        StackMark { top }
    }

    /// Bytes above everything that was allocated.
    #[inline]
    pub const fn remaining(&self) -> u64 {
        self.linear.remaining()
    }

    /// The figures; `used` counts what alignments skipped, too.
    #[inline]
    pub const fn statistics(&self) -> RegionStatistics {
        self.linear.statistics()
    }

    /// The place above a live range.
    #[inline]
    fn above(&self, handle: Handle) -> Result<u32, SuballocError> {
        let live = self.entries.get(..self.linear.mark().allocations() as usize);
        match live.and_then(|live| live.get(handle.index() as usize)) {
            Some(entry) if entry.generation == handle.generation() => Ok(handle.index() + 1),
            _ => Err(SuballocError::StaleHandle),
        }
    }

    /// Frees what lies at `depth` and above.
    #[inline]
    fn cut(&mut self, depth: u32) {
        let live = self.linear.mark().allocations() as usize;
        let Some(cut) = self.entries.get_mut(depth as usize..live) else { return };
        for entry in cut.iter_mut().rev() {
            entry.generation = entry.generation.wrapping_add(1);
            // Marks of an own entry are always below.
            let _reached = self.linear.reset_to(entry.below);
        }
    }
}
