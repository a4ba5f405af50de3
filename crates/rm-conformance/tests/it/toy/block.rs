//! One memory object of the toy, as a list of ranges.

use rm_alloc_core::{BlockReport, DeviceMemory, RangeReport};

use super::Key;

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) memory: DeviceMemory,
    pub(crate) key: Key,
    // Invariant: covers the memory without gaps; no two free ranges are neighbours.
    pub(crate) ranges: Vec<RangeReport>,
    dedicated: bool,
}

impl Block {
    pub(crate) fn new(memory: DeviceMemory, key: Key, dedicated: bool) -> Self {
        let whole = RangeReport { offset: 0, size: memory.size(), used: false, label: None };
        Self { memory, key, ranges: vec![whole], dedicated }
    }

    /// Where `size` bytes would fit.
    pub(crate) fn find(&self, size: u64, alignment: u64) -> Option<u64> {
        self.ranges.iter().filter(|range| !range.used).find_map(|range| {
            let offset = range.offset.next_multiple_of(alignment);
            (offset + size <= range.offset + range.size).then_some(offset)
        })
    }

    /// Marks `size` bytes at `offset` as used.
    pub(crate) fn take(&mut self, offset: u64, size: u64, label: Option<&str>) {
        let inside = |range: &&RangeReport| range.offset + range.size > offset;
        let Some(range) = self.ranges.iter().find(inside).cloned() else { return };
        let at = self.ranges.iter().position(|known| known.offset == range.offset).unwrap();
        let (end, taken) = (range.offset + range.size, offset + size);
        let free = |offset, size| RangeReport { offset, size, used: false, label: None };
        let used = RangeReport { offset, size, used: true, label: label.map(Box::from) };
        let pieces = [free(range.offset, offset - range.offset), used]
            .into_iter()
            .chain([free(taken, end.saturating_sub(taken))])
            .filter(|piece| piece.size > 0);
        self.ranges.splice(at..=at, pieces);
    }

    /// Marks the range at `offset` as free, and joins it with its free neighbours.
    pub(crate) fn release(&mut self, offset: u64) {
        let Some(at) = self.ranges.iter().position(|range| range.offset == offset) else { return };
        (self.ranges[at].used, self.ranges[at].label) = (false, None);
        self.ranges.dedup_by(|next, range| {
            let joined = !next.used && !range.used;
            if joined {
                range.size += next.size;
            }
            joined
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.iter().all(|range| !range.used)
    }

    pub(crate) fn report(&self, heap: u32) -> BlockReport {
        BlockReport {
            memory_type: self.memory.memory_type(),
            heap,
            size: self.memory.size(),
            dedicated: self.dedicated,
            ranges: self.ranges.clone(),
        }
    }
}
