//! Traces: what is allocated and freed, in which order, decided once and played by everybody.

mod generate;
mod streaming;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;

/// One step of a trace: taking memory into a slot, or giving back what is in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Op {
    /// Size in bytes; zero frees the slot.
    size: u64,
    slot: u32,
    alignment_log2: u32,
    transient: bool,
}

/// What is wanted of a contestant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Want {
    /// Size in bytes, a multiple of 16.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub alignment: u64,
    /// Whether it is known to live for a few frames only; some allocators have a place for that.
    pub transient: bool,
}

impl Op {
    /// Takes `want` into `slot`.
    pub(crate) fn take(slot: u32, want: Want) -> Self {
        let alignment_log2 = want.alignment.trailing_zeros();
        Self { size: want.size, slot, alignment_log2, transient: want.transient }
    }

    /// Frees what is in `slot`.
    pub(crate) fn free(slot: u32) -> Self {
        Self { size: 0, slot, alignment_log2: 0, transient: false }
    }

    /// Where it goes, or comes from.
    pub fn slot(self) -> usize {
        self.slot as usize
    }

    /// What to take; `None` frees.
    pub fn want(self) -> Option<Want> {
        let Self { size, alignment_log2, transient, .. } = self;
        (size > 0).then(|| Want { size, alignment: 1 << alignment_log2, transient })
    }
}

/// What one thread plays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lane {
    /// The steps. Every slot is empty in the end.
    pub ops: Vec<Op>,
    /// Slots that the steps use.
    pub slots: usize,
    /// Bytes alive at a time, at most.
    pub peak_bytes: u64,
    /// Allocations alive at a time, at most.
    pub peak_live: u64,
}

/// A trace, ready to be played.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trace {
    /// Which one.
    pub kind: TraceKind,
    /// One lane a thread.
    pub lanes: Vec<Lane>,
}

impl Trace {
    /// Steps of all threads together.
    pub fn ops(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.ops.len() as u64).sum()
    }

    /// Bytes that are alive at a time at most; with several threads an upper bound, which they need not reach together.
    pub fn peak_bytes(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.peak_bytes).sum()
    }
}

/// The traces.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TraceKind {
    /// Random frees and allocations at a steady number of live ones, of every size.
    Churn,
    /// Transients of a frame, freed three frames later.
    Frames,
    /// Large resources, the least recently used evicted when a limit is reached.
    Streaming,
    /// As [`Churn`](Self::Churn), with tiny sizes.
    Tiny,
    /// [`Churn`](Self::Churn), shared by two threads.
    Threads,
    /// Large aligned requests into memory of which every second small piece is free.
    Comb,
}

impl TraceKind {
    /// Every trace, in order.
    pub const ALL: [Self; 6] =
        [Self::Churn, Self::Frames, Self::Streaming, Self::Tiny, Self::Threads, Self::Comb];

    /// What metrics and command lines call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Churn => "t1-churn",
            Self::Frames => "t2-frames",
            Self::Streaming => "t3-streaming",
            Self::Tiny => "t4-tiny",
            Self::Threads => "t5-threads",
            Self::Comb => "t6-comb",
        }
    }

    /// The trace that `name` begins to name, such as `t1`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| !name.is_empty() && kind.name().starts_with(name))
    }

    /// Whether what it counts does not depend on how threads meet.
    pub fn is_deterministic(self) -> bool {
        self != Self::Threads
    }

    /// Makes it, the same for the same `seed` on every machine.
    pub fn generate(self, scale: Scale, seed: u64) -> Trace {
        Trace { kind: self, lanes: generate::lanes(self, scale, seed) }
    }

    /// A churn at `live` allocations, of the sizes of [`Tiny`](Self::Tiny) or else of [`Churn`](Self::Churn): as many
    /// steps fill, `pairs` times one is freed and another taken, and as many steps empty.
    pub(crate) fn steady(self, live: usize, pairs: usize, seed: u64) -> Lane {
        generate::steady(self, live, pairs, seed)
    }
}

impl fmt::Display for TraceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How large the traces are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scale {
    /// As documented.
    #[default]
    Full,
    /// Small enough for continuous integration, tests and instruction counters.
    Quick,
}

impl Scale {
    /// What results call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quick => "quick",
        }
    }

    /// One of two numbers.
    pub(crate) fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}
