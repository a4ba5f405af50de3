//! How upper layers take part when memory runs out.

use std::{
    fmt,
    sync::{Arc, Mutex, Weak},
    thread::{self, ThreadId},
};

use crate::{MemoryAllocator, callback::contained, sync::lock};

/// When a relief is asked, from what costs nothing to what costs most.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ReliefStage {
    /// Destroys what the device is done with already.
    Collect,
    /// Gives up spares that nobody uses.
    Spares,
    /// Takes resources away that could be brought back.
    Evict,
}

/// What is missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shortage {
    /// Index of the heap.
    pub heap: u32,
    /// Bytes that are missing there: beyond what the budget has left, or all that was asked for where only the driver
    /// knows.
    pub bytes: u64,
}

/// Someone who can give memory back when it runs out.
///
/// Called on the thread that ran out of memory, outside every lock of this library.
/// An implementor never waits and never allocates through the manager, may be called from any thread, and answers 0 when it
/// is already running.
pub trait MemoryRelief: Send + Sync {
    /// When to ask.
    fn stage(&self) -> ReliefStage;

    /// Gives memory back and says how many bytes went back to the ledger *now*.
    fn relieve(&self, shortage: Shortage) -> u64;
}

/// The reliefs of one manager.
#[derive(Default)]
pub(crate) struct Reliefs {
    list: Mutex<Vec<(ReliefStage, Weak<dyn MemoryRelief>)>>,
    // Threads inside a ladder: one that allocates from within, against the rules, must not climb it again.
    climbing: Mutex<Vec<ThreadId>>,
}

impl Reliefs {
    /// Adds `relief`, held weakly.
    pub(crate) fn add(&self, relief: &Arc<dyn MemoryRelief>) {
        let stage = relief.stage();
        let mut list = lock(&self.list);
        list.retain(|(_, known)| known.strong_count() > 0);
        let at = list.partition_point(|(known, _)| *known <= stage);
        list.insert(at, (stage, Arc::downgrade(relief)));
    }

    /// Runs stage after stage until `shortage` is met, and says whether anything came back.
    ///
    /// Between spares and eviction, empty blocks of `allocator` go back to the driver.
    pub(crate) fn relieve(&self, allocator: &dyn MemoryAllocator, shortage: Shortage) -> bool {
        let thread = thread::current().id();
        if lock(&self.climbing).contains(&thread) {
            return false;
        }
        lock(&self.climbing).push(thread);
        let freed = self.climb(allocator, shortage);
        lock(&self.climbing).retain(|known| *known != thread);
        freed > 0
    }

    fn climb(&self, allocator: &dyn MemoryAllocator, shortage: Shortage) -> u64 {
        let list: Vec<_> = lock(&self.list)
            .iter()
            .filter_map(|(stage, relief)| Some((*stage, relief.upgrade()?)))
            .collect();
        let (cheap, dear): (Vec<_>, Vec<_>) =
            list.into_iter().partition(|(stage, _)| *stage < ReliefStage::Evict);
        let mut freed: u64 = 0;
        for (_, relief) in cheap {
            freed = freed.saturating_add(ask(relief, shortage));
            if freed >= shortage.bytes {
                return freed;
            }
        }
        freed = freed.saturating_add(allocator.trim(shortage.heap, 0));
        for (_, relief) in dear {
            if freed >= shortage.bytes {
                break;
            }
            freed = freed.saturating_add(ask(relief, shortage));
        }
        freed
    }
}

/// Asks one; a panic counts as nothing.
fn ask(relief: Arc<dyn MemoryRelief>, shortage: Shortage) -> u64 {
    contained(move || relief.relieve(shortage)).unwrap_or(0)
}

impl fmt::Debug for Reliefs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reliefs").field("count", &lock(&self.list).len()).finish()
    }
}
