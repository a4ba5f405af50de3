//! Free ranges of a block, as plain numbers: first fit, and neighbours merge.

/// What is free of so many bytes.
#[derive(Debug)]
pub(super) struct Ranges {
    size: u64,
    // Invariant: start and end, ascending, never empty, never touching, within `size`.
    free: Vec<(u64, u64)>,
}

impl Ranges {
    /// Everything is free.
    pub(super) fn new(size: u64) -> Self {
        Self { size, free: vec![(0, size)] }
    }

    /// Takes `size` bytes, at least one, at a multiple of `alignment`, a power of two; `None` if they fit nowhere.
    pub(super) fn take(&mut self, size: u64, alignment: u64) -> Option<u64> {
        let mask = alignment - 1;
        let fit = |&(start, end): &(u64, u64)| {
            let aligned = start.checked_add(mask)? & !mask;
            (aligned.checked_add(size)? <= end).then_some(aligned)
        };
        let (index, aligned) =
            self.free.iter().enumerate().find_map(|(index, free)| Some((index, fit(free)?)))?;
        let (start, end) = self.free[index];
        let behind = aligned + size;
        match (start < aligned, behind < end) {
            (false, false) => {
                self.free.remove(index);
            }
            (false, true) => self.free[index].0 = behind,
            (true, false) => self.free[index].1 = aligned,
            (true, true) => {
                self.free[index].1 = aligned;
                self.free.insert(index + 1, (behind, end));
            }
        }
        Some(aligned)
    }

    /// Gives back `size` bytes at `offset`, which were taken together.
    pub(super) fn put(&mut self, offset: u64, size: u64) {
        let end = offset + size;
        let next = self.free.partition_point(|free| free.0 < end);
        let joins_next = self.free.get(next).is_some_and(|free| free.0 == end);
        let joins_last = next > 0 && self.free[next - 1].1 == offset;
        match (joins_last, joins_next) {
            (false, false) => self.free.insert(next, (offset, end)),
            (false, true) => self.free[next].0 = offset,
            (true, false) => self.free[next - 1].1 = end,
            (true, true) => {
                self.free[next - 1].1 = self.free[next].1;
                self.free.remove(next);
            }
        }
    }

    /// Whether nothing is taken.
    pub(super) fn is_whole(&self) -> bool {
        self.free == [(0, self.size)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Behaviour 45: what was given back in any order is one range again.
    #[test]
    fn neighbours_merge_in_any_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut ranges = Ranges::new(30);
            let pieces = [10; 3].map(|size| ranges.take(size, 1).unwrap());
            assert_eq!((pieces, ranges.take(1, 1)), ([0, 10, 20], None));
            for index in order {
                assert!(!ranges.is_whole(), "{order:?}");
                ranges.put(pieces[index], 10);
            }
            assert!(ranges.is_whole(), "{order:?}: {ranges:?}");
        }
    }

    /// What lies in front of an aligned piece stays free, and sizes near the end of all numbers fit nowhere.
    #[test]
    fn pieces_are_aligned_and_never_wrap() {
        let mut ranges = Ranges::new(1000);
        assert_eq!(ranges.take(1, 1), Some(0));
        assert_eq!(ranges.take(100, 256), Some(256));
        assert_eq!(ranges.take(255, 1), Some(1), "the gap in front");
        assert_eq!(ranges.take(u64::MAX, 1), None);
        assert_eq!(ranges.take(1, 1 << 63), None);
        assert_eq!(ranges.take(644, 1), Some(356));
        assert_eq!(ranges.take(1, 1), None);
    }
}
