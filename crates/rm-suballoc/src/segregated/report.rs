//! What is where, in figures and by the page.

use super::{Range, SegregatedFit};

/// Figures of an allocator, in bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// Regions.
    pub regions: u32,
    /// Bytes of regions.
    pub size: u64,
    /// Bytes of live ranges.
    pub used: u64,
    /// Live ranges.
    pub allocations: u32,
}

impl SegregatedFit {
    /// The figures, in time that grows with the number of regions alone; sums end at the largest number.
    pub fn statistics(&self) -> Statistics {
        self.regions().fold(Statistics::default(), |sum, (_, region)| Statistics {
            regions: sum.regions + 1,
            size: sum.size.saturating_add(region.size),
            used: sum.used.saturating_add(region.used),
            allocations: sum.allocations + region.allocations,
        })
    }

    /// Live ranges among `most` places of the table from `first` on.
    ///
    /// For reports while the allocator is in use: a range keeps its place as long as it lives, so whoever pages through all
    /// [`places`](Self::places) sees what lives throughout exactly once.
    pub fn page(&self, first: u32, most: usize) -> impl Iterator<Item = Range> {
        // Places first: numbers after the last would not fit 32 bits where `first` is the greatest.
        let page = self.nodes.iter().skip(first as usize).take(most).zip(first..);
        page.filter(|(node, _)| node.is_used()).map(|(_, index)| self.range(index))
    }

    /// Places of the table, empty ones included.
    pub fn places(&self) -> usize {
        self.nodes.len()
    }

    /// The size of the largest hole, in bytes.
    ///
    /// Looks at the holes of one bin.
    pub fn largest_hole(&self) -> u64 {
        let mut node = self.bins.last().map(|bin| self.bins.head(bin));
        let mut largest = 0;
        while let Some(hole) = node.and_then(|index| self.hole_at(index)) {
            largest = largest.max(self.bytes(hole.size));
            node = Some(hole.free_next);
        }
        largest
    }

    /// Holes that requests have looked at so far: what searching costs, whatever the machine.
    #[inline]
    pub fn visited(&self) -> u64 {
        self.visited
    }

    /// Bytes of the host's heap that the table takes.
    pub fn bookkeeping(&self) -> usize {
        size_of_val(self)
            + self.nodes.capacity() * size_of_val(&super::Node::SPARE)
            + self.regions.capacity() * size_of::<super::Region>()
    }
}
