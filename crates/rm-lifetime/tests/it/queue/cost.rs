//! What it costs, as exact counters.

use std::sync::Arc;

use rm_headless::heap::allocations_of;
use rm_lifetime::{Point, RetireAt, SharedResourceFactory};

use crate::support::{ALL, Bed, KIB, at, attach};

/// In steady state a frame that retires and drains allocates nothing on the heap, whatever it retires.
#[test]
fn steady_state_needs_no_heap() {
    let bed = Bed::counting(2);
    let frame = || {
        for number in 0..100_u64 {
            let words = [number; 6];
            bed.retirer.retire_with(move || assert_eq!(words[0], words[5]), RetireAt::Now);
            let point = Point { timeline: bed.timelines[0].0, value: number % 3 };
            bed.retirer.retire_with(|| (), at(&[point]));
            bed.retire_object(bed.object(), RetireAt::Now);
            bed.retire_buffer(KIB);
        }
        for index in 0..2 {
            let value = bed.submit(index);
            bed.complete(index, value - 1);
        }
        bed.queue.drain(ALL);
    };
    (0..8).for_each(|_| frame());
    assert_eq!(allocations_of(|| (0..8).for_each(|_| frame())), 0);
    (0..2).for_each(|index| bed.complete(index, u64::MAX));
    assert_eq!((bed.drain(), bed.charged()), (300, (0, 0)));
}

/// Handles: one heap allocation for a shared one, none for one with one owner, none to clone and to drop.
#[test]
fn handles_cost_what_they_say() {
    let bed = Bed::counting(1);
    let factory = SharedResourceFactory::new(&bed.manager, &bed.queue);
    let request = crate::support::request(KIB);
    for _ in 0..32 {
        drop(factory.own_buffer(&request).unwrap());
        drop(factory.create_buffer(&request).unwrap());
    }
    let value = bed.submit(0);
    bed.complete(0, value);
    assert_eq!(bed.drain(), 64);
    assert_eq!(allocations_of(|| drop(factory.own_buffer(&request).unwrap())), 0);
    assert_eq!(allocations_of(|| drop(factory.create_buffer(&request).unwrap())), 1);
    let shared = factory.create_buffer(&request).unwrap();
    assert_eq!(allocations_of(|| drop(shared.clone())), 0);
    drop(shared);
    let value = bed.submit(0);
    bed.complete(0, value);
    assert_eq!(bed.drain(), 3);
}

/// Retirers that were made before a timeline came or went: their clones share what they know, and keep no queue for ever.
#[test]
fn clones_of_a_stale_retirer_need_no_heap() {
    let bed = Bed::counting(1);
    let (early, factory) =
        (bed.queue.retirer(), SharedResourceFactory::new(&bed.manager, &bed.queue));
    let mut late = Vec::new();
    for _ in 0..3 {
        late.push(attach(&bed.queue));
        drop((early.clone(), factory.clone()));
        let clones = || drop((early.clone(), factory.clone(), early.stamp(RetireAt::Now)));
        assert_eq!(allocations_of(|| (0..10).for_each(|_| clones())), 0);
    }
    assert!(late.iter().all(|(_, timeline)| Arc::strong_count(timeline) > 1));
    let Bed { queue, retirer, .. } = bed;
    drop((queue, retirer, factory));
    drop(early);
    assert!(late.iter().all(|(_, timeline)| Arc::strong_count(timeline) == 1), "a circle");
}
