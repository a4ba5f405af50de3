//! The last drop of a shared resource on two threads, under every interleaving.
//!
//! Run by `cargo xtask loom`. The count is loom's own, which explores what `Arc` promises; what is modelled is ours: what
//! one owner records, the last one retires with, once.

use std::sync::atomic::{AtomicU64, Ordering};

use loom::{model, sync::Arc, thread};
use rm_alloc_core::DeviceBudgetManager;

use super::{Held, Resource, sealed::Sealed};
use crate::{
    DeferredDestructionQueue, DrainLimit, ManualTimeline, Point, RetireAt, Retirer, TimelineId,
    tests::manager,
};

/// A resource that counts how often it was retired.
#[derive(Debug)]
struct Probe(std::sync::Arc<AtomicU64>);

impl Sealed for Probe {}

impl Resource for Probe {
    fn bytes(&self) -> u64 {
        0
    }

    fn retire(self, retirer: &Retirer, at: RetireAt) {
        self.0.fetch_add(1, Ordering::Relaxed);
        retirer.retire_with(move || drop(self), at);
    }
}

fn queue(manager: &DeviceBudgetManager) -> (DeferredDestructionQueue, TimelineId) {
    let queue = DeferredDestructionQueue::with_capacity(manager, 2);
    // SAFETY: no device is involved.
    let timeline = std::sync::Arc::new(unsafe { ManualTimeline::new() });
    let id = queue.attach(timeline).unwrap();
    (queue, id)
}

#[test]
fn the_last_of_two_owners_retires_once_with_what_both_recorded() {
    let manager = manager();
    model(move || {
        let (queue, timeline) = queue(&manager);
        let retired = std::sync::Arc::new(AtomicU64::new(0));
        let held = Held::new(Probe(std::sync::Arc::clone(&retired)), &queue.retirer());
        let (held, record) = (Arc::new(held), move |held: &Held<Probe>, value| {
            held.used(Point { timeline, value });
        });
        let other = Arc::clone(&held);
        let thread = thread::spawn(move || {
            record(&other, 0);
            drop(other);
        });
        record(&held, 0);
        drop(held);
        thread.join().unwrap();
        assert_eq!(retired.load(Ordering::Relaxed), 1);
        // What was recorded is reached; what is upcoming would not be.
        assert_eq!(queue.drain(DrainLimit::default()).entries, 1);
        assert_eq!(std::sync::Arc::strong_count(&retired), 1, "dropped");
    });
}
