//! Memory that several hold: blocks, and the resources over them.

use std::{
    mem::ManuallyDrop,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ash::vk;

use super::deed::Deed;
use crate::{
    Allocation, DeviceContext, TilingClass,
    sync::{Mutex, lock},
};

/// Budgeted memory that resources can be placed over.
///
/// A clone is another holder; the bytes go back, and off the budget, with the last holder: block, source or alias.
#[derive(Debug)]
#[must_use = "the memory goes back with its last holder"]
pub struct MemoryBlock {
    // Invariant: this holder is counted in `shared.holders`, and as retiring if `retiring` is set.
    shared: Arc<SharedMemory>,
    // Changed once, before it is counted; relaxed, because the lock of the counts orders what depends on it.
    retiring: AtomicBool,
}

#[derive(Debug)]
struct SharedMemory {
    // Invariant: both are present until drop, and belong together.
    allocation: ManuallyDrop<Allocation>,
    deed: ManuallyDrop<Deed>,
    tiling: TilingClass,
    // The ledger's lock is taken under this one, never the other way round.
    holders: Mutex<Holders>,
}

/// How many hold the memory, and how many of them wait for the device.
#[derive(Clone, Copy, Debug)]
struct Holders {
    all: usize,
    retiring: usize,
}

impl Holders {
    /// Whether the bytes are on their way back.
    fn retire(self) -> bool {
        self.all > 0 && self.all == self.retiring
    }
}

impl MemoryBlock {
    pub(super) fn new(allocation: Allocation, deed: Deed, tiling: TilingClass) -> Self {
        let shared = SharedMemory {
            allocation: ManuallyDrop::new(allocation),
            deed: ManuallyDrop::new(deed),
            tiling,
            holders: Mutex::new(Holders { all: 1, retiring: 0 }),
        };
        Self { shared: Arc::new(shared), retiring: AtomicBool::new(false) }
    }

    /// Bytes granted, at least those requested.
    pub fn size(&self) -> u64 {
        self.shared.allocation.size()
    }

    /// The memory object, in which the block begins at [`offset`](Self::offset).
    pub fn raw(&self) -> vk::DeviceMemory {
        self.shared.allocation.memory()
    }

    /// Where the block begins, in bytes from the start of the memory object.
    pub fn offset(&self) -> u64 {
        self.shared.allocation.offset()
    }

    /// Index of the memory type.
    pub fn memory_type(&self) -> u32 {
        self.shared.allocation.memory_type()
    }

    /// What may be placed there.
    pub fn tiling(&self) -> TilingClass {
        self.shared.tiling
    }

    /// Holders that exist: blocks, and resources over them.
    pub fn holders(&self) -> usize {
        lock(&self.shared.holders).all
    }

    pub(super) fn allocation(&self) -> &Allocation {
        &self.shared.allocation
    }

    pub(super) fn deed(&self) -> &Deed {
        &self.shared.deed
    }

    pub(super) fn context(&self) -> &Arc<DeviceContext> {
        &self.shared.deed.door.core.context
    }

    /// Notes, once, that this holder waits for the device.
    pub(super) fn retire(&self) {
        if !self.retiring.swap(true, Ordering::Relaxed) {
            self.shared.change(|holders| holders.retiring += 1);
        }
    }
}

impl Clone for MemoryBlock {
    fn clone(&self) -> Self {
        self.shared.change(|holders| holders.all += 1);
        Self { shared: Arc::clone(&self.shared), retiring: AtomicBool::new(false) }
    }
}

impl Drop for MemoryBlock {
    fn drop(&mut self) {
        let retiring = usize::from(*self.retiring.get_mut());
        self.shared.change(|holders| {
            holders.all -= 1;
            holders.retiring -= retiring;
        });
    }
}

impl SharedMemory {
    /// Changes who holds the memory, and shows its bytes as retiring while all of them do.
    fn change(&self, change: impl FnOnce(&mut Holders)) {
        let mut holders = lock(&self.holders);
        let before = holders.retire();
        change(&mut holders);
        match (before, holders.retire()) {
            (false, true) => self.deed.retire(),
            (true, false) => self.deed.unretire(),
            _ => {}
        }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: present until now (invariant), and never looked at again.
        let allocation = unsafe { ManuallyDrop::take(&mut self.allocation) };
        // SAFETY: present until now (invariant), and never looked at again.
        let deed = unsafe { ManuallyDrop::take(&mut self.deed) };
        // SAFETY: they belong together (invariant); every resource over the memory held it, and whoever freed the last of
        // them promised that the device is done.
        unsafe { deed.release(allocation) };
    }
}
