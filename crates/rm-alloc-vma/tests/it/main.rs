//! The promises of the VMA backend, on simulated devices and on the present one.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod conformance;
mod granularity;
mod heap;
mod leaks;
mod limits;
mod pools;
mod sim;
mod threads;
mod trim;
