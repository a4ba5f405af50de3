//! Segregated fit: free ranges in lists by size, over any number of regions.
//!
//! A region is a row of nodes, free and in use, in the order of their offsets; two free ones are never neighbours. Free nodes
//! of all regions lie in the same lists, so that choosing a region costs nothing. The table of nodes is beside the memory and
//! never in it, so that what is managed need not be readable.

mod bins;
mod node;
mod range;
mod region;
mod report;
mod search;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use self::{
    bins::Bins,
    node::{MOST, NONE, Node},
    region::Region,
};
pub use self::{
    bins::size_class,
    range::{Freed, Handle, Range},
    region::{Part, RegionId, RegionStatistics},
    report::Statistics,
};
use crate::SuballocError;

/// Nodes that a request may need: for what is left of a hole before and behind.
const NEW_NODES: u32 = 2;

/// A hole that was found, the first of its bin, and where in it the range begins, in granules.
#[derive(Clone, Copy)]
struct Hole {
    bin: usize,
    node: u32,
    start: u32,
}

/// Sub-allocates any number of regions, with one search over all of them.
///
/// Allocating and freeing take constant time, but for a request for which no hole surely fits: that looks at every hole which
/// may, before it is refused.
/// Ranges are whole granules; what an alignment leaves before a range is free for others.
///
/// ```
/// use rm_suballoc::SegregatedFit;
///
/// let mut fit = SegregatedFit::new(16)?;
/// let region = fit.add_region(64 << 10)?;
/// let vertices = fit.allocate(10_000, 256)?;
/// let indices = fit.allocate(2_000, 4)?;
/// assert_eq!((vertices.offset, indices.offset), (0, 10_000));
///
/// fit.free(vertices.handle)?;
/// assert!(fit.free(vertices.handle).is_err(), "it was freed already");
/// assert_eq!(fit.region(region).map(|it| it.used), Some(2_000));
/// # Ok::<(), rm_suballoc::SuballocError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SegregatedFit {
    // Invariant: the nodes of a region are linked by `prev` and `next` from its `first` on, cover it without gaps, and no two
    // neighbours are free; every free node is in its bin, and every other one is in use or spare.
    bins: Bins,
    nodes: Vec<Node>,
    /// The head of the list of spare nodes, through `next`, and its length.
    spare: u32,
    spares: u32,
    regions: Vec<Region>,
    granule_log2: u32,
    visited: u64,
}

impl SegregatedFit {
    /// One without regions, whose offsets and sizes are multiples of `granule` bytes.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] unless the granule is a power of two.
    pub fn new(granule: u64) -> Result<Self, SuballocError> {
        if !granule.is_power_of_two() {
            return Err(SuballocError::InvalidRequest("the granule is not a power of two"));
        }
        Ok(Self {
            bins: Bins::new(),
            nodes: Vec::new(),
            spare: NONE,
            spares: 0,
            regions: Vec::new(),
            granule_log2: granule.trailing_zeros(),
            visited: 0,
        })
    }

    /// Sets `size` bytes aside at a multiple of `alignment`, in whichever region.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] if the size is zero or the alignment is not a power of two,
    /// [`SuballocError::NoRoom`] if no hole is large enough, and [`SuballocError::TooMany`] if 32 bits cannot number it.
    #[inline]
    pub fn allocate(&mut self, size: u64, alignment: u64) -> Result<Range, SuballocError> {
        if size == 0 || !alignment.is_power_of_two() {
            return Err(SuballocError::InvalidRequest("no bytes, or not a power of two"));
        }
        let no_room = SuballocError::NoRoom { size, alignment };
        let granules = ((size - 1) >> self.granule_log2) + 1;
        let Ok(granules) = u32::try_from(granules) else { return Err(no_room) };
        let mask = self.mask(alignment);
        if self.spares < NEW_NODES {
            self.grow_table()?;
        }
        match self.find(granules, mask) {
            Some(hole) => Ok(self.cut(hole, granules)),
            None => Err(no_room),
        }
    }

