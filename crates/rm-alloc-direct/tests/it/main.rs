//! The promises of the pass-through backend, on a real device.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod conformance;
mod dedicated;
mod driver_calls;
mod heap;
mod leaks;
mod limits;
