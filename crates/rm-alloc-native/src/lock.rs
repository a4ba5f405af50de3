//! The lock of a shard: taken with one atomic step, and given back with a plain store.
//!
//! Protocol: `held` is true while a guard exists. Whoever changes it from false to true, with acquire, may touch `state`; the
//! guard's drop stores false with release, so that the next one sees everything that was done. Nobody is told: who finds the
//! lock taken looks again, first at once, then after letting others run, then after naps, so that a holder which was put
//! to sleep by the system is waited for without heat, whatever its priority.
//!
//! That is right here and in few other places: a lock is held for some tens of nanoseconds, nothing outside this crate is
//! called meanwhile, and the driver least of all. A mutex of the standard library, which must be able to wake somebody, asks
//! for a second atomic step on the way out, and the four steps of a pair are a quarter of what an allocation costs.

use std::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use crate::sync::{AtomicBool, Ordering, UnsafeCell, pause};

#[cfg(all(test, loom))]
mod model;

/// State that one thread at a time may touch.
pub(crate) struct Lock<T> {
    held: AtomicBool,
    // Invariant: touched by whoever holds the lock alone.
    state: UnsafeCell<T>,
}

// SAFETY: the state is touched by one thread at a time (protocol), which may be any if the state may be sent there.
unsafe impl<T: Send> Sync for Lock<T> {}

/// The right to touch the state of a lock, until it is dropped.
#[must_use = "the lock is given back when this is dropped"]
pub(crate) struct Guard<'a, T> {
    lock: &'a Lock<T>,
    /// It lends the state as a unique borrow does, so threads share a guard only if they may share the state.
    lends: PhantomData<&'a mut T>,
}

impl<T> Lock<T> {
    pub(crate) fn new(state: T) -> Self {
        Self { held: AtomicBool::new(false), state: UnsafeCell::new(state) }
    }

    /// Takes the lock, once nobody else has it.
    #[inline]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        match self.try_lock() {
            Some(guard) => guard,
            None => self.wait(),
        }
    }

    /// Takes the lock unless somebody else has it.
    #[inline]
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        let free = self.held.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        // Made only if it is ours, since the drop of a guard gives the lock back.
        free.is_ok().then(|| Guard { lock: self, lends: PhantomData })
    }

    #[cold]
    fn wait(&self) -> Guard<'_, T> {
        let mut turn = 0;
        loop {
            pause(turn);
            turn += 1;
            // Reading alone leaves the cache line with its holder.
            if !self.held.load(Ordering::Relaxed)
                && let Some(guard) = self.try_lock()
            {
                return guard;
            }
        }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard is the only right to touch the state (protocol), and `&self` rules out a unique borrow.
        self.lock.state.with(|state| unsafe { &*state })
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard is the only right to touch the state (protocol), and `&mut self` is the only borrow of it.
        self.lock.state.with_mut(|state| unsafe { &mut *state })
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.held.store(false, Ordering::Release);
    }
}
