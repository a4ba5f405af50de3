//! Whose memory objects they are.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ash::vk::Handle;

use super::{DeviceContext, DeviceMemory, book::Record, memory::BlockRequest};
use crate::{
    AllocatorReport, AllocatorStats, BlockInfo, BlockPart, BlockReport, Bytes, MemoryError,
    MemoryEvent, RangePart, RangeReport, ReportPage, ReportWalk, sync::lock,
};

/// An allocator's account in the book of a device.
///
/// A backend that takes its blocks through one gets statistics, reports and leak lists without
/// counting anything itself.
/// Dropped while blocks are still out, it reports each of them once, by label.
#[derive(Debug)]
pub struct BlockOwner {
    // Invariant: `index` is an open account in the book of `context`.
    context: Arc<DeviceContext>,
    index: u32,
    // Whether leaks were told of piece by piece; relaxed, because whoever drops the account comes after all others.
    told: AtomicBool,
}

impl BlockOwner {
    /// Opens an account for an allocator called `name`.
    pub fn new(context: &Arc<DeviceContext>, name: &str) -> Self {
        let index = lock(&context.book).open(name);
        Self { context: Arc::clone(context), index, told: AtomicBool::new(false) }
    }

    /// The device.
    pub fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    /// Takes one memory object from the driver, on this account.
    ///
    /// # Errors
    ///
    /// As of [`DeviceContext::allocate_memory`].
    pub fn allocate_memory(&self, request: &BlockRequest<'_>) -> Result<DeviceMemory, MemoryError> {
        let memory = self.context.allocate_for(self.index, request);
        if memory.is_ok() {
            self.tell_block(request.label, request.size, request.memory_type);
        }
        memory
    }

    /// The same, but nobody is told of it yet: for backends that hold a lock meanwhile and call
    /// [`tell_block`](Self::tell_block) when they do not any more.
    ///
    /// # Errors
    ///
    /// As of [`DeviceContext::allocate_memory`].
    pub fn allocate_untold(&self, request: &BlockRequest<'_>) -> Result<DeviceMemory, MemoryError> {
        self.context.allocate_for(self.index, request)
    }

    /// Tells observers of a block of [`allocate_untold`](Self::allocate_untold).
    #[inline]
    pub fn tell_block(&self, label: Option<&str>, size: u64, memory_type: u32) {
        self.context.tell_block(self.index, label, size, memory_type);
    }

    /// The statistics of an allocator that fills every block with one allocation.
    pub fn stats(&self) -> AllocatorStats {
        let mut heaps = lock(&self.context.book).stats(self.index);
        for heap in &mut heaps {
            heap.used_bytes = heap.block_bytes;
            heap.allocations = heap.blocks;
        }
        AllocatorStats { heaps }
    }

    /// The report of an allocator that fills every block with one allocation.
    pub fn report(&self) -> AllocatorReport {
        let book = lock(&self.context.book);
        let blocks = book.records(self.index).map(|record| BlockReport {
            memory_type: record.memory_type,
            heap: record.heap,
            size: record.size,
            dedicated: record.dedicated,
            ranges: vec![RangeReport {
                offset: 0,
                size: record.size,
                used: true,
                label: record.label.clone(),
            }],
        });
        AllocatorReport {
            allocator: book.name(self.index).as_ref().into(),
            blocks: blocks.collect(),
        }
    }

    /// The next page of the report of an allocator that fills every block with one allocation.
    ///
    /// As of [`MemoryAllocator::report_page`](crate::MemoryAllocator::report_page); the second word of the walk's position
    /// is used.
    pub fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        self.add_page(walk, |record| {
            page.blocks.push(record.part());
            let (block, size, label) = (record.memory.as_raw(), record.size, record.label.clone());
            page.ranges.push(RangePart { block, offset: 0, size, label });
        })
    }

    /// The next page of blocks alone, for backends that know what lies in them.
    ///
    /// Blocks are numbered by their handles. As of [`report_page`](Self::report_page) otherwise.
    pub fn block_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        self.add_page(walk, |record| page.blocks.push(record.part()))
    }

    /// Shows `add` the next records of this account, and says whether there are more.
    fn add_page(&self, walk: &mut ReportWalk, add: impl FnMut(&Record)) -> bool {
        let first = usize::try_from(walk.position[1]).unwrap_or(usize::MAX);
        let book = lock(&self.context.book);
        book.page(self.index, first, ReportWalk::NODES).for_each(add);
        let end = book.places();
        drop(book);
        let next = first.saturating_add(ReportWalk::NODES).min(end);
        walk.note(next.saturating_sub(first));
        walk.position[1] = next as u64;
        next < end
    }

    /// Tells of a piece of a shared block that nobody freed: observers, or standard error where nobody listens.
    ///
    /// For backends that put several allocations into a block, when they are dropped.
    /// Blocks are not told of any more after that, since the pieces say more.
    pub fn tell_leak(&self, label: Option<&str>, size: u64, memory_type: u32) {
        self.told.store(true, Ordering::Relaxed);
        let name = lock(&self.context.book).name(self.index);
        let heap = self.context.heap_of(memory_type);
        let leak = BlockInfo { allocator: &name, label, size, memory_type, heap };
        if self.context.observers.tell(&MemoryEvent::Leaked(leak)) == 0 {
            print_leak(&leak);
        }
    }
}

impl Drop for BlockOwner {
    fn drop(&mut self) {
        if !*self.told.get_mut() {
            for block in self.report().blocks {
                let range = block.ranges.first();
                let label = range.and_then(|range| range.label.as_deref());
                self.tell_leak(label, block.size, block.memory_type);
            }
        }
        lock(&self.context.book).close(self.index);
    }
}

impl Record {
    /// The block as pages have it.
    fn part(&self) -> BlockPart {
        BlockPart {
            block: self.memory.as_raw(),
            memory: self.memory,
            memory_type: self.memory_type,
            heap: self.heap,
            size: self.size,
            dedicated: self.dedicated,
        }
    }
}

/// The last resort of a leak that nobody listens to; a closed standard error is no reason to panic in a drop.
fn print_leak(leak: &BlockInfo<'_>) {
    let BlockInfo { allocator, label, size, memory_type, .. } = *leak;
    let (label, size) = (label.unwrap_or("unlabelled"), Bytes(size));
    let _closed = writeln!(
        io::stderr(),
        "allocator `{allocator}` was dropped before `{label}`, {size} of memory type {memory_type}, was freed",
    );
}
