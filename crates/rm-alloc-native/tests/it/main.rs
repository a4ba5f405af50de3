//! The promises of the native backend, on simulated devices and on the present one.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod ahead;
mod classes;
mod config;
mod conformance;
mod figures;
mod growth;
mod heap;
mod hysteresis;
mod leaks;
mod own;
mod pools;
mod sim;
mod threads;
mod trace;
mod trim;
