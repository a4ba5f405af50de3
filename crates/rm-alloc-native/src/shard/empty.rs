//! Blocks in which nothing lies: how many stay, and for how long.
//!
//! A block that was just emptied is often needed again in the next frame, and asking the driver for it costs milliseconds. So
//! a part of what is used may stay empty for as long as it likes; what is beyond that goes back when it has been empty for a
//! while, and what is far beyond it goes back at once.

use std::time::{Duration, Instant};

use rm_alloc_core::DeviceMemory;
use rm_suballoc::RegionId;

use super::{Block, State};

/// How much further beyond what may stay the limit is at which time does not matter.
const FAR: u64 = 4;

/// How long empty blocks stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hysteresis {
    /// Bytes of empty blocks that stay, beside an eighth of what is used.
    pub(crate) bytes: u64,
    /// How long a block beyond that stays, from when it is first seen to be one too many.
    pub(crate) time: Duration,
    /// Whether blocks are made ahead of need, so that one which would be ordered again at once stays.
    pub(crate) ahead: bool,
}

impl State {
    /// Notes that `region` was emptied, and answers with the blocks that are to go.
    pub(crate) fn emptied(
        &mut self,
        region: RegionId,
        rule: &Hysteresis,
        now: impl FnOnce() -> Instant,
    ) -> Vec<DeviceMemory> {
        if let Some(Some(block)) = self.blocks.get_mut(region.index()) {
            block.spare_since = None;
        }
        self.expired(rule, now)
    }

    /// The blocks that are too many, or have been too many for too long; they are out then.
    pub(crate) fn expired(
        &mut self,
        rule: &Hysteresis,
        now: impl FnOnce() -> Instant,
    ) -> Vec<DeviceMemory> {
        let keep = (self.used / 8).max(rule.bytes);
        if self.counted_empty() <= keep {
            return Vec::new();
        }
        let (now, far) = (now(), keep.saturating_mul(FAR));
        self.settle();
        self.give(keep, rule.ahead, |left, since| {
            let since = *since.get_or_insert(now);
            left > far || now.saturating_duration_since(since) >= rule.time
        })
    }

    /// Takes out empty blocks until at most `keep` bytes of them are left, however new they are.
    pub(crate) fn trimmed(&mut self, keep: u64) -> Vec<DeviceMemory> {
        self.settle();
        self.give(keep, false, |_, _| true)
    }

    /// Bytes of blocks in which nothing lies, and which may go.
    pub(crate) fn empty_bytes(&mut self) -> u64 {
        self.settle();
        self.counted_empty()
    }

    /// Bytes of such blocks in which nothing that is kept lies either.
    fn counted_empty(&self) -> u64 {
        self.blocks.iter().flatten().map(|block| self.may_go(block).unwrap_or(0)).sum()
    }

    /// The bytes of a block that may go.
    fn may_go(&self, block: &Block) -> Option<u64> {
        let empty = self.fit.region(block.region).is_some_and(|it| it.allocations == 0);
        (empty && !block.stays).then(|| block.memory.size())
    }

    /// Takes out empty blocks while more than `keep` bytes of them are left, as far as `goes` says so; it sees how many are
    /// left, and may note since when a block has been too many. With `ahead`, none goes that would be ordered again.
    // Nothing is allocated unless a block goes: this may happen at every free.
    fn give(
        &mut self,
        keep: u64,
        ahead: bool,
        mut goes: impl FnMut(u64, &mut Option<Instant>) -> bool,
    ) -> Vec<DeviceMemory> {
        let (mut given, mut left) = (Vec::new(), self.counted_empty());
        for index in 0..self.blocks.len() {
            if left <= keep {
                break;
            }
            let Some(size) = self.blocks[index].as_ref().and_then(|block| self.may_go(block))
            else {
                continue;
            };
            let Some(block) = &mut self.blocks[index] else { continue };
            let region = block.region;
            if !goes(left, &mut block.spare_since) {
                continue;
            }
            let Ok(memory) = self.remove(region) else { continue };
            let back = if ahead && self.is_low() { self.add(memory) } else { Err(memory) };
            if let Err(memory) = back {
                left -= size;
                given.push(memory);
            }
        }
        given
    }
}
