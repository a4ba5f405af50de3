//! Regions: what ranges are cut from.

use super::{
    Handle, NEW_NODES, SegregatedFit,
    node::{NONE, Node},
};
use crate::SuballocError;

/// Most granules of a region, so that an offset and an alignment add up within 32 bits.
const MOST_GRANULES: u64 = 1 << 31;

/// A region of a [`SegregatedFit`].
///
/// Numbers count from zero and are used again when a region has been removed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RegionId(u32);

impl RegionId {
    pub(super) const fn new(index: u32) -> Self {
        Self(index)
    }

    /// Its number, for tables beside the allocator.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A region's figures, in bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RegionStatistics {
    /// Its size.
    pub size: u64,
    /// Bytes of live ranges.
    pub used: u64,
    /// Live ranges.
    pub allocations: u32,
}

/// A part of a region, in the order of offsets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part {
    /// Where it begins, in bytes from the start of the region.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// The range that lies there; none where it is free.
    pub used_by: Option<Handle>,
}

/// What the allocator keeps of a region. Sizes are in granules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    /// The node at offset zero; [`NONE`] where the number is unused.
    pub(super) first: u32,
    pub(super) size: u32,
    pub(super) used: u32,
    pub(super) allocations: u32,
}

impl Region {
    const UNUSED: Self = Self { first: NONE, size: 0, used: 0, allocations: 0 };
}

impl SegregatedFit {
    /// Adds a region of `size` bytes, of which whole granules count.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] for less than one granule or more than 2^31 of them, and
    /// [`SuballocError::TooMany`] if 32 bits cannot number it.
    pub fn add_region(&mut self, size: u64) -> Result<RegionId, SuballocError> {
        let granules = size >> self.granule_log2;
        if granules == 0 || granules > MOST_GRANULES {
            return Err(SuballocError::InvalidRequest("a region has one granule to 2^31 of them"));
        }
        let unused = self.regions.iter().position(|region| region.first == NONE);
        let index = unused.unwrap_or(self.regions.len());
        let number = u32::try_from(index).map_err(|_| SuballocError::TooMany)?;
        if self.spares < NEW_NODES {
            self.grow_table()?;
        }
        // Bounded above.
        let size = u32::try_from(granules).unwrap_or(u32::MAX);
        let first = self.new_hole(Node { size, region: number, ..Node::SPARE });
        let region = Region { first, size, ..Region::UNUSED };
        match self.regions.get_mut(index) {
            Some(place) => *place = region,
            None => self.regions.push(region),
        }
        Ok(RegionId(number))
    }

    /// Removes a region in which nothing lies, and answers with its size in bytes.
    ///
    /// # Errors
    ///
    /// [`SuballocError::RegionInUse`] while ranges live in it, and [`SuballocError::StaleHandle`] if there is no such region.
    pub fn remove_region(&mut self, id: RegionId) -> Result<u64, SuballocError> {
        let region = *self.live_region(id).ok_or(SuballocError::StaleHandle)?;
        if region.allocations > 0 {
            return Err(SuballocError::RegionInUse { allocations: region.allocations });
        }
        // Neighbours that are free are one, so an empty region is one node.
        let node = self.nodes[region.first as usize];
        self.unlink(&node);
        self.recycle(region.first);
        self.regions[id.index()] = Region::UNUSED;
        Ok(self.bytes(region.size))
    }

    /// A region's figures; none if there is no such region.
    pub fn region(&self, id: RegionId) -> Option<RegionStatistics> {
        self.live_region(id).map(|region| RegionStatistics {
            size: self.bytes(region.size),
            used: self.bytes(region.used),
            allocations: region.allocations,
        })
    }

    /// Every region with its figures.
    pub fn regions(&self) -> impl Iterator<Item = (RegionId, RegionStatistics)> {
        (0..).map(RegionId).zip(&self.regions).filter_map(|(id, _)| Some((id, self.region(id)?)))
    }

    /// The parts of a region, free ones too, in the order of their offsets and without gaps.
    pub fn parts(&self, id: RegionId) -> impl Iterator<Item = Part> {
        let mut next = self.live_region(id).map_or(NONE, |region| region.first);
        core::iter::from_fn(move || {
            let index = next;
            let node = self.nodes.get(index as usize)?;
            next = node.next;
            Some(Part {
                offset: self.bytes(node.offset),
                size: self.bytes(node.size),
                used_by: node.is_used().then(|| Handle::from_parts(index, node.generation)),
            })
        })
    }

    /// The regions that would be empty if their ranges moved elsewhere, the cheapest to empty first.
    ///
    /// For a defragmentation: what is free in the other regions is at least what lies here. Whether each single range
    /// finds a hole is not tried.
    pub fn movable_regions(&self) -> alloc::vec::Vec<(RegionId, RegionStatistics)> {
        let free = self.regions().map(|(_, it)| it.size - it.used).fold(0, u64::saturating_add);
        let movable = |(_, it): &(RegionId, RegionStatistics)| {
            it.allocations > 0 && it.used <= free - (it.size - it.used)
        };
        let mut regions: alloc::vec::Vec<_> = self.regions().filter(movable).collect();
        regions.sort_by_key(|(id, it)| (it.used, *id));
        regions
    }

    fn live_region(&self, id: RegionId) -> Option<&Region> {
        self.regions.get(id.index()).filter(|region| region.first != NONE)
    }
}
