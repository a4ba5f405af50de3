//! Atomics and cells; loom's own where it explores them.

#[cfg(all(test, loom))]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};
#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The cell of the standard library under the interface of loom's.
#[cfg(not(all(test, loom)))]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(all(test, loom)))]
impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
        look(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        change(self.0.get())
    }
}

/// Lets time pass before somebody looks at a lock for the `turn`-th time: none, a little, or a nap.
#[cfg(not(all(test, loom)))]
pub(crate) fn pause(turn: u32) {
    const SPINS: u32 = 64;
    const YIELDS: u32 = 16;
    const NAP: std::time::Duration = std::time::Duration::from_micros(50);
    if turn < SPINS {
        std::hint::spin_loop();
    } else if turn < SPINS + YIELDS {
        std::thread::yield_now();
    } else {
        std::thread::sleep(NAP);
    }
}

/// Loom knows no time: somebody else's turn.
#[cfg(all(test, loom))]
pub(crate) fn pause(_turn: u32) {
    loom::thread::yield_now();
}
