//! Many threads at a quota that is too small for them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rm_lifetime::ManualTimeline;
use rm_rendergraph_bridge::UploadRequest;

use crate::bed::{Bed, KIB, Random, timeline};

const THREADS: u64 = 8;
const UPLOADS: u64 = 300;

/// Bytes that are staged by somebody's own count, which never are more than the quota.
#[derive(Debug, Default)]
struct Staged(AtomicU64);

impl Staged {
    fn add(&self, bytes: u64) {
        let staged = self.0.fetch_add(bytes, Ordering::AcqRel) + bytes;
        assert!(staged <= Bed::QUOTA, "{staged} bytes are staged");
    }

    fn remove(&self, bytes: u64) {
        self.0.fetch_sub(bytes, Ordering::AcqRel);
    }
}

/// Each thread stages, submits and completes its own work, and takes quota beside the bridge; all of them wait for each other.
#[test]
fn the_quota_holds_and_everybody_gets_through() {
    let (bed, staged) = (Bed::new(), Staged::default());
    let run = |number: u64, device: &Arc<ManualTimeline>| {
        let mut random = Random(number + 1);
        for frame in 0..UPLOADS {
            let bytes = 1 + random.below(Bed::QUOTA / 2);
            let request = UploadRequest::new(bytes);
            let upload = bed.bridge.wait_for_upload(&request, Duration::MAX).unwrap();
            staged.add(bytes);
            if let Some(beside) = bed.manager.try_reserve_staging(KIB) {
                staged.add(KIB);
                staged.remove(KIB);
                drop(beside);
            }
            let value = device.submit();
            match random.below(3) {
                // Counted out before the device is done, since nobody hears of the moment at which quota comes back.
                0 => {
                    upload.submitted(device.clone(), value);
                    staged.remove(bytes);
                    device.complete(value);
                }
                1 => {
                    let own_frame = frame * THREADS + number;
                    // Before it is submitted: others may have ended a later frame, and this one with it.
                    staged.remove(bytes);
                    upload.submitted_in_frame(own_frame);
                    bed.bridge.complete_frame(own_frame);
                }
                _ => {
                    staged.remove(bytes);
                    drop(upload);
                }
            }
        }
    };
    thread::scope(|scope| {
        for number in 0..THREADS {
            scope.spawn(move || run(number, &timeline()));
        }
    });
    bed.bridge.collect();
    assert_eq!((bed.taken(), staged.0.into_inner()), (0, 0));
}
