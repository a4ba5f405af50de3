//! How upper layers take part when memory runs out.

use std::{
    fmt,
    sync::{Arc, Weak},
    thread::{self, ThreadId},
};

use ash::vk;

use crate::{
    BudgetScope, MemoryAllocator,
    callback::contained,
    sync::{Mutex, lock},
};

/// When a relief is asked, from what costs nothing to what costs most.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
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
    /// Bytes that are missing there: beyond what is left, or all that was asked for where only the driver knows.
    pub bytes: u64,
    /// Whose limit it is; `None` where the driver has no more.
    pub scope: Option<BudgetScope>,
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
    ///
    /// Asked again if the shortage became another one.
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
        let entry = (relief.stage(), Arc::downgrade(relief));
        let mut list = lock(&self.list);
        list.retain(|(_, known)| known.strong_count() > 0);
        list.push(entry);
    }

    /// Asks everyone of `stage` until `shortage` is met, and says whether anybody was there to ask.
    fn ask(&self, stage: ReliefStage, shortage: Shortage) -> bool {
        let list: Vec<_> = lock(&self.list)
            .iter()
            .filter(|(known, _)| *known == stage)
            .filter_map(|(_, relief)| relief.upgrade())
            .collect();
        let (mut freed, asked) = (0_u64, !list.is_empty());
        for relief in list {
            if freed < shortage.bytes {
                // A panic counts as nothing.
                freed = freed.saturating_add(contained(|| relief.relieve(shortage)).unwrap_or(0));
            }
            // Whoever holds the last handle drops the relief, which is the user's code as well.
            contained(move || drop(relief));
        }
        asked
    }
}

/// One step of the ladder.
#[derive(Clone, Copy, Debug)]
enum Rung {
    Ask(ReliefStage),
    /// Gives empty blocks back to the driver.
    Trim,
}

/// Every step; what eviction leaves empty has to be trimmed as well.
const LADDER: [Rung; 5] = [
    Rung::Ask(ReliefStage::Collect),
    Rung::Ask(ReliefStage::Spares),
    Rung::Trim,
    Rung::Ask(ReliefStage::Evict),
    Rung::Trim,
];

/// Most steps of one allocation: where other threads take what comes back, it ends all the same.
const MOST_STEPS: u8 = 32;

/// How far one allocation has climbed, for each account that was short: heaps, the device, the policy.
#[derive(Debug, Default)]
pub(crate) struct Ladder {
    rungs: [u8; vk::MAX_MEMORY_HEAPS + 2],
    steps: u8,
    last: Option<Shortage>,
}

impl Ladder {
    /// Takes the next step on which somebody is there to help, after which it is time to try again; `false` at the top.
    ///
    /// Whether anything came back is not for the helpers to say: another thread may have run the one that answers 0.
    /// A step that left the shortage as it was is done with; one that changed it is taken again.
    pub(crate) fn climb(
        &mut self,
        reliefs: &Reliefs,
        allocator: &dyn MemoryAllocator,
        shortage: Shortage,
    ) -> bool {
        let Some(_climbing) = Climbing::begin(&reliefs.climbing) else { return false };
        let account = match shortage.scope {
            Some(BudgetScope::Device) => vk::MAX_MEMORY_HEAPS,
            Some(BudgetScope::Policy) => vk::MAX_MEMORY_HEAPS + 1,
            // There are 16 heaps at most.
            Some(BudgetScope::Heap) | None => shortage.heap as usize % vk::MAX_MEMORY_HEAPS,
        };
        let rung = &mut self.rungs[account];
        if self.last == Some(shortage) || self.steps >= MOST_STEPS {
            *rung = rung.saturating_add(1);
        }
        while let Some(step) = LADDER.get(usize::from(*rung)) {
            self.steps = self.steps.saturating_add(1);
            let helped = match step {
                Rung::Ask(stage) => reliefs.ask(*stage, shortage),
                // Blocks are nothing to a limit on resource bytes.
                Rung::Trim if shortage.scope.is_some() => false,
                Rung::Trim => contained(|| allocator.trim(shortage.heap, 0) > 0).unwrap_or(false),
            };
            if helped {
                self.last = Some(shortage);
                return true;
            }
            *rung += 1;
        }
        false
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
