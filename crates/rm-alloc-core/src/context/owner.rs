//! Whose memory objects they are.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{DeviceContext, DeviceMemory, memory::BlockRequest};
use crate::{
    AllocatorReport, AllocatorStats, BlockInfo, BlockReport, Bytes, MemoryError, MemoryEvent,
    RangeReport, sync::lock,
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
}

impl BlockOwner {
    /// Opens an account for an allocator called `name`.
    pub fn new(context: &Arc<DeviceContext>, name: &str) -> Self {
        let index = lock(&context.book).open(name);
        Self { context: Arc::clone(context), index }
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
        self.context.allocate_for(self.index, request)
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

    /// Tells observers of every block that is still out; without one, standard error.
    fn report_leaks(&self, leaks: &AllocatorReport) {
        let mut heard = 0;
        for block in &leaks.blocks {
            let label = block.ranges.first().and_then(|range| range.label.as_deref());
            heard += self.context.observers.tell(&MemoryEvent::Leaked(BlockInfo {
                allocator: &leaks.allocator,
                label,
                size: block.size,
                memory_type: block.memory_type,
                heap: block.heap,
            }));
        }
        if heard == 0 {
            print_leaks(leaks);
        }
    }
}

impl Drop for BlockOwner {
    fn drop(&mut self) {
        let leaks = self.report();
        if !leaks.blocks.is_empty() {
            self.report_leaks(&leaks);
        }
        lock(&self.context.book).close(self.index);
    }
}

/// The last resort of a leak that nobody listens to; a closed standard error is no reason to panic in a drop.
fn print_leaks(leaks: &AllocatorReport) {
    for block in &leaks.blocks {
        let range = block.ranges.first();
        let label = range.and_then(|range| range.label.as_deref()).unwrap_or("unlabelled");
        let _closed = writeln!(
            io::stderr(),
            "allocator `{}` was dropped before `{label}`, {} of memory type {}, was freed",
            leaks.allocator,
            Bytes(block.size),
            block.memory_type,
        );
    }
}
