//! New blocks, when no hole is large enough.

use rm_alloc_core::{Allocation, BlockOwner, BlockRequest, DeviceMemory, MemoryError};

use super::Arena;
use crate::{errand::Order, growth::Standing, shard::Need, sync::Ordering};

/// Why no block was made.
pub(crate) enum NoBlock {
    /// A block would not help, or is not to be had; the reason, if the driver or a bound gave one.
    Refused(Option<MemoryError>),
    /// Nothing else will help either.
    Failed(MemoryError),
}

impl Arena {
    /// Memory from blocks of other shards that have much to spare, or from a new block.
    pub(crate) fn grow(&self, owner: &BlockOwner, need: Need<'_>) -> Result<Allocation, NoBlock> {
        let shard = self.own_shard().0;
        let size = self.settings.growth.granules(need.size);
        let standing = self.standing(owner, shard);
        let wish = self.settings.growth.wish(size, standing);
        let spare = (self.figures().reserved / 8).max(wish);
        if let Some(taken) = self.reuse_others(need, spare) {
            return Ok(taken);
        }
        let memory = match self.make(owner, size, need.headroom, standing) {
            Ok(memory) => memory,
            Err(refused) => {
                // However little they have to spare.
                return self.reuse_others(need, 0).ok_or(refused);
            }
        };
        let mut state = self.shards[shard].0.lock();
        let added = state.add(memory);
        let taken = if added.is_ok() { state.take(need) } else { None };
        drop(state);
        self.let_in(added);
        taken.ok_or(NoBlock::Refused(None))
    }

    /// Makes the block of an order, unless the shard has enough by now.
    ///
    /// Where none is to be had, the shard does not order again until blocks come or go, or the next look at empty ones.
    pub(crate) fn serve(&self, owner: &BlockOwner, order: Order) {
        let Some(mut state) = self.shard(order.shard) else { return };
        if !state.is_low() {
            return state.forget_order();
        }
        let ahead = state.ahead();
        drop(state);
        let standing = self.standing(owner, order.shard);
        let headroom = order.heap_bytes.saturating_sub(standing.heap_bytes);
        let least = self.settings.growth.granules(ahead).clamp(1, self.settings.growth.ceiling);
        if let Ok(memory) = self.make(owner, least, headroom, standing) {
            let added = self.shard(order.shard).map(|mut state| state.add(memory));
            self.let_in(added.unwrap_or(Ok(())));
        }
    }

    /// Makes the blocks that are always there.
    pub(crate) fn open(&self, owner: &BlockOwner, blocks: u32) -> Result<(), MemoryError> {
        for _ in 0..blocks {
            let standing = self.standing(owner, 0);
            match self.make(owner, 1, u64::MAX, standing) {
                Ok(memory) => {
                    let added = self.shard(0).map(|mut state| state.add_for_good(memory));
                    self.let_in(added.unwrap_or(Ok(())));
                }
                Err(NoBlock::Failed(error) | NoBlock::Refused(Some(error))) => return Err(error),
                Err(NoBlock::Refused(None)) => return Err(MemoryError::OutOfDeviceMemory),
            }
        }
        Ok(())
    }

    /// Frees a block that a shard could not number, now that its lock is given back, and counts it no more.
    fn let_in(&self, added: Result<(), DeviceMemory>) {
        if let Err(memory) = added {
            self.strike(1);
            drop(memory);
        }
    }

    /// Memory from the blocks of other shards of which more than `least` bytes are free.
    fn reuse_others(&self, need: Need<'_>, least: u64) -> Option<Allocation> {
        let own = crate::seat::shard();
        (0..self.shards.len()).find_map(|step| {
            let shard = self.wrap(own.wrapping_add(step));
            let mut state = self.shards[shard].0.lock();
            let figures = state.figures();
            if figures.reserved - figures.used < least.max(need.size) {
                return None;
            }
            state.take(need)
        })
    }

    /// Makes a block that holds `need` bytes, without any lock.
    fn make(
        &self,
        owner: &BlockOwner,
        need: u64,
        headroom: u64,
        standing: Standing,
    ) -> Result<DeviceMemory, NoBlock> {
        // Counted first, so that threads which grow at the same time stay within the bound together.
        let most = self.settings.growth.most_blocks;
        let one_more = |blocks| (blocks < most).then(|| blocks + 1);
        if self.blocks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            return Err(NoBlock::Refused(Some(MemoryError::OutOfDeviceMemory)));
        }
        let made = self.ask(owner, need, headroom, standing);
        if made.is_err() {
            self.strike(1);
        }
        made
    }

    fn ask(
        &self,
        owner: &BlockOwner,
        need: u64,
        headroom: u64,
        standing: Standing,
    ) -> Result<DeviceMemory, NoBlock> {
        let mut refused = None;
        for size in self.settings.growth.sizes(need, standing) {
            if size > headroom {
                refused = Some(MemoryError::OverHeadroom { size, headroom });
                continue;
            }
            let request = BlockRequest {
                priority: self.settings.priority,
                map: self.settings.visible,
                label: Some(self.settings.name),
                ..BlockRequest::new(size, self.settings.memory_type)
            };
            match owner.allocate_memory(&request) {
                Ok(memory) => return Ok(memory),
                // Fewer objects are what it takes, and smaller ones are as many.
                Err(error @ MemoryError::TooManyAllocations) => {
                    return Err(NoBlock::Refused(Some(error)));
                }
                Err(error) if error.is_shortage() => refused = Some(error),
                Err(error) => return Err(NoBlock::Failed(error)),
            }
        }
        Err(NoBlock::Refused(refused))
    }

    fn standing(&self, owner: &BlockOwner, shard: usize) -> Standing {
        let own = self.shards[shard].0.lock().figures();
        Standing {
            reserved: own.reserved,
            used: own.used,
            blocks: own.blocks,
            heap_bytes: owner.context().block_bytes(self.settings.heap),
        }
    }
}
