//! Deferred destruction: BEHAVIOURS 39 to 42 and 47.

mod bounds;
mod cost;
mod ends;
mod hostile;

use std::{
    panic,
    sync::{Arc, Mutex},
};

use rm_alloc_core::MemoryLocation;
use rm_lifetime::{BufferPool, Point, Points, PoolConfig, RetireAt};

use crate::support::{ALL, Bed, KIB, Tally, at, attach, strict};

/// Without a recorded use: at the upcoming value of every attached timeline, and not before.
#[test]
fn what_is_retired_now_waits_for_every_attached_timeline() {
    let bed = Bed::new(3);
    for index in 0..3 {
        bed.submit(index);
    }
    let tally = Tally::default();
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    for index in 0..3 {
        // What is in flight is done, what is being recorded is not.
        bed.complete(index, 1);
        assert_eq!((bed.drain(), tally.get()), (0, 0), "timeline {index}");
    }
    for index in [2, 0] {
        let value = bed.submit(index);
        bed.complete(index, value);
        assert_eq!((bed.drain(), tally.get()), (0, 0), "timeline {index}");
    }
    let value = bed.submit(1);
    bed.complete(1, value);
    assert_eq!((bed.drain(), tally.get()), (1, 1));
    assert_eq!(bed.drain(), 0, "once");
}

/// With points: at all of them, whichever comes last.
#[test]
fn what_is_retired_at_points_waits_for_all_of_them_and_for_nothing_else() {
    let bed = Bed::new(3);
    let (first, second) = (bed.timelines[0].0, bed.timelines[2].0);
    let tally = Tally::default();
    let both = [Point { timeline: first, value: 5 }, Point { timeline: second, value: 7 }];
    bed.retirer.retire_with(tally.one(), at(&both));
    bed.complete(2, 7);
    assert_eq!(bed.drain(), 0);
    bed.complete(0, 4);
    assert_eq!(bed.drain(), 0);
    bed.complete(0, 5);
    assert_eq!((bed.drain(), tally.get()), (1, 1));

    bed.retirer.retire_with(tally.one(), at(&[]));
    assert_eq!((bed.drain(), tally.get()), (1, 2), "no point at all is reached at once");
}

/// Of several points of one timeline the greatest counts, and they take one place; of four timelines there is room.
#[test]
fn points_of_one_timeline_take_one_place() {
    let bed = Bed::new(5);
    let point = |index: usize, value| Point { timeline: bed.timelines[index].0, value };
    let same: Vec<Point> = [3, 9, 1, 7, 5].map(|value| point(0, value)).into();
    let tally = Tally::default();
    bed.retirer.retire_with(tally.one(), at(&same));
    bed.complete(0, 8);
    assert_eq!(bed.drain(), 0);
    bed.complete(0, 9);
    assert_eq!(bed.drain(), 1);
    let most: Vec<Point> = (0..5).map(|index| point(index, 1)).collect();
    // SAFETY: no device is involved.
    let made = [4, 5].map(|count| unsafe { Points::new(&most[..count]) });
    assert_eq!(made[0].unwrap().iter().collect::<Vec<_>>(), most[..4]);
    assert_eq!(made[1], None);
}

/// Completion out of order never blocks what is ready, and what is ready dies in the order in which it was retired.
#[test]
fn ready_entries_die_in_order_whatever_waits_before_them() {
    let bed = Bed::new(2);
    let died = Arc::new(Mutex::new(Vec::new()));
    let retire = |number: u32, timeline: usize, value: u64| {
        let died = Arc::clone(&died);
        let when = at(&[Point { timeline: bed.timelines[timeline].0, value }]);
        bed.retirer.retire_with(move || died.lock().unwrap().push(number), when);
    };
    let values = [(0, 9), (1, 1), (0, 2), (1, 3), (0, 1), (0, 5), (1, 2), (0, 4)];
    for ((timeline, value), number) in values.into_iter().zip(0..) {
        retire(number, timeline, value);
    }
    bed.complete(1, 2);
    bed.complete(0, 4);
    assert_eq!(bed.drain(), 5);
    assert_eq!(*died.lock().unwrap(), [1, 2, 4, 6, 7]);
    bed.complete(0, 9);
    bed.complete(1, 9);
    assert_eq!(bed.drain(), 3);
    assert_eq!(*died.lock().unwrap(), [1, 2, 4, 6, 7, 0, 3, 5]);
}

