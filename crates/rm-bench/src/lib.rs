//! Deterministic traces, played by our backends and by their peers; what is counted is gated, what is timed is reported.
//!
//! # What it is
//!
//! - [`TraceKind`]: six traces of a generator of our own, the same on every machine.
//! - [`entries`]: who plays. A new backend of ours is one line in [`BACKENDS`].
//! - [`Run`]: everybody plays, slice by slice in turns, and [`Results`] come out: time, priced time, tail, driver calls,
//!   heap allocations, memory.
//! - [`Growth`] and [`Tight`]: what more live allocations cost, and what fails when memory is short.
//! - [`Baseline`]: the counters that continuous integration compares.
//! - [`alias`]: generated render-graph frames, planned by `rm-alias` and by what engines do.
//! - [`Prices`]: what driver calls cost on real hardware.
//!
//! # What it is not
//!
//! Not published, and no test of anybody's correctness: that is `rm-conformance`.
//!
//! # Limits
//!
//! Memory and driver calls are known on simulated devices only; heap allocations of C++ are not seen.
//!
//! # Example
//!
//! ```
//! use rm_bench::{BACKENDS, Level, Scale, TraceKind, Venue, entries, inspect};
//!
//! let trace = TraceKind::Tiny.generate(Scale::Quick, 1);
//! let venue = Venue::open("sim:h200")?;
//! let contestants = entries(Level::Memory, BACKENDS);
//! let seen = inspect(&contestants[0], &venue.stage()?, &trace).expect("it can play this one");
//! assert!(seen.tail.p50 <= seen.tail.max);
//! # Ok::<(), rm_bench::BenchError>(())
//! ```

mod trace;

mod contestant;

mod stage;

mod measure;

mod reference;

mod run;

mod growth;

mod pace;

mod tight;

mod results;

mod price;

mod counters;

mod compare;

pub mod alias;

mod report;

pub mod cli;

mod error;

mod random;

pub use rm_headless::heap::CountingHeap;

pub use self::{
    contestant::{BACKENDS, Backend, Entry, Level, OpenBackend, Player, Refused, entries},
    counters::{Baseline, Difference, Instructions},
    error::BenchError,
    growth::Growth,
    measure::{Inspection, Tail, inspect},
    price::Prices,
    results::Results,
    run::Run,
    stage::{Stage, Venue},
    tight::Tight,
    trace::{Lane, Op, Scale, Trace, TraceKind, Want},
};

/// The calls of peers beside ours, compiled with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/migrating.md")]
mod migrating {}
