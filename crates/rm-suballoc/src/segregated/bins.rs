//! Lists of free nodes by size, and the map of which are not empty.
//!
//! Sizes are sorted as floating-point numbers are: an exponent, and four bits behind the leading one. So a bin is at most
//! a sixteenth wider than its smallest size, and below 32 granules every size has a bin of its own.
//! The scheme is that of "TLSF: a New Dynamic Memory Allocator for Real-Time Systems" (Masmano, Ripoll, Crespo, Real; ECRTS 2004).

use super::node::NONE;

/// Bits behind the leading one that tell bins apart.
const SUB_BITS: u32 = 4;
/// Sizes up to this one have bins of their own.
const EXACT: u32 = (2 << SUB_BITS) - 1;
/// Enough for every size of 32 bits: 28 exponents and the exact bins before them.
const BINS: usize = 29 << SUB_BITS;
const WORDS: usize = BINS.div_ceil(64);

/// Heads of the lists.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    // Invariant: bit `b` of `words` says whether `heads[b]` is a node; bit `w` of `summary` whether `words[w]` is not zero.
    summary: u32,
    words: [u64; WORDS],
    heads: [u32; BINS],
}

impl Bins {
    pub(super) const fn new() -> Self {
        Self { summary: 0, words: [0; WORDS], heads: [NONE; BINS] }
    }

    /// The first node of `bin`, or [`NONE`].
    #[inline]
    pub(super) fn head(&self, bin: usize) -> u32 {
        self.heads[bin]
    }

    /// Puts `node` in front of `bin`, and answers with the node that was there.
    #[inline]
    pub(super) fn push(&mut self, bin: usize, node: u32) -> u32 {
        let head = core::mem::replace(&mut self.heads[bin], node);
        if head == NONE {
            self.words[bin / 64] |= 1 << (bin % 64);
            self.summary |= 1 << (bin / 64);
        }
        head
    }

    /// Lets `bin` begin with `next`, which follows its first node.
    #[inline]
    pub(super) fn pop(&mut self, bin: usize, next: u32) {
        self.heads[bin] = next;
        if next == NONE {
            let word = &mut self.words[bin / 64];
            *word &= !(1 << (bin % 64));
            if *word == 0 {
                self.summary &= !(1 << (bin / 64));
            }
        }
    }

    /// The first bin from `bin` on that is not empty.
    #[inline]
    pub(super) fn from(&self, bin: usize) -> Option<usize> {
        let word = bin / 64;
        let here = self.words.get(word)? & (u64::MAX << (bin % 64));
        if here != 0 {
            return Some(word * 64 + here.trailing_zeros() as usize);
        }
        // The last word is the seventh, so the shift is far below 32.
        let later = self.summary & (u32::MAX << (word + 1));
        if later == 0 {
            return None;
        }
        let word = later.trailing_zeros() as usize;
        Some(word * 64 + self.words[word].trailing_zeros() as usize)
    }

    /// The last bin that is not empty.
    #[inline]
    pub(super) fn last(&self) -> Option<usize> {
        let word = self.summary.checked_ilog2()? as usize;
        Some(word * 64 + self.words[word].checked_ilog2()? as usize)
    }
}

/// The class of a size, as a floating-point number with four bits behind the leading one would have it.
///
/// The lists of a [`SegregatedFit`](super::SegregatedFit) are sorted by it, and so may caches in front of one.
/// Below 32 every size has a class of its own; above, a class is a sixteenth of a doubling wide.
///
/// ```
/// use rm_suballoc::size_class;
///
/// assert_eq!(size_class(31) + 1, size_class(32));
/// assert_eq!(size_class(1024), size_class(1087), "a sixteenth further is the same class");
/// assert_eq!(size_class(1024) + 1, size_class(1088));
/// ```
#[inline]
pub const fn size_class(size: u32) -> usize {
    // Below 32 nothing is shifted; from there on five bits are left, the first of which adds one to the exponent.
    let shift = (size | EXACT).ilog2() - SUB_BITS;
    ((shift << SUB_BITS) + (size >> shift)) as usize
}

#[cfg(test)]
mod tests {
    use super::{BINS, Bins, SUB_BITS, size_class};
    use crate::segregated::node::NONE;

    /// The smallest size in `bin`, in granules.
    fn least_of(bin: usize) -> u64 {
        if bin < 2 << SUB_BITS {
            return bin as u64;
        }
        let shift = (bin >> SUB_BITS) - 1;
        let front = (bin & ((1 << SUB_BITS) - 1)) | 1 << SUB_BITS;
        (front as u64) << shift
    }

    #[test]
    fn bins_grow_with_the_size_and_begin_where_they_say() {
        for bin in 1..BINS - 1 {
            let least = least_of(bin);
            let Ok(size) = u32::try_from(least) else { break };
            assert_eq!(size_class(size), bin, "a bin begins with its least size");
            assert_eq!(size_class(size - 1), bin - 1, "what is smaller lies in the bin before");
        }
        assert_eq!(size_class(u32::MAX), BINS - 1, "the largest size has the last bin");
    }

    #[test]
    fn what_is_not_empty_is_found_from_both_ends() {
        let mut bins = Bins::new();
        assert_eq!((bins.from(0), bins.last()), (None, None));
        for bin in [0, 63, 64, 200, BINS - 1] {
            assert_eq!(bins.push(bin, 7), NONE);
            assert_eq!((bins.from(bin), bins.last()), (Some(bin), Some(bin)));
        }
        assert_eq!(bins.from(65), Some(200));
        assert_eq!(bins.from(201), Some(BINS - 1));
        assert_eq!(bins.from(BINS), None);
        bins.pop(200, NONE);
        assert_eq!((bins.from(65), bins.head(200)), (Some(BINS - 1), NONE));
    }
}
