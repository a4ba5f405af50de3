//! Frames planned without a device, on simulated devices whose oracle sees every early death, and on the driver present.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod bridge;
mod cache;
mod graph;
mod memory;
mod rig;
mod bed;

#[global_allocator]
static HEAP: rm_headless::heap::CountingHeap = rm_headless::heap::CountingHeap;
