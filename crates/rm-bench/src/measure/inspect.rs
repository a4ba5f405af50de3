//! Step by step: the time of every single one, and what was counted.
//!
//! Each thread has its own clock and its own heap counter; what they share is the stage, whose counters are exact.

use std::{hint::black_box, sync::Arc, time::Instant};

use rm_headless::heap;
use rm_vksim::Counts;

use super::on_threads;
use crate::{
    contestant::{Entry, Player, Refused},
    stage::Stage,
    trace::{Lane, Trace},
};

/// What one contestant did in one trace.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Times of single steps.
    pub tail: Tail,
    /// Driver calls from the first step to the last; `None` on a real driver.
    pub calls: Option<Counts>,
    /// Heap allocations of Rust; `None` where the program does not count them.
    pub heap_allocations: Option<u64>,
    /// Bytes of memory objects alive at a time, at most; `None` on a real driver.
    pub peak_reserved: Option<u64>,
}

/// Times of single steps in nanoseconds, those of reading the clock included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tail {
    /// The median.
    pub p50: u32,
    /// One in a hundred takes longer.
    pub p99: u32,
    /// One in a thousand takes longer.
    pub p999: u32,
    /// The longest.
    pub max: u32,
}

impl Tail {
    pub(crate) fn of(mut steps: Vec<u32>) -> Self {
        steps.sort_unstable();
        let Some(last) = steps.len().checked_sub(1) else { return Self::default() };
        let at = |per_mille: usize| steps[(steps.len() * per_mille / 1_000).min(last)];
        Self { p50: at(500), p99: at(990), p999: at(999), max: steps[last] }
    }
}

/// What a lane has seen.
struct Seen {
    steps: Vec<u32>,
    heap_allocations: u64,
    peak_reserved: Option<u64>,
}

/// Plays `trace` on `stage` once, step by step.
///
/// # Errors
///
/// [`Refused`] if it cannot be played.
pub fn inspect(entry: &Entry, stage: &Arc<Stage>, trace: &Trace) -> Result<Inspection, Refused> {
    let slots: Vec<usize> = trace.lanes.iter().map(|lane| lane.slots).collect();
    let mut players = entry.open(stage, &slots)?;
    let before = stage.calls();
    let parts = players.iter_mut().zip(&trace.lanes);
    let seen = on_threads(parts, |(player, lane)| watch(player.as_mut(), lane, stage));
    let calls = stage.calls().zip(before).map(|(now, before)| now.since(&before));
    let seen = seen.into_iter().collect::<Result<Vec<Seen>, Refused>>()?;
    let heap_allocations = seen.iter().map(|lane| lane.heap_allocations).sum();
    let peak_reserved = seen.iter().filter_map(|lane| lane.peak_reserved).max();
    let steps = seen.into_iter().flat_map(|lane| lane.steps).collect();
    Ok(Inspection {
        tail: Tail::of(steps),
        calls,
        heap_allocations: counts_heap().then_some(heap_allocations),
        peak_reserved,
    })
}

/// Nanoseconds that reading the clock adds to every step.
pub(crate) fn clock() -> u32 {
    Tail::of((0..10_000).map(|_| elapsed(Instant::now())).collect()).p50
}

fn watch(player: &mut dyn Player, lane: &Lane, stage: &Stage) -> Result<Seen, Refused> {
    let mut steps = Vec::with_capacity(lane.ops.len());
    let mut peak_reserved = stage.reserved();
    let before = heap::allocations();
    for op in lane.ops.chunks(1) {
        let start = Instant::now();
        player.play(op)?;
        steps.push(elapsed(start));
        // Only taking makes it grow.
        if op[0].want().is_some() {
            peak_reserved = peak_reserved.max(stage.reserved());
        }
    }
    let heap_allocations = heap::allocations() - before;
    Ok(Seen { steps, heap_allocations, peak_reserved })
}

fn elapsed(start: Instant) -> u32 {
    u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX)
}

/// Whether the program counts its heap allocations.
fn counts_heap() -> bool {
    let before = heap::allocations();
    drop(black_box(Box::new(0_u8)));
    heap::allocations() > before
}
