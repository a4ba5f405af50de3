//! When quota comes back: when the device is done, and not before.

use std::{sync::Arc, time::Duration};

use rm_lifetime::{FrameTimeline, GpuTimeline, TimelineError};
use rm_rendergraph_bridge::{PendingUploads, UploadRequest};

use crate::bed::{Bed, KIB, timeline};

/// The classic: the first frames are over because a difference of small numbers says so.
#[test]
fn frame_0_reclaims_nothing_early() {
    let bed = Bed::new();
    bed.upload(KIB).submitted_in_frame(0);
    bed.upload(KIB).submitted_in_frame(1);
    bed.upload(KIB).submitted_in_frame(u64::MAX);
    assert_eq!(
        (bed.bridge.collect(), bed.taken()),
        (0, 3 * KIB),
        "nobody said that frame 0 is over"
    );
    assert_eq!((bed.bridge.complete_frame(0), bed.taken()), (KIB, 2 * KIB));
    assert_eq!((bed.bridge.complete_frame(0), bed.taken()), (0, 2 * KIB), "once is enough");
    assert_eq!((bed.bridge.complete_frame(1), bed.taken()), (KIB, KIB));
    assert_eq!((bed.bridge.complete_frame(u64::MAX - 1), bed.taken()), (0, KIB));
    assert_eq!((bed.bridge.complete_frame(u64::MAX), bed.taken()), (KIB, 0));
}

#[test]
fn the_end_of_a_frame_is_the_end_of_those_before() {
    let bed = Bed::new();
    [3, 1, 2].into_iter().for_each(|frame| bed.upload(KIB).submitted_in_frame(frame));
    assert_eq!((bed.bridge.complete_frame(2), bed.taken()), (2 * KIB, KIB));
    assert_eq!(bed.bridge.complete_frame(1), 0, "an earlier frame changes nothing");
    bed.upload(KIB).submitted_in_frame(2);
    assert_eq!(bed.taken(), KIB, "that frame is over already");
    assert_eq!((bed.bridge.complete_frame(3), bed.taken()), (KIB, 0));
}

/// Frames begin at 0, so that value 0 of a frame timeline would be reached from the beginning.
#[test]
fn frame_0_of_a_frame_timeline_reclaims_nothing_early() {
    let bed = Bed::new();
    // SAFETY: no device is involved.
    let frames = Arc::new(unsafe { FrameTimeline::new(2) });
    bed.upload(KIB).submitted(frames.clone(), frames.value_of(0));
    for frame in [0, 1] {
        frames.begin_frame(frame);
        assert_eq!((bed.bridge.collect(), bed.taken()), (0, KIB), "two frames are in flight");
    }
    frames.begin_frame(2);
    assert_eq!((bed.bridge.collect(), bed.taken()), (KIB, 0));
}

#[test]
fn uploads_come_back_in_the_order_in_which_they_complete() {
    let bed = Bed::new();
    let others: Vec<_> = (0..20).map(|_| timeline()).collect();
    for (number, timeline) in (1..).zip(&others) {
        bed.upload(number * 16).submitted(timeline.clone(), 1);
    }
    let mut left: u64 = (1..=20).map(|number| number * 16).sum();
    for (number, timeline) in (1..=20).rev().zip(others.iter().rev()) {
        assert_eq!(bed.taken(), left);
        timeline.complete(1);
        assert_eq!(bed.bridge.collect(), number * 16);
        left -= number * 16;
    }
    assert_eq!(bed.taken(), 0);
}

/// On one timeline as well, whatever the order of the submissions; and more of them than are given back at a time.
#[test]
fn a_value_gives_back_what_it_reaches_and_no_more() {
    let bed = Bed::new();
    for value in (1..=50).rev() {
        bed.upload(value).submitted(bed.device.clone(), value);
    }
    assert_eq!(bed.bridge.pending(), PendingUploads { bytes: 51 * 25, count: 50 });
    bed.device.complete(40);
    assert_eq!((bed.bridge.collect(), bed.taken()), (41 * 20, 455));
    bed.device.complete(50);
    assert_eq!((bed.bridge.collect(), bed.taken()), (455, 0));
}

#[test]
fn dropped_unsubmitted_quota_comes_back_at_once() {
    let bed = Bed::new();
    let upload = bed.upload(KIB);
    assert_eq!((upload.bytes(), bed.taken()), (KIB, KIB));
    drop(upload);
    assert_eq!(bed.taken(), 0);
    let failed = |bytes| -> Result<(), ()> {
        let _upload = bed.upload(bytes);
        Err(())
    };
    assert_eq!((failed(KIB), bed.taken()), (Err(()), 0));
}

