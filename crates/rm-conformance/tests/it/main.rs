//! The suite itself: it passes what is right, and catches what is wrong.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod catching;
mod flawed;
mod running;
mod suite;
mod toy;
mod traces;
