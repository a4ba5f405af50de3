//! One shard: blocks, what lies in them, and one search over all of them.
//!
//! Plain state behind one lock, under which nobody calls the driver: blocks are made before it is taken, and leave it
//! to be freed after it is given back.

mod empty;
mod recent;
mod report;

use std::{ptr::NonNull, time::Instant};

use ash::vk;
use rm_alloc_core::{Allocation, AllocationParts, DeviceMemory, MemoryError, MemoryRequest};
use rm_suballoc::{Handle, Range, RegionId, SegregatedFit, SuballocError};

pub(crate) use self::empty::Hysteresis;
use self::recent::Recent;
use crate::{cookie::Cookie, lock::Lock};

/// A shard behind its lock.
// Two cache lines of its own, because processors fetch pairs, so that threads in different shards do not disturb each other.
#[repr(align(128))]
pub(crate) struct Shard(pub(crate) Lock<State>);

/// What a shard knows.
pub(crate) struct State {
    // Invariant: block `n` is the memory of region `n` of `fit`, and there is one for every region.
    fit: SegregatedFit,
    recent: Recent,
    /// Its number among all shards of the allocator.
    number: usize,
    blocks: Vec<Option<Block>>,
    /// By the place of their range; short, or empty, where few or none have one.
    labels: Vec<Option<Box<str>>>,
    memory_type: u32,
    /// Requests so far, modulo 2^32.
    requests: u32,
    /// Bytes of blocks, and of ranges in them.
    reserved: u64,
    used: u64,
    /// The largest request that was served, in bytes.
    largest: u64,
    /// Whether a block was ordered; until blocks come or go, whatever became of the order.
    is_ordered: bool,
}

/// A memory object that ranges lie in.
struct Block {
    region: RegionId,
    raw: vk::DeviceMemory,
    mapped: Option<NonNull<u8>>,
    memory: DeviceMemory,
    /// Whether it never goes, however empty it is.
    stays: bool,
    /// Since when it has been empty and one too many, if anybody noticed.
    spare_since: Option<Instant>,
}

// SAFETY: the pointer is that of `memory`, which says the same; it is only handed out, never followed here.
unsafe impl Send for Block {}

/// What a request comes down to in a shard.
#[derive(Clone, Copy)]
pub(crate) struct Need<'a> {
    /// Size in bytes.
    pub(crate) size: u64,
    /// Alignment in bytes.
    pub(crate) alignment: u64,
    /// Most bytes of a new block.
    pub(crate) headroom: u64,
    pub(crate) label: Option<&'a str>,
}

impl<'a> From<&MemoryRequest<'a>> for Need<'a> {
    #[inline]
    fn from(request: &MemoryRequest<'a>) -> Self {
        let MemoryRequest { size, alignment, headroom, label, .. } = *request;
        Self { size, alignment, headroom, label }
    }
}

/// Figures of a shard, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) reserved: u64,
    pub(crate) used: u64,
    pub(crate) blocks: u32,
    pub(crate) allocations: u32,
}

impl State {
    /// One without blocks, whose ranges are whole granules of `granule` bytes, a power of two.
    pub(crate) fn new(memory_type: u32, granule: u64, number: usize) -> Result<Self, MemoryError> {
        let refused = |_| MemoryError::InvalidRequest("the granule is not a power of two");
        Ok(Self {
            fit: SegregatedFit::new(granule).map_err(refused)?,
            recent: Recent::new(),
            number,
            blocks: Vec::new(),
            labels: Vec::new(),
            memory_type,
            requests: 0,
            reserved: 0,
            used: 0,
            largest: 0,
            is_ordered: false,
        })
    }

    /// Memory from a block that exists; none where no hole is large enough.
    #[inline]
    pub(crate) fn take(&mut self, need: Need<'_>) -> Option<Allocation> {
        let Need { size, alignment, label, .. } = need;
        self.requests = self.requests.wrapping_add(1);
        if let Some(kept) = self.recent.pop(size, alignment) {
            self.used += kept.size();
            return Some(match label {
                Some(label) => self.labelled(kept, label),
                None => kept,
            });
        }
        match self.fit.allocate(padded(size, alignment), alignment) {
            Ok(range) => self.grant(&range, label),
            Err(_) => {
                let range = self.search_again(size, alignment)?;
                self.grant(&range, label)
            }
        }
    }

