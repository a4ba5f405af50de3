//! The command line.

use std::{fmt::Display, io, io::Write, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

use crate::{
    BACKENDS, BenchError, Scale, TraceKind, Venue,
    alias::{self, AliasWish},
    compare,
    contestant::{Level, entries},
    counters::{Baseline, Instructions, SEED},
    growth::{self, GrowthWish},
    pace::{self, PaceWish},
    price::Prices,
    report,
    results::Results,
    run::Run,
    stage::DEFAULT_DEVICE,
    tight::{self, TightWish},
};

/// Traces, counters and prices of our backends and their peers.
#[derive(Debug, Parser)]
#[command(name = "rm-bench", bin_name = "cargo xtask bench")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plans generated frames, public instances and thousands of items with `rm-alias` and as engines do.
    Alias(AliasWish),
    /// Times pairs of a free and an allocation when ever more is alive.
    Growth(GrowthWish),
    /// Plays frames at their own pace, and times every step.
    Pace(PaceWish),
    /// Plays the traces and writes what was measured, as JSON.
    Run(RunWish),
    /// Prints the metrics of two files and their ratios, second by first.
    Compare {
        /// The first file.
        first: PathBuf,
        /// The second file.
        second: PathBuf,
        /// Part of the names of the metrics to show.
        #[arg(long, default_value = "")]
        filter: String,
    },
    /// Counts driver calls, heap allocations and instructions, and fails where they are not the baseline's.
    Counters(CountersWish),
    /// Counts what fails on heaps that have little more than the trace needs.
    Tight(TightWish),
    /// Turns results into Markdown and pictures.
    Report {
        /// The results.
        #[arg(default_value = RESULTS)]
        results: PathBuf,
        /// The folder to write to.
        #[arg(long, default_value = FOLDER)]
        output: PathBuf,
    },
    /// Measures what the driver asks for allocating and freeing, and writes it as JSON.
    Price {
        /// The device: `real` for the best one, or part of its name.
        #[arg(long, default_value = "real")]
        device: String,
        /// The file to write.
        #[arg(long, default_value = PRICES)]
        output: PathBuf,
    },
    /// Plays a small trace and nothing else; `counters` counts its instructions.
    #[command(hide = true)]
    Play { level: Level, trace: String, contestant: String, rounds: u32 },
}

const FOLDER: &str = "target/bench";
const RESULTS: &str = "target/bench/results.json";
const PRICES: &str = "target/bench/price.json";
const BASELINE: &str = "crates/rm-bench/baseline.json";

#[derive(Args, Debug)]
struct RunWish {
    /// Plays small traces, in seconds.
    #[arg(long)]
    quick: bool,
    /// The device: `sim:PROFILE`, `real` for the best driver's, or part of a device's name.
    #[arg(long, default_value = DEFAULT_DEVICE)]
    device: String,
    /// What the traces follow from.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// A trace, such as `t1`; all of them if none is given.
    #[arg(long)]
    trace: Vec<String>,
    /// What is asked for; both if none is given.
    #[arg(long)]
    level: Vec<Level>,
    /// Part of the names of those who play, such as `vk-mem`; everybody if none is given.
    #[arg(long)]
    contestant: Vec<String>,
    /// How often each trace is played against the clock.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds after which somebody plays no further round of a trace.
    #[arg(long, default_value_t = 10)]
    patience: u64,
    /// What driver calls cost; the H200's prices if it is not given.
    #[arg(long)]
    prices: Option<PathBuf>,
    /// The file to write.
    #[arg(long, default_value = RESULTS)]
    output: PathBuf,
}

#[derive(Args, Debug)]
struct CountersWish {
    /// Makes what is counted now the baseline.
    #[arg(long)]
    bless: bool,
    /// The baseline.
    #[arg(long, default_value = BASELINE)]
    baseline: PathBuf,
    /// Leaves instructions out, which take longest.
    #[arg(long)]
    without_instructions: bool,
}

/// Does what the command line asks for; `false` if a check failed, and has said so.
///
/// # Errors
///
/// [`BenchError`] if it could not be done.
pub fn run(arguments: Arguments) -> Result<bool, BenchError> {
    match arguments.command {
        Command::Alias(wish) => say(alias::run(&wish)?),
        Command::Growth(wish) => say(growth::run(&wish, announce)?),
        Command::Pace(wish) => say(pace::run(&wish, announce)?),
        Command::Run(wish) => measure(&wish)?,
        Command::Compare { first, second, filter } => {
            say(compare::table(&Results::read(&first)?, &Results::read(&second)?, &filter));
        }
        Command::Counters(wish) => return counters(&wish),
        Command::Tight(wish) => say(tight::run(&wish, announce)?),
        Command::Report { results, output } => {
            let path = report::write(&Results::read(&results)?, &output)?;
            say(format_args!("{}\n", path.display()));
        }
        Command::Price { device, output } => {
            let prices = Prices::measure(&Venue::open(&device)?)?;
            prices.write(&output)?;
            for (size, (allocate, free)) in &prices.by_size {
                let (size, allocate, free) = (size >> 10, allocate / 1e3, free / 1e3);
                say(format_args!("{size:>8} KiB: allocate {allocate:.1} us, free {free:.1} us\n"));
            }
            say(format_args!("{}\n", output.display()));
        }
        Command::Play { level, trace, contestant, rounds } => {
            play(level, &trace, &contestant, rounds)?;
        }
    }
    Ok(true)
}

