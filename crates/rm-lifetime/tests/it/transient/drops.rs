//! Allocators that go before their device is done.

use std::time::Duration;

use rm_lifetime::{GpuTimeline, ManualTimeline, Point, RetireAt, TransientAllocator};
use rm_vksim::Profile;

use super::{BLOCK, all, bump, config, free_list};
use crate::{
    rig::Rig,
    support::{at, attach},
};

/// Submits and finishes until `timeline` is at `value`.
fn reach(timeline: &ManualTimeline, value: u64) {
    while timeline.upcoming() <= value {
        timeline.submit();
    }
    timeline.complete(value);
}

#[test]
fn a_dropped_allocator_keeps_to_the_points_of_its_frames() {
    for index in 0..3 {
        let rig = Rig::new(Profile::desktop_rebar());
        let mut transient = all(&rig, &config()).into_iter().nth(index).unwrap();
        transient.begin_frame().unwrap();
        let slice = transient.allocate(BLOCK, 1).unwrap();
        rig.sim.mark_in_use(slice.buffer());
        transient.end_frame(rig.at(3)).unwrap();
        drop(transient);
        for value in 1..3 {
            reach(&rig.timeline, value);
            rig.drain();
            assert_eq!(rig.manager.stats().retiring, BLOCK, "{index}, {value}");
        }
        rig.sim.release_use(slice.buffer());
        reach(&rig.timeline, 3);
        rig.drain();
        assert_eq!(rig.manager.stats().used, 0, "{index}");
        rig.end();
    }
}

#[test]
fn each_frame_of_a_dropped_allocator_waits_for_its_own_moment() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transient = bump(&rig, &config());
    for value in [5, 2] {
        transient.begin_frame().unwrap();
        transient.allocate(BLOCK, 1).unwrap();
        transient.end_frame(rig.at(value)).unwrap();
    }
    transient.begin_frame().unwrap();
    transient.allocate(BLOCK, 1).unwrap();
    drop(transient);
    for (value, blocks) in [(1, 2), (2, 1), (4, 1), (5, 0)] {
        reach(&rig.timeline, value);
        rig.drain();
        assert_eq!(rig.manager.stats().used, blocks * BLOCK, "at {value}");
    }
    rig.end();
}

#[test]
fn a_block_of_a_dropped_free_list_waits_for_all_of_its_pieces() {
    // Up to four timelines have their points in place, and one is the rig's.
    for (timelines, held) in [1, 2, 3, 4, 6].into_iter().flat_map(|n| [(n, false), (n, true)]) {
        let rig = Rig::new(Profile::desktop_rebar());
        let others: Vec<_> = (0..timelines).map(|_| attach(&rig.queue)).collect();
        let mut transient = free_list(&rig, &config());
        // One that nobody gives back, so that what is upcoming counts as well.
        let first = transient.hold(64, 1).unwrap();
        rig.sim.mark_in_use(first.buffer());
        if !held {
            transient.release(first, rig.at(0)).unwrap();
        }
        for value in [3, 7, 5] {
            for (timeline, _) in &others {
                let piece = transient.hold(64, 1).unwrap();
                assert_eq!(piece.buffer(), first.buffer());
                let point = Point { timeline: *timeline, value };
                transient.release(piece, at(&[point])).unwrap();
            }
        }
        drop(transient);
        for (index, (_, timeline)) in others.iter().enumerate() {
            reach(timeline, 6);
            rig.drain();
            assert_eq!(rig.manager.stats().retiring, BLOCK, "{index} of {timelines} is at 6");
            if index == others.len() - 1 && !held {
                rig.sim.release_use(first.buffer());
            }
            reach(timeline, 7);
        }
        rig.drain();
        if held {
            assert_eq!(rig.manager.stats().retiring, BLOCK, "the held one was upcoming at 1");
            rig.sim.release_use(first.buffer());
            rig.finish();
            rig.drain();
        }
        assert_eq!(rig.manager.stats().used, 0, "{timelines}, {held}");
        rig.end();
    }
}

#[test]
fn a_frame_that_ended_before_there_was_a_timeline_waits_for_one() {
    let rig = Rig::new(Profile::desktop_rebar());
    // SAFETY: nothing was submitted on it, and nothing will be.
    assert!(unsafe { rig.queue.detach(rig.id) });
    for mut transient in all(&rig, &config()) {
        transient.begin_frame().unwrap();
        transient.allocate(BLOCK, 1).unwrap();
        transient.end_frame(RetireAt::Now).unwrap();
    }
    rig.drain();
    assert_eq!(rig.manager.stats().retiring, 3 * BLOCK, "nobody knows");
    let (_, late) = attach(&rig.queue);
    rig.drain();
    assert_eq!(rig.manager.stats().retiring, 3 * BLOCK, "work may be on its way");
    late.complete(late.submit());
    rig.drain();
    rig.end();
}

#[test]
fn finished_frames_do_not_leak_after_a_shutdown() {
    for index in 0..3 {
        let rig = Rig::new(Profile::desktop_rebar());
        let mut transient = all(&rig, &config()).into_iter().nth(index).unwrap();
        let Rig { manager, queue, timeline, sim, .. } = rig;
        transient.begin_frame().unwrap();
        transient.allocate(100, 1).unwrap();
        transient.end_frame(RetireAt::Now).unwrap();
        timeline.complete(timeline.submit());
        queue.shutdown(Duration::from_secs(1)).unwrap();
        drop(transient);
        assert_eq!(manager.stats().used, 0, "{index}");
        drop(manager);
        sim.verdict().unwrap();
    }
}
