//! The promises that can be seen from outside: of each allocation, between allocations, and of the figures.

use std::{collections::HashMap, fmt};

use ash::vk::Handle;
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, Dedicated, DeviceContext,
    HeapStats, MemoryRequest, ReportPage, ReportWalk, TilingClass,
};

use super::{Stage, heap_of};

/// A promise that was broken, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Broken(pub(crate) String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Complains with a message unless the condition holds.
macro_rules! promise {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err($crate::stage::Broken(format!($($message)+)));
        }
    };
}
pub(crate) use promise;

/// A live allocation, as the suite remembers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Live {
    pub(crate) memory: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) memory_type: u32,
    pub(crate) heap: u32,
    pub(crate) tiling: TilingClass,
    pub(crate) label: Option<String>,
}

impl Live {
    fn new(allocation: &Allocation, expected: Expected<'_>, context: &DeviceContext) -> Self {
        Self {
            memory: allocation.memory().as_raw(),
            offset: allocation.offset(),
            size: allocation.size(),
            memory_type: allocation.memory_type(),
            heap: heap_of(context, allocation.memory_type()),
            tiling: expected.tiling,
            label: expected.label.map(str::to_owned),
        }
    }

    pub(crate) fn is(&self, allocation: &Allocation) -> bool {
        (self.memory, self.offset) == (allocation.memory().as_raw(), allocation.offset())
    }

    /// Whether both touch one page of `page` bytes of the same object.
    pub(crate) fn shares_page(&self, other: &Self, page: u64) -> bool {
        let pages = |live: &Self| (live.offset / page, (live.offset + live.size - 1) / page);
        let ((first, last), (other_first, other_last)) = (pages(self), pages(other));
        self.memory == other.memory && first <= other_last && other_first <= last
    }
}

/// What was asked for, as far as neighbours and reports are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) tiling: TilingClass,
    /// Whether an object of its own is required.
    pub(crate) dedicated: bool,
    pub(crate) label: Option<&'a str>,
}

/// Everything that a refused request must not change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Figures {
    stats: AllocatorStats,
    /// Bytes of memory objects by the simulated device's own count, a heap each.
    taken: Vec<u64>,
}

impl Figures {
    /// Nothing more is used.
    pub(crate) fn unused_since(&self, before: &Self, what: &str) -> Result<(), Broken> {
        let pairs = before.stats.heaps.iter().zip(&self.stats.heaps);
        for (heap, (was, is)) in pairs.enumerate() {
            let used = |h: &HeapStats| (h.used_bytes, h.allocations);
            promise!(used(was) == used(is), "{what} changed heap {heap} from {was:?} to {is:?}");
        }
        Ok(())
    }

    /// Nothing more is used, and no block is kept for nothing; empty ones may have been given back.
    pub(crate) fn unchanged_since(&self, before: &Self, what: &str) -> Result<(), Broken> {
        self.unused_since(before, what)?;
        let pairs = before.stats.heaps.iter().zip(&self.stats.heaps);
        for (heap, (was, is)) in pairs.enumerate() {
            let kept = is.block_bytes <= was.block_bytes && is.blocks <= was.blocks;
            promise!(kept, "{what} left blocks in heap {heap}: {was:?} became {is:?}");
        }
        for (heap, (was, is)) in before.taken.iter().zip(&self.taken).enumerate() {
            promise!(is <= was, "{what} took {} bytes of heap {heap} for good", is - was);
        }
        Ok(())
    }
}

impl Stage {
    /// The figures now.
    pub(crate) fn figures(&self) -> Figures {
        let taken = self.sim.iter().flat_map(|sim| self.heaps().map(|heap| sim.heap_usage(heap)));
        Figures { stats: self.allocator.stats(), taken: taken.collect() }
    }

    /// What came is what was asked for, and disturbs nobody.
    pub(super) fn check_granted(
        &self,
        request: &MemoryRequest<'_>,
        allocation: &Allocation,
    ) -> Result<(), Broken> {
        let what = format!("{request:?} got {allocation:?}");
        let required = matches!(request.dedicated, Dedicated::Require(_));
        promise!(allocation.size() >= request.size, "too few bytes: {what}");
        promise!(allocation.offset().is_multiple_of(request.alignment), "misaligned: {what}");
        promise!(allocation.memory_type() == request.memory_type, "another memory type: {what}");
        promise!(!request.map || allocation.mapped().is_some(), "not mapped: {what}");
        promise!(!required || allocation.size() == request.size, "not exactly its size: {what}");
        let (tiling, label) = (request.tiling, request.label);
        self.check_bound(allocation, Expected { tiling, dedicated: required, label })
    }

