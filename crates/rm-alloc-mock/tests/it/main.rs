//! The mock keeps the promises of every backend, and its own.

mod conformance;
mod mock;
