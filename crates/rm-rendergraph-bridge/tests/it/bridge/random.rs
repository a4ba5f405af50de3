//! Whatever bridge and manager reserve and give back, in whatever order: they agree with each other, and with plain sums.

use std::sync::Arc;

use rm_alloc_core::StagingReservation;
use rm_lifetime::ManualTimeline;
use rm_rendergraph_bridge::{PendingUpload, PendingUploads, UploadError, UploadRequest};

use crate::bed::{Bed, KIB, Random, timeline};

const OPERATIONS: u32 = 100_000;

/// What is taken, by sums that know no bridge.
#[derive(Default)]
struct Model {
    limit: u64,
    by_hand: u64,
    reserved: Vec<StagingReservation>,
    in_hand: Vec<PendingUpload>,
    /// Timelines, values and bytes of uploads that wait.
    waiting: Vec<(usize, u64, u64)>,
    /// Frames and bytes of those that wait for frames.
    frames: Vec<(u64, u64)>,
    over: Option<u64>,
}

impl Model {
    fn pending(&self) -> PendingUploads {
        let in_hand = self.in_hand.iter().map(PendingUpload::bytes);
        let waiting = self.waiting.iter().map(|(.., bytes)| *bytes);
        let frames = self.frames.iter().map(|(_, bytes)| *bytes);
        let all: Vec<u64> = in_hand.chain(waiting).chain(frames).collect();
        PendingUploads { bytes: all.iter().sum(), count: all.len() }
    }

    fn taken(&self) -> u64 {
        let reserved: u64 = self.reserved.iter().map(StagingReservation::bytes).sum();
        self.pending().bytes + reserved + self.by_hand
    }

    /// Forgets uploads whose timeline has reached them, and answers their bytes.
    fn collect(&mut self, timelines: &[Option<Arc<ManualTimeline>>]) -> u64 {
        let reached =
            |index: usize, value| timelines[index].as_ref().is_none_or(|it| completed(it) >= value);
        let done = self.waiting.extract_if(.., |(index, value, _)| reached(*index, *value));
        done.map(|(.., bytes)| bytes).sum()
    }

    /// Forgets uploads of frames that are over, and answers their bytes.
    fn end_frames(&mut self) -> u64 {
        let over = self.over;
        let done = self.frames.extract_if(.., |(frame, _)| over.is_some_and(|it| *frame <= it));
        done.map(|(_, bytes)| bytes).sum()
    }
}

fn completed(timeline: &ManualTimeline) -> u64 {
    rm_lifetime::GpuTimeline::completed(timeline)
}

#[test]
fn bridge_manager_and_model_agree() {
    let bed = Bed::new();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut model = Model { limit: Bed::QUOTA, ..Model::default() };
    let mut timelines: Vec<_> = (0..4).map(|_| Some(timeline())).collect();
    let (mut admitted, mut refused, mut vanished) = (0_u32, 0_u32, 0_u32);
    for step in 0..OPERATIONS {
        let bytes = random.below(6 * KIB);
        match random.below(16) {
            0..6 => {
                let before = model.taken();
                let answer = bed.bridge.try_upload(&UploadRequest::new(bytes).label("any"));
                // Only who finds no room has the timelines asked.
                if before + bytes > model.limit {
                    model.collect(&timelines);
                }
                let (taken, pending) = (model.taken(), model.pending().bytes);
                let (label, requested, quota) = (Some("any"), bytes, model.limit);
                match answer {
                    Ok(upload) => {
                        assert!(taken + bytes <= quota, "step {step}");
                        model.in_hand.push(upload);
                        admitted += 1;
                    }
                    Err(error) if bytes > quota => {
                        assert_eq!(error, UploadError::TooLarge { label, requested, quota });
                    }
                    Err(error) => {
                        assert!(taken + bytes > quota, "step {step}");
                        let expected =
                            UploadError::OverQuota { label, requested, pending, taken, quota };
                        assert_eq!(error, expected);
                        refused += 1;
                    }
                }
            }
            6..9 if !model.in_hand.is_empty() => {
                let upload = model.in_hand.swap_remove(random.index(model.in_hand.len()));
                let index = random.index(timelines.len());
                let (bytes, timeline) = (upload.bytes(), timelines[index].clone().unwrap());
                let value = completed(&timeline) + random.below(4);
                upload.submitted(timeline, value);
                model.waiting.push((index, value, bytes));
            }
            9 if !model.in_hand.is_empty() => {
                let upload = model.in_hand.swap_remove(random.index(model.in_hand.len()));
                let (bytes, frame) =
                    (upload.bytes(), model.over.unwrap_or(0).saturating_sub(2) + random.below(6));
                upload.submitted_in_frame(frame);
                model.frames.push((frame, bytes));
                model.end_frames();
            }
            10 if !model.in_hand.is_empty() => {
                drop(model.in_hand.swap_remove(random.index(model.in_hand.len())));
            }
            11 => {
                let frame = model.over.unwrap_or(0).saturating_sub(1) + random.below(3);
                model.over = model.over.max(Some(frame));
                assert_eq!(bed.bridge.complete_frame(frame), model.end_frames());
            }
            12 => {
                let timeline = timelines[random.index(timelines.len())].as_ref().unwrap();
                timeline.complete(completed(timeline) + random.below(3));
            }
            13 => assert_eq!(bed.bridge.collect(), model.collect(&timelines), "step {step}"),
            14 => match random.below(4) {
                0 => {
                    let fits = model.taken() + bytes <= model.limit;
                    let reservation = bed.manager.try_reserve_staging(bytes);
                    assert_eq!(reservation.is_some(), fits, "step {step}");
                    model.reserved.extend(reservation);
                }
                1 => {
                    let fits = model.taken() + bytes <= model.limit;
                    assert_eq!(bed.manager.try_reserve_staging_quota(bytes), fits, "step {step}");
                    model.by_hand += if fits { bytes } else { 0 };
                }
                2 => {
                    let fits = bytes <= model.by_hand;
                    assert_eq!(bed.manager.release_staging_quota(bytes).is_ok(), fits);
                    model.by_hand -= if fits { bytes } else { 0 };
                }
                _ => drop(model.reserved.pop()),
            },
            _ => match random.below(20) {
                0 => {
                    // It vanishes, and another one takes its place.
                    let index = random.index(timelines.len());
                    timelines[index] = None;
                    assert_eq!(bed.bridge.collect(), model.collect(&timelines), "step {step}");
                    timelines[index] = Some(timeline());
                    vanished += 1;
                }
                1 => {
                    model.limit = Bed::QUOTA - random.below(62 * KIB);
                    bed.manager.set_staging_quota(model.limit);
                }
                _ => {}
            },
        }
        assert_eq!(bed.bridge.pending(), model.pending(), "step {step}");
        assert_eq!(bed.manager.stats().staging_used, model.taken(), "step {step}");
    }
    assert!(
        admitted > 10_000 && refused > 1_000 && vanished > 100,
        "{admitted} {refused} {vanished}"
    );
    let Model { by_hand, in_hand, reserved, .. } = model;
    drop((in_hand, reserved, timelines));
    bed.manager.release_staging_quota(by_hand).unwrap();
    bed.bridge.collect();
    bed.bridge.complete_frame(u64::MAX);
    assert_eq!(bed.taken(), 0);
}
