//! What goes wrong is noticed: a comparison that cannot fail proves nothing.

use rm_deferred_frame::{FrameError, Options};
use rm_headless::{HeadlessError, testing};

use crate::{findings, render, small};

#[test]
fn a_frame_with_another_sun_is_the_one_that_differs() {
    let options = Options { corrupt_frame: Some(1), ..small() };
    let Some(summary) = render(&options) else { return };
    assert_eq!(summary.differences.len(), 1, "{summary}");
    let difference = summary.differences[0];
    assert!(difference.frame == 1 && difference.texels > 100, "{difference:?}");
    assert!(!summary.is_clean() && findings(&summary).starts_with("frame 1: "));
    assert!(summary.messages.is_empty() && summary.lost_bytes == 0, "{}", findings(&summary));
}

#[test]
fn writing_to_a_resource_whose_time_is_over_changes_the_picture() {
    let Some(summary) = render(&Options { late_write: true, ..small() }) else { return };
    assert!(!summary.differences.is_empty(), "nothing lies where the buffers were: {summary}");
}

#[test]
fn a_picture_that_cannot_be_written_is_an_error() {
    let png = Some("no/such/folder/picture.png".into());
    if testing::device().is_none() {
        return;
    }
    match rm_deferred_frame::render(&Options { png, frames: 3, ..small() }) {
        Err(error @ FrameError::Png { .. }) => {
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains("no/such/folder"), "{error}");
        }
        Err(FrameError::Headless(HeadlessError::NoRendering(_))) => {}
        other => panic!("expected an error of the file, got {other:?}"),
    }
}

#[test]
fn an_unknown_device_is_refused_by_name() {
    if testing::device().is_none() {
        return;
    }
    let options = Options { device: Some("no such card".into()), ..small() };
    let error = rm_deferred_frame::render(&options).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("no such card"), "{error}");
}
