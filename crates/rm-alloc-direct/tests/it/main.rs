//! The promises of the pass-through backend, on a real device.

mod dedicated;
mod driver_calls;
mod heap;
mod leaks;
mod limits;
