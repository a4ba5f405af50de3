//! From pages, seen one after the other, to blocks without gaps.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use rm_alloc_core::{BlockPart, RangePart, ReportPage};

use super::{DumpBlock, DumpRange};
use crate::text;

/// Everything seen so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    blocks: Vec<BlockPart>,
    // In the order in which they were seen.
    ranges: Vec<RangePart>,
}

/// A range, and when it was seen.
#[derive(Debug)]
struct Seen {
    at: usize,
    range: RangePart,
}

impl Parts {
    /// Takes what is on `page`, and leaves it empty; labels are cut here, outside the locks of allocators.
    pub(super) fn add(&mut self, page: &mut ReportPage) {
        self.blocks.append(&mut page.blocks);
        self.ranges.extend(page.ranges.drain(..).map(|mut range| {
            if let Some(label) = range.label.as_mut().filter(|it| it.len() > text::MAX_LABEL) {
                *label = text::cut(label).into_owned().into();
            }
            range
        }));
    }

    /// The blocks by memory type, with every range in place.
    ///
    /// Ranges whose block is gone, or that do not fit into what took its place, went with it. Of two that overlap, the one
    /// seen later is the younger, for the elder must have made way: what lives throughout overlaps with nothing.
    pub(super) fn assemble(self) -> Vec<DumpBlock> {
        // The last block of a number is the one that lives, and keeps its place.
        let places: HashMap<u64, usize> =
            self.blocks.iter().enumerate().map(|(at, it)| (it.block, at)).collect();
        let mut ranges: Vec<Vec<Seen>> = self.blocks.iter().map(|_| Vec::new()).collect();
        for (at, range) in self.ranges.into_iter().enumerate() {
            let Some(&place) = places.get(&range.block) else { continue };
            let end = range.offset.checked_add(range.size);
            if end.is_some_and(|end| end <= self.blocks[place].size) {
                ranges[place].push(Seen { at, range });
            }
        }
        let blocks = self.blocks.iter().zip(ranges).enumerate();
        let living = blocks.filter(|(at, (block, _))| places.get(&block.block) == Some(at));
        let mut reports: Vec<_> =
            living.map(|(_, (block, ranges))| report(block, ranges)).collect();
        reports.sort_by_key(|block| block.memory_type);
        reports
    }
}

fn report(block: &BlockPart, mut seen: Vec<Seen>) -> DumpBlock {
    seen.sort_unstable_by_key(|it| it.range.offset);
    let mut used: Vec<Seen> = Vec::with_capacity(seen.len());
    for new in seen {
        // What was put there before begins no later, so it is the only one that the new one can meet.
        if let Some(last) = used.last()
            && last.range.offset + last.range.size > new.range.offset
        {
            if last.at > new.at {
                continue;
            }
            used.pop();
        }
        used.push(new);
    }
    DumpBlock {
        memory: block.memory,
        memory_type: block.memory_type,
        heap: block.heap,
        size: block.size,
        dedicated: block.dedicated,
        ranges: without_gaps(used, block.size),
    }
}

/// The ranges with what is free between them.
fn without_gaps(used: Vec<Seen>, size: u64) -> Vec<DumpRange> {
    let mut ranges = Vec::with_capacity(used.len() * 2 + 1);
    let free = |offset, end| DumpRange {
        offset,
        size: end - offset,
        used: false,
        label: None,
        origin: None,
    };
    let mut end = 0;
    for Seen { range, .. } in used {
        if range.offset > end {
            ranges.push(free(end, range.offset));
        }
        end = range.offset + range.size;
        let RangePart { offset, size, label, .. } = range;
        ranges.push(DumpRange { offset, size, used: true, label, origin: None });
    }
    if end < size {
        ranges.push(free(end, size));
    }
    ranges
}