    /// Gives a range back.
    ///
    /// # Errors
    ///
    /// [`SuballocError::StaleHandle`] if it names nothing that is live.
    #[inline]
    pub fn free(&mut self, handle: Handle) -> Result<Freed, SuballocError> {
        let index = handle.index;
        let Some(node) = self.live_node(handle) else { return Err(SuballocError::StaleHandle) };
        let Node { mut offset, mut size, mut prev, mut next, region, .. } = *node;
        let freed = size;
        if let Some(before) = self.hole_at(prev) {
            self.unlink(&before);
            self.recycle(prev);
            (offset, size, prev) = (before.offset, size + before.size, before.prev);
            self.follow(prev, region, index);
        }
        if let Some(after) = self.hole_at(next) {
            self.unlink(&after);
            self.recycle(next);
            (size, next) = (size + after.size, after.next);
            if let Some(node) = self.nodes.get_mut(next as usize) {
                node.prev = index;
            }
        }
        let head = self.link(index, size);
        let node = &mut self.nodes[index as usize];
        (node.offset, node.size, node.prev, node.next) = (offset, size, prev, next);
        (node.free_prev, node.free_next) = (NONE, head);
        node.generation = node.generation.wrapping_add(1);
        let id = RegionId::new(region);
        let region = &mut self.regions[region as usize];
        region.used -= freed;
        region.allocations -= 1;
        let is_empty = region.allocations == 0;
        Ok(Freed { region: id, size: self.bytes(freed), is_empty })
    }

    /// Gives everything back; regions stay, and every handle is stale.
    pub fn clear(&mut self) {
        let live = |(index, node): (u32, &Node)| {
            node.is_used().then(|| Handle::from_parts(index, node.generation))
        };
        let live: Vec<_> = (0..).zip(&self.nodes).filter_map(live).collect();
        for handle in live {
            // It is live, so nothing can be stale.
            let _freed = self.free(handle);
        }
    }

    /// The range that `handle` names, while it lives.
    pub fn get(&self, handle: Handle) -> Option<Range> {
        self.live_node(handle).map(|_| self.range(handle.index))
    }

    /// The handle of the range at place `index` of the table, if one lives there.
    ///
    /// For those who cannot carry a whole handle.
    #[inline]
    pub fn live_at(&self, index: u32) -> Option<Handle> {
        let node = self.nodes.get(index as usize).filter(|node| node.is_used())?;
        Some(Handle { index, generation: node.generation })
    }

    /// Whether a request would certainly be served; a request that would be served may still be denied here.
    ///
    /// Constant time, unlike trying.
    #[inline]
    pub fn surely_fits(&self, size: u64, alignment: u64) -> bool {
        if size == 0 || !alignment.is_power_of_two() {
            return false;
        }
        let granules = (size - 1) >> self.granule_log2;
        let Ok(granules) = u32::try_from(granules + 1) else { return false };
        let sufficient = size_class(granules.saturating_add(self.mask(alignment)));
        self.bins.last().is_some_and(|last| last > sufficient)
    }

    /// Cuts `granules` out of a hole.
    #[inline]
    fn cut(&mut self, hole: Hole, granules: u32) -> Range {
        let Hole { bin, node: index, start } = hole;
        let Node { offset, size, prev, next, free_next, region, generation, .. } =
            self.nodes[index as usize];
        let before = start - offset;
        let after = size - before - granules;
        let place = &mut self.regions[region as usize];
        place.used += granules;
        place.allocations += 1;
        let mut range = Range {
            handle: Handle { index, generation },
            region: RegionId::new(region),
            offset: self.bytes(start),
            size: self.bytes(granules),
        };
        let rest = size_class(after);
        // No hole is of the class of nothing, so something is left.
        if before == 0 && rest == bin {
            // The hole stays where it is, and what is cut off its front is new.
            let used = Node { offset, size: granules, prev, next: index, region, ..Node::USED };
            range.handle = self.new_node(used);
            let front = range.handle.index;
            self.follow(prev, region, front);
            let hole = &mut self.nodes[index as usize];
            (hole.offset, hole.size, hole.prev) = (offset + granules, after, front);
            return range;
        }
        self.bins.pop(bin, free_next);
        if let Some(node) = self.nodes.get_mut(free_next as usize) {
            node.free_prev = NONE;
        }
        if before > 0 {
            let hole = Node { offset, size: before, prev, next: index, region, ..Node::SPARE };
            let front = self.new_hole(hole);
            self.follow(prev, region, front);
            self.nodes[index as usize].prev = front;
        }
        if after > 0 {
            let offset = start + granules;
            let hole = Node { offset, size: after, prev: index, next, region, ..Node::SPARE };
            let back = self.new_hole(hole);
            if let Some(node) = self.nodes.get_mut(next as usize) {
                node.prev = back;
            }
            self.nodes[index as usize].next = back;
        }
        let used = &mut self.nodes[index as usize];
        (used.offset, used.size, used.free_prev) = (start, granules, Node::USED.free_prev);
        range
    }

