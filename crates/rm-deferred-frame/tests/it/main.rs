//! What the frame promises, tested on whichever real device is present.

mod equal;
mod noticed;
mod picture;

use std::env;

use rm_deferred_frame::{FrameError, Options, Size, Summary, Validation};
use rm_headless::{HeadlessError, testing};

/// Enough frames for memory to go from one to the next and on, with two of them in flight.
const FRAMES: u32 = 4;

/// A small run, for a software device.
fn small() -> Options {
    Options { size: Size { width: 160, height: 90 }, frames: FRAMES, ..Options::default() }
}

/// Renders if there is a device that can; where one is required, its absence fails the test.
fn render(options: &Options) -> Option<Summary> {
    testing::device()?;
    let is_set = |variable| env::var_os(variable).is_some_and(|value| value == "1");
    let mut options = options.clone();
    if is_set("RM_REQUIRE_VALIDATION") {
        options.validation = Validation::Required;
    }
    match rm_deferred_frame::render(&options) {
        Ok(summary) => Some(summary),
        Err(FrameError::Headless(error @ HeadlessError::NoRendering(_)))
            if !is_set("RM_REQUIRE_DEVICE") =>
        {
            testing::say_skipped(&error);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Everything that a summary complains about.
fn findings(summary: &Summary) -> String {
    summary.findings().collect::<Vec<_>>().join("\n")
}
