//! What lies in the blocks of an arena.

use rm_alloc_core::{AllocatorReport, BlockOwner};

use super::Arena;

impl Arena {
    /// Adds every block with every range.
    pub(crate) fn report(&self, report: &mut AllocatorReport) {
        for shard in &self.shards {
            report.blocks.extend(shard.0.lock().report(self.settings.heap));
        }
    }

    /// Tells of every range that was never given back; its block is lost.
    pub(crate) fn abandon(&mut self, owner: &BlockOwner) {
        for shard in &self.shards {
            let (left, empty) = shard.0.lock().abandon();
            drop(empty);
            for (label, size) in left {
                owner.tell_leak(label.as_deref(), size, self.settings.memory_type);
            }
        }
    }
}
