//! A sub-allocating backend of the simplest kind, first fit in blocks of 256 KiB, and its flawed variants.

mod block;
mod flaw;

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use ash::vk::MemoryPropertyFlags;
use rm_alloc_core::{
    Allocation, AllocationParts, AllocatorCapabilities, AllocatorReport, AllocatorStats,
    BlockOwner, BlockRequest, Dedicated, DeviceContext, MemoryAllocator, MemoryError,
    MemoryRequest, TilingClass,
};

use self::block::Block;
pub(crate) use self::flaw::Flaw;

const BLOCK: u64 = 256 << 10;

/// What blocks are shared by; requests for an object of their own share with nobody.
pub(crate) type Key = (u32, Option<TilingClass>);

#[derive(Debug)]
pub(crate) struct Toy {
    // Blocks that are still used are forgotten by the drop, so that the owner reports them.
    blocks: Mutex<BTreeMap<usize, Block>>,
    owner: BlockOwner,
    flaw: Option<Flaw>,
}

impl Toy {
    pub(crate) fn new(context: &Arc<DeviceContext>, flaw: Option<Flaw>) -> Self {
        Self { blocks: Mutex::default(), owner: BlockOwner::new(context, "toy"), flaw }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Block>> {
        self.blocks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Bytes and alignment to set aside in a shared block.
    fn footprint(&self, request: &MemoryRequest<'_>) -> (u64, u64) {
        let context = self.context();
        let mut flags = context.type_flags(request.memory_type);
        if self.has(Flaw::SharesAtoms) {
            flags |= MemoryPropertyFlags::HOST_COHERENT;
        }
        let footprint = request.footprint(context.limits(), flags);
        let alignment = if self.has(Flaw::Misaligns) { 1 } else { footprint.alignment };
        (footprint.size, alignment)
    }

    fn wants_own(&self, request: &MemoryRequest<'_>, size: u64) -> bool {
        let wished = match request.dedicated {
            Dedicated::No => false,
            Dedicated::Prefer(_) => !self.has(Flaw::IgnoresWishes),
            Dedicated::Require(_) => !self.has(Flaw::IgnoresNeeds),
        };
        wished || !request.export.is_empty() || size > BLOCK / 2 || request.alignment > BLOCK / 2
    }

    /// A new block with nothing used yet.
    fn grow(&self, request: &MemoryRequest<'_>, key: Key, size: u64) -> Result<usize, MemoryError> {
        if size > request.headroom && !self.has(Flaw::IgnoresHeadroom) {
            let headroom = request.headroom;
            return Err(MemoryError::OverHeadroom { size: request.size, headroom });
        }
        let own = key.1.is_none();
        let visible = self.context().type_flags(request.memory_type);
        let block = BlockRequest {
            size,
            map: request.map || !own && visible.contains(MemoryPropertyFlags::HOST_VISIBLE),
            dedicated: request.dedicated.resource().filter(|_| own),
            label: request.label.filter(|_| own),
            export: request.export,
            ..BlockRequest::new(size, request.memory_type)
        };
        let memory = self.owner.allocate_memory(&block)?;
        let mut blocks = self.lock();
        let id = blocks.last_key_value().map_or(1, |(last, _)| last + 1);
        let dedicated = block.dedicated.is_some();
        blocks.insert(id, Block::new(memory, key, dedicated));
        Ok(id)
    }

    /// Room in a shared block, a new one if need be.
    fn share(&self, request: &MemoryRequest<'_>, size: u64) -> Result<Allocation, MemoryError> {
        let class = (!self.has(Flaw::MixesTilings)).then_some(request.tiling);
        let key = (request.memory_type, Some(class.unwrap_or(TilingClass::Linear)));
        let (_, alignment) = self.footprint(request);
        loop {
            let mut blocks = self.lock();
            let found = blocks.iter().find_map(|(id, block)| {
                let offset = (block.key == key).then(|| block.find(size, alignment))??;
                Some((*id, offset))
            });
            if self.has(Flaw::Races) {
                drop(blocks);
                // A sleep, because on a busy processor nothing else lets the other threads in.
                thread::sleep(Duration::from_micros(100));
                blocks = self.lock();
            }
            if let Some((id, offset)) = found
                && let Some(block) = blocks.get_mut(&id)
            {
                return Ok(self.give(id, block, offset, size, request));
            }
            drop(blocks);
            self.grow(request, key, BLOCK)?;
        }
    }

    fn give(
        &self,
        id: usize,
        block: &mut Block,
        offset: u64,
        size: u64,
        request: &MemoryRequest<'_>,
    ) -> Allocation {
        let other = block.ranges.iter().find(|range| range.used && range.size >= size);
        // What is entered is right, so that no figure tells of what is handed out.
        let given = other.filter(|_| self.has(Flaw::Overlaps)).map_or(offset, |other| other.offset);
        let label = request.label.filter(|_| !self.has(Flaw::ForgetsLabels));
        block.take(offset, size, label);
        let start = usize::try_from(given).unwrap();
        // SAFETY: the offset is inside the block, whose mapping covers it.
        let mapped = block.memory.mapped().map(|base| unsafe { base.add(start) });
        let parts = AllocationParts {
            memory: block.memory.raw(),
            offset: given,
            size,
            mapped,
            memory_type: request.memory_type,
            cookie: [id, usize::try_from(offset).unwrap()],
        };
        // SAFETY: the range was free and is taken; the flaws are what the suite is to find.
        unsafe { Allocation::from_parts(parts) }
    }
}

// SAFETY: first fit in blocks of one class, by footprints; the flaws break this on purpose, in tests on a simulated device.
unsafe impl MemoryAllocator for Toy {
    fn context(&self) -> &Arc<DeviceContext> {
        self.owner.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        if !self.has(Flaw::Wraps) {
            request.validate()?;
        }
        let (size, _) = self.footprint(request);
        let size = if self.has(Flaw::Wraps) { request.size.wrapping_add(64) } else { size };
        if !self.wants_own(request, size) {
            match self.share(request, size) {
                // A whole block may be too much where the request alone is not.
                Err(error) if error.is_shortage() => {}
                answer => return answer,
            }
        }
        let id = self.grow(request, (request.memory_type, None), request.size)?;
        // Nobody shares it, so nobody has taken it meanwhile.
        let mut blocks = self.lock();
        Ok(self.give(id, blocks.get_mut(&id).unwrap(), 0, request.size, request))
    }

    unsafe fn free(&self, allocation: Allocation) {
        let parts = allocation.into_parts();
        let mut blocks = self.lock();
        let Some(block) = blocks.get_mut(&parts.cookie[0]) else { return };
        if self.has(Flaw::UnmapsNeighbours) && block.memory.mapped().is_some() {
            // SAFETY: the block is mapped; that others need the mapping is the flaw.
            unsafe { self.context().device().unmap_memory(block.memory.raw()) };
        }
        if !self.has(Flaw::NeverReuses) {
            block.release(parts.cookie[1] as u64);
        }
        if block.key.1.is_none() && block.is_empty() {
            blocks.remove(&parts.cookie[0]);
        }
    }

    fn name(&self) -> &str {
        "toy"
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::all() - AllocatorCapabilities::PRIORITY
    }

    fn stats(&self) -> AllocatorStats {
        let mut stats = AllocatorStats::default();
        let types = self.context().memory_properties().memory_types;
        for block in self.lock().values() {
            let heap = types[block.key.0 as usize].heap_index;
            let figures = &mut stats.heaps[heap as usize];
            figures.blocks += 1;
            figures.block_bytes += block.memory.size();
            let used = block.ranges.iter().filter(|range| range.used);
            figures.allocations += u32::try_from(used.clone().count()).unwrap();
            figures.used_bytes += used.map(|range| range.size).sum::<u64>();
        }
        stats
    }

    fn report(&self) -> AllocatorReport {
        let mut report = AllocatorReport::of("toy");
        let types = self.context().memory_properties().memory_types;
        for block in self.lock().values() {
            let heap = types[block.key.0 as usize].heap_index;
            let mut told = block.report(heap);
            if self.has(Flaw::ReportsGaps) {
                told.ranges.retain(|range| range.used);
            }
            report.blocks.push(told);
        }
        report
    }

    fn trim(&self, heap: u32, keep_bytes: u64) -> u64 {
        let types = self.context().memory_properties().memory_types;
        let mut blocks = self.lock();
        let empty =
            |block: &Block| types[block.key.0 as usize].heap_index == heap && block.is_empty();
        let mut left: u64 =
            blocks.values().filter(|block| empty(block)).map(|block| block.memory.size()).sum();
        let mut given = 0;
        blocks.retain(|_, block| {
            let goes = empty(block) && left > keep_bytes;
            if goes {
                left -= block.memory.size();
                given += block.memory.size();
            }
            !goes
        });
        if self.has(Flaw::LiesAboutTrim) { given + 1 } else { given }
    }
}

impl Drop for Toy {
    fn drop(&mut self) {
        for block in mem::take(&mut *self.lock()).into_values() {
            let lost = block.ranges.iter().filter(|range| range.used);
            if !self.has(Flaw::TellsBlocksAlone) {
                lost.for_each(|range| {
                    self.owner.tell_leak(range.label.as_deref(), range.size, block.key.0);
                });
            }
            if !block.is_empty() && !self.has(Flaw::FreesWhatIsUsed) {
                // Keeps its device as long as what is used there.
                let _leaked = block.memory.into_allocation();
            }
        }
    }
}