    /// Makes an allocation of a range that nobody has.
    #[inline]
    fn grant(&mut self, range: &Range, label: Option<&str>) -> Option<Allocation> {
        self.used += range.size;
        if let Some(label) = label {
            self.set_label(range.handle.index(), label);
        }
        let block = self.blocks.get(range.region.index())?.as_ref()?;
        // What is mapped has an address, and so fits the host's words.
        let offset = usize::try_from(range.offset).unwrap_or(0);
        let seen = |base: NonNull<u8>| NonNull::new(base.as_ptr().wrapping_add(offset));
        let parts = AllocationParts {
            memory: block.raw,
            offset: range.offset,
            size: range.size,
            mapped: block.mapped.and_then(seen),
            memory_type: self.memory_type,
            cookie: Cookie::of(range.handle, self.number).0,
        };
        // SAFETY: the range was free until now, its block lives as long as anything lies in it, and whole granules
        // are whole atoms and pages.
        Some(unsafe { Allocation::from_parts(parts) })
    }

    /// A hole that comes about when nothing is kept any more, or that leaves crumbs.
    #[cold]
    fn search_again(&mut self, size: u64, alignment: u64) -> Option<Range> {
        self.settle();
        let padded = self.fit.allocate(padded(size, alignment), alignment);
        padded.or_else(|_| self.fit.allocate(size, alignment)).ok()
    }

    /// Gives a range back; answers with its block if nothing lies in that any more.
    #[inline]
    pub(crate) fn put_back(&mut self, range: Allocation) -> Option<RegionId> {
        self.used -= range.size();
        let range = if self.labels.is_empty() { range } else { self.unlabelled(range) };
        // The last one leaves an empty block, which somebody may be waiting for.
        match self.used {
            0 => self.release(range),
            _ => self.recent.push(range).err().and_then(|range| self.release(range)),
        }
    }

    /// Makes a hole of a range; answers with its block if nothing lies in that any more.
    #[inline(never)]
    fn release(&mut self, range: Allocation) -> Option<RegionId> {
        if self.used == 0 {
            // Nothing is in use, so nothing that is kept may hold a block.
            self.settle();
        }
        let cookie = Cookie(range.into_parts().cookie);
        let live = self.fit.live_at(cookie.index()).filter(|live| cookie.is_of(*live))?;
        let freed = self.fit.free(live).ok()?;
        freed.is_empty.then_some(freed.region)
    }

    /// Puts the ranges that are kept back into their holes.
    pub(crate) fn settle(&mut self) {
        let Self { fit, blocks, .. } = self;
        self.recent.drain(|kept| {
            if let Some(live) = fit.live_at(Cookie(kept.into_parts().cookie).index())
                && let Ok(freed) = fit.free(live)
                && freed.is_empty
                && let Some(Some(block)) = blocks.get_mut(freed.region.index())
            {
                block.spare_since = None;
            }
        });
    }

    /// Adds a block.
    ///
    /// # Errors
    ///
    /// Gives the block back if it cannot be managed; its size was bounded before, so that only numbers can run out.
    pub(crate) fn add(&mut self, memory: DeviceMemory) -> Result<(), DeviceMemory> {
        self.add_block(memory, false)
    }

    /// Adds a block that never goes.
    ///
    /// # Errors
    ///
    /// As of [`add`](Self::add).
    pub(crate) fn add_for_good(&mut self, memory: DeviceMemory) -> Result<(), DeviceMemory> {
        self.add_block(memory, true)
    }

    fn add_block(&mut self, memory: DeviceMemory, stays: bool) -> Result<(), DeviceMemory> {
        let Ok(region) = self.fit.add_region(memory.size()) else { return Err(memory) };
        self.reserved += memory.size();
        self.is_ordered = false;
        let (raw, mapped) = (memory.raw(), memory.mapped());
        let index = region.index();
        if self.blocks.len() <= index {
            self.blocks.resize_with(index + 1, || None);
        }
        self.blocks[index] = Some(Block { raw, mapped, memory, region, stays, spare_since: None });
        Ok(())
    }

