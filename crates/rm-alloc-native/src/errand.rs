//! What is done for an arena elsewhere, so that nobody who allocates or frees waits for the driver.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use rm_alloc_core::{BlockReport, DeviceContext, DeviceMemory, RangeReport};

use crate::lock::Lock;

/// Errands that wait at most; beyond that, orders are forgotten and blocks are freed on the spot.
const MOST_WAITING: usize = 256;

/// Something for whoever tends the allocator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Errand {
    /// A block lies on the pile that nobody uses, unless somebody was faster.
    Free,
    /// A shard that runs low.
    Grow(Order),
}

/// A shard that runs low.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Order {
    /// The number of its arena.
    pub(crate) arena: usize,
    /// Its number in there.
    pub(crate) shard: usize,
    /// Up to how many bytes of memory objects the heap may have then: those that it had, and the headroom of the request
    /// that saw it.
    pub(crate) heap_bytes: u64,
}

/// Where errands are left and fetched.
#[derive(Clone)]
pub(crate) struct Desk {
    context: Arc<DeviceContext>,
    left: Sender<Errand>,
    waiting: Receiver<Errand>,
    /// Blocks that nobody uses; beside the errands, so that reports see them.
    pile: Arc<Lock<Vec<DeviceMemory>>>,
}

impl Desk {
    pub(crate) fn new(context: &Arc<DeviceContext>) -> Self {
        let (left, waiting) = bounded(MOST_WAITING);
        let pile = Arc::new(Lock::new(Vec::new()));
        Self { context: Arc::clone(context), left, waiting, pile }
    }

    pub(crate) fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    pub(crate) fn waiting(&self) -> &Receiver<Errand> {
        &self.waiting
    }

    /// Leaves an order; whether there was room for it.
    pub(crate) fn order(&self, order: Order) -> bool {
        self.left.try_send(Errand::Grow(order)).is_ok()
    }

    /// Leaves a block to be freed.
    pub(crate) fn free(&self, memory: DeviceMemory) {
        self.pile.lock().push(memory);
        if self.left.try_send(Errand::Free).is_err() {
            // Where nobody comes to fetch them, the last resort is to free one here.
            drop(self.next());
        }
    }

    /// The next block to be freed.
    pub(crate) fn next(&self) -> Option<DeviceMemory> {
        self.pile.lock().pop()
    }

    /// All blocks that are to be freed.
    pub(crate) fn all(&self) -> Vec<DeviceMemory> {
        std::mem::take(&mut *self.pile.lock())
    }

    /// The blocks that are to be freed, as reports have them.
    pub(crate) fn report(&self) -> Vec<BlockReport> {
        let block = |memory: &DeviceMemory| BlockReport {
            memory_type: memory.memory_type(),
            heap: self.context.heap_of(memory.memory_type()),
            size: memory.size(),
            dedicated: false,
            ranges: vec![RangeReport { offset: 0, size: memory.size(), used: false, label: None }],
        };
        self.pile.lock().iter().map(block).collect()
    }
}
