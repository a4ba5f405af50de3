//! Slab: slots of one size, taken and given back by any thread without a lock.
//!
//! # Protocol
//!
//! A bit a slot, 64 to a word; a bit that is set says that the slot is taken, and bits behind the last slot are set for ever.
//! Any thread may change any word, and only by two steps, each of which says who was first:
//!
//! - *take*: `fetch_or` of one bit. Whoever finds it unset before has the slot; whoever finds it set looks for another one.
//!   Acquire, so that the new owner sees what the last one did with the slot.
//! - *give back*: `fetch_and` without the bit. Whoever finds it set before has freed the slot; whoever finds it unset is told
//!   that the slot was free, and has changed nothing. Release, for the next owner.
//!
//! Which bit to try is read without any order: what was read is a guess that the step proves.
//! The hint, where a search begins, is a guess too: a lost or late update costs a look at more words, since every search goes
//! once around all of them. It moves up with what is taken and down with what is given back, so that slots are packed low.

#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, not(loom)))]
mod tests;

use alloc::{boxed::Box, vec::Vec};

use crate::{
    RegionStatistics, SuballocError,
    sync::{AtomicU64, AtomicUsize, Ordering},
};

/// Slots of a word.
const WORD: u32 = u64::BITS;

/// Hands out slots of one size, from any thread.
///
/// For tiles, pages, descriptors, query indices: whatever has one size. Slots count from zero, and slot `n` begins at `n` times
/// the size of a slot. Without a lock; one that is freed twice is refused as long as nobody has taken it anew.
///
/// A search looks at 64 slots at a time and begins where one was found or given back last.
///
/// ```
/// use rm_suballoc::{Slab, SuballocError};
///
/// // Tiles of 64 KiB.
/// let tiles = Slab::new(64 << 10, 1_000)?;
/// std::thread::scope(|scope| {
///     let take = || tiles.allocate().expect("there are enough");
///     let (a, b) = (scope.spawn(take), scope.spawn(take));
///     assert_ne!(a.join().ok(), b.join().ok());
/// });
/// assert_eq!(tiles.offset_of(1), Some(64 << 10));
///
/// tiles.free(1)?;
/// assert_eq!(tiles.free(1), Err(SuballocError::StaleHandle));
/// assert_eq!(tiles.statistics().used, 64 << 10);
/// # Ok::<(), SuballocError>(())
/// ```
#[derive(Debug)]
#[doc(alias = "pool")]
#[doc(alias = "bitmap")]
pub struct Slab {
    // Invariant: bits of slots that there are not are set.
    words: Box<[AtomicU64]>,
    /// The word where a search begins; always one that there is.
    hint: AtomicUsize,
    slots: u32,
    slot_size: u64,
}

impl Slab {
    /// As many free slots of `slot_size` bytes each.
    ///
    /// Offsets are multiples of the size, and so as aligned as it is.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] if either is zero, or all of them together have more bytes than a `u64` counts.
    pub fn new(slot_size: u64, slots: u32) -> Result<Self, SuballocError> {
        if slots == 0 || slot_size == 0 || slot_size.checked_mul(u64::from(slots)).is_none() {
            return Err(SuballocError::InvalidRequest("no slots, or more bytes than 2^64"));
        }
        let mut words: Vec<_> = (0..slots / WORD).map(|_| AtomicU64::new(0)).collect();
        if !slots.is_multiple_of(WORD) {
            words.push(AtomicU64::new(u64::MAX << (slots % WORD)));
        }
        Ok(Self { words: words.into(), hint: AtomicUsize::new(0), slots, slot_size })
    }

    /// Gives everything back.
    pub fn clear(&mut self) {
        let slots = self.slots;
        for (word, first) in self.words.iter().zip((0..slots).step_by(WORD as usize)) {
            let there = slots - first;
            let behind = if there < WORD { u64::MAX << there } else { 0 };
            word.store(behind, Ordering::Relaxed);
        }
        self.hint.store(0, Ordering::Relaxed);
    }

    /// Takes a slot, one in the first words if it can.
    ///
    /// # Errors
    ///
    /// [`SuballocError::NoRoom`] if every slot was taken when it was looked at.
    #[inline]
    pub fn allocate(&self) -> Result<u32, SuballocError> {
        let hint = self.hint.load(Ordering::Relaxed);
        for index in (hint..self.words.len()).chain(0..hint) {
            if let Some(bit) = take(&self.words[index]) {
                if index != hint {
                    self.hint.store(index, Ordering::Relaxed);
                }
                // Slots are numbered in 32 bits, so words are.
                return Ok(u32::try_from(index).unwrap_or(u32::MAX) * WORD + bit);
            }
        }
        Err(SuballocError::NoRoom { size: self.slot_size, alignment: 1 })
    }

    /// Gives a slot back.
    ///
    /// # Errors
    ///
    /// [`SuballocError::StaleHandle`] if it is not taken, or there is none of that number.
    #[inline]
    pub fn free(&self, slot: u32) -> Result<(), SuballocError> {
        let (index, bit) = place(slot);
        let word = self.words.get(index).filter(|_| slot < self.slots);
        let word = word.ok_or(SuballocError::StaleHandle)?;
        if word.fetch_and(!bit, Ordering::Release) & bit == 0 {
            return Err(SuballocError::StaleHandle);
        }
        if index < self.hint.load(Ordering::Relaxed) {
            self.hint.store(index, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Where a slot begins, in bytes; none if there is no such slot.
    #[inline]
    pub const fn offset_of(&self, slot: u32) -> Option<u64> {
        if slot < self.slots { Some(slot as u64 * self.slot_size) } else { None }
    }

    /// Whether a slot is taken at the moment.
    #[inline]
    pub fn is_taken(&self, slot: u32) -> bool {
        let (index, bit) = place(slot);
        slot < self.slots && self.words[index].load(Ordering::Relaxed) & bit != 0
    }

    /// Slots that there are.
    #[inline]
    pub const fn slots(&self) -> u32 {
        self.slots
    }

    /// Size of a slot in bytes.
    #[inline]
    pub const fn slot_size(&self) -> u64 {
        self.slot_size
    }

    /// The figures, counted word by word; while others allocate and free, of no single moment.
    pub fn statistics(&self) -> RegionStatistics {
        let set = |word: &AtomicU64| u64::from(word.load(Ordering::Relaxed).count_ones());
        let set: u64 = self.words.iter().map(set).sum();
        let slots = u64::from(self.slots);
        // Of slots that there are not.
        let never = slots.next_multiple_of(u64::from(WORD)) - slots;
        let allocations = u32::try_from(set - never).unwrap_or(u32::MAX);
        RegionStatistics {
            size: self.slot_size * slots,
            used: self.slot_size * u64::from(allocations),
            allocations,
        }
    }
}

/// Takes a free slot of a word.
#[inline]
fn take(word: &AtomicU64) -> Option<u32> {
    let mut seen = word.load(Ordering::Relaxed);
    while seen != u64::MAX {
        let bit = seen.trailing_ones();
        seen = word.fetch_or(1 << bit, Ordering::Acquire);
        if seen & (1 << bit) == 0 {
            return Some(bit);
        }
    }
    None
}

/// The word of a slot, and its bit there.
#[inline]
const fn place(slot: u32) -> (usize, u64) {
    ((slot / WORD) as usize, 1 << (slot % WORD))
}
