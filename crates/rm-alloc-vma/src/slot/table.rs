//! The table of what lies in a pool: plain records in a list with holes.

use std::sync::Arc;

use ash::vk;
use rm_alloc_core::RangeReport;
use vk_mem::AllocatorPool;

/// The pool and what lies in it.
#[derive(Default)]
pub(super) struct Table {
    // Invariant: `live` counts the used records and the requests under way; while it is not zero, `pool` stays.
    pub(super) pool: Option<Arc<AllocatorPool>>,
    records: Vec<Record>,
    // The head of the list through the unused records: one more than its index, zero at the end.
    unused: u64,
    pub(super) live: usize,
    used_bytes: u64,
    used_count: u32,
    // By the index of their record; short, or empty, where few or none have one.
    labels: Vec<Option<Box<str>>>,
}

/// One live allocation, or a link of the list of unused records.
#[derive(Clone, Copy)]
pub(super) struct Record {
    // Null where unused.
    pub(super) memory: vk::DeviceMemory,
    // One more than the index of the next unused record, where unused.
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Table {
    #[inline]
    pub(super) fn enter(&mut self, record: Record) -> usize {
        self.used_bytes += record.size;
        self.used_count += 1;
        let index = usize::try_from(self.unused).unwrap_or(0).wrapping_sub(1);
        if let Some(unused) = self.records.get_mut(index) {
            self.unused = unused.offset;
            *unused = record;
            return index;
        }
        self.records.push(record);
        self.records.len() - 1
    }

    /// Strikes out a record and its label.
    #[inline]
    pub(super) fn strike(&mut self, index: usize) {
        if let Some(record) = self.records.get_mut(index) {
            self.used_bytes -= record.size;
            self.used_count -= 1;
            record.memory = vk::DeviceMemory::null();
            record.offset = self.unused;
            self.unused = index as u64 + 1;
            self.live -= 1;
        }
        if let Some(label) = self.labels.get_mut(index) {
            *label = None;
        }
    }

    #[cold]
    pub(super) fn set_label(&mut self, index: usize, label: &str) {
        if self.labels.len() <= index {
            self.labels.resize(index + 1, None);
        }
        self.labels[index] = Some(label.into());
    }

    pub(super) fn label(&self, index: usize) -> Option<&str> {
        self.labels.get(index)?.as_deref()
    }

    /// Live allocations and their bytes.
    pub(super) fn figures(&self) -> (u32, u64) {
        (self.used_count, self.used_bytes)
    }

    /// Gives back what a table without allocations keeps for the next ones.
    pub(super) fn forget_holes(&mut self) {
        if self.used_count == 0 {
            (self.records, self.labels, self.unused) = (Vec::new(), Vec::new(), 0);
        }
    }

    /// The used records among `most` from `first` on.
    pub(super) fn page(&self, first: usize, most: usize) -> impl Iterator<Item = (usize, &Record)> {
        let records = self.records.iter().enumerate().skip(first).take(most);
        records.filter(|(_, record)| record.memory != vk::DeviceMemory::null())
    }

    /// Places of records, unused ones included.
    pub(super) fn places(&self) -> usize {
        self.records.len()
    }

    pub(super) fn used(&self) -> impl Iterator<Item = (usize, &Record)> {
        let records = self.records.iter().enumerate();
        records.filter(|(_, record)| record.memory != vk::DeviceMemory::null())
    }
}

/// The ranges of a block of `size` bytes in order, with what is free between them.
pub(super) fn without_gaps(mut used: Vec<RangeReport>, size: u64) -> Vec<RangeReport> {
    used.sort_unstable_by_key(|range| range.offset);
    let mut ranges = Vec::with_capacity(used.len() * 2 + 1);
    let mut end = 0;
    let free = |from: u64, to: u64| RangeReport {
        offset: from,
        size: to - from,
        used: false,
        label: None,
    };
    for range in used {
        if range.offset > end {
            ranges.push(free(end, range.offset));
        }
        end = range.offset + range.size;
        ranges.push(range);
    }
    if end < size {
        ranges.push(free(end, size));
    }
    ranges
}