fn measure(wish: &RunWish) -> Result<(), BenchError> {
    let traces: Vec<TraceKind> =
        wish.trace.iter().map(|name| trace_named(name)).collect::<Result<_, _>>()?;
    let prices = wish.prices.as_deref().map_or_else(Prices::h200, Prices::read)?;
    let run = Run {
        venue: &Venue::open(&wish.device)?,
        scale: if wish.quick { Scale::Quick } else { Scale::Full },
        seed: wish.seed,
        traces: if traces.is_empty() { TraceKind::ALL.to_vec() } else { traces },
        levels: if wish.level.is_empty() { Level::ALL.to_vec() } else { wish.level.clone() },
        contestants: wish.contestant.clone(),
        backends: BACKENDS,
        rounds: wish.rounds.max(1),
        patience: Duration::from_secs(wish.patience),
        prices: &prices,
    };
    let results = run.play(announce)?;
    results.write(&wish.output)?;
    say(report::markdown(&results, &[]));
    complain(format_args!("bench: wrote {}", wish.output.display()));
    Ok(())
}

fn counters(wish: &CountersWish) -> Result<bool, BenchError> {
    let instructions = if wish.without_instructions { None } else { Instructions::find() };
    let now = Baseline::measure(BACKENDS, instructions.as_ref())?;
    if wish.bless {
        now.write(&wish.baseline)?;
        say(format_args!("counters: wrote {}\n", wish.baseline.display()));
        if instructions.is_none() {
            complain("counters: it has no instructions now; bless with valgrind to gate them");
        }
        return Ok(true);
    }
    let baseline = Baseline::read(&wish.baseline)?;
    if !baseline.compares_instructions(&now) {
        let (before, now) = (&baseline.toolchain, &now.toolchain);
        complain(format_args!(
            "counters: instructions are not compared: counted with `{now}`, the baseline with `{before}` (empty: not at all)"
        ));
    }
    let differences = baseline.differences(&now);
    if differences.is_empty() {
        say(format_args!("counters: {} contestants and traces as ever\n", now.counters.len()));
        return Ok(true);
    }
    let (whose, what, before) = ("level/trace/contestant", "counter", "baseline");
    say(format_args!("{whose:<38} {what:<32} {before:>12} {:>12}\n", "now"));
    differences.iter().for_each(|difference| say(format_args!("{difference}\n")));
    complain(format_args!(
        "counters: {} are not the baseline's; if that is meant: `cargo xtask bench counters --bless`",
        differences.len()
    ));
    Ok(false)
}

/// Plays a small trace `rounds` times, on the same allocator.
fn play(level: Level, trace: &str, contestant: &str, rounds: u32) -> Result<(), BenchError> {
    let kind = trace_named(trace)?;
    let found = entries(level, BACKENDS).into_iter().find(|entry| entry.name == contestant);
    let unknown = || BenchError::Unknown { what: "contestant", name: contestant.to_owned() };
    let entry = found.ok_or_else(unknown)?;
    let trace = kind.generate(Scale::Quick, SEED);
    let slots: Vec<usize> = trace.lanes.iter().map(|lane| lane.slots).collect();
    let stage = Venue::open(DEFAULT_DEVICE)?.stage()?;
    let mut players = entry.open(&stage, &slots).map_err(BenchError::Refused)?;
    for _ in 0..rounds {
        for (player, lane) in players.iter_mut().zip(&trace.lanes) {
            player.play(&lane.ops).map_err(BenchError::Refused)?;
        }
    }
    Ok(())
}

fn trace_named(name: &str) -> Result<TraceKind, BenchError> {
    let unknown = || BenchError::Unknown { what: "trace", name: name.to_owned() };
    TraceKind::named(name).ok_or_else(unknown)
}

/// Writes to standard output, whose reader may have gone; the exit code tells what matters.
fn say(what: impl Display) {
    write!(io::stdout(), "{what}").ok();
}

/// Says what begins.
fn announce(what: &str) {
    complain(format_args!("bench: {what}"));
}

fn complain(what: impl Display) {
    writeln!(io::stderr(), "{what}").ok();
}
