//! A queue whose timeline completes while others retire and drain, under every interleaving.
//!
//! Run by `cargo xtask loom`.

use std::time::Duration;

use loom::{
    model,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::DeferredDestructionQueue;
use crate::{DrainLimit, GpuTimeline, RetireAt, TimelineError, tests::manager};

/// A timeline whose every move loom explores.
#[derive(Debug)]
struct Line {
    submitted: Arc<AtomicU64>,
    completed: Arc<AtomicU64>,
}

// SAFETY: no device is involved.
unsafe impl GpuTimeline for Line {
    fn completed(&self) -> u64 {
        self.completed.load(Ordering::Acquire)
    }

    fn upcoming(&self) -> u64 {
        self.submitted.load(Ordering::Acquire) + 1
    }

    fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
        Ok(false)
    }
}

/// Completion races with a retirement: whatever was upcoming when it was retired is reached when it dies, and once that is
/// reached the next drain finds it.
#[test]
fn completion_racing_retire_is_neither_early_nor_missed() {
    let manager = manager();
    model(move || {
        let (submitted, completed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let line = Line { submitted: Arc::clone(&submitted), completed: Arc::clone(&completed) };
        let queue = DeferredDestructionQueue::with_capacity(&manager, 2);
        queue.attach(std::sync::Arc::new(line)).unwrap();
        let (retirer, died) = (queue.retirer(), Arc::new(AtomicU64::new(0)));
        let thread = {
            let (submitted, completed, died) =
                (Arc::clone(&submitted), Arc::clone(&completed), Arc::clone(&died));
            thread::spawn(move || {
                let upcoming = submitted.load(Ordering::Acquire) + 1;
                let closure = move || {
                    assert!(completed.load(Ordering::Acquire) >= upcoming, "died early");
                    died.store(1, Ordering::Release);
                };
                retirer.retire_with(closure, RetireAt::Now);
            })
        };
        submitted.store(1, Ordering::Release);
        completed.store(1, Ordering::Release);
        queue.drain(DrainLimit::default());
        thread.join().unwrap();
        completed.store(2, Ordering::Release);
        queue.drain(DrainLimit::default());
        assert_eq!(died.load(Ordering::Acquire), 1, "not later than one drain");
    });
}

/// Two threads drain at once: one of them does it, and everything dies once.
#[test]
fn two_drains_at_once_destroy_once() {
    let manager = manager();
    model(move || {
        let (submitted, completed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(1)));
        let queue = DeferredDestructionQueue::with_capacity(&manager, 2);
        queue.attach(std::sync::Arc::new(Line { submitted, completed })).unwrap();
        let died = Arc::new(AtomicU64::new(0));
        for _ in 0..2 {
            let died = Arc::clone(&died);
            let closure = move || {
                died.fetch_add(1, Ordering::Relaxed);
            };
            queue.retirer().retire_with(closure, RetireAt::Now);
        }
        let queue = Arc::new(queue);
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || other.drain(DrainLimit::default()).entries);
        let ours = queue.drain(DrainLimit::default()).entries;
        assert_eq!(ours + thread.join().unwrap(), 2);
        assert_eq!(died.load(Ordering::Relaxed), 2);
    });
}
