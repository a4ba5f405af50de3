//! The promises of the simulated device.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod support;

mod core_and_direct;
mod counters;
mod counting;
mod faults;
mod oracle;
mod peers;
mod physical;
mod tables;
mod threads;
mod timelines;
mod verdicts;
