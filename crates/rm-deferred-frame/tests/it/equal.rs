//! Sharing memory changes no picture, and running again changes none either.

use rm_deferred_frame::Options;

use crate::{FRAMES, findings, render, small};

#[test]
fn pictures_are_equal_and_nobody_objects() {
    let Some(summary) = render(&small()) else { return };
    assert!(summary.is_clean(), "{summary}\n{}", findings(&summary));
    assert_eq!((summary.frames, summary.size), (FRAMES, small().size));
    assert!(summary.passes.len() > 20 && summary.transients > 20, "{summary}");
    let memory = summary.memory;
    assert!(memory.lower_bound_bytes > 0, "{memory:?}");
    assert!(memory.lower_bound_bytes <= memory.planned_bytes, "{memory:?}");
    assert!(memory.planned_bytes <= memory.unaliased_bytes, "{memory:?}");
}

#[test]
fn another_run_renders_the_same_and_another_frame_something_else() {
    let Some(first) = render(&small()) else { return };
    let Some(again) = render(&small()) else { return };
    assert_eq!(first.picture, again.picture);
    let Some(later) = render(&Options { frames: FRAMES + 1, ..small() }) else { return };
    assert_ne!(first.picture, later.picture, "frames differ, or stale memory would not show");
}

#[test]
fn a_size_that_is_no_multiple_of_anything_is_rendered_too() {
    let size = "131x77".parse().unwrap();
    let Some(summary) = render(&Options { size, frames: 3, ..small() }) else { return };
    assert!(summary.is_clean(), "{summary}\n{}", findings(&summary));
    assert_eq!(summary.picture.bytes.len(), 131 * 77 * 4);
}
