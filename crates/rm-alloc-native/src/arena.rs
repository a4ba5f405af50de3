//! Memory of one type, tiling class and priority: blocks in a few shards.
//!
//! Protocol: a shard's lock guards its blocks and ranges, is held for one search or one return, and is never held while
//! another one is taken or while the driver is called. An allocation tries the shard of its thread; where that has no
//! hole, the others, if they have much that is free; then a new block is made without any lock and added to the shard of
//! the thread. A range goes back to the shard that it came from. A block leaves its shard under the lock, so that nobody
//! finds room in it any more, and is freed by whoever took it out.

mod grow;
mod report;

#[cfg(all(test, loom))]
mod model;

use std::time::Instant;

use rm_alloc_core::{Allocation, DeviceMemory, MemoryError, Priority};

pub(crate) use self::grow::NoBlock;
use crate::{
    errand::{Desk, Order},
    growth::Growth,
    lock::Guard,
    seat,
    shard::{Figures, Hysteresis, Need, Shard, State},
    sync::{AtomicU32, Ordering},
};

/// What an arena is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Its number among the arenas of the allocator.
    pub(crate) index: usize,
    pub(crate) memory_type: u32,
    pub(crate) heap: u32,
    pub(crate) priority: Priority,
    /// Shown in captures, on the blocks.
    pub(crate) name: &'static str,
    /// What ranges are multiples of, in bytes.
    pub(crate) granule: u64,
    /// Whether the host sees it; its blocks are mapped then, so that no mapping can fail later.
    pub(crate) visible: bool,
    /// Above this many bytes nothing lies in a block.
    pub(crate) largest: u64,
    pub(crate) growth: Growth,
    pub(crate) hysteresis: Hysteresis,
    /// Shards, a power of two.
    pub(crate) shards: usize,
}

/// The shards, and what they are made of.
pub(crate) struct Arena {
    settings: Settings,
    shards: Box<[Shard]>,
    /// Blocks that there are or that are being made; relaxed, because it guards nothing but itself.
    blocks: AtomicU32,
    /// Where blocks are ordered and given back, where that is done elsewhere.
    desk: Option<Desk>,
}

impl Arena {
    pub(crate) fn new(settings: Settings, desk: Option<Desk>) -> Result<Self, MemoryError> {
        let first = settings.index * settings.shards;
        let Settings { memory_type, granule, .. } = settings;
        let shards = (first..first + settings.shards)
            .map(|number| State::new(memory_type, granule, number).map(Shard::new))
            .collect::<Result<_, _>>()?;
        Ok(Self { settings, shards, blocks: AtomicU32::new(0), desk })
    }

    #[inline]
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Memory from the blocks of this thread's shard; none where they have no room.
    #[inline]
    pub(crate) fn reuse(&self, need: Need<'_>) -> Option<Allocation> {
        let (shard, mut state) = self.own_shard();
        let taken = state.take(need);
        if let Some(desk) = &self.desk
            && state.runs_low(need.size)
        {
            drop(state);
            self.order(desk, shard, need.headroom);
        }
        taken
    }

    /// Gives a range back.
    #[inline]
    pub(crate) fn put_back(&self, shard: usize, range: Allocation) {
        let Some(shard) = self.shards.get(shard) else { return };
        let mut state = shard.0.lock();
        if let Some(region) = state.put_back(range) {
            let given = state.emptied(region, &self.settings.hysteresis, Instant::now);
            drop(state);
            self.give_back(given);
        }
    }

    /// Gives blocks back that have been empty for too long.
    pub(crate) fn expire(&self, now: Instant) {
        for shard in &self.shards {
            let mut state = shard.0.lock();
            state.settle();
            // What could not be had a while ago may be there now.
            state.forget_order();
            let given = state.expired(&self.settings.hysteresis, || now);
            drop(state);
            self.let_go(given);
        }
    }

    /// Bytes of blocks in which nothing lies.
    pub(crate) fn empty_bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.0.lock().empty_bytes()).sum()
    }

    /// Gives empty blocks back until at most `keep` bytes of them are left, and says how many went.
    pub(crate) fn trim(&self, mut keep: u64) -> u64 {
        let mut given = 0;
        for shard in &self.shards {
            let mut state = shard.0.lock();
            let gone = state.trimmed(keep);
            keep = keep.saturating_sub(state.empty_bytes());
            drop(state);
            given += gone.iter().map(DeviceMemory::size).sum::<u64>();
            self.let_go(gone);
        }
        given
    }

    /// Calls `look` with each shard, one at a time.
    pub(crate) fn each<R>(&self, mut look: impl FnMut(&mut State) -> R) -> Vec<R> {
        self.shards.iter().map(|shard| look(&mut shard.0.lock())).collect()
    }

    /// The sum over all shards.
    pub(crate) fn figures(&self) -> Figures {
        self.shards.iter().fold(Figures::default(), |sum, shard| {
            let figures = shard.0.lock().figures();
            Figures {
                reserved: sum.reserved + figures.reserved,
                used: sum.used + figures.used,
                blocks: sum.blocks + figures.blocks,
                allocations: sum.allocations + figures.allocations,
            }
        })
    }

    /// Adds the next ranges of shard `shard` to a report; none if there is no such shard.
    pub(crate) fn shard(&self, shard: usize) -> Option<Guard<'_, State>> {
        self.shards.get(shard).map(|shard| shard.0.lock())
    }

    /// The shard of this thread, locked, and its number in this arena.
    #[inline]
    fn own_shard(&self) -> (usize, Guard<'_, State>) {
        let index = self.wrap(seat::shard());
        if let Some(state) = self.shards[index].0.try_lock() {
            return (index, state);
        }
        self.contended()
    }

    #[cold]
    fn contended(&self) -> (usize, Guard<'_, State>) {
        let index = self.wrap(seat::shard());
        let state = self.shards[index].0.lock();
        if !seat::collided(state.requests()) {
            return (index, state);
        }
        drop(state);
        let index = self.wrap(seat::shard());
        (index, self.shards[index].0.lock())
    }

    #[inline]
    fn wrap(&self, shard: usize) -> usize {
        // A power of two, so this is the remainder.
        shard & (self.shards.len() - 1)
    }

    /// Orders a block for a shard that runs low; who cannot be told will ask again.
    #[cold]
    fn order(&self, desk: &Desk, shard: usize, headroom: u64) {
        let heap_bytes = desk.context().block_bytes(self.settings.heap).saturating_add(headroom);
        let order = Order { arena: self.settings.index, shard, heap_bytes };
        if !desk.order(order) {
            self.forget_order(shard);
        }
    }

    /// Lets shard `shard` order again.
    pub(crate) fn forget_order(&self, shard: usize) {
        if let Some(mut state) = self.shard(shard) {
            state.forget_order();
        }
    }

    /// Frees blocks, or has them freed where somebody does that elsewhere.
    fn give_back(&self, given: Vec<DeviceMemory>) {
        let Some(desk) = &self.desk else { return self.let_go(given) };
        self.strike(given.len());
        given.into_iter().for_each(|memory| desk.free(memory));
    }

    /// Frees blocks.
    fn let_go(&self, given: Vec<DeviceMemory>) {
        let count = given.len();
        // The driver first, so that there are never more than are counted.
        drop(given);
        self.strike(count);
    }

    fn strike(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count > 0 {
            self.blocks.fetch_sub(count, Ordering::Relaxed);
        }
    }
}
