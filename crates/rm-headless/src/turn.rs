//! One thread's devices at a time.
//!
//! The validation layer of Debian 12 looks its devices up in a table that it does not lock: a thread that makes or destroys
//! a device can crash another that is calling its own. Tests run on many threads, so whoever opens a device waits until
//! the devices of other threads are gone. A thread that has one may open more.
//!
//! Protocol: `thread` is who has instances, `count` how many, and `epoch` how often that was settled by force. All change
//! under the one mutex; a thread that finds another owner waits on the condition, which is signalled when the last
//! instance is gone. A thread that ends gives up what it has, even if it leaked it: a test that fails must not hang the
//! others. Turns of an earlier epoch count for nothing.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

static OWNER: Mutex<Owner> = Mutex::new(Owner { thread: None, count: 0, epoch: 0 });
static GONE: Condvar = Condvar::new();

thread_local! {
    static LEAVING: Leaving = Leaving { me: thread::current().id() };
}

struct Owner {
    thread: Option<ThreadId>,
    count: usize,
    epoch: u64,
}

impl Owner {
    fn settle(&mut self) {
        (self.thread, self.count) = (None, 0);
        self.epoch += 1;
        GONE.notify_all();
    }
}

/// The right to have an instance, given back on drop, from whichever thread.
#[derive(Debug)]
pub(crate) struct Turn {
    epoch: u64,
}

impl Turn {
    /// Waits until no other thread has an instance.
    pub(crate) fn take() -> Self {
        // Its destructor runs when this thread ends.
        let me = LEAVING.with(|leaving| leaving.me);
        let mut owner = lock();
        while owner.thread.is_some_and(|thread| thread != me) {
            owner = GONE.wait(owner).unwrap_or_else(PoisonError::into_inner);
        }
        owner.thread = Some(me);
        owner.count += 1;
        Self { epoch: owner.epoch }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut owner = lock();
        if owner.epoch != self.epoch {
            return;
        }
        owner.count -= 1;
        if owner.count == 0 {
            owner.settle();
        }
    }
}

/// Gives up the turns of a thread that ends.
struct Leaving {
    me: ThreadId,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut owner = lock();
        if owner.thread == Some(self.me) {
            owner.settle();
        }
    }
}

fn lock() -> MutexGuard<'static, Owner> {
    OWNER.lock().unwrap_or_else(PoisonError::into_inner)
}
