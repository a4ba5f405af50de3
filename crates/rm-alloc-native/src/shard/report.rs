//! What lies in the blocks of a shard, all at once or by the page.

use ash::vk::Handle as _;
use rm_alloc_core::{BlockReport, DeviceMemory, RangePart, RangeReport, ReportPage, ReportWalk};
use rm_suballoc::{Part, Range};

use super::State;

/// A range that was never given back: label and bytes.
pub(crate) type Left = (Option<Box<str>>, u64);

impl State {
    /// Every block with every range.
    pub(crate) fn report(&mut self, heap: u32) -> Vec<BlockReport> {
        self.settle();
        let range = |part: Part| RangeReport {
            offset: part.offset,
            size: part.size,
            used: part.used_by.is_some(),
            label: part.used_by.and_then(|handle| self.label(handle)),
        };
        let regions = self.fit.regions().map(|(region, figures)| BlockReport {
            memory_type: self.memory_type,
            heap,
            size: figures.size,
            dedicated: false,
            ranges: self.fit.parts(region).map(range).collect(),
        });
        regions.collect()
    }

    /// Adds the next ranges to `page`, and says whether there are more.
    pub(crate) fn range_page(&mut self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        self.settle();
        let places = self.fit.places() as u64;
        let first = walk.position[1].min(places);
        let next = (first + ReportWalk::NODES as u64).min(places);
        let part = |range: Range| {
            let block = self.blocks.get(range.region.index())?.as_ref()?;
            Some(RangePart {
                block: block.raw.as_raw(),
                offset: range.offset,
                size: range.size,
                label: self.label(range.handle),
            })
        };
        // Places are numbered in 32 bits.
        let from = u32::try_from(first).unwrap_or(u32::MAX);
        page.ranges.extend(self.fit.page(from, ReportWalk::NODES).filter_map(part));
        walk.note(usize::try_from(next - first).unwrap_or(ReportWalk::NODES));
        walk.position[1] = next;
        next < places
    }

    /// What was never given back, as label and bytes, and forgets the blocks that it lies in; the others are to go.
    pub(crate) fn abandon(&mut self) -> (Vec<Left>, Vec<DeviceMemory>) {
        self.settle();
        let ranges = self.fit.regions().flat_map(|(region, _)| self.fit.parts(region));
        let left = ranges.filter_map(|part| Some((self.label(part.used_by?), part.size)));
        let left = left.collect();
        let mut empty = Vec::new();
        for block in std::mem::take(&mut self.blocks).into_iter().flatten() {
            match self.fit.region(block.region) {
                Some(figures) if figures.allocations == 0 => empty.push(block.memory),
                // Somebody may still use it, so it stays for as long as the process.
                _ => std::mem::forget(block.memory),
            }
        }
        (left, empty)
    }
}
