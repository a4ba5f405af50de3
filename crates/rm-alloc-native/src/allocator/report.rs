//! Every block and range, all at once or by the page.

use rm_alloc_core::{AllocatorReport, ReportPage, ReportWalk};

use super::Shared;
use crate::errand::Desk;

impl Shared {
    pub(super) fn report(&self) -> AllocatorReport {
        // Objects of their own, and then blocks, at last those that are about to be freed.
        let mut report = self.accounts().own.report();
        for arena in self.arenas() {
            arena.report(&mut report);
        }
        report.blocks.extend(self.desk().map(Desk::report).unwrap_or_default());
        report
    }

    /// Ranges of one shard after the other, then the blocks, and then objects of their own: whoever lives throughout has its
    /// block among them.
    pub(super) fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        let step = usize::try_from(walk.position[0]).unwrap_or(usize::MAX);
        let shards = self.shards();
        let more = match step.checked_sub(shards) {
            None => self.range_page(step, walk, page),
            Some(0) => self.accounts().blocks.block_page(walk, page),
            Some(_) => return self.accounts().own.report_page(walk, page),
        };
        if !more {
            walk.position = [walk.position[0] + 1, 0];
        }
        true
    }
}
