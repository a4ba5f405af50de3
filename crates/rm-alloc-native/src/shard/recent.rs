//! Small ranges that were given back a moment ago.
//!
//! A program that frees a small range mostly asks for one like it soon. So the last few of each size stay cut out, as if they
//! were in use, and serve the next request of their size without a search. They go back into their holes before a block is
//! made, before one is looked for that could go, and before anybody reads a report, so that nobody but the clock sees them.
//! Other allocators call such a store a magazine (Bonwick, Adams: "Magazines and Vmem", USENIX 2001).

use rm_suballoc::size_class;

/// Largest size that is kept, in bytes: the larger, the more it matters that holes grow together.
pub(super) const LARGEST: u32 = 4 << 10;
/// Ranges of a size that are kept.
const DEPTH: usize = 4;
/// Bytes that sizes are told apart by.
const UNIT_LOG2: u32 = 4;
const CLASSES: usize = size_class(LARGEST >> UNIT_LOG2) + 2;

/// The last ranges of each size, by their place in the table of ranges.
pub(super) struct Recent {
    // Invariant: the first `lengths[class]` of `places[class]` are live ranges of that class, each of them once.
    places: [[u32; DEPTH]; CLASSES],
    lengths: [u8; CLASSES],
    total: u32,
}

impl Recent {
    pub(super) const fn new() -> Self {
        Self { places: [[0; DEPTH]; CLASSES], lengths: [0; CLASSES], total: 0 }
    }

    /// How many ranges are kept.
    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// Keeps a range of `size` bytes, unless there are enough of that size.
    #[inline]
    pub(super) fn push(&mut self, size: u64, place: u32) -> bool {
        let Some(class) = class_of(size) else { return false };
        let length = &mut self.lengths[class];
        let Some(slot) = self.places[class].get_mut(usize::from(*length)) else { return false };
        *slot = place;
        *length += 1;
        self.total += 1;
        true
    }

    /// Takes out the last range of the class of `size`, or of the next one, of which `fits` says that it will do.
    #[inline]
    pub(super) fn pop<T>(&mut self, size: u64, fits: impl Fn(u32) -> Option<T>) -> Option<T> {
        let own = class_of(size)?;
        for class in [own, own + 1] {
            let length = usize::from(self.lengths[class]);
            if let Some(last) = length.checked_sub(1)
                && let Some(found) = fits(self.places[class][last % DEPTH])
            {
                self.lengths[class] -= 1;
                self.total -= 1;
                return Some(found);
            }
        }
        None
    }

    /// Takes out everything, and shows each to `give`.
    pub(super) fn drain(&mut self, mut give: impl FnMut(u32)) {
        if self.total == 0 {
            return;
        }
        for (places, length) in self.places.iter().zip(&mut self.lengths) {
            places.iter().take(usize::from(*length)).for_each(|place| give(*place));
            *length = 0;
        }
        self.total = 0;
    }
}

#[inline]
fn class_of(size: u64) -> Option<usize> {
    let size = u32::try_from(size).ok().filter(|size| *size <= LARGEST)?;
    Some(size_class(size.div_ceil(1 << UNIT_LOG2)))
}
