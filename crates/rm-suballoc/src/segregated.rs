//! Segregated fit: free ranges in lists by size, over any number of regions.
//!
//! A region is a row of nodes, free and in use, in the order of their offsets; two free ones are never neighbours. Free nodes
//! of all regions lie in the same lists, so that choosing a region costs nothing. The table of nodes is beside the memory and
//! never in it, so that what is managed need not be readable.

mod bins;
mod node;
mod region;
mod report;
mod search;

use alloc::vec::Vec;

use self::{
    bins::{Bins, bin_of},
    node::{MOST, NONE, Node},
    region::Region,
};
pub use self::{
    region::{Part, RegionId, RegionStatistics},
    report::Statistics,
};
use crate::SuballocError;

/// Names a live range of the allocator that gave it.
///
/// Generations tell a range from later ones at the same place of the table, so that what was freed is not freed again; after
/// 2^32 frees at the same place a number comes back.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Handle {
    index: u32,
    generation: u32,
}

impl Handle {
    /// Puts together what [`index`](Self::index) and [`generation`](Self::generation) took apart.
    ///
    /// Any other pair names nothing, or something else, as a wrong handle always does.
    #[inline]
    pub const fn from_parts(index: u32, generation: u32) -> Self {
        Self { index, generation }
    }

    /// Its place in the table, the same as long as the range lives: for tables beside the allocator.
    ///
    /// Places are used again, so numbers stay below the most ranges, free ones included, that there were at a time.
    #[inline]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How often its place was given back before.
    #[inline]
    pub const fn generation(self) -> u32 {
        self.generation
    }
}

/// Bytes that were set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "without its handle it cannot be freed"]
pub struct Range {
    /// Gives it back.
    pub handle: Handle,
    /// The region that it lies in.
    pub region: RegionId,
    /// Where it begins, in bytes from the start of the region.
    pub offset: u64,
    /// Size in bytes, whole granules.
    pub size: u64,
}

/// What was given back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Freed {
    /// The region that it lay in.
    pub region: RegionId,
    /// Bytes that had been set aside.
    pub size: u64,
    /// Whether nothing lies in the region any more.
    pub is_empty: bool,
}

/// A hole that was found, and where in it the range begins, in granules.
#[derive(Clone, Copy)]
struct Hole {
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
    /// The head of the list of spare nodes, through `next`.
    spare: u32,
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
        self.make_room()?;
        let Some(hole) = self.find(granules, mask) else { return Err(no_room) };
        let index = self.cut(hole, granules);
        let node = &self.nodes[index as usize];
        let region = &mut self.regions[node.region as usize];
        region.used += granules;
        region.allocations += 1;
        Ok(self.range(index))
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
        let Node { mut offset, mut size, mut prev, mut next, region, generation, .. } = *node;
        let freed = size;
        if let Some(before) = self.hole_at(prev) {
            self.unlink(prev);
            self.recycle(prev);
            (offset, size) = (before.offset, size + before.size);
            prev = before.prev;
            match self.nodes.get_mut(prev as usize) {
                Some(node) => node.next = index,
                None => self.regions[region as usize].first = index,
            }
        }
        if let Some(after) = self.hole_at(next) {
            self.unlink(next);
            self.recycle(next);
            size += after.size;
            next = after.next;
            if let Some(node) = self.nodes.get_mut(next as usize) {
                node.prev = index;
            }
        }
        let generation = generation.wrapping_add(1);
        let node = Node { offset, size, prev, next, region, generation, ..Node::SPARE };
        self.nodes[index as usize] = node;
        self.link(index);
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
        let granules = (size.max(1) - 1) >> self.granule_log2;
        let Ok(granules) = u32::try_from(granules + 1) else { return false };
        let sufficient = bin_of(granules.saturating_add(self.mask(alignment)));
        self.bins.last().is_some_and(|last| last > sufficient)
    }

    /// Cuts `granules` out of a hole, and answers with the node that is in use now.
    #[inline]
    fn cut(&mut self, hole: Hole, granules: u32) -> u32 {
        let Hole { node: index, start } = hole;
        let node = self.nodes[index as usize];
        let before = start - node.offset;
        let after = node.size - before - granules;
        self.unlink(index);
        let used = &mut self.nodes[index as usize];
        (used.offset, used.size) = (start, granules);
        used.set_used();
        if before > 0 {
            let Node { offset, prev, region, .. } = node;
            let hole = Node { offset, size: before, prev, next: index, region, ..Node::SPARE };
            let front = self.new_node(hole);
            match self.nodes.get_mut(prev as usize) {
                Some(node) => node.next = front,
                None => self.regions[region as usize].first = front,
            }
            self.nodes[index as usize].prev = front;
            self.link(front);
        }
        if after > 0 {
            let Node { next, region, .. } = node;
            let offset = start + granules;
            let back = self.new_node(Node {
                offset,
                size: after,
                prev: index,
                next,
                region,
                ..Node::SPARE
            });
            if let Some(node) = self.nodes.get_mut(next as usize) {
                node.prev = back;
            }
            self.nodes[index as usize].next = back;
            self.link(back);
        }
        index
    }

    /// Makes sure that the two nodes which a request may need can be numbered.
    #[inline]
    fn make_room(&self) -> Result<(), SuballocError> {
        if self.nodes.len() + 2 > MOST { Err(SuballocError::TooMany) } else { Ok(()) }
    }

    /// Enters a node at a place of the table, whose generation goes on.
    #[inline]
    fn new_node(&mut self, node: Node) -> u32 {
        let index = self.spare;
        if let Some(place) = self.nodes.get_mut(index as usize) {
            self.spare = place.next;
            *place = Node { generation: place.generation, ..node };
            return index;
        }
        self.nodes.push(node);
        // Bounded by `make_room`.
        u32::try_from(self.nodes.len() - 1).unwrap_or(NONE)
    }

    #[inline]
    fn recycle(&mut self, index: u32) {
        self.nodes[index as usize].next = self.spare;
        self.spare = index;
    }

    /// Puts a free node in front of its bin.
    #[inline]
    fn link(&mut self, index: u32) {
        let bin = bin_of(self.nodes[index as usize].size);
        let head = self.bins.head(bin);
        self.nodes[index as usize].free_next = head;
        if let Some(node) = self.nodes.get_mut(head as usize) {
            node.free_prev = index;
        }
        self.bins.set_head(bin, index);
    }

    /// Takes a free node out of its bin.
    #[inline]
    fn unlink(&mut self, index: u32) {
        let Node { size, free_prev, free_next, .. } = self.nodes[index as usize];
        match self.nodes.get_mut(free_prev as usize) {
            Some(node) => node.free_next = free_next,
            None => self.bins.set_head(bin_of(size), free_next),
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
