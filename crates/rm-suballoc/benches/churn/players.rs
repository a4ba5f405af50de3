//! Who plays, in granules of one region.

use offset_allocator::{Allocation, Allocator};
use rm_suballoc::{Handle, SegregatedFit};

/// Granules of the region: more than any trace needs.
const REGION: u32 = 1 << 31;

/// An allocator of offsets.
pub(crate) trait Player {
    type Range;

    fn new(granule: u64) -> Self;

    /// A range and its offset.
    fn allocate(&mut self, granules: u32) -> Option<(Self::Range, u32)>;

    fn free(&mut self, range: Self::Range);
}

/// Ours, which counts in bytes.
pub(crate) struct Segregated {
    fit: SegregatedFit,
    granule: u64,
    granule_log2: u32,
}

impl Player for Segregated {
    type Range = Handle;

    fn new(granule: u64) -> Self {
        let mut fit = SegregatedFit::new(granule).unwrap();
        fit.add_region(u64::from(REGION) * granule).unwrap();
        Self { fit, granule, granule_log2: granule.ilog2() }
    }

    #[inline]
    fn allocate(&mut self, granules: u32) -> Option<(Handle, u32)> {
        let range =
            self.fit.allocate(u64::from(granules) << self.granule_log2, self.granule).ok()?;
        Some((range.handle, u32::try_from(range.offset >> self.granule_log2).ok()?))
    }

    #[inline]
    fn free(&mut self, range: Handle) {
        self.fit.free(range).unwrap();
    }
}

/// Sebastian Aaltonen's, in Rust.
pub(crate) struct Offsets(Allocator);

impl Player for Offsets {
    type Range = Allocation;

    fn new(_: u64) -> Self {
        Self(Allocator::new(REGION))
    }

    #[inline]
    fn allocate(&mut self, granules: u32) -> Option<(Allocation, u32)> {
        let range = self.0.allocate(granules)?;
        Some((range, range.offset))
    }

    #[inline]
    fn free(&mut self, range: Allocation) {
        self.0.free(range);
    }
}

/// The smallest hole that fits, by looking at all of them.
pub(crate) struct BestFit {
    /// Start and end, ascending.
    holes: Vec<(u32, u32)>,
}

impl Player for BestFit {
    type Range = (u32, u32);

    fn new(_: u64) -> Self {
        Self { holes: vec![(0, REGION)] }
    }

    fn allocate(&mut self, granules: u32) -> Option<((u32, u32), u32)> {
        let size = |hole: &(u32, u32)| hole.1 - hole.0;
        let holes = self.holes.iter().enumerate().filter(|it| size(it.1) >= granules);
        let (index, &(start, end)) = holes.min_by_key(|it| size(it.1))?;
        if end - start == granules {
            self.holes.remove(index);
        } else {
            self.holes[index].0 += granules;
        }
        Some(((start, start + granules), start))
    }

    fn free(&mut self, (start, end): (u32, u32)) {
        let next = self.holes.partition_point(|hole| hole.1 < start);
        let below = self.holes.get(next).is_some_and(|hole| hole.1 == start);
        let after = next + usize::from(below);
        let above = self.holes.get(after).is_some_and(|hole| hole.0 == end);
        let whole = (
            if below { self.holes[next].0 } else { start },
            if above { self.holes[after].1 } else { end },
        );
        match (below, above) {
            (false, false) => self.holes.insert(next, whole),
            (true, true) => {
                self.holes[next] = whole;
                self.holes.remove(after);
            }
            _ => self.holes[next] = whole,
        }
    }
}
