//! Finding a hole for a request.
//!
//! Three steps, of which the first two look at four nodes at most:
//!
//! 1. the first hole in the bin of the size itself, where ranges of the same size come back as exact fits;
//! 2. the first holes of the next bins in which everything fits, up to four times as large, of which the lowest wins:
//!    what is packed low leaves whole regions empty above;
//! 3. every hole that may fit or not, in bins between the two. Only when nothing else is left, so that nothing is refused that
//!    fits; a request that comes here would otherwise cost a new region.

use super::{Hole, SegregatedFit, bins::size_class, node::NONE};

/// Bins that are compared in the second step, for sizes from so many granules on: what is small fills any hole.
const COMPARED: u32 = 3;
const COMPARED_FROM: u32 = 1 << 14;
/// Bins from one size to four times that size.
const QUADRUPLE: usize = 32;

impl SegregatedFit {
    /// A hole for `size` granules at an alignment of one more than `mask` granules.
    #[inline]
    pub(super) fn find(&mut self, size: u32, mask: u32) -> Option<Hole> {
        let own = size_class(size);
        let head = self.bins.head(own);
        if head != NONE {
            self.visited += 1;
            if let Some(start) = self.fit(head, size, mask) {
                return Some(Hole { bin: own, node: head, start });
            }
        }
        // Holes of bins beyond are larger than this, so they fit wherever they begin.
        let sufficient = size_class(size.saturating_add(mask));
        let Some(mut bin) = self.bins.from(sufficient + 1) else {
            return self.exhaust(own, sufficient, size, mask);
        };
        self.visited += 1;
        if size >= COMPARED_FROM {
            bin = self.lowest(bin);
        }
        let node = self.bins.head(bin);
        self.fit(node, size, mask).map(|start| Hole { bin, node, start })
    }

    /// The bin of the lowest of the first holes in `first` and the next bins.
    #[inline]
    fn lowest(&mut self, first: usize) -> usize {
        let place = |bin| {
            let node = &self.nodes[self.bins.head(bin) as usize];
            (u64::from(node.region) << u32::BITS) | u64::from(node.offset)
        };
        let (mut bin, mut best, mut lowest) = (first, first, place(first));
        let mut compared = 0;
        for _ in 1..COMPARED {
            match self.bins.from(bin + 1) {
                Some(next) if next <= first + QUADRUPLE => bin = next,
                _ => break,
            }
            compared += 1;
            let place = place(bin);
            if place < lowest {
                (best, lowest) = (bin, place);
            }
        }
        self.visited += compared;
        best
    }

    /// Whatever fits in the bins from `own` to `last`; it comes first in its bin then.
    #[cold]
    fn exhaust(&mut self, own: usize, last: usize, size: u32, mask: u32) -> Option<Hole> {
        let mut from = own;
        while let Some(bin) = self.bins.from(from).filter(|bin| *bin <= last) {
            let mut node = self.bins.head(bin);
            while node != NONE {
                self.visited += 1;
                if let Some(start) = self.fit(node, size, mask) {
                    let found = self.nodes[node as usize];
                    self.unlink(&found);
                    let free_next = self.link(node, found.size);
                    let place = &mut self.nodes[node as usize];
                    (place.free_prev, place.free_next) = (NONE, free_next);
                    return Some(Hole { bin, node, start });
                }
                node = self.nodes[node as usize].free_next;
            }
            from = bin + 1;
        }
        None
    }

    /// Where in a free node the range would begin, if it fits.
    #[inline]
    fn fit(&self, index: u32, size: u32, mask: u32) -> Option<u32> {
        let node = &self.nodes[index as usize];
        // Offsets and masks are below 2^31, so that their sum fits.
        let start = (node.offset + mask) & !mask;
        (node.size >= size && start <= node.end() - size).then_some(start)
    }
}
