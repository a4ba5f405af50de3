//! The promises of the core, on tables where they are pure and on a real device where they are not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod backends;
mod budget;
mod context;
mod creation;
mod faults;
mod mapping;
mod memory_type;
mod observers;
mod simulated;
mod support;
mod twins;
mod values;