    /// What came lies in its object as it must, and disturbs nobody; from here on it is live.
    pub(super) fn check_bound(
        &self,
        allocation: &Allocation,
        expected: Expected<'_>,
    ) -> Result<(), Broken> {
        let new = Live::new(allocation, expected, &self.context);
        let what = format!("got {allocation:?}");
        promise!(new.memory != 0 && new.size > 0, "nothing at all: {what}");
        promise!(new.offset.checked_add(new.size).is_some(), "beyond all addresses: {what}");
        let end = new.offset + new.size;
        let object = self.object_size(new.memory);
        if let Some(object) = object {
            promise!(end <= object, "leaves its {object} bytes: {what}");
        }
        if self.context.is_non_coherent(new.memory_type) {
            let atom = self.context.limits().non_coherent_atom_size;
            let whole = end.is_multiple_of(atom) || object.is_none_or(|size| size == end);
            promise!(new.offset.is_multiple_of(atom) && whole, "not whole atoms of {atom}: {what}");
        }
        if expected.dedicated {
            let own = new.offset == 0 && object.is_none_or(|size| size == new.size);
            promise!(own, "not the whole of an object: {what}");
            let shared = self.live().iter().any(|live| live.memory == new.memory);
            promise!(!shared, "not an object of its own: {what}");
        }
        let mut live = self.live();
        live.iter().try_for_each(|live| self.check_neighbours(&new, live))?;
        live.push(new);
        Ok(())
    }

    /// Two live allocations share neither bytes, nor atoms, nor pages that they must not.
    fn check_neighbours(&self, new: &Live, live: &Live) -> Result<(), Broken> {
        let limits = self.context.limits();
        promise!(!new.shares_page(live, 1), "{new:?} overlaps {live:?}");
        if self.context.is_non_coherent(new.memory_type) {
            let atom = limits.non_coherent_atom_size;
            promise!(!new.shares_page(live, atom), "{new:?} shares an atom with {live:?}");
        }
        let page = limits.buffer_image_granularity;
        let alike = new.tiling == live.tiling;
        promise!(alike || !new.shares_page(live, page), "{new:?} shares a page with {live:?}");
        Ok(())
    }

    /// Every figure agrees with what is live, and the simulated device has no objection.
    pub(crate) fn check(&self) -> Result<(), Broken> {
        if let Some(sim) = &self.sim {
            let violations = sim.violations();
            promise!(violations.is_empty(), "the device was misused: {}", violations[0]);
        }
        if self.keeps_stats {
            self.check_statistics(&self.allocator.stats())?;
        }
        if self.has(AllocatorCapabilities::REPORT) {
            self.check_report()?;
        }
        Ok(())
    }

    fn check_statistics(&self, stats: &AllocatorStats) -> Result<(), Broken> {
        let live = self.live();
        let known = self.heaps().end as usize;
        for (heap, figures) in (0u32..).zip(&stats.heaps) {
            let HeapStats { block_bytes, used_bytes, blocks, allocations } = *figures;
            let here = live.iter().filter(|live| live.heap == heap);
            let mut objects: Vec<_> = here.clone().map(|live| live.memory).collect();
            let used: u64 = here.map(|live| live.size).sum();
            let count = objects.len();
            objects.sort_unstable();
            objects.dedup();
            let what = format!("heap {heap} says {figures:?}");
            promise!(used_bytes == used, "{what}, {used} bytes are granted");
            promise!(allocations as usize == count, "{what}, {count} allocations are live");
            promise!(used_bytes <= block_bytes, "{what}, more used than there is");
            promise!(blocks as usize >= objects.len(), "{what}, {} objects are out", objects.len());
            promise!((blocks == 0) == (block_bytes == 0), "{what}, blocks without bytes");
            if !self.has(AllocatorCapabilities::SUBALLOCATES) {
                promise!(blocks == allocations, "{what}, and shares no block");
                promise!(block_bytes == used_bytes, "{what}, and shares no block");
            }
            if (heap as usize) >= known {
                promise!(*figures == HeapStats::default(), "{what}, which the device lacks");
            } else if let Some(sim) = &self.sim {
                let taken = sim.heap_usage(heap);
                let right = if self.alone { block_bytes == taken } else { block_bytes <= taken };
                promise!(right, "{what}, the device counts {taken} bytes");
            }
        }
        Ok(())
    }

