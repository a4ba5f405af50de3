//! When memory dies, on simulated devices whose oracle sees every early death, and on the driver that is present.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod background;
mod drops;
mod frames;
mod handles;
mod lines;
mod oracle;
mod pool;
mod queue;
mod rig;
mod scopes;
mod support;
mod timeline;
mod transient;

#[global_allocator]
static HEAP: rm_headless::heap::CountingHeap = rm_headless::heap::CountingHeap;
