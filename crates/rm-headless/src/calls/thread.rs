//! What a thread has called, what it last allocated, and what shall fail for it.
//!
//! Every value belongs to one thread. The shims reach it from within driver calls, which may come as
//! late as a thread's own destruction; then there is nobody left to look, and the note is dropped.

use std::cell::{Cell, RefCell};

use ash::vk;

use super::{Call, Counts};

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts::NONE) };
    static FAULTS: RefCell<Vec<(Call, vk::Result)>> = const { RefCell::new(Vec::new()) };
    static LAST_ALLOCATION: RefCell<Option<AllocationSeen>> = const { RefCell::new(None) };
}

/// What a call of `vkAllocateMemory` asked for, whether or not it succeeded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AllocationSeen {
    /// Size in bytes.
    pub size: u64,
    /// The index of the memory type.
    pub memory_type: u32,
    /// The types of the chained structs, in chain order.
    pub chain: Vec<vk::StructureType>,
    /// The priority in the chain, if there is one.
    pub priority: Option<f32>,
}

/// Runs `work` and says what the calling thread called meanwhile.
pub fn counting<R>(work: impl FnOnce() -> R) -> (R, Counts) {
    let before = Counts::now();
    let result = work();
    (result, Counts::now().since(&before))
}

/// Makes the calling thread's next counted `call` return `code` without reaching the driver.
///
/// Faults queue up: asking three times fails the next three calls.
///
/// # Panics
///
/// If `call` returns no code, see [`Call::can_fail`].
pub fn fail_next(call: Call, code: vk::Result) {
    assert!(call.can_fail(), "{call} returns no code");
    FAULTS.with_borrow_mut(|faults| faults.push((call, code)));
}

/// How many faults of the calling thread wait for their call.
pub fn pending_faults() -> usize {
    FAULTS.with_borrow(Vec::len)
}

/// What the calling thread's last counted `vkAllocateMemory` asked for.
pub fn last_allocation() -> Option<AllocationSeen> {
    LAST_ALLOCATION.with_borrow(Option::clone)
}

/// Forgets the calling thread's counts, faults and last allocation.
pub fn reset() {
    COUNTS.set(Counts::NONE);
    FAULTS.take();
    LAST_ALLOCATION.take();
}

/// What the calling thread has called so far.
pub(super) fn counts() -> Counts {
    COUNTS.get()
}

/// Counts `call` and takes the fault that waits for it, if any.
pub(super) fn enter(call: Call) -> Option<vk::Result> {
    let mut counts = COUNTS.get();
    counts.bump(call);
    COUNTS.set(counts);
    let take = |faults: &RefCell<Vec<(Call, vk::Result)>>| {
        let mut faults = faults.borrow_mut();
        let position = faults.iter().position(|(waiting, _)| *waiting == call)?;
        Some(faults.remove(position).1)
    };
    FAULTS.try_with(take).ok().flatten()
}

/// Remembers what `vkAllocateMemory` is asked for.
///
/// # Safety
///
/// - `info` is null or valid, and so is its chain.
pub(super) unsafe fn note_allocation(info: *const vk::MemoryAllocateInfo<'_>) {
    // SAFETY: null or valid (caller).
    let Some(info) = (unsafe { info.as_ref() }) else { return };
    let mut chain = Vec::new();
    let mut priority = None;
    let mut next = info.p_next.cast::<vk::BaseInStructure<'_>>();
    // SAFETY: null or a valid struct of the chain (caller).
    while let Some(base) = unsafe { next.as_ref() } {
        chain.push(base.s_type);
        if base.s_type == vk::StructureType::MEMORY_PRIORITY_ALLOCATE_INFO_EXT {
            let info = next.cast::<vk::MemoryPriorityAllocateInfoEXT<'_>>();
            // SAFETY: the struct is of the type that it says it is (caller).
            priority = unsafe { info.as_ref() }.map(|info| info.priority);
        }
        next = base.p_next;
    }
    let size = info.allocation_size;
    let seen = AllocationSeen { size, memory_type: info.memory_type_index, chain, priority };
    // Fails only while the thread is destroyed, when nobody can ask any more.
    LAST_ALLOCATION.try_with(|last| last.replace(Some(seen))).ok();
}
