//! How upper layers take part when memory runs out.

use std::{
    fmt,
    sync::{Arc, Weak},
    thread::{self, ThreadId},
};

use crate::{
    MemoryAllocator,
    callback::contained,
    sync::{Mutex, lock},
};

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
#[non_exhaustive]
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

    /// Gives memory back and says how many bytes went back *now*.
    fn relieve(&self, shortage: Shortage) -> u64;
}

/// Whose word a shortage is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Short {
    /// A limit on resource bytes, to which blocks mean nothing.
    Budget,
    /// The driver's, or that of a bound on new blocks.
    Blocks,
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
    /// Where blocks are short, empty ones of `allocator` go back to the driver between spares and eviction.
    pub(crate) fn relieve(
        &self,
        allocator: &dyn MemoryAllocator,
        shortage: Shortage,
        short: Short,
    ) -> bool {
        let Some(_climbing) = Climbing::begin(&self.climbing) else { return false };
        let mut freed = self.ask(ReliefStage::Collect, shortage, 0);
        freed = self.ask(ReliefStage::Spares, shortage, freed);
        if short == Short::Blocks {
            // What reliefs freed may lie in blocks that are kept, so their word alone is not enough.
            let trimmed = contained(|| allocator.trim(shortage.heap, 0)).unwrap_or(0);
            freed = freed.saturating_add(trimmed);
        }
        self.ask(ReliefStage::Evict, shortage, freed) > 0
    }

    /// Asks the reliefs of `stage`, until `freed` and what they give back is enough; returns both together.
    fn ask(&self, stage: ReliefStage, shortage: Shortage, mut freed: u64) -> u64 {
        if freed >= shortage.bytes {
            return freed;
        }
        let list: Vec<_> = lock(&self.list)
            .iter()
            .filter(|(known, _)| *known == stage)
            .filter_map(|(_, relief)| relief.upgrade())
            .collect();
        for relief in list {
            if freed < shortage.bytes {
                // A panic counts as nothing.
                let answer = contained(|| relief.relieve(shortage)).unwrap_or(0);
                freed = freed.saturating_add(answer);
            }
            // Whoever holds the last handle drops the relief, which is the user's code as well.
            contained(move || drop(relief));
        }
        freed
    }
}

/// A thread on the ladder, until dropped.
struct Climbing<'r> {
    // Invariant: the current thread is in the list once, for as long as `self` lives.
    threads: &'r Mutex<Vec<ThreadId>>,
}

impl<'r> Climbing<'r> {
    /// `None` if this thread is on it already.
    fn begin(threads: &'r Mutex<Vec<ThreadId>>) -> Option<Self> {
        let thread = thread::current().id();
        let mut list = lock(threads);
        if list.contains(&thread) {
            return None;
        }
        list.push(thread);
        drop(list);
        Some(Self { threads })
    }
}

impl Drop for Climbing<'_> {
    fn drop(&mut self) {
        let thread = thread::current().id();
        lock(self.threads).retain(|known| *known != thread);
    }
}

impl fmt::Debug for Reliefs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reliefs").field("count", &lock(&self.list).len()).finish()
    }
}