    /// Lets `node` come after `prev`, or first in the region if there is none.
    #[inline]
    fn follow(&mut self, prev: u32, region: u32, node: u32) {
        match self.nodes.get_mut(prev as usize) {
            Some(prev) => prev.next = node,
            None => self.regions[region as usize].first = node,
        }
    }

    /// Makes spare nodes, an eighth of those that there are.
    #[cold]
    fn grow_table(&mut self) -> Result<(), SuballocError> {
        const LEAST: usize = 64;
        let more = (self.nodes.len() / 8).max(LEAST);
        let end = self.nodes.len() + more;
        if end > MOST {
            return Err(SuballocError::TooMany);
        }
        self.nodes.reserve_exact(more);
        for index in self.nodes.len()..end {
            self.nodes.push(Node::SPARE);
            // Bounded above.
            self.recycle(u32::try_from(index).unwrap_or(NONE));
        }
        Ok(())
    }

    /// Enters a node at a spare place of the table, whose generation goes on.
    #[inline]
    fn new_node(&mut self, node: Node) -> Handle {
        let index = self.spare;
        let place = &mut self.nodes[index as usize];
        let generation = place.generation;
        self.spare = place.next;
        self.spares -= 1;
        *place = Node { generation, ..node };
        Handle { index, generation }
    }

    /// Enters a hole, and puts it into its bin.
    #[inline]
    fn new_hole(&mut self, hole: Node) -> u32 {
        let free_next = self.link(self.spare, hole.size);
        self.new_node(Node { free_next, ..hole }).index
    }

    #[inline]
    fn recycle(&mut self, index: u32) {
        self.nodes[index as usize].next = self.spare;
        self.spare = index;
        self.spares += 1;
    }

    /// Puts a free node in front of its bin, and answers with the one that it comes before.
    #[inline]
    fn link(&mut self, index: u32, size: u32) -> u32 {
        let head = self.bins.push(size_class(size), index);
        if let Some(node) = self.nodes.get_mut(head as usize) {
            node.free_prev = index;
        }
        head
    }

    /// Takes a free node out of its bin.
    #[inline]
    fn unlink(&mut self, node: &Node) {
        let Node { size, free_prev, free_next, .. } = *node;
        match self.nodes.get_mut(free_prev as usize) {
            Some(node) => node.free_next = free_next,
            None => self.bins.pop(size_class(size), free_next),
        }
        if let Some(node) = self.nodes.get_mut(free_next as usize) {
            node.free_prev = free_prev;
        }
    }

    /// The node, if there is one and it is free.
    #[inline]
    fn hole_at(&self, index: u32) -> Option<Node> {
        self.nodes.get(index as usize).filter(|node| !node.is_used()).copied()
    }

    #[inline]
    fn live_node(&self, handle: Handle) -> Option<&Node> {
        let node = self.nodes.get(handle.index as usize)?;
        (node.generation == handle.generation && node.is_used()).then_some(node)
    }

    #[inline]
    fn range(&self, index: u32) -> Range {
        let node = &self.nodes[index as usize];
        Range {
            handle: Handle { index, generation: node.generation },
            region: RegionId::new(node.region),
            offset: self.bytes(node.offset),
            size: self.bytes(node.size),
        }
    }

    /// One less than an alignment in granules; beyond the largest region only its beginning is aligned.
    #[inline]
    fn mask(&self, alignment: u64) -> u32 {
        const MOST: u64 = 1 << 31;
        let granules = (alignment >> self.granule_log2).clamp(1, MOST);
        // At most 2^31 - 1.
        u32::try_from(granules - 1).unwrap_or(u32::MAX >> 1)
    }

    #[inline]
    fn bytes(&self, granules: u32) -> u64 {
        u64::from(granules) << self.granule_log2
    }
}
