//! What the headless device promises, tested on whichever real device is present.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod counting;
mod limits;
mod messages;
mod opening;
