//! At the cap: refused, or waited for; never assumed to be complete.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    },
    thread,
    time::Duration,
};

use rm_lifetime::{GpuTimeline, TimelineError};
use rm_rendergraph_bridge::{UploadError, UploadRequest};

use crate::bed::{Bed, KIB, timeline};

/// Longer than any test takes: whoever waits for so long is woken, or hangs.
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn at_the_cap_a_refusal_says_who_wants_what() {
    let bed = Bed::new();
    bed.submit(40 * KIB);
    let others = bed.manager.try_reserve_staging(20 * KIB).unwrap();
    let request = UploadRequest::new(5 * KIB).label("terrain");
    let refusal = UploadError::OverQuota {
        label: Some("terrain"),
        requested: 5 * KIB,
        pending: 40 * KIB,
        taken: 60 * KIB,
        quota: 64 * KIB,
    };
    assert_eq!(bed.bridge.try_upload(&request).unwrap_err(), refusal);
    assert_eq!(
        refusal.to_string(),
        "no room to stage 5120 bytes for `terrain`: 61440 of 65536 bytes are taken, 40960 of them by pending uploads"
    );
    for at_most in [Duration::ZERO, Duration::from_millis(3)] {
        assert_eq!(bed.bridge.wait_for_upload(&request, at_most).unwrap_err(), refusal);
    }
    drop(others);
    assert_eq!(bed.taken(), 40 * KIB, "a refusal reserves nothing");
    assert_eq!(bed.upload(24 * KIB).bytes(), 24 * KIB, "exactly full is not over");
}

#[test]
fn a_larger_upload_than_the_cap_is_refused_at_once() {
    let bed = Bed::new();
    let request = UploadRequest::new(Bed::QUOTA + 1).label("world");
    let refusal =
        UploadError::TooLarge { label: Some("world"), requested: 65_537, quota: Bed::QUOTA };
    assert_eq!(bed.bridge.try_upload(&request).unwrap_err(), refusal);
    assert_eq!(bed.bridge.wait_for_upload(&request, Duration::MAX).unwrap_err(), refusal);
    let all = UploadRequest::new(u64::MAX);
    let refusal = bed.bridge.wait_for_upload(&all, Duration::MAX).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "18446744073709551615 bytes are more than the staging quota of 65536 bytes"
    );
    assert_eq!(bed.taken(), 0);
}

#[test]
fn at_the_cap_what_has_completed_makes_room() {
    let bed = Bed::new();
    let value = bed.submit(Bed::QUOTA);
    assert!(bed.bridge.try_upload(&UploadRequest::new(1)).is_err());
    bed.device.complete(value);
    assert_eq!(bed.upload(Bed::QUOTA).bytes(), Bed::QUOTA, "without a word of `collect`");
}

/// Has a thread wait for the whole quota, and makes room when it is about to.
fn waits_until(bed: &Bed, make_room: impl FnOnce()) {
    let (waiting, waits) = channel();
    let bridge = bed.bridge.clone();
    let thread = thread::spawn(move || {
        waiting.send(()).unwrap();
        let upload = bridge.wait_for_upload(&UploadRequest::new(Bed::QUOTA), LONG).unwrap();
        assert_eq!(bridge.pending().bytes, Bed::QUOTA);
        drop(upload);
    });
    waits.recv().unwrap();
    make_room();
    thread.join().unwrap();
    assert_eq!(bed.taken(), 0);
}

#[test]
fn at_the_cap_uploads_are_waited_for() {
    let bed = Bed::new();
    let values = [bed.submit(30 * KIB), bed.submit(34 * KIB)];
    waits_until(&bed, || values.into_iter().for_each(|value| bed.device.complete(value)));
}

#[test]
fn at_the_cap_any_timeline_that_completes_is_heard_of() {
    let bed = Bed::new();
    let timelines = [timeline(), timeline(), timeline()];
    // Values that nothing has submitted yet cannot be waited for, only watched.
    timelines.iter().for_each(|it| bed.upload(20 * KIB).submitted(it.clone(), 1));
    waits_until(&bed, || timelines.iter().rev().for_each(|it| it.complete(it.submit())));
}

