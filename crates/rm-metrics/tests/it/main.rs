//! What the metrics of memory say, on simulated devices whose every figure is known.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod cost;
mod dump;
mod events;
mod extremes;
mod files;
mod frames;
mod hostile;
mod layout;
mod leaks;
#[cfg(unix)]
mod live;
mod report;
mod sources;
mod support;
mod table;
#[cfg(unix)]
mod top;
mod trace;

#[global_allocator]
static HEAP: rm_headless::heap::CountingHeap = rm_headless::heap::CountingHeap;