    fn check_report(&self) -> Result<(), Broken> {
        let report = self.allocator.report();
        let name = self.allocator.name();
        promise!(*report.allocator == *name, "`{name}` reports as `{}`", report.allocator);
        let mut sums = AllocatorStats::default();
        let mut labels = Vec::new();
        for block in &report.blocks {
            let heap = heap_of(&self.context, block.memory_type);
            promise!(block.heap == heap, "a type of heap {heap} is reported in {block:?}");
            let Some(figures) = sums.heaps.get_mut(heap as usize) else { continue };
            figures.blocks += 1;
            figures.block_bytes += block.size;
            let mut end = 0;
            for range in &block.ranges {
                promise!(range.offset == end && range.size > 0, "a gap or overlap in {block:?}");
                end += range.size;
                if range.used {
                    figures.allocations += 1;
                    figures.used_bytes += range.size;
                    labels.push((block.memory_type, range.size, range.label.as_deref()));
                } else {
                    promise!(range.label.is_none(), "a free range has a label in {block:?}");
                }
            }
            promise!(end == block.size, "the ranges end at {end} of {block:?}");
        }
        let stats = self.allocator.stats();
        promise!(sums == stats, "the report sums to {sums:?}, the statistics are {stats:?}");
        let live = self.live();
        let mut expected: Vec<_> =
            live.iter().map(|l| (l.memory_type, l.size, l.label.as_deref())).collect();
        labels.sort_unstable();
        expected.sort_unstable();
        promise!(labels == expected, "reported {labels:?}, live are {expected:?}");
        self.check_pages(&report)
    }

    /// What is told by the page is what is told at once.
    fn check_pages(&self, report: &AllocatorReport) -> Result<(), Broken> {
        let (mut walk, mut page) = (ReportWalk::default(), ReportPage::default());
        while self.allocator.report_page(&mut walk, &mut page) {}
        let mut blocks: Vec<_> =
            page.blocks.iter().map(|it| (it.memory_type, it.heap, it.size, it.dedicated)).collect();
        let mut at_once: Vec<_> = report
            .blocks
            .iter()
            .map(|it| (it.memory_type, it.heap, it.size, it.dedicated))
            .collect();
        blocks.sort_unstable();
        at_once.sort_unstable();
        promise!(blocks == at_once, "the pages have blocks {blocks:?}, the report {at_once:?}");
        let types: HashMap<_, _> =
            page.blocks.iter().map(|it| (it.block, it.memory_type)).collect();
        promise!(types.len() == page.blocks.len(), "two blocks of the pages have one number");
        let mut ranges: Vec<_> = page
            .ranges
            .iter()
            .map(|it| (types.get(&it.block).copied(), it.offset, it.size, it.label.as_deref()))
            .collect();
        let mut at_once: Vec<_> = report
            .blocks
            .iter()
            .flat_map(|block| block.ranges.iter().map(|it| (block.memory_type, it)))
            .filter(|(_, it)| it.used)
            .map(|(type_of, it)| (Some(type_of), it.offset, it.size, it.label.as_deref()))
            .collect();
        ranges.sort_unstable();
        at_once.sort_unstable();
        promise!(ranges == at_once, "the pages have ranges {ranges:?}, the report {at_once:?}");
        Ok(())
    }

    /// Size in bytes of a live memory object, where that can be known.
    fn object_size(&self, memory: u64) -> Option<u64> {
        let objects = self.sim.as_ref()?.leaks();
        let object = objects.iter().find(|object| object.handle == memory);
        // An object that the device does not know has no bytes for anyone.
        Some(object.map_or(0, |object| object.size))
    }
}
