//! How much a drain may do, what a queue says of itself, and what it does not look at.

use rm_lifetime::{DeferredDestructionQueue, DrainLimit, Point, RetireAt};

use crate::support::{ALL, Bed, KIB, Tally, at};

/// Work a frame can be bounded by count; the rest comes first next time.
#[test]
fn a_drain_can_be_bounded_by_count() {
    let bed = Bed::new(1);
    let tally = Tally::default();
    for _ in 0..10 {
        bed.retirer.retire_with(tally.one(), RetireAt::Now);
    }
    bed.complete(0, 1);
    let limit = DrainLimit { entries: Some(4), bytes: None };
    let drained: Vec<_> = (0..4).map(|_| bed.queue.drain(limit)).collect();
    let done: Vec<_> = drained.iter().map(|drained| (drained.entries, drained.left)).collect();
    assert_eq!(done, [(4, 6), (4, 2), (2, 0), (0, 0)]);
    assert_eq!(tally.get(), 10);
}

/// Work a frame can be bounded by bytes: the entry that reaches them is the last one.
#[test]
fn a_drain_can_be_bounded_by_bytes() {
    let bed = Bed::new(1);
    for _ in 0..4 {
        bed.retire_buffer(64 * KIB);
    }
    bed.complete(0, 1);
    let limit = DrainLimit { entries: None, bytes: Some(100 * KIB) };
    let first = bed.queue.drain(limit);
    assert_eq!((first.entries, first.bytes, first.left), (2, 128 * KIB, 2));
    let none = bed.queue.drain(DrainLimit { entries: None, bytes: Some(0) });
    assert_eq!((none.entries, none.left), (0, 2));
    assert_eq!(bed.queue.drain(limit).entries, 2);
}

/// A drain with 100,000 waiting entries on four timelines and nothing ready looks at none of them.
#[test]
fn nobody_looks_at_what_is_not_due() {
    const ENTRIES: u64 = 100_000;
    let bed = Bed::new(4);
    let tally = Tally::default();
    for entry in 0..ENTRIES {
        let on = |index: usize, value| Point { timeline: bed.timelines[index].0, value };
        let index = (entry % 4) as usize;
        match entry % 5 {
            0 => bed.retirer.retire_with(tally.one(), RetireAt::Now),
            1 => {
                bed.retirer.retire_with(tally.one(), at(&[on(index, 1 + entry * 7919 % 1000)]));
            }
            _ => {
                let both = [on(index, 1 + entry % 3), on((index + 1) % 4, 2)];
                bed.retirer.retire_with(tally.one(), at(&both));
            }
        }
    }
    for _ in 0..3 {
        let drained = bed.queue.drain(ALL);
        assert_eq!((drained.entries, drained.examined), (0, 0));
    }
    assert_eq!(bed.queue.statistics().waiting, ENTRIES);
    for index in 0..4 {
        bed.complete(index, 1000);
    }
    let drained = bed.queue.drain(ALL);
    assert_eq!((drained.entries, tally.get()), (ENTRIES, ENTRIES));
    assert!(drained.examined >= ENTRIES);
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    (0..4).for_each(|index| bed.complete(index, u64::MAX));
    assert_eq!(bed.queue.drain(ALL).examined, 1, "its own, and no other's");
}

/// Pre-reserve, capacity, growth count, high-water mark, totals, reset.
#[test]
fn the_statistics_tell_what_happened() {
    let bed = Bed::new(0);
    let queue = DeferredDestructionQueue::with_capacity(&bed.manager, 16);
    let (_, timeline) = crate::support::attach(&queue);
    let (retirer, tally) = (queue.retirer(), Tally::default());
    let retire = |count| (0..count).for_each(|_| retirer.retire_with(tally.one(), RetireAt::Now));
    retire(16);
    queue.drain(ALL);
    let filled = queue.statistics();
    assert_eq!((filled.capacity, filled.queued, filled.waiting), (16, 16, 16));
    assert_eq!((filled.high_water, filled.growths, filled.spilled), (16, 0, 0));
    retire(24);
    queue.drain(ALL);
    let grown = queue.statistics();
    assert_eq!((grown.queued, grown.high_water, grown.spilled), (40, 40, 8));
    assert_eq!(grown.growths, 1, "once, whatever it took");
    timeline.complete(1);
    queue.drain(DrainLimit { entries: Some(30), bytes: None });
    assert_eq!((queue.statistics().destroyed, queue.statistics().waiting), (30, 10));
    queue.reset_statistics();
    let reset = queue.statistics();
    assert_eq!((reset.queued, reset.destroyed, reset.growths, reset.spilled), (0, 0, 0, 0));
    assert_eq!((reset.waiting, reset.high_water), (10, 10), "what waits is the first mark");
    // SAFETY: no device is involved.
    assert_eq!(unsafe { queue.flush() }.entries, 10);
    let flushed = queue.statistics();
    assert_eq!((flushed.flushed, flushed.destroyed, flushed.waiting), (10, 0, 0));
    assert_eq!(tally.get(), 40);
}
