//! One thread's devices at a time.
//!
//! The validation layer of Debian 12 looks its devices up in a table that it does not lock: a thread that makes or destroys
//! a device can crash another that is calling its own. Tests run on many threads, so whoever opens a device waits until
//! the devices of other threads are gone. A thread that has one may open more.
//!
//! Protocol: `owner` is the thread that has instances, `count` how many. Both change under the one mutex; a thread that
//! finds another owner waits on the condition, which is signalled when the last instance is gone.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

static OWNER: Mutex<Owner> = Mutex::new(Owner { thread: None, count: 0 });
static GONE: Condvar = Condvar::new();

struct Owner {
    thread: Option<ThreadId>,
    count: usize,
}

/// The right to have an instance, given back on drop, from whichever thread.
#[derive(Debug)]
pub(crate) struct Turn(());

impl Turn {
    /// Waits until no other thread has an instance.
    pub(crate) fn take() -> Self {
        let me = thread::current().id();
        let mut owner = lock();
        while owner.thread.is_some_and(|thread| thread != me) {
            owner = GONE.wait(owner).unwrap_or_else(PoisonError::into_inner);
        }
        owner.thread = Some(me);
        owner.count += 1;
        Self(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut owner = lock();
        owner.count -= 1;
        if owner.count == 0 {
            owner.thread = None;
            GONE.notify_all();
        }
    }
}

fn lock() -> MutexGuard<'static, Owner> {
    OWNER.lock().unwrap_or_else(PoisonError::into_inner)
}
