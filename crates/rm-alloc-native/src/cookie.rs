//! What an allocation carries: where to give it back.

use rm_suballoc::Handle;

/// Bits of the second word that are the shard's number; the others are those of the range's generation.
const SHARD_BITS: u32 = 12;
/// In place of a shard's number: the allocation is an object of its own.
const OWN: usize = (1 << SHARD_BITS) - 1;
/// Most shards of one allocator.
pub(crate) const MOST_SHARDS: usize = OWN;

/// The two words of an allocation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Cookie(pub(crate) [usize; 2]);

impl Cookie {
    /// That of a range in a shard, by its number among all shards of the allocator.
    #[inline]
    pub(crate) fn of(handle: Handle, shard: usize) -> Self {
        Self([handle.index() as usize, generation(handle) | shard])
    }

    /// That of an object of its own, whose first word is the core's.
    pub(crate) fn own(word: usize) -> Self {
        Self([word, OWN])
    }

    /// The shard's number; none if it is an object of its own.
    #[inline]
    pub(crate) fn shard(self) -> Option<usize> {
        let shard = self.0[1] & OWN;
        (shard != OWN).then_some(shard)
    }

    /// The place of its range.
    #[inline]
    pub(crate) fn index(self) -> u32 {
        // It was made from 32 bits.
        u32::try_from(self.0[0]).unwrap_or(u32::MAX)
    }

    /// Whether it is `handle`'s, as far as the words can tell: where they have 32 bits, twelve of a generation are lost.
    #[inline]
    pub(crate) fn is_of(self, handle: Handle) -> bool {
        self.0[1] & !OWN == generation(handle)
    }
}

/// A generation in the place that it has in the second word.
#[inline]
fn generation(handle: Handle) -> usize {
    (handle.generation() as usize) << SHARD_BITS
}

#[cfg(test)]
mod tests {
    use rm_suballoc::Handle;

    use super::{Cookie, MOST_SHARDS};

    #[test]
    fn a_range_is_found_again() {
        for (index, generation) in [(0, 0), (7, 1), (u32::MAX, u32::MAX)] {
            for shard in [0, 1, MOST_SHARDS - 1] {
                let handle = Handle::from_parts(index, generation);
                let cookie = Cookie::of(handle, shard);
                assert_eq!((cookie.shard(), cookie.index()), (Some(shard), index));
                assert!(cookie.is_of(handle));
                assert!(!cookie.is_of(Handle::from_parts(index, generation ^ 1)));
            }
        }
    }

    #[test]
    fn an_object_of_its_own_has_no_shard() {
        assert_eq!(Cookie::own(usize::MAX).shard(), None);
    }
}
