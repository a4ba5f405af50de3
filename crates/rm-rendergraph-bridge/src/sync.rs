//! Locks, conditions and the names of threads; loom's own where it explores them.

use std::{sync::PoisonError, time::Duration};

#[cfg(all(test, loom))]
pub(crate) use loom::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::ThreadId,
};
#[cfg(not(all(test, loom)))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::ThreadId,
};

/// Locks `mutex`, also after a panic elsewhere: what our locks guard is changed in single steps that
/// cannot leave it half-way, so it is whole whoever died.
#[inline]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for reading, as [`lock`] does.
#[inline]
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for writing, as [`lock`] does.
#[inline]
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Sleeps until `condition` is notified; may wake without.
pub(crate) fn wait<'g, T>(condition: &Condvar, guard: MutexGuard<'g, T>) -> MutexGuard<'g, T> {
    condition.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// Sleeps until `condition` is notified, and for `at_most`; loom knows no time, and sleeps until it is.
pub(crate) fn wait_at_most<T>(condition: &Condvar, guard: MutexGuard<'_, T>, at_most: Duration) {
    drop(condition.wait_timeout(guard, at_most));
}

/// The thread that asks.
pub(crate) fn this_thread() -> ThreadId {
    #[cfg(all(test, loom))]
    let thread = loom::thread::current();
    #[cfg(not(all(test, loom)))]
    let thread = std::thread::current();
    thread.id()
}
