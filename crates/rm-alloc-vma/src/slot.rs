//! One pool of VMA, and the table of what lies in it.
//!
//! Protocol: `table` is locked while VMA looks for room in blocks that exist and while it frees, which calls no
//! driver: a block that VMA gives back is only set aside by [`Driver`]. VMA takes its own lock of the same pool
//! inside. Where a new block may be needed, the pool is pinned by a count in `live` and the lock is not held, because
//! the driver may be called. A pool whose `live` is zero is known to nobody but its slot, and may be destroyed.

mod report;
mod table;

use std::{
    collections::HashSet,
    ptr::NonNull,
    sync::{Arc, Mutex},
};

use ash::vk;
use rm_alloc_core::{Allocation, AllocationParts, MemoryError, MemoryRequest, Priority};
use vk_mem::{
    Alloc, AllocationCreateFlags, AllocationCreateInfo, AllocatorPool, AllocatorPoolCreateFlags,
    PoolCreateInfo,
};

use self::table::{Record, Table};
use crate::{
    driver::{Call, Driver, Own},
    sync::lock,
    word,
};

/// Bits of a cookie's second word that are the slot's index; the others are the record's.
const INDEX_BITS: u32 = 9;
const INDICES: usize = 1 << INDEX_BITS;

/// The slot's index in the second word of a cookie; of a pool of one's own, only its last bits.
#[inline]
pub(crate) fn index_of(cookie: [usize; 2]) -> usize {
    cookie[1] % INDICES
}

/// What a pool is made of.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    /// Its number among all pools of the allocator.
    pub(crate) index: u32,
    pub(crate) memory_type: u32,
    pub(crate) priority: Priority,
    /// Shown in captures, on the blocks.
    pub(crate) name: &'static str,
    pub(crate) linear: bool,
    /// Zero for blocks that grow.
    pub(crate) block_size: u64,
    pub(crate) min_blocks: usize,
    /// Zero for any number.
    pub(crate) max_blocks: usize,
    /// How VMA looks for room.
    pub(crate) strategy: AllocationCreateFlags,
    /// What a piece is a multiple of, in bytes: an atom, or a page too for mixed memory.
    pub(crate) edge: u64,
    /// Whether the host sees it.
    pub(crate) visible: bool,
    /// Above this many bytes no room is looked for in blocks that exist.
    pub(crate) most_shared: u64,
    /// Most bytes of one object.
    pub(crate) largest: u64,
}

/// A pool that comes into being when it is first needed.
// A line of its own, so that threads in different pools do not disturb each other.
#[repr(align(128))]
pub(crate) struct Slot {
    table: Mutex<Table>,
    settings: Settings,
}

