//! Frames planned without a device, on simulated devices whose oracle sees every early death, and on the driver present.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod bed;
mod bridge;
mod cache;
mod edges;
mod errors;
mod graph;
mod memory;
mod names;
mod removal;
mod replay;
mod rig;
mod sharing;
mod spoiling;
mod support;

#[global_allocator]
static HEAP: rm_headless::heap::CountingHeap = rm_headless::heap::CountingHeap;