    /// Notes a request of `size` bytes, and whether what is left is so little that a block had better be ordered; says so once.
    ///
    /// That is less than an eighth of the blocks, or no hole for two of the largest requests so far.
    #[inline]
    pub(crate) fn runs_low(&mut self, size: u64) -> bool {
        self.largest = self.largest.max(size);
        if self.is_ordered {
            return false;
        }
        self.is_ordered = self.is_low();
        self.is_ordered
    }

    /// Whether there is less than an eighth left, or no hole for two of the largest requests.
    #[inline]
    pub(crate) fn is_low(&self) -> bool {
        let free = self.reserved - self.used;
        free < self.reserved / 8 || !self.fit.surely_fits(self.ahead(), 1)
    }

    /// Lets a block be ordered again.
    pub(crate) fn forget_order(&mut self) {
        self.is_ordered = false;
    }

    /// Bytes that a block should have which is ordered before it is needed.
    #[inline]
    pub(crate) fn ahead(&self) -> u64 {
        self.largest.saturating_mul(2)
    }

    /// Bytes of blocks, and of what lies in them.
    pub(crate) fn figures(&self) -> Figures {
        let count = self.fit.statistics();
        let Self { reserved, used, .. } = *self;
        let allocations = count.allocations - self.recent.total();
        Figures { reserved, used, blocks: count.regions, allocations }
    }

    /// Requests so far, modulo 2^32.
    pub(crate) fn requests(&self) -> u32 {
        self.requests
    }

    /// Holes that requests have looked at.
    pub(crate) fn visited(&self) -> u64 {
        self.fit.visited()
    }

    /// Bytes of the host's heap.
    pub(crate) fn bookkeeping(&self) -> usize {
        self.fit.bookkeeping()
            + self.recent.bookkeeping()
            + self.blocks.capacity() * size_of::<Option<Block>>()
            + self.labels.capacity() * size_of::<Option<Box<str>>>()
    }

    /// The same range with a label.
    fn labelled(&mut self, range: Allocation, label: &str) -> Allocation {
        let parts = range.into_parts();
        self.set_label(Cookie(parts.cookie).index(), label);
        // SAFETY: these are the parts that were just taken apart.
        unsafe { Allocation::from_parts(parts) }
    }

    /// The same range without one.
    fn unlabelled(&mut self, range: Allocation) -> Allocation {
        let parts = range.into_parts();
        if let Some(label) = self.labels.get_mut(Cookie(parts.cookie).index() as usize) {
            *label = None;
        }
        // SAFETY: these are the parts that were just taken apart.
        unsafe { Allocation::from_parts(parts) }
    }

    fn set_label(&mut self, place: u32, label: &str) {
        let index = place as usize;
        if self.labels.len() <= index {
            self.labels.resize(index + 1, None);
        }
        self.labels[index] = Some(label.into());
    }

    fn label(&self, handle: Handle) -> Option<Box<str>> {
        self.labels.get(handle.index() as usize).cloned().flatten()
    }

    /// Takes a block out in which nothing lies.
    fn remove(&mut self, region: RegionId) -> Result<DeviceMemory, SuballocError> {
        self.fit.remove_region(region)?;
        let block = self.blocks.get_mut(region.index()).and_then(Option::take);
        let memory = block.map(|block| block.memory).ok_or(SuballocError::StaleHandle)?;
        self.reserved -= memory.size();
        self.is_ordered = false;
        Ok(memory)
    }
}

/// `size` rounded up to its alignment, or to as much of it as is an eighth of the size at most.
///
/// The next range of the same kind would begin there anyway, and without crumbs between them ranges make whole holes again.
#[inline]
fn padded(size: u64, alignment: u64) -> u64 {
    const PART_LOG2: u32 = 3;
    let step = alignment.min(1 << (size >> PART_LOG2 | 1).ilog2());
    // Both are at most half the address space, as requests are.
    (size + (step - 1)) & !(step - 1)
}

impl Shard {
    pub(crate) fn new(state: State) -> Self {
        Self(Lock::new(state))
    }
}