/// A vanished timeline counts as reached, for what waits already and for what names it later.
#[test]
fn a_vanished_timeline_counts_as_reached() {
    let bed = Bed::new(2);
    let tally = Tally::default();
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 0);
    // SAFETY: nothing was submitted.
    assert!(unsafe { bed.queue.detach(bed.timelines[1].0) });
    assert_eq!((bed.drain(), tally.get()), (1, 1));

    let gone = Point { timeline: bed.timelines[1].0, value: u64::MAX };
    bed.retirer.retire_with(tally.one(), at(&[gone]));
    assert_eq!((bed.drain(), tally.get()), (1, 2));
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    assert_eq!((bed.drain(), tally.get()), (1, 3), "a retirer from before knows");
    // SAFETY: nothing was submitted.
    assert!(!unsafe { bed.queue.detach(bed.timelines[1].0) }, "it is gone already");
}

/// A timeline that comes later is waited for by what is retired later, through whichever retirer.
#[test]
fn a_new_timeline_binds_what_is_retired_from_then_on() {
    let bed = Bed::new(1);
    let tally = Tally::default();
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    let (_, late) = attach(&bed.queue);
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    bed.queue.retirer().retire_with(tally.one(), RetireAt::Now);
    bed.complete(0, 1);
    assert_eq!((bed.drain(), tally.get()), (1, 1));
    late.complete(1);
    assert_eq!((bed.drain(), tally.get()), (2, 3));
}

/// As long as no timeline is attached nobody knows, and nothing dies.
#[test]
fn without_a_timeline_nothing_is_ready() {
    let bed = Bed::new(0);
    let tally = Tally::default();
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    assert_eq!(bed.drain(), 0);
    let (_, timeline) = attach(&bed.queue);
    assert_eq!(bed.drain(), 0, "work may be on its way");
    timeline.complete(1);
    assert_eq!((bed.drain(), tally.get()), (1, 1));
}

/// More timelines than an entry has room for are all waited for.
#[test]
fn many_timelines_are_waited_for_as_few_are() {
    let bed = Bed::new(9);
    let tally = Tally::default();
    for _ in 0..3 {
        bed.retirer.retire_with(tally.one(), RetireAt::Now);
    }
    for index in [4, 0, 8, 1, 7, 2, 3, 6] {
        bed.complete(index, 1);
        assert_eq!(bed.drain(), 0, "timeline {index}");
    }
    bed.complete(5, 1);
    assert_eq!((bed.drain(), tally.get()), (3, 3));
}

/// A stamp is reached exactly when what was retired with it would be ready.
#[test]
fn a_stamp_is_reached_when_garbage_of_its_moment_is_ready() {
    let bed = Bed::new(0);
    let early = bed.retirer.stamp(RetireAt::Now);
    assert!(!early.is_reached(), "nobody knows");
    let lines: Vec<_> = (0..6).map(|_| attach(&bed.queue).1).collect();
    let late = bed.retirer.stamp(RetireAt::Now);
    assert!(!early.is_reached(), "work may be on its way");
    for line in &lines {
        assert!(!early.is_reached() && !late.is_reached());
        line.complete(1);
    }
    assert!(early.is_reached() && late.is_reached());
    assert!(bed.retirer.stamp(at(&[])).is_reached());
}

/// Retiring bytes stay charged and are shown apart, until they are gone.
#[test]
fn retiring_bytes_stay_charged_and_are_shown_apart() {
    let bed = Bed::new(1);
    let kept = bed.buffer(64 * KIB);
    let before = bed.charged().0;
    bed.retire_buffer(256 * KIB);
    let (charged, retiring) = bed.charged();
    assert!(retiring >= 256 * KIB);
    assert_eq!(charged, before + retiring);
    bed.drain();
    assert_eq!(bed.charged(), (charged, retiring), "not before its time");
    bed.complete(0, 1);
    let drained = bed.queue.drain(ALL);
    assert_eq!((drained.entries, drained.bytes), (1, 256 * KIB));
    assert_eq!(bed.charged(), (before, 0));
    // SAFETY: no device uses it.
    unsafe { bed.manager.free_buffer(kept) };
}

/// Null is nothing.
#[test]
fn null_handles_are_ignored() {
    let bed = Bed::new(1);
    bed.retire_object(ash::vk::Buffer::null(), RetireAt::Now);
    assert_eq!(bed.queue.statistics().queued, 0);
    let object = bed.object();
    bed.retire_object(object, RetireAt::Now);
    assert_eq!(bed.queue.statistics().queued, 1);
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 1);
    assert_eq!(bed.sim.leaks(), []);
}

