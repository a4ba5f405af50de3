//! Exact counters of the steady state.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rm_headless::heap::allocations_of;
use rm_lifetime::{
    GpuTimeline, ManualTimeline, Point, RetireAt, TimelineError, TransientAllocator,
    TransientStatistics,
};
use rm_vksim::Profile;

use super::{BLOCK, all, bump, config, epoch, free_list};
use crate::{
    rig::Rig,
    support::{at, attach},
};

#[test]
fn a_piece_costs_no_driver_call_and_no_heap_allocation() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transient = epoch(&rig, &config());
    for _ in 0..4 {
        transient.begin_frame().unwrap();
        transient.allocate(1, 1).unwrap();
        let before = rig.sim.counts().total();
        let heap = allocations_of(|| {
            for _ in 0..1000 {
                transient.allocate(16, 16).unwrap();
            }
        });
        assert_eq!((heap, rig.sim.counts().total() - before), (0, 0));
        transient.end_frame(RetireAt::Now).unwrap();
        rig.finish();
    }
    drop(transient);
    rig.end();
}

#[test]
fn whole_frames_cost_none_either_once_all_blocks_are_there() {
    let rig = Rig::new(Profile::desktop_rebar());
    for (index, mut transient) in all(&rig, &config()).into_iter().enumerate() {
        let mut frame = || {
            transient.begin_frame().unwrap();
            for _ in 0..300 {
                transient.push(&[7; 500], 16).unwrap();
            }
            transient.allocate(2 * BLOCK, 16).unwrap();
            transient.end_frame(RetireAt::Now).unwrap();
            rig.timeline.complete(rig.timeline.submit() - 1);
        };
        (0..8).for_each(|_| frame());
        let before = rig.sim.counts().total();
        let heap = allocations_of(|| (0..100).for_each(|_| frame()));
        // A free list starts a block with a list of its free ranges: the one of its own that each frame has.
        assert_eq!(heap, if index == 2 { 100 } else { 0 }, "{index}");
        assert_eq!(rig.sim.counts().total() - before, 0, "{index}");
        let TransientStatistics { live, in_flight, hits, misses, .. } = transient.statistics();
        assert_eq!(live.count, 0);
        assert!(in_flight.count <= 12 && misses <= 12 && hits > 100, "{index}");
        drop(transient);
        rig.finish();
        rig.drain();
    }
    rig.end();
}

#[test]
fn frames_cost_none_whenever_the_timeline_came() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transient = epoch(&rig, &config());
    let (_, other) = attach(&rig.queue);
    let mut frame = || {
        transient.begin_frame().unwrap();
        transient.allocate(100, 1).unwrap();
        transient.end_frame(RetireAt::Now).unwrap();
        rig.finish();
        other.complete(other.submit());
    };
    (0..4).for_each(|_| frame());
    assert_eq!(allocations_of(|| (0..100).for_each(|_| frame())), 0);
    drop(transient);
    rig.end();
}

/// Counts how often it is asked how far the device is.
#[derive(Debug)]
struct Counted(ManualTimeline, AtomicU64);

// SAFETY: the one within keeps all promises.
unsafe impl GpuTimeline for Counted {
    fn completed(&self) -> u64 {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.completed()
    }

    fn upcoming(&self) -> u64 {
        self.0.upcoming()
    }

    fn wait(&self, value: u64, at_most: Duration) -> Result<bool, TimelineError> {
        self.0.wait(value, at_most)
    }
}

#[test]
fn a_timeline_is_asked_once_for_all_that_waits() {
    let rig = Rig::new(Profile::desktop_rebar());
    // SAFETY: no device is involved.
    let counted = Arc::new(Counted(unsafe { ManualTimeline::new() }, AtomicU64::new(0)));
    let timeline = rig.queue.attach(counted.clone()).unwrap();
    // As many as are in place, and one that is not.
    let others: Vec<_> = (0..4).map(|_| attach(&rig.queue)).collect();
    let moment = |value| at(&[Point { timeline, value }]);
    let (mut one, mut two) = (bump(&rig, &config()), epoch(&rig, &config().depth(50)));
    let mut three = free_list(&rig, &config());
    for value in 1..=500 {
        let piece = three.hold(64, 1).unwrap();
        three.release(piece, moment(value)).unwrap();
    }
    for transient in [&mut one as &mut dyn TransientAllocator, &mut two, &mut three] {
        for value in 1..50 {
            transient.begin_frame().unwrap();
            transient.allocate(64, 1).unwrap();
            transient.end_frame(moment(value)).unwrap();
        }
        let before = counted.1.load(Ordering::Relaxed);
        transient.begin_frame().unwrap();
        assert_eq!(counted.1.load(Ordering::Relaxed) - before, 1);
    }
    drop((one, two, three));
    (0..500).for_each(|_| counted.0.complete(counted.0.submit()));
    others.iter().for_each(|(_, timeline)| timeline.complete(timeline.submit()));
    rig.end();
}
