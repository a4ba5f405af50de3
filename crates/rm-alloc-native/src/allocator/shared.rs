//! What all users of an allocator share.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Instant,
};

use crossbeam_channel::Receiver;
use rm_alloc_core::{
    Allocation, AllocatorStats, Dedicated, DeviceContext, DeviceMemory, MemoryError,
    MemoryFeatures, MemoryRequest, Priority, ReportPage, ReportWalk,
};

use super::SearchFigures;
use crate::{
    NativeConfig,
    accounts::Accounts,
    arena::{Arena, NoBlock, Settings},
    cookie::MOST_SHARDS,
    errand::{Desk, Errand},
    settings::{PER_TYPE, class_index, priority_index},
    shard::Need,
};

pub(super) const NAME: &str = "native";

pub(crate) const NO_TYPE: MemoryError =
    MemoryError::InvalidRequest("the memory type does not exist");
pub(crate) const NOT_VISIBLE: MemoryError =
    MemoryError::InvalidRequest("the host cannot see this memory type");

/// Most shards of an arena.
const MOST_PER_ARENA: u32 = 8;
// Vulkan has 32 memory types at most.
const _: () = assert!(32 * PER_TYPE * MOST_PER_ARENA as usize <= MOST_SHARDS);

/// The arenas of a device, which come into being when they are first needed.
pub(crate) struct Shared {
    // Fields drop in order: blocks before the accounts that they are taken on.
    arenas: Box<[OnceLock<Arena>]>,
    desk: Option<Desk>,
    accounts: Accounts,
    config: NativeConfig,
    shards_log2: u32,
    /// Whether the device makes a difference between priorities.
    priorities: bool,
}

impl Shared {
    pub(super) fn new(
        context: &Arc<DeviceContext>,
        config: &NativeConfig,
    ) -> Result<Self, MemoryError> {
        let wrong = if !config.shards.is_power_of_two() || config.shards > MOST_PER_ARENA {
            Some("the number of shards is not a power of two from 1 to 8")
        } else if config.least_block == 0 {
            Some("a block without bytes")
        } else if config.shared_percent > 100 {
            Some("more than all of a heap")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return Err(MemoryError::InvalidRequest(wrong));
        }
        let types = context.memory_properties().memory_type_count as usize;
        Ok(Self {
            arenas: (0..types * PER_TYPE).map(|_| OnceLock::new()).collect(),
            desk: config.grow_ahead.then(|| Desk::new(context)),
            accounts: Accounts::new(context, NAME),
            config: config.clone(),
            shards_log2: config.shards.trailing_zeros(),
            priorities: context.features().contains(MemoryFeatures::MEMORY_PRIORITY),
        })
    }

    pub(crate) fn context(&self) -> &Arc<DeviceContext> {
        self.accounts.context()
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Where errands wait, if anybody is sent on errands.
    pub(crate) fn errands(&self) -> Option<&Receiver<Errand>> {
        self.desk.as_ref().map(Desk::waiting)
    }

    #[inline]
    pub(super) fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        let arena = self.arena_of(request)?;
        let settings = arena.settings();
        if request.map && !settings.visible {
            return Err(NOT_VISIBLE);
        }
        if request.dedicated == Dedicated::No
            && request.export.is_empty()
            && request.size <= settings.largest
            && let Some(allocation) = arena.reuse(Need::from(request))
        {
            return Ok(allocation);
        }
        self.allocate_new(arena, request)
    }

    #[inline]
    pub(super) fn put_back(&self, shard: usize, range: Allocation) {
        let index = shard >> self.shards_log2;
        if let Some(arena) = self.arenas.get(index).and_then(OnceLock::get) {
            arena.put_back(shard & ((1 << self.shards_log2) - 1), range);
        }
    }

    pub(super) fn trim(&self, heap: u32, keep: u64) -> u64 {
        // What is about to be freed may as well be free.
        let mut given = self.fetch(heap);
        let of_heap = |arena: &&Arena| arena.settings().heap == heap;
        let empty: Vec<_> =
            self.arenas().filter(of_heap).map(|arena| (arena, arena.empty_bytes())).collect();
        let mut left: u64 = empty.iter().map(|(_, bytes)| bytes).sum();
        for (arena, bytes) in empty {
            if left <= keep {
                break;
            }
            let others = left - bytes;
            let gone = arena.trim(keep.saturating_sub(others));
            left = left.saturating_sub(gone);
            given += gone;
        }
        given
    }

    pub(super) fn stats(&self) -> AllocatorStats {
        let mut stats = self.accounts.stats();
        for arena in self.arenas() {
            if let Some(heap) = stats.heaps.get_mut(arena.settings().heap as usize) {
                let figures = arena.figures();
                heap.used_bytes += figures.used;
                heap.allocations += figures.allocations;
            }
        }
        stats
    }

    pub(super) fn search_figures(&self) -> SearchFigures {
        let shards = self.arenas().flat_map(|arena| {
            arena.each(|state| SearchFigures {
                visited: state.visited(),
                bookkeeping: state.bookkeeping(),
            })
        });
        shards.fold(SearchFigures::default(), |sum, shard| SearchFigures {
            visited: sum.visited + shard.visited,
            bookkeeping: sum.bookkeeping + shard.bookkeeping,
        })
    }

    /// Runs all errands that wait, and gives blocks back that have been empty for too long.
    pub(crate) fn tend(&self, now: Instant) {
        let Some(waiting) = self.errands() else { return self.expire(now) };
        waiting.try_iter().for_each(|errand| self.run(errand));
        self.expire(now);
    }

    /// Runs one errand.
    pub(crate) fn run(&self, errand: Errand) {
        match errand {
            Errand::Free => drop(self.desk.as_ref().and_then(Desk::next)),
            Errand::Grow(order) => {
                if let Some(arena) = self.arenas.get(order.arena).and_then(OnceLock::get) {
                    arena.serve(&self.accounts.blocks, order);
                }
            }
        }
    }

