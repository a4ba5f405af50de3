//! Finding a hole for a request.
//!
//! Three steps, of which the first two look at four nodes at most:
//!
//! 1. the first hole in the bin of the size itself, where ranges of the same size come back as exact fits;
//! 2. the first holes of the next bins in which everything fits, up to four times as large, of which the lowest wins:
//!    what is packed low leaves whole regions empty above;
//! 3. every hole that may fit or not, in bins between the two. Only when nothing else is left, so that nothing is refused that
//!    fits; a request that comes here would otherwise cost a new region.

use super::{Hole, SegregatedFit, bins::bin_of, node::NONE};

/// Bins that are compared in the second step.
const COMPARED: u32 = 3;
/// Bins from one size to four times that size.
const QUADRUPLE: usize = 32;

impl SegregatedFit {
    /// A hole for `size` granules at an alignment of one more than `mask` granules.
    #[inline]
    pub(super) fn find(&mut self, size: u32, mask: u32) -> Option<Hole> {
        let own = bin_of(size);
        let head = self.bins.head(own);
        if head != NONE {
            self.visited += 1;
            if let Some(hole) = self.fit(head, size, mask) {
                return Some(hole);
            }
        }
        // Holes of bins beyond are larger than this, so they fit wherever they begin.
        let sufficient = bin_of(size.saturating_add(mask));
        match self.lowest(sufficient + 1) {
            Some(node) => self.fit(node, size, mask),
            None => self.exhaust(own, sufficient, size, mask),
        }
    }

    /// The lowest of the first nodes of the bins from `first` on.
    #[inline]
    fn lowest(&mut self, first: usize) -> Option<u32> {
        let mut bin = self.bins.from(first)?;
        let mut best = self.bins.head(bin);
        let place = |node: u32| {
            let node = &self.nodes[node as usize];
            (u64::from(node.region) << u32::BITS) | u64::from(node.offset)
        };
        let mut lowest = place(best);
        let mut compared = 1;
        while compared < COMPARED {
            match self.bins.from(bin + 1) {
                Some(next) if next <= first + QUADRUPLE => bin = next,
                _ => break,
            }
            compared += 1;
            let head = self.bins.head(bin);
            let offset = place(head);
            if offset < lowest {
                (best, lowest) = (head, offset);
            }
        }
        self.visited += u64::from(compared);
        Some(best)
    }

    /// Whatever fits in the bins from `own` to `last`.
    #[cold]
    fn exhaust(&mut self, own: usize, last: usize, size: u32, mask: u32) -> Option<Hole> {
        let mut from = own;
        while let Some(bin) = self.bins.from(from).filter(|bin| *bin <= last) {
            let mut node = self.bins.head(bin);
            while node != NONE {
                self.visited += 1;
                if let Some(hole) = self.fit(node, size, mask) {
                    return Some(hole);
                }
                node = self.nodes[node as usize].free_next;
            }
            from = bin + 1;
        }
        None
    }

    /// Where in a free node the range would begin, if it fits.
    #[inline]
    fn fit(&self, index: u32, size: u32, mask: u32) -> Option<Hole> {
        let node = &self.nodes[index as usize];
        // Offsets and masks are below 2^31, so that their sum fits.
        let start = (node.offset + mask) & !mask;
        (node.size >= size && start <= node.end() - size).then_some(Hole { node: index, start })
    }
}
