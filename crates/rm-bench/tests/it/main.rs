//! Benches measure what they say, and the gate closes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alias;
mod binary;
mod contestants;
mod gate;
mod growth;
mod prices;
mod references;
mod tight;

use rm_bench::CountingHeap;

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;