#[test]
fn submitted_quota_stays_when_its_handle_is_gone() {
    let bed = Bed::new();
    let value = bed.submit(KIB);
    bed.device.complete(value - 1);
    assert_eq!((bed.bridge.collect(), bed.taken()), (0, KIB));
    bed.device.complete(value);
    assert_eq!(bed.taken(), KIB, "nobody has looked");
    assert_eq!((bed.bridge.collect(), bed.taken()), (KIB, 0));
}

#[test]
fn a_vanished_timeline_counts_as_reached() {
    let bed = Bed::new();
    let timeline = timeline();
    bed.upload(KIB).submitted(timeline.clone(), 7);
    let kept = bed.submit(2 * KIB);
    assert_eq!((bed.bridge.collect(), bed.taken()), (0, 3 * KIB));
    assert_eq!(Arc::strong_count(&timeline), 1, "the bridge keeps no timeline");
    drop(timeline);
    assert_eq!((bed.bridge.collect(), bed.taken()), (KIB, 2 * KIB));
    bed.device.complete(kept);
    assert_eq!(bed.bridge.collect(), 2 * KIB);
}

/// One timeline a submission: their places are used again, and none is taken for another.
#[test]
fn timelines_may_come_and_go() {
    let bed = Bed::new();
    for round in 0..100 {
        let (short, long) = (timeline(), timeline());
        bed.upload(KIB).submitted(short.clone(), 1);
        bed.upload(KIB).submitted(long.clone(), 1);
        short.complete(1);
        assert_eq!((bed.bridge.collect(), bed.taken()), (KIB, KIB), "round {round}");
        drop(short);
        let third = timeline();
        bed.upload(KIB).submitted(third.clone(), 1);
        assert_eq!((bed.bridge.collect(), bed.taken()), (0, 2 * KIB), "round {round}");
        [&long, &third].into_iter().for_each(|it| it.complete(1));
        assert_eq!((bed.bridge.collect(), bed.taken()), (2 * KIB, 0), "round {round}");
    }
}

#[test]
fn the_last_handle_gives_everything_back() {
    let bed = Bed::new();
    bed.submit(KIB);
    bed.upload(KIB).submitted_in_frame(5);
    let (other, upload) = (bed.bridge.clone(), bed.upload(KIB));
    assert_eq!(bed.taken(), 3 * KIB);
    let Bed { manager, bridge, device, .. } = bed;
    drop(bridge);
    assert_eq!(other.pending().bytes, 3 * KIB, "clones are handles of the same bridge");
    drop(other);
    assert_eq!(manager.staging_figures().used, 3 * KIB, "so is an upload in hand");
    upload.submitted(device, 9);
    assert_eq!(manager.staging_figures().used, 0);
}

#[test]
fn quota_of_others_is_left_alone() {
    let bed = Bed::new();
    let reservation = bed.manager.try_reserve_staging(KIB).unwrap();
    assert!(bed.manager.try_reserve_staging_quota(2 * KIB));
    let value = bed.submit(4 * KIB);
    assert_eq!(bed.bridge.pending().bytes, 4 * KIB);
    assert_eq!(bed.manager.staging_figures().used, 7 * KIB);
    assert!(bed.manager.release_staging_quota(3 * KIB).is_err(), "less was taken by hand");
    bed.device.complete(value);
    bed.bridge.collect();
    assert_eq!(bed.manager.staging_figures().used, 3 * KIB);
    bed.manager.release_staging_quota(2 * KIB).unwrap();
    drop(reservation);
    assert_eq!(bed.taken(), 0);
}

/// A timeline that panics when asked: the others come back all the same.
#[test]
fn a_timeline_that_panics_has_reached_nothing() {
    #[derive(Debug)]
    struct Broken;
    // SAFETY: no device is involved.
    unsafe impl GpuTimeline for Broken {
        fn completed(&self) -> u64 {
            panic!("a test")
        }
        fn upcoming(&self) -> u64 {
            1
        }
        fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
            Ok(false)
        }
    }
    let bed = Bed::new();
    let broken = Arc::new(Broken);
    bed.upload(KIB).submitted(broken.clone(), 0);
    let value = bed.submit(KIB);
    bed.device.complete(value);
    assert_eq!((bed.bridge.collect(), bed.taken()), (KIB, KIB));
    assert!(bed.bridge.try_upload(&UploadRequest::new(Bed::QUOTA)).is_err());
    drop(broken);
    assert_eq!((bed.bridge.collect(), bed.taken()), (KIB, 0));
}