#[test]
fn at_the_cap_frames_are_waited_for() {
    let bed = Bed::new();
    bed.upload(30 * KIB).submitted_in_frame(0);
    bed.upload(34 * KIB).submitted_in_frame(1);
    waits_until(&bed, || {
        [0, 1].into_iter().for_each(|frame| {
            bed.bridge.complete_frame(frame);
        });
    });
}

#[test]
fn at_the_cap_uploads_in_hand_are_waited_for() {
    let bed = Bed::new();
    let (dropped, submitted) = (bed.upload(30 * KIB), bed.upload(34 * KIB));
    waits_until(&bed, || {
        drop(dropped);
        let value = bed.device.submit();
        submitted.submitted(bed.device.clone(), value);
        bed.device.complete(value);
    });
}

#[test]
fn at_the_cap_quota_of_others_is_waited_for() {
    let bed = Bed::new();
    let reservation = bed.manager.try_reserve_staging(30 * KIB).unwrap();
    assert!(bed.manager.try_reserve_staging_quota(34 * KIB));
    waits_until(&bed, || {
        drop(reservation);
        bed.manager.release_staging_quota(34 * KIB).unwrap();
    });
}

#[test]
fn at_the_cap_a_vanished_timeline_is_heard_of() {
    let bed = Bed::new();
    let timeline = timeline();
    bed.upload(Bed::QUOTA).submitted(timeline.clone(), 1);
    waits_until(&bed, || drop(timeline));
}

/// A quota may change while somebody waits: raised, it is room like any other; lowered, it is a reason to give up.
#[test]
fn at_the_cap_a_quota_that_changes_is_heard_of() {
    let bed = Bed::new();
    let held = bed.upload(Bed::QUOTA);
    for (quota, fits) in [(2 * Bed::QUOTA, true), (Bed::QUOTA - 1, false)] {
        bed.manager.set_staging_quota(Bed::QUOTA);
        let (waiting, waits) = channel();
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                waiting.send(()).unwrap();
                bed.bridge.wait_for_upload(&UploadRequest::new(Bed::QUOTA), LONG).map(drop)
            });
            waits.recv().unwrap();
            bed.manager.set_staging_quota(quota);
            let answer = thread.join().unwrap();
            assert_eq!(answer.is_ok(), fits, "{answer:?}");
            assert!(fits || matches!(answer, Err(UploadError::TooLarge { .. })), "{answer:?}");
        });
        assert_eq!(bed.taken(), held.bytes());
    }
}

/// A timeline that tells that the device is lost when somebody waits for it, and from then on has reached everything.
#[derive(Debug, Default)]
struct Lost(AtomicBool);

// SAFETY: no device is involved.
unsafe impl GpuTimeline for Lost {
    fn completed(&self) -> u64 {
        if self.0.load(Ordering::Acquire) { u64::MAX } else { 0 }
    }

    fn upcoming(&self) -> u64 {
        1
    }

    fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
        self.0.store(true, Ordering::Release);
        Err(TimelineError::DeviceLost)
    }
}

#[test]
fn waiting_for_a_lost_device_is_an_error_and_its_uploads_are_over() {
    let bed = Bed::new();
    let lost = Arc::new(Lost::default());
    bed.upload(Bed::QUOTA).submitted(lost.clone(), u64::MAX);
    assert_eq!(bed.bridge.collect(), 0);
    let error = bed.bridge.wait_for_upload(&UploadRequest::new(1), LONG).unwrap_err();
    assert_eq!(error, UploadError::Timeline(TimelineError::DeviceLost));
    assert_eq!((bed.taken(), bed.bridge.collect(), bed.taken()), (Bed::QUOTA, Bed::QUOTA, 0));
    assert!(
        bed.bridge.wait_for_upload(&UploadRequest::new(1), LONG).is_ok(),
        "nothing to wait for"
    );
}
