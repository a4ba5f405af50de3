//! Blocks in which nothing lies: how many stay, and for how long.
//!
//! A block that was just emptied is often needed again in the next frame, and asking the driver for it costs milliseconds. So
//! a part of what is used may stay empty for as long as it likes; what is beyond that goes back when it has been empty for a
//! while, and what is far beyond it goes back at once.

use std::time::{Duration, Instant};

use rm_alloc_core::DeviceMemory;
use rm_suballoc::RegionId;

use super::State;

/// How much further beyond what may stay the limit is at which time does not matter.
const FAR: u64 = 4;

/// How long empty blocks stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hysteresis {
    /// Bytes of empty blocks that stay, beside an eighth of what is used.
    pub(crate) bytes: u64,
    /// How long a block beyond that stays.
    pub(crate) time: Duration,
    /// Bytes of blocks that always stay.
    pub(crate) least: u64,
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
        let (now, empty, far) = (now(), self.empty_bytes(), keep.saturating_mul(FAR));
        self.give(empty, keep, self.reserved.saturating_sub(rule.least), |left, since| {
            let since = *since.get_or_insert(now);
            left > far || now.saturating_duration_since(since) >= rule.time
        })
    }

    /// Takes out empty blocks until at most `keep` bytes of them are left, however new they are.
    pub(crate) fn trimmed(&mut self, keep: u64, least: u64) -> Vec<DeviceMemory> {
        let (empty, most) = (self.empty_bytes(), self.reserved.saturating_sub(least));
        self.give(empty, keep, most, |_, _| true)
    }

    /// Bytes of blocks in which nothing lies.
    pub(crate) fn empty_bytes(&mut self) -> u64 {
        self.settle();
        self.counted_empty()
    }

    /// Bytes of blocks in which nothing lies, nor anything that is kept.
    fn counted_empty(&self) -> u64 {
        self.fit.regions().filter(|(_, it)| it.allocations == 0).map(|(_, it)| it.size).sum()
    }

    /// Takes out empty blocks while more than `keep` bytes of `empty` ones are left, `most` at the most, as far as `goes`
    /// says so; it sees, and may note, since when a block has been too many.
    fn give(
        &mut self,
        mut empty: u64,
        keep: u64,
        mut most: u64,
        mut goes: impl FnMut(u64, &mut Option<Instant>) -> bool,
    ) -> Vec<DeviceMemory> {
        let mut given = Vec::new();
        for index in 0..self.blocks.len() {
            let Some(Some(block)) = self.blocks.get_mut(index) else { continue };
            let region = block.region;
            let Some(it) = self.fit.region(region).filter(|it| it.allocations == 0) else {
                continue;
            };
            if empty > keep
                && it.size <= most
                && goes(empty, &mut block.spare_since)
                && let Ok(memory) = self.remove(region)
            {
                (empty, most) = (empty - it.size, most - it.size);
                given.push(memory);
            }
        }
        given
    }
}
