//! The promises of the planner, one module a subject.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod data;
mod errors;
mod exhaustive;
mod hand_over;
mod offsets;
mod queues;
mod replan;
#[cfg(feature = "serde")]
mod serde;
mod support;
mod verify;
