//! What an allocator over regions has to answer, from plain sorted lists.

use std::collections::BTreeMap;

use rm_suballoc::{Handle, Range, RegionId, SegregatedFit, Statistics};

/// A region as anybody would write it down.
#[derive(Debug)]
struct Region {
    id: RegionId,
    size: u64,
    /// Start and end; ascending, never empty, never touching.
    holes: Vec<(u64, u64)>,
    /// By offset.
    live: BTreeMap<u64, Range>,
}

/// All regions.
#[derive(Debug)]
pub(crate) struct Oracle {
    granule: u64,
    regions: Vec<Region>,
}

/// What is wrong, in a sentence.
pub(crate) type Wrong = String;

impl Oracle {
    pub(crate) fn new(granule: u64) -> Self {
        Self { granule, regions: Vec::new() }
    }

    /// A region was added.
    pub(crate) fn add(&mut self, id: RegionId, size: u64) -> Result<(), Wrong> {
        if self.regions.iter().any(|region| region.id == id) {
            return Err(format!("{id:?} is given twice"));
        }
        let size = size / self.granule * self.granule;
        self.regions.push(Region { id, size, holes: vec![(0, size)], live: BTreeMap::new() });
        Ok(())
    }

    /// Whether a region may go; it is gone then.
    pub(crate) fn remove(&mut self, index: usize) -> (RegionId, Option<u64>) {
        let (id, size) = (self.regions[index].id, self.regions[index].size);
        if self.regions[index].live.is_empty() {
            self.regions.swap_remove(index);
            return (id, Some(size));
        }
        (id, None)
    }

    /// A range was granted: it is free, aligned, and as large as was asked rounded up.
    pub(crate) fn grant(&mut self, range: Range, size: u64, alignment: u64) -> Result<(), Wrong> {
        let wrong = |what| Err(format!("{range:?} for {size} bytes at {alignment}: {what}"));
        let Some(region) = self.regions.iter_mut().find(|region| region.id == range.region) else {
            return wrong("there is no such region");
        };
        let (start, end) = (range.offset, range.offset + range.size);
        if !start.is_multiple_of(alignment.max(self.granule)) {
            return wrong("not aligned");
        }
        if range.size != size.next_multiple_of(self.granule) {
            return wrong("not the size");
        }
        let index = region.holes.partition_point(|hole| hole.1 <= start);
        let Some(&hole) = region.holes.get(index).filter(|hole| hole.0 <= start && end <= hole.1)
        else {
            return wrong("not free");
        };
        let left = [(hole.0, start), (end, hole.1)].into_iter().filter(|it| it.0 < it.1);
        region.holes.splice(index..=index, left);
        region.live.insert(start, range);
        Ok(())
    }

    /// Whether any hole would do.
    pub(crate) fn fits(&self, size: u64, alignment: u64) -> bool {
        let size = size.checked_next_multiple_of(self.granule);
        let fits = |&(start, end): &(u64, u64)| {
            let aligned = start.checked_next_multiple_of(alignment)?;
            Some(aligned.checked_add(size?)? <= end)
        };
        self.regions.iter().flat_map(|it| &it.holes).any(|hole| fits(hole) == Some(true))
    }

    /// A range was freed; whether its region is empty now.
    pub(crate) fn free(&mut self, range: Range) -> Result<bool, Wrong> {
        let region = self.regions.iter_mut().find(|region| region.id == range.region);
        let region = region.ok_or("its region is gone")?;
        if region.live.remove(&range.offset) != Some(range) {
            return Err("something else lies there".into());
        }
        let (mut start, mut end) = (range.offset, range.offset + range.size);
        let next = region.holes.partition_point(|hole| hole.1 < start);
        let mut last = next;
        if let Some(hole) = region.holes.get(next).filter(|hole| hole.1 == start) {
            (start, last) = (hole.0, last + 1);
        }
        if let Some(hole) = region.holes.get(last).filter(|hole| hole.0 == end) {
            (end, last) = (hole.1, last + 1);
        }
        region.holes.splice(next..last, [(start, end)]);
        Ok(region.live.is_empty())
    }

    pub(crate) fn clear(&mut self) {
        for region in &mut self.regions {
            region.live.clear();
            region.holes = vec![(0, region.size)];
        }
    }

    pub(crate) fn regions(&self) -> usize {
        self.regions.len()
    }

    /// The figures are ours; cheap enough for every step.
    pub(crate) fn compare_figures(&self, fit: &SegregatedFit) -> Result<(), Wrong> {
        let used = |region: &Region| {
            region.size - region.holes.iter().map(|hole| hole.1 - hole.0).sum::<u64>()
        };
        let expected = Statistics {
            regions: u32::try_from(self.regions.len()).unwrap_or(u32::MAX),
            size: self.regions.iter().map(|it| it.size).sum(),
            used: self.regions.iter().map(used).sum(),
            allocations: u32::try_from(self.regions.iter().map(|it| it.live.len()).sum::<usize>())
                .unwrap_or(u32::MAX),
        };
        let found = fit.statistics();
        if found != expected {
            return Err(format!("{found:?}, expected {expected:?}"));
        }
        let holes = self.regions.iter().flat_map(|it| &it.holes);
        let largest = holes.map(|hole| hole.1 - hole.0).max().unwrap_or(0);
        if fit.largest_hole() != largest {
            return Err(format!("a largest hole of {}, expected {largest}", fit.largest_hole()));
        }
        Ok(())
    }

    /// Every part is where it should be, so no two free ones are neighbours; pages hold what lives.
    pub(crate) fn compare_parts(&self, fit: &SegregatedFit) -> Result<(), Wrong> {
        for region in &self.regions {
            let used = region.live.values().map(|it| (it.offset, it.size, Some(it.handle)));
            let free = region.holes.iter().map(|hole| (hole.0, hole.1 - hole.0, None));
            let mut expected: Vec<(u64, u64, Option<Handle>)> = used.chain(free).collect();
            expected.sort_unstable_by_key(|part| part.0);
            let parts = fit.parts(region.id).map(|it| (it.offset, it.size, it.used_by));
            if !parts.eq(expected) {
                return Err(format!("the parts of {:?} differ", region.id));
            }
        }
        let mut live: Vec<Range> =
            self.regions.iter().flat_map(|it| it.live.values()).copied().collect();
        live.sort_unstable_by_key(|range| range.handle.index());
        let pages = (0..).step_by(7).take_while(|first| (*first as usize) < fit.places());
        if !pages.flat_map(|first| fit.page(first, 7)).eq(live) {
            return Err("the pages differ".into());
        }
        Ok(())
    }
}