    /// Gives blocks back that have been empty for too long.
    pub(crate) fn expire(&self, now: Instant) {
        self.arenas().for_each(|arena| arena.expire(now));
    }

    /// Where errands are left, if anybody is sent on errands.
    pub(super) fn desk(&self) -> Option<&Desk> {
        self.desk.as_ref()
    }

    /// The arenas that came into being.
    pub(super) fn arenas(&self) -> impl Iterator<Item = &Arena> {
        self.arenas.iter().filter_map(OnceLock::get)
    }

    /// Places of shards, whether there is anything in them or not.
    pub(super) fn shards(&self) -> usize {
        self.arenas.len() << self.shards_log2
    }

    /// Adds the next ranges of a shard to `page`, and says whether there are more of it.
    pub(super) fn range_page(
        &self,
        shard: usize,
        walk: &mut ReportWalk,
        page: &mut ReportPage,
    ) -> bool {
        let arena = self.arenas.get(shard >> self.shards_log2).and_then(OnceLock::get);
        let shard = arena.and_then(|it| it.shard(shard & ((1 << self.shards_log2) - 1)));
        shard.is_some_and(|mut state| state.range_page(walk, page))
    }

    /// Frees the blocks that wait for it, and says how many bytes of `heap` that was; orders stay.
    fn fetch(&self, heap: u32) -> u64 {
        let Some(desk) = &self.desk else { return 0 };
        let is_order = |errand| match errand {
            Errand::Free => None,
            Errand::Grow(order) => Some(order),
        };
        let orders: Vec<_> = desk.waiting().try_iter().filter_map(is_order).collect();
        for order in orders {
            if !desk.order(order)
                && let Some(arena) = self.arenas.get(order.arena).and_then(OnceLock::get)
            {
                arena.forget_order(order.shard);
            }
        }
        let of_heap = |memory: &DeviceMemory| self.context().heap_of(memory.memory_type()) == heap;
        desk.all().iter().filter(|memory| of_heap(memory)).map(DeviceMemory::size).sum()
    }

    #[inline]
    fn arena_of(&self, request: &MemoryRequest<'_>) -> Result<&Arena, MemoryError> {
        let priority = if self.priorities { request.priority } else { Priority::Normal };
        let class = class_index(request.tiling) * 3 + priority_index(priority);
        let index = request.memory_type as usize * PER_TYPE + class;
        let place = self.arenas.get(index).ok_or(NO_TYPE)?;
        match place.get() {
            Some(arena) => Ok(arena),
            None => self.open(place, request, priority),
        }
    }

    #[cold]
    fn open<'a>(
        &self,
        place: &'a OnceLock<Arena>,
        request: &MemoryRequest<'_>,
        priority: Priority,
    ) -> Result<&'a Arena, MemoryError> {
        let MemoryRequest { memory_type, tiling, .. } = *request;
        let settings = Settings::of(self.context(), &self.config, memory_type, tiling, priority);
        let arena = Arena::new(settings, self.desk.clone())?;
        Ok(place.get_or_init(|| arena))
    }

    /// Memory that blocks have no room for, or that is to have an object of its own.
    #[cold]
    fn allocate_new(
        &self,
        arena: &Arena,
        request: &MemoryRequest<'_>,
    ) -> Result<Allocation, MemoryError> {
        let largest = arena.settings().largest;
        // What cannot lie in a block, and what is better off without one.
        let alone = largest == 0
            || !request.export.is_empty()
            || matches!(request.dedicated, Dedicated::Require(_));
        let better = request.dedicated != Dedicated::No || request.size > largest;
        if alone {
            return self.relieved(arena, || self.accounts.own_object(request));
        }
        if !better {
            return self.allocate_shared(arena, request);
        }
        let shared = request.clone().dedicated(Dedicated::No);
        if !self.context().near_allocation_limit() {
            match self.accounts.own_object(request) {
                Err(error) if error.is_shortage() => {}
                answer => return answer,
            }
        }
        // It was not looked for in the blocks yet.
        let found = arena.reuse(Need::from(&shared));
        found.map_or_else(|| self.allocate_shared(arena, &shared), Ok)
    }

    /// Memory in a new block, or whatever else there is.
    fn allocate_shared(
        &self,
        arena: &Arena,
        request: &MemoryRequest<'_>,
    ) -> Result<Allocation, MemoryError> {
        self.relieved(arena, || self.attempt(arena, request))
    }

    /// The answer of `ask`; if the device has no more, that without our empty blocks.
    fn relieved(
        &self,
        arena: &Arena,
        ask: impl Fn() -> Result<Allocation, MemoryError>,
    ) -> Result<Allocation, MemoryError> {
        match ask() {
            Err(MemoryError::OutOfDeviceMemory | MemoryError::TooManyAllocations)
                if self.trim(arena.settings().heap, 0) > 0 =>
            {
                ask()
            }
            answer => answer,
        }
    }

    fn attempt(
        &self,
        arena: &Arena,
        request: &MemoryRequest<'_>,
    ) -> Result<Allocation, MemoryError> {
        match arena.grow(&self.accounts.blocks, Need::from(request)) {
            Ok(allocation) => Ok(allocation),
            Err(NoBlock::Failed(error)) => Err(error),
            Err(NoBlock::Refused(_)) => self.accounts.own_object(request),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Blocks that wait to be freed belong to nobody.
        self.fetch(0);
        for arena in self.arenas.iter_mut().filter_map(OnceLock::get_mut) {
            arena.abandon(&self.accounts.blocks);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("accounts", &self.accounts).finish_non_exhaustive()
    }
}
