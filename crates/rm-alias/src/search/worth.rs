//! How much searching a group is worth, and how fine its offsets are.

use alloc::vec::Vec;

use super::Search;
use crate::model::Model;

/// Nodes times items that every group may take: less than a millisecond for a frame.
const LEAST: u128 = 300_000;

/// The same with several queues, where a node takes longer.
const LEAST_OF_BOXES: u128 = 190_000;

/// Hardness up to which a group may take no more than that.
const EASY: u128 = 300_000;

/// Nodes times pairs that no group exceeds: about two seconds.
const MOST: u128 = 24_000_000_000;

/// Nodes an item that every group may take; a descent takes one an item.
const DESCENTS: u128 = 6;

impl Model {
    /// The nodes that each component is worth when nobody says so.
    ///
    /// Hardness is items times pairs that live at once times the square of how full the sections are on average.
    /// Frames have some that are much fuller than the others and are solved fast or hardly ever;
    /// where all sections are full the search is what finds a plan, so nodes grow with the fifth power of hardness.
    pub(crate) fn worth(&self) -> u64 {
        let (items, sections) = (self.pieces.len() as u128, self.totals.len() as u128);
        let pairs = self.pairs();
        let sum: u128 = self.totals.iter().map(|total| u128::from(*total)).sum();
        let full = u128::from(self.bound).max(1) * sections.max(1);
        let fill = sum * 256 / full;
        let hardness = (items * pairs * fill * fill) >> 16;
        // In sixteenths of what is easy; more than this is beyond any limit.
        let times = (hardness * 16 / EASY).clamp(16, 1 << 12);
        let least = if self.grid.queues == 0 { LEAST } else { LEAST_OF_BOXES };
        let least = (least / items.max(1)).clamp(1200, 4000);
        let nodes = (least * times.pow(5)) >> 20;
        let nodes = nodes.min(MOST / pairs.max(1)).max(least);
        u64::try_from(nodes.max(items * DESCENTS)).unwrap_or(u64::MAX)
    }

    /// How many pairs live at once on the first queue: each piece meets those that started before and have not ended.
    fn pairs(&self) -> u128 {
        let mut ends: Vec<u32> = self.pieces.iter().map(|piece| piece.hi).collect();
        ends.sort_unstable();
        let (mut ended, mut pairs) = (0, 0);
        for (before, piece) in self.pieces.iter().enumerate() {
            while ends[ended] <= piece.lo {
                ended += 1;
            }
            pairs += (before - ended) as u128;
        }
        pairs
    }
}

impl Search {
    /// What every offset, and so every peak, is a multiple of.
    pub(crate) fn unit(&self) -> u64 {
        let fixed = self.obstacles.iter().flat_map(|(end, top)| [*end, *top]);
        let sizes = self.size.iter().copied().chain(fixed).fold(0, divisor);
        let page = if self.page > 1 { divisor(sizes, self.page) } else { sizes };
        // Rounding up to an alignment that divides everything changes nothing.
        let coarse = self.align.iter().filter(|align| !page.is_multiple_of(**align));
        coarse.fold(page, |unit, align| divisor(unit, *align)).max(1)
    }
}

/// The greatest common divisor (Euclid).
const fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
