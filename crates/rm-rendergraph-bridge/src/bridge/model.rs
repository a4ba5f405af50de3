//! Quota that comes back while others look and sleep, under every interleaving.
//!
//! Run by `cargo xtask loom`. Loom knows no time, so that whoever sleeps here wakes only if it is notified, and a notice that
//! is missed is a deadlock that loom finds.

use std::time::Duration;

use loom::{
    model,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};
use rm_alloc_core::DeviceBudgetManager;
use rm_lifetime::{GpuTimeline, TimelineError};

use super::{BudgetBridge, PendingUpload, PendingUploads, UploadRequest};
use crate::tests::manager;

const QUOTA: u64 = 10;

/// A timeline whose every move loom explores.
#[derive(Debug)]
struct Line(AtomicU64);

// SAFETY: no device is involved.
unsafe impl GpuTimeline for Line {
    fn completed(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn upcoming(&self) -> u64 {
        u64::MAX
    }

    fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
        // As of values that nothing submitted so far signals.
        Ok(true)
    }
}

fn check(run: impl Fn(&DeviceBudgetManager) + Send + Sync + 'static) {
    let manager = manager(QUOTA);
    model(move || {
        run(&manager);
        assert_eq!(manager.staging_figures().used, 0, "everything came back");
    });
}

fn upload(bridge: &BudgetBridge, bytes: u64) -> PendingUpload {
    bridge.try_upload(&UploadRequest::new(bytes)).unwrap()
}

/// Has another thread wait for room without end, while `free` makes it.
fn make_room(bridge: &BudgetBridge, free: impl FnOnce()) {
    let waiting = bridge.clone();
    let thread = thread::spawn(move || {
        let request = UploadRequest::new(QUOTA);
        let upload = waiting.wait_for_upload(&request, Duration::MAX).unwrap();
        assert_eq!(upload.bytes(), QUOTA);
    });
    free();
    thread.join().unwrap();
}

#[test]
fn whoever_waits_hears_of_an_upload_that_is_dropped() {
    check(|manager| {
        let bridge = BudgetBridge::new(manager);
        let upload = upload(&bridge, QUOTA);
        make_room(&bridge, || drop(upload));
    });
}

#[test]
fn whoever_waits_hears_of_a_frame_that_is_over() {
    check(|manager| {
        let bridge = BudgetBridge::new(manager);
        upload(&bridge, QUOTA).submitted_in_frame(0);
        make_room(&bridge, || {
            bridge.complete_frame(0);
        });
    });
}

#[test]
fn whoever_waits_hears_of_quota_that_others_collect() {
    check(|manager| {
        let bridge = BudgetBridge::new(manager);
        let line = std::sync::Arc::new(Line(AtomicU64::new(0)));
        upload(&bridge, QUOTA).submitted(line.clone(), 1);
        make_room(&bridge, || {
            line.0.store(1, Ordering::Release);
            bridge.collect();
        });
    });
}

/// An upload that is submitted while its frame ends comes back, whichever was first.
#[test]
fn an_upload_racing_the_end_of_its_frame_comes_back() {
    check(|manager| {
        let bridge = BudgetBridge::new(manager);
        let (mine, other) = (upload(&bridge, 4), upload(&bridge, 6));
        let thread = thread::spawn(move || other.submitted_in_frame(0));
        mine.submitted_in_frame(0);
        bridge.complete_frame(0);
        thread.join().unwrap();
        assert_eq!(bridge.pending(), PendingUploads::default());
    });
}

/// Two threads that collect give each upload back once, and neither is early.
#[test]
fn two_collectors_give_back_once_and_not_early() {
    check(|manager| {
        let bridge = BudgetBridge::new(manager);
        let line = std::sync::Arc::new(Line(AtomicU64::new(0)));
        upload(&bridge, 4).submitted(line.clone(), 1);
        upload(&bridge, 6).submitted(line.clone(), 2);
        let (other, seen) = (bridge.clone(), line.clone());
        let thread = thread::spawn(move || {
            let bytes = other.collect();
            let completed = seen.0.load(Ordering::Acquire);
            assert!(bytes <= [0, 4, 10][usize::try_from(completed).unwrap()], "early");
            bytes
        });
        line.0.store(1, Ordering::Release);
        let mut bytes = bridge.collect();
        line.0.store(2, Ordering::Release);
        bytes += bridge.collect();
        bytes += thread.join().unwrap();
        assert_eq!((bytes, bridge.pending()), (QUOTA, PendingUploads::default()));
    });
}