impl Slot {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, table: Mutex::default() }
    }

    /// Memory from blocks that exist; none where they have no room.
    #[inline]
    pub(crate) fn reuse(&self, request: &MemoryRequest<'_>) -> Option<Allocation> {
        let needs = self.needs(request);
        if needs.size > self.settings.most_shared {
            return None;
        }
        let info = self.info(request, AllocationCreateFlags::NEVER_ALLOCATE);
        let mut table = lock(&self.table);
        let pool = table.pool.as_deref()?;
        // SAFETY: the pool lives (invariant), and the requirements were validated.
        let taken = unsafe { pool.allocate_memory(&needs, &info) }.ok()?;
        let parts = parts(pool.allocator(), taken);
        table.live += 1;
        Some(self.enter(&mut table, parts, request.label))
    }

    /// Memory from blocks that exist or, within what `call` allows, from a new one.
    #[cold]
    pub(crate) fn grow(
        &self,
        vma: &Arc<vk_mem::Allocator>,
        driver: &Driver,
        request: &MemoryRequest<'_>,
        own: Option<Own>,
    ) -> Result<Allocation, MemoryError> {
        let mut needs = self.needs(request);
        let mut flags = AllocationCreateFlags::empty();
        if own.is_some() {
            // An object of its own has no neighbours, and exactly the size that its resource requires.
            needs.size = request.size;
            flags = AllocationCreateFlags::DEDICATED_MEMORY;
        }
        if needs.size > self.settings.largest {
            // VMA would call it a shortage.
            let limit = self.settings.largest;
            return Err(MemoryError::TooLarge { size: request.size, limit });
        }
        let info = self.info(request, flags);
        let pool = self.pin(vma)?;
        let (taken, refused) = driver.during(self.call(request.headroom, own), || {
            // SAFETY: the pool is pinned, and the requirements were validated.
            unsafe { pool.allocate_memory(&needs, &info) }
        });
        let answer = match taken {
            Ok(taken) => {
                let parts = parts(vma, taken);
                Ok(self.enter(&mut lock(&self.table), parts, request.label))
            }
            Err(code) => {
                lock(&self.table).live -= 1;
                Err(refused.unwrap_or_else(|| code.into()))
            }
        };
        // Before the burial, because it may be the last handle by now.
        drop(pool);
        driver.bury();
        answer
    }

    /// Makes the pool now, with the blocks that it always has.
    pub(crate) fn open(
        &self,
        vma: &Arc<vk_mem::Allocator>,
        driver: &Driver,
    ) -> Result<(), MemoryError> {
        let call = self.call(u64::MAX, None);
        let (made, refused) = driver.during(call, || vma.create_pool(&self.create_info()));
        let opened = match made {
            Ok(pool) => {
                lock(&self.table).pool = Some(Arc::new(pool));
                Ok(())
            }
            Err(code) => Err(refused.unwrap_or_else(|| code.into())),
        };
        driver.bury();
        opened
    }

    /// Gives memory back.
    ///
    /// # Safety
    ///
    /// - `cookie` is that of an allocation of this slot, which is not used any more.
    #[inline]
    pub(crate) unsafe fn free(&self, vma: &vk_mem::Allocator, cookie: [usize; 2]) {
        // SAFETY: the word is one of ours (caller).
        let mut taken = unsafe { word::allocation(cookie[0]) };
        let mut table = lock(&self.table);
        table.strike(cookie[1] >> INDEX_BITS);
        // SAFETY: it is live, came from this allocator, and the device is done with it (caller).
        unsafe { vma.free_memory(&mut taken) };
    }

    /// What a request of this pool allows.
    fn call(&self, headroom: u64, own: Option<Own>) -> Call {
        let Settings { index, priority, name, .. } = self.settings;
        Call { slot: index, headroom, priority, own, name, error: None, made: Vec::new() }
    }

    #[inline]
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Live allocations and their bytes.
    pub(crate) fn used(&self) -> (u32, u64) {
        lock(&self.table).figures()
    }

    /// Bytes of blocks in which nothing lies.
    pub(crate) fn empty_bytes(&self, driver: &Driver) -> u64 {
        let table = lock(&self.table);
        let used: HashSet<_> = table.used().map(|(_, record)| record.memory).collect();
        let mut empty = 0;
        driver.each_block(|memory, block| {
            if block.slot == self.settings.index && !used.contains(&memory) {
                empty += block.memory.size();
            }
        });
        empty
    }

    /// Gives empty blocks back, and says how many bytes that was.
    ///
    /// VMA has no call for it. A pool without allocations is destroyed, and made again when it is needed; from another,
    /// VMA itself takes its one empty block whenever something is freed elsewhere in the pool and the empty one has the most
    /// free bytes of all. Where it has not, or nothing else has a free byte, it stays.
    pub(crate) fn trim(&self, driver: &Driver) -> u64 {
        let mut table = lock(&self.table);
        let pool = if table.live == 0 && self.settings.min_blocks == 0 {
            table.forget_holes();
            table.pool.take()
        } else {
            table.pool.as_deref().into_iter().for_each(|pool| self.nudge(pool));
            None
        };
        drop(table);
        // Without allocations nothing else knows it.
        drop(pool);
        driver.bury()
    }

    /// Forgets the pool if memory of it is still out, so that nothing of VMA's is destroyed under it; else destroys it.
    ///
    /// Answers with each label that is still out, and the bytes.
    pub(crate) fn close(&self) -> Vec<(Option<Box<str>>, u64)> {
        let mut table = lock(&self.table);
        let pool = table.pool.take();
        let left: Vec<_> =
            table.used().map(|(index, it)| (table.label(index).map(Box::from), it.size)).collect();
        drop(table);
        if left.is_empty() {
            drop(pool);
        } else {
            std::mem::forget(pool);
        }
        left
    }

    /// Counts a request into `live`, so that the pool stays, and makes the pool if there is none.
    fn pin(&self, vma: &Arc<vk_mem::Allocator>) -> Result<Arc<AllocatorPool>, MemoryError> {
        let mut table = lock(&self.table);
        let pool = match &table.pool {
            Some(pool) => Arc::clone(pool),
            // One without blocks is made without the driver; others were opened, and stay.
            None => Arc::new(vma.create_pool(&self.create_info())?),
        };
        table.pool = Some(Arc::clone(&pool));
        table.live += 1;
        Ok(pool)
    }

    fn create_info(&self) -> PoolCreateInfo<'static> {
        let mut flags = AllocatorPoolCreateFlags::IGNORE_BUFFER_IMAGE_GRANULARITY;
        if self.settings.linear {
            flags |= AllocatorPoolCreateFlags::LINEAR_ALGORITHM;
        }
        PoolCreateInfo {
            memory_type_index: self.settings.memory_type,
            flags,
            block_size: self.settings.block_size,
            min_block_count: self.settings.min_blocks,
            max_block_count: self.settings.max_blocks,
            // Not passed on: VMA's own flag is off, and the core states the priority.
            priority: 0.5,
            ..PoolCreateInfo::default()
        }
    }

    /// Takes a byte from a block in use and frees it, after which VMA gives its last block back if that is empty.
    fn nudge(&self, pool: &AllocatorPool) {
        if self.settings.linear {
            return;
        }
        let byte = vk::MemoryRequirements { size: 1, alignment: 1, memory_type_bits: u32::MAX };
        let flags = AllocationCreateFlags::NEVER_ALLOCATE;
        let info = AllocationCreateInfo { flags, ..AllocationCreateInfo::default() };
        let blocks = || pool.get_statistics().map_or(0, |statistics| statistics.blockCount);
        // Blocks are sorted by one place at a time, and the empty one must come last.
        for _ in 0..blocks() {
            let before = blocks();
            // SAFETY: the pool lives, and a byte is a valid wish.
            let Ok(mut taken) = (unsafe { pool.allocate_memory(&byte, &info) }) else { return };
            // SAFETY: just taken, and nobody has seen it.
            unsafe { pool.allocator().free_memory(&mut taken) };
            if blocks() < before {
                return;
            }
        }
    }

    /// `request` in whole atoms and pages, as [`MemoryRequest::footprint`] rounds it.
    #[inline]
    fn needs(&self, request: &MemoryRequest<'_>) -> vk::MemoryRequirements {
        let edge = self.settings.edge;
        vk::MemoryRequirements {
            // A validated size is at most half the address space, so this does not overflow.
            size: (request.size + (edge - 1)) & !(edge - 1),
            alignment: request.alignment.max(edge),
            // Of a pool only the pool's own type is taken.
            memory_type_bits: u32::MAX,
        }
    }

    #[inline]
    fn info(
        &self,
        request: &MemoryRequest<'_>,
        flags: AllocationCreateFlags,
    ) -> AllocationCreateInfo {
        let mut flags = flags | self.settings.strategy;
        if request.map {
            flags |= AllocationCreateFlags::MAPPED;
        }
        AllocationCreateInfo { flags, ..AllocationCreateInfo::default() }
    }

    /// Enters what was granted; the caller has counted it.
    #[inline]
    fn enter(
        &self,
        table: &mut Table,
        mut parts: AllocationParts,
        label: Option<&str>,
    ) -> Allocation {
        let AllocationParts { memory, offset, size, .. } = parts;
        let index = table.enter(Record { memory, offset, size });
        if let Some(label) = label {
            table.set_label(index, label);
        }
        parts.cookie[1] = (index << INDEX_BITS) | (self.settings.index as usize % INDICES);
        // SAFETY: VMA has just granted it in a block of ours and grants it to nobody else; shared blocks are mapped as a whole.
        unsafe { Allocation::from_parts(parts) }
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").field("live", &lock(&self.table).live).finish_non_exhaustive()
    }
}

/// What VMA says of an allocation that it has just made.
#[inline]
fn parts(vma: &vk_mem::Allocator, taken: vk_mem::Allocation) -> AllocationParts {
    let info = vma.get_allocation_info(&taken);
    AllocationParts {
        memory: info.device_memory,
        offset: info.offset,
        size: info.size,
        mapped: NonNull::new(info.mapped_data.cast()),
        memory_type: info.memory_type,
        cookie: [word::of(taken), 0],
    }
}
