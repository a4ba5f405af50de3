//! Frames at their own pace: what a frame waits for when memory is taken and given back in it.
//!
//! A frame plays its steps at once, each against the clock, and rests until the next one is due, as a program does that waits for
//! its display. In the rest others may work for it: a thread that makes blocks before they are needed. What comes before
//! memory has settled is played and left out.

mod ahead;

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use rm_vksim::{Call, Counts};

use crate::{
    BenchError,
    contestant::{BACKENDS, Backend, Entry, Level, Refused, entries_named},
    measure::Tail,
    results::{self, Results},
    stage::{DEFAULT_DEVICE, Venue},
    trace::{Lane, Scale, TraceKind},
};

/// What is played, and the steps of a frame: all that one of `t2-frames` takes and gives back, and a few assets.
const KINDS: [(TraceKind, usize); 2] = [(TraceKind::Frames, 400), (TraceKind::Streaming, 8)];

/// What to play at a pace.
#[derive(Args, Debug)]
pub(crate) struct PaceWish {
    /// The device: `sim:PROFILE`, `real` for the best driver's, or part of a device's name.
    #[arg(long, default_value = DEFAULT_DEVICE)]
    device: String,
    /// Frames of each trace.
    #[arg(long, default_value_t = 2_000)]
    frames: usize,
    /// Frames at the beginning that are left out.
    #[arg(long, default_value_t = 500)]
    warm_up: usize,
    /// Microseconds from one frame to the next.
    #[arg(long, default_value_t = 4_000)]
    period: u64,
    /// What the traces follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Part of the names of those who play, such as `native`; everybody if none is given.
    #[arg(long)]
    contestant: Vec<String>,
    /// The folder for table and figures.
    #[arg(long, default_value = "target/bench")]
    output: PathBuf,
}

/// What one contestant's frames waited for.
struct Paced {
    tail: Tail,
    /// Driver calls for memory on the thread of the frames; `None` on a real driver.
    calls: Option<u64>,
}

/// Plays, writes `pace.md` and `pace.json`, and returns the table.
pub(crate) fn run(wish: &PaceWish, mut progress: impl FnMut(&str)) -> Result<String, BenchError> {
    let venue = Venue::open(&wish.device)?;
    let mut backends = BACKENDS.to_vec();
    backends.push(Backend { name: "native+ahead", open: ahead::open });
    let mut results = Results::here();
    results.notes.insert("device".to_owned(), venue.name().to_owned());
    let mut lines = vec![
        "# Frames at their own pace".to_owned(),
        String::new(),
        format!("Revision: `{}`.", results.revision),
        format!("Device: {}.", venue.name()),
        format!(
            "{} frames, one every {} µs, of which the first {} are left out; nanoseconds of single steps.",
            wish.frames, wish.period, wish.warm_up,
        ),
    ];
    for (kind, steps) in KINDS {
        let trace = kind.generate(Scale::Full, wish.seed);
        let Some(lane) = trace.lanes.first() else { continue };
        lines.push(format!("\n## {kind}, {steps} steps a frame\n"));
        lines.push(
            "| | p50 | p99 | p99.9 | max | driver calls in frames |\n|---|---|---|---|---|---|"
                .to_owned(),
        );
        for entry in entries_named(Level::Memory, &backends, &wish.contestant) {
            // Managers add their own price to each step, which others measure.
            if entry.name.ends_with("+manager") {
                continue;
            }
            progress(&format!("pace, {kind}, {}", entry.name));
            let name = format!("memory/{kind}/{}", entry.name);
            match play(&entry, &venue, lane, steps, wish) {
                Ok(Paced { tail, calls }) => {
                    for (what, value) in [
                        ("paced_p50", tail.p50),
                        ("paced_p99", tail.p99),
                        ("paced_p999", tail.p999),
                        ("paced_max", tail.max),
                    ] {
                        results.put(&format!("{name}/{what}"), value.into(), "ns");
                    }
                    if let Some(calls) = calls {
                        results.put(&format!("{name}/paced_calls"), calls as f64, "calls");
                    }
                    let calls = calls.map_or_else(|| "–".to_owned(), |calls| calls.to_string());
                    let Tail { p50, p99, p999, max } = tail;
                    lines.push(format!(
                        "| {} | {p50} | {p99} | {p999} | {max} | {calls} |",
                        entry.name
                    ));
                }
                Err(refused) => {
                    results.notes.insert(name, refused.to_string());
                }
            }
        }
    }
    lines.push(String::new());
    let table = lines.join("\n");
    results.write(&wish.output.join("pace.json"))?;
    results::write(&wish.output.join("pace.md"), &table)?;
    Ok(table)
}

fn play(
    entry: &Entry,
    venue: &Venue,
    lane: &Lane,
    steps: usize,
    wish: &PaceWish,
) -> Result<Paced, Refused> {
    let stage = venue.stage().map_err(Refused::because)?;
    let Some(mut player) = entry.open(&stage, &[lane.slots])?.into_iter().next() else {
        return Ok(Paced { tail: Tail::default(), calls: None });
    };
    let mut times = Vec::with_capacity(wish.frames * steps);
    let mut before = Counts::of_this_thread();
    let period = Duration::from_micros(wish.period);
    let mut due = Instant::now();
    for (frame, ops) in lane.ops.chunks(steps).take(wish.frames).enumerate() {
        if frame == wish.warm_up {
            times.clear();
            before = Counts::of_this_thread();
        }
        for op in ops.chunks(1) {
            let start = Instant::now();
            player.play(op)?;
            times.push(u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX));
        }
        due += period;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let made = Counts::of_this_thread().since(&before);
    let calls = made.of(Call::AllocateMemory) + made.of(Call::FreeMemory);
    Ok(Paced { tail: Tail::of(times), calls: venue.is_simulated().then_some(calls) })
}
