//! The gate: driver calls, heap allocations and instructions of our backends, against a file that is checked in.
//!
//! Calls and heap allocations are exact and must be equal.
//! Instructions depend on compiler and C library, and are compared only where those are the baseline's, within 2 %.

mod instructions;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use rm_vksim::Call;
use serde::{Deserialize, Serialize};

pub use self::instructions::Instructions;
use crate::{
    BenchError,
    contestant::{Backend, Level, entries},
    measure::inspect,
    results,
    stage::{DEFAULT_DEVICE, Venue},
    trace::{Scale, TraceKind},
};

/// What counts heap allocations in a table.
const HEAP: &str = "heap allocations";
/// What counts instructions in a table.
const INSTRUCTIONS: &str = "instructions";
/// How far instructions may be off, in per cent.
const TOLERANCE: u64 = 2;
/// The seed of the traces that are counted.
pub(crate) const SEED: u64 = 1;

/// Counters of one contestant in one trace.
type Counters = BTreeMap<String, u64>;

/// Counters of our backends.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Baseline {
    /// Compiler, platform and C library that the instructions belong to; empty if none were counted.
    pub toolchain: String,
    /// By `level/trace/contestant`.
    pub counters: BTreeMap<String, Counters>,
}

/// Something that is not as it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// `level/trace/contestant`.
    pub whose: String,
    /// What is counted.
    pub what: String,
    /// The baseline's count; `None` if it has none.
    pub before: Option<u64>,
    /// The count now; `None` if there is none any more.
    pub now: Option<u64>,
}

impl Baseline {
    /// Counts `backends` in every trace whose counts repeat, in the small size, on the simulated H200.
    ///
    /// # Errors
    ///
    /// [`BenchError`] if the simulated device cannot be made.
    ///
    /// # Panics
    ///
    /// If the program counts no heap allocations.
    pub fn measure(
        backends: &[Backend],
        instructions: Option<&Instructions>,
    ) -> Result<Self, BenchError> {
        let venue = Venue::open(DEFAULT_DEVICE)?;
        let toolchain = instructions.map_or("", |instructions| instructions.toolchain());
        let mut found = Self { toolchain: toolchain.to_owned(), ..Self::default() };
        for kind in TraceKind::ALL.into_iter().filter(|kind| kind.is_deterministic()) {
            let trace = kind.generate(Scale::Quick, SEED);
            for level in Level::ALL {
                for entry in entries(level, backends).iter().filter(|entry| entry.is_ours) {
                    // Whoever cannot play has no counters, and is missed if it had some.
                    let Ok(seen) = inspect(entry, &venue.stage()?, &trace) else { continue };
                    let calls = seen.calls.unwrap_or_default();
                    let called = Call::ALL.iter().filter(|call| calls.of(**call) > 0);
                    let mut counters: Counters =
                        called.map(|call| (call.name().to_owned(), calls.of(*call))).collect();
                    let Some(heap_allocations) = seen.heap_allocations else {
                        panic!("the program must install `CountingHeap`");
                    };
                    counters.insert(HEAP.to_owned(), heap_allocations);
                    if let Some(instructions) = instructions {
                        let count = instructions.count(level, kind, &entry.name);
                        counters.extend(count.map(|count| (INSTRUCTIONS.to_owned(), count)));
                    }
                    found.counters.insert(format!("{level}/{kind}/{}", entry.name), counters);
                }
            }
        }
        Ok(found)
    }

    /// Everything in which `now` is not as this was.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let comparable = self.compares_instructions(now);
        let whose: BTreeSet<&String> = self.counters.keys().chain(now.counters.keys()).collect();
        let mut differences = Vec::new();
        for whose in whose {
            let (before, after) = (self.counters.get(whose), now.counters.get(whose));
            let what: BTreeSet<&String> =
                [before, after].into_iter().flatten().flat_map(BTreeMap::keys).collect();
            for what in what {
                let of =
                    |counters: Option<&Counters>| counters.and_then(|it| it.get(what)).copied();
                let (before, now) = (of(before), of(after));
                let equal = match what.as_str() {
                    INSTRUCTIONS => !comparable || is_close(before, now),
                    _ => before == now,
                };
                if !equal {
                    let (whose, what) = (whose.clone(), what.clone());
                    differences.push(Difference { whose, what, before, now });
                }
            }
        }
        differences
    }

    /// Whether instructions of the two mean the same.
    pub fn compares_instructions(&self, now: &Self) -> bool {
        !self.toolchain.is_empty() && self.toolchain == now.toolchain
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`BenchError::File`] or [`BenchError::Json`].
    pub fn read(path: &Path) -> Result<Self, BenchError> {
        results::read(path)
    }

    /// Writes a file.
    ///
    /// # Errors
    ///
    /// [`BenchError::File`].
    pub fn write(&self, path: &Path) -> Result<(), BenchError> {
        results::write_json(path, self)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        let (before, now) = (count(self.before), count(self.now));
        write!(f, "{:<38} {:<32} {before:>12} {now:>12}", self.whose, self.what)
    }
}

fn is_close(before: Option<u64>, now: Option<u64>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => before.abs_diff(now) * 100 <= before * TOLERANCE,
        (before, now) => before == now,
    }
}
