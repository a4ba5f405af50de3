//! Atomics and cells; loom's own where it explores them.

#[cfg(all(test, loom))]
pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
#[cfg(not(all(test, loom)))]
pub(crate) use std::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, Ordering},
};

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
