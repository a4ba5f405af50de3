//! What lies in the blocks of a pool, all at once or by the page.

use std::collections::HashMap;

use ash::vk::Handle;
use rm_alloc_core::{AllocatorReport, BlockReport, RangePart, RangeReport, ReportPage, ReportWalk};

use super::{
    Slot,
    table::{Record, without_gaps},
};
use crate::{driver::Driver, sync::lock};

impl Slot {
    /// Adds the blocks of this pool to `report`, with every range.
    pub(crate) fn report(&self, driver: &Driver, report: &mut AllocatorReport) {
        let context = driver.owner().context();
        let table = lock(&self.table);
        let mut ranges: HashMap<_, Vec<_>> = HashMap::new();
        for (index, Record { memory, offset, size }) in table.used() {
            let label = table.label(index).map(Box::from);
            let range = RangeReport { offset: *offset, size: *size, used: true, label };
            ranges.entry(*memory).or_default().push(range);
        }
        driver.each_block(|memory, block| {
            if block.slot == self.settings.index {
                let (memory_type, size) = (block.memory.memory_type(), block.memory.size());
                report.blocks.push(BlockReport {
                    memory_type,
                    heap: context.heap_of(memory_type),
                    size,
                    dedicated: block.dedicated,
                    ranges: without_gaps(ranges.remove(&memory).unwrap_or_default(), size),
                });
            }
        });
    }

    /// Adds the next ranges of this pool to `page`, and says whether there are more.
    pub(crate) fn range_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        let first = usize::try_from(walk.position[1]).unwrap_or(usize::MAX);
        let table = lock(&self.table);
        let records = table.page(first, ReportWalk::NODES);
        page.ranges.extend(records.map(|(index, record)| RangePart {
            block: record.memory.as_raw(),
            offset: record.offset,
            size: record.size,
            label: table.label(index).map(Box::from),
        }));
        let end = table.places();
        drop(table);
        let next = first.saturating_add(ReportWalk::NODES).min(end);
        walk.note(next.saturating_sub(first));
        walk.position[1] = next as u64;
        next < end
    }
}