/// Garbage may queue more garbage, and ask for a drain, which then does nothing.
#[test]
fn garbage_may_queue_garbage_and_drain() {
    let bed = Bed::new(1);
    let queue = Arc::new(bed.queue);
    let (inner, tally, retirer) = (Arc::clone(&queue), Tally::default(), bed.retirer.clone());
    let one = tally.one();
    bed.retirer.retire_with(
        move || {
            retirer.retire_with(one, RetireAt::Now);
            assert_eq!(inner.drain(ALL).entries, 0, "one drain at a time");
        },
        RetireAt::Now,
    );
    bed.timelines[0].1.complete(1);
    let drained = queue.drain(ALL);
    assert_eq!((drained.entries, drained.panicked), (1, 0));
    assert_eq!(tally.get(), 0);
    assert_eq!((queue.drain(ALL).entries, tally.get()), (1, 1));
}

/// A panicking destructor runs at most once, and the rest still run.
#[test]
fn a_panic_is_contained_and_the_rest_runs() {
    let bed = Bed::new(1);
    let tally = Tally::default();
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    for number in 0..6 {
        let one = tally.one();
        let closure = move || {
            one();
            assert!(number % 3 != 1, "on purpose");
        };
        bed.retirer.retire_with(closure, RetireAt::Now);
    }
    bed.complete(0, 1);
    let drained = bed.queue.drain(ALL);
    panic::set_hook(hook);
    assert_eq!((drained.entries, drained.panicked, tally.get()), (6, 2, 6));
    assert_eq!(bed.drain(), 0, "at most once");
    let statistics = bed.queue.statistics();
    assert_eq!((statistics.destroyed, statistics.panicked, statistics.waiting), (6, 2, 0));
}

/// Where memory runs out, what is ready dies at once: relief stage Collect.
#[test]
fn a_shortage_collects_what_is_ready() {
    let bed = Bed::with(1, strict(1 << 20));
    bed.retire_buffer(600 * KIB);
    let again = || bed.manager.allocate_buffer(&crate::support::request(600 * KIB));
    assert!(again().is_err(), "the device may still use it");
    assert_eq!(bed.queue.statistics().destroyed, 0);
    bed.complete(0, 1);
    let buffer = again().unwrap();
    assert_eq!(bed.queue.statistics().destroyed, 1);
    // SAFETY: no device uses it.
    unsafe { bed.manager.free_buffer(buffer) };
}

/// What comes back in another heap eases no shortage: the spares of this one are asked as well.
#[test]
fn bytes_of_another_heap_ease_no_shortage() {
    let bed = Bed::with(1, strict(1 << 20));
    let pool = BufferPool::new(&bed.manager, &bed.queue, PoolConfig::default()).unwrap();
    drop(pool.acquire(&crate::support::request(600 * KIB)).unwrap());
    bed.complete(0, 1);
    bed.drain();
    assert_eq!(pool.statistics().spares.count, 1);
    let host = crate::support::request(900 * KIB).location(MemoryLocation::HostCached);
    bed.retirer.retire_buffer(bed.manager.allocate_buffer(&host).unwrap(), at(&[]));
    let buffer = bed.manager.allocate_buffer(&crate::support::request(600 * KIB)).unwrap();
    assert_eq!(bed.queue.statistics().destroyed, 2, "host memory first");
    assert_eq!(pool.statistics().spares.count, 0, "then what was needed");
    // SAFETY: no device uses it.
    unsafe { bed.manager.free_buffer(buffer) };
}

/// A closure that does not fit in place runs all the same, and one that does is not moved into a box.
#[test]
fn closures_of_any_size_run() {
    let bed = Bed::new(1);
    let sum = Arc::new(Mutex::new(0_u64));
    let (small, large) = ([1_u64; 4], [2_u64; 40]);
    for _ in 0..2 {
        let into = Arc::clone(&sum);
        bed.retirer
            .retire_with(move || *into.lock().unwrap() += small.iter().sum::<u64>(), RetireAt::Now);
        let into = Arc::clone(&sum);
        bed.retirer
            .retire_with(move || *into.lock().unwrap() += large.iter().sum::<u64>(), RetireAt::Now);
    }
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 4);
    assert_eq!(*sum.lock().unwrap(), 2 * (4 + 80));
    assert_eq!(Arc::strong_count(&sum), 1, "what they owned is dropped");
}
