//! How a trace is written down.

use super::{Lane, Op, Want};

/// Writes steps, reuses slots, and keeps count of what is alive.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) lane: Lane,
    empty: Vec<u32>,
    /// Bytes in each slot.
    sizes: Vec<u64>,
    bytes: u64,
    live: u64,
}

impl Writer {
    pub(super) fn take(&mut self, want: Want) -> u32 {
        let slot = self.empty.pop().unwrap_or_else(|| {
            self.sizes.push(0);
            // A trace has far fewer slots than 32 bits can name.
            u32::try_from(self.sizes.len() - 1).unwrap_or(u32::MAX)
        });
        self.sizes[slot as usize] = want.size;
        self.bytes += want.size;
        self.live += 1;
        self.lane.ops.push(Op::take(slot, want));
        self.lane.slots = self.sizes.len();
        self.lane.peak_bytes = self.lane.peak_bytes.max(self.bytes);
        self.lane.peak_live = self.lane.peak_live.max(self.live);
        slot
    }

    pub(super) fn free(&mut self, slot: u32) {
        self.bytes -= self.sizes[slot as usize];
        self.live -= 1;
        self.empty.push(slot);
        self.lane.ops.push(Op::free(slot));
    }
}
