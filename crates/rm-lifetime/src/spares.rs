//! What all who keep spares have in common when memory runs out.

use std::sync::atomic::Ordering;

use ash::vk;
use rm_alloc_core::{BudgetScope, DeviceContext, Shortage};

use crate::sync::AtomicBool;

/// Lets one thread in at a time, and sends others away.
#[derive(Debug)]
pub(crate) struct Gate {
    // Acquire and release, as a lock would; what is done inside has locks of its own.
    taken: AtomicBool,
}

/// Whoever is inside, until dropped.
pub(crate) struct Inside<'g>(&'g Gate);

impl Gate {
    pub(crate) fn new() -> Self {
        Self { taken: AtomicBool::new(false) }
    }

    /// `None` if somebody is inside.
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        // Made only by whoever gets in, for its drop opens the gate.
        (!self.taken.swap(true, Ordering::Acquire)).then(|| Inside(self))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}

/// Whether `shortage` is eased by bytes of `memory_type`.
pub(crate) fn eases(context: &DeviceContext, shortage: Shortage, memory_type: u32) -> bool {
    if context.heap_of(memory_type) == shortage.heap {
        return true;
    }
    match shortage.scope {
        // The budget of the device is one over all of its own heaps, a policy's is one over everything.
        Some(BudgetScope::Device) => {
            context.type_flags(memory_type).contains(vk::MemoryPropertyFlags::DEVICE_LOCAL)
        }
        Some(BudgetScope::Policy) => true,
        _ => false,
    }
}

/// Frees until `shortage` is met or `next` has nothing more, and says how many bytes went back.
pub(crate) fn give_back(shortage: Shortage, mut next: impl FnMut() -> Option<u64>) -> u64 {
    let mut freed = 0_u64;
    while freed < shortage.bytes {
        let Some(bytes) = next() else { break };
        freed = freed.saturating_add(bytes);
    }
    freed
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// One thread at a time, also of two that are one: whoever frees within may run out of memory.
    #[test]
    fn a_gate_lets_one_in_at_a_time() {
        let gate = Gate::new();
        for _ in 0..2 {
            let inside = gate.enter();
            assert!(inside.is_some() && gate.enter().is_none() && gate.enter().is_none());
        }
    }
}
