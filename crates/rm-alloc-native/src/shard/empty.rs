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
        now: Instant,
    ) -> Vec<DeviceMemory> {
        if let Some(Some(block)) = self.blocks.get_mut(region.index()) {
            block.empty_since = Some(now);
        }
        self.expired(rule, now)
    }

    /// The blocks that have been empty for too long, or are too many; they are out then.
    pub(crate) fn expired(&mut self, rule: &Hysteresis, now: Instant) -> Vec<DeviceMemory> {
        self.settle();
        let keep = (self.used / 8).max(rule.bytes);
        let empty = self.empty_bytes();
        if empty <= keep {
            return Vec::new();
        }
        let far = keep.saturating_mul(FAR);
        self.give(empty, keep, self.reserved.saturating_sub(rule.least), |left, since| {
            left > far
                || since.is_none_or(|since| now.saturating_duration_since(since) >= rule.time)
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
        self.fit.regions().filter(|(_, it)| it.allocations == 0).map(|(_, it)| it.size).sum()
    }

    /// Takes out empty blocks, the longest empty first, while more than `keep` bytes of `empty` ones are left, `most` at the
    /// most, as long as `goes` says so.
    fn give(
        &mut self,
        mut empty: u64,
        keep: u64,
        mut most: u64,
        goes: impl Fn(u64, Option<Instant>) -> bool,
    ) -> Vec<DeviceMemory> {
        let since = |id: RegionId| self.blocks.get(id.index())?.as_ref()?.empty_since;
        let regions = self.fit.regions().filter(|(_, it)| it.allocations == 0);
        let mut candidates: Vec<_> = regions.map(|(id, it)| (since(id), id, it.size)).collect();
        // Blocks that were never used come first.
        candidates.sort_unstable();
        let mut given = Vec::new();
        for (since, id, size) in candidates {
            if empty <= keep || !goes(empty, since) {
                break;
            }
            if size <= most
                && let Ok(memory) = self.remove(id)
            {
                (empty, most) = (empty - size, most - size);
                given.push(memory);
            }
        }
        given
    }
}
