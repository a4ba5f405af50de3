//! Exact counters of the steady state.

use rm_headless::heap::allocations_of;
use rm_lifetime::{RetireAt, TransientAllocator, TransientStatistics};
use rm_vksim::Profile;

use super::{BLOCK, all, config, epoch};
use crate::rig::Rig;

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
        // A free list starts each block with a list of its free ranges.
        assert!(heap == 0 || index == 2, "{heap} heap allocations, {index}");
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
