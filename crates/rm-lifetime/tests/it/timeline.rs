//! How far the device is, by every kind of timeline.

mod fake;
mod fences;
mod real;
mod semaphores;
mod simulated;
