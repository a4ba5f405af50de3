//! A frame loop that runs for millions of frames and must leave nothing behind: `cargo xtask soak lifetime`.
//!
//! Everything that the crate offers is used in every frame, on a simulated device that only counts, with three frames in
//! flight that finish in order. What it demands:
//!
//! - the process holds at most 1 MiB more at the end than after the first tenth of the frames;
//! - after the shutdown the ledger is at 0, every entry of the queue was destroyed, and the device has no object left.
//!
//! `--frames N` says how many, ten million unless told otherwise. It ends with 1 if a demand is not met.
//!
//! To soak something new, write a [`Part`](parts::Part) and name it in [`parts`](parts::parts).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks")]

mod parts;
mod pieces;

use std::{
    env,
    error::Error,
    fs,
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use ash::vk;
use rm_alloc_core::{
    BudgetConfig, Bytes, DeviceBudgetManager, DeviceContext, DeviceContextInfo, Figures,
    MemoryFeatures,
};
use rm_alloc_direct::DirectAllocator;
use rm_lifetime::{
    DeferredDestructionQueue, DrainLimit, Drained, ManualTimeline, Point, QueueStatistics,
};
use rm_vksim::{Call, Profile, SimDevice};

use crate::parts::{CALLS, FINISHED, Frame, OBJECTS, Random, parts};

const FRAMES: u64 = 10_000_000;
const IN_FLIGHT: u64 = 3;
/// Most bytes that the process may hold at the end beyond what it held when it was warm.
const GROWTH: u64 = 1 << 20;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// The device, the manager and the queue of a run.
struct Soak {
    sim: Arc<SimDevice>,
    manager: DeviceBudgetManager,
    queue: DeferredDestructionQueue,
    timeline: Arc<ManualTimeline>,
}

/// What a run has left to look at.
struct Outcome {
    elapsed: Duration,
    /// Bytes that the process held when it was warm and at the end, where the system says so.
    resident: Option<(u64, u64)>,
    statistics: QueueStatistics,
    drained: Drained,
}

impl Soak {
    fn new() -> Result<Self> {
        let sim = Arc::new(SimDevice::counting(Profile::h200())?);
        let info = DeviceContextInfo {
            instance: sim.instance(),
            physical_device: sim.physical_device(),
            device: sim.device(),
            api_version: vk::API_VERSION_1_3,
            features: MemoryFeatures::empty(),
            keep_alive: Some(sim.clone()),
        };
        // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
        let context = unsafe { DeviceContext::new(info) }?;
        let allocator = Arc::new(DirectAllocator::new(&context));
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default())?;
        let queue = DeferredDestructionQueue::new(&manager);
        // SAFETY: nothing is submitted to the simulated device; the timeline alone says what is in flight.
        let timeline = Arc::new(unsafe { ManualTimeline::new() });
        Ok(Self { sim, manager, queue, timeline })
    }

    /// Plays the frames, shuts down, and says what became of it.
    fn run(self, frames: u64) -> Result<bool> {
        let (sim, manager) = (Arc::clone(&self.sim), self.manager.clone());
        let outcome = self.play(frames)?;
        outcome.print(frames);
        let failed = outcome.refusals(&sim, &manager);
        failed.iter().for_each(|failure| eprintln!("soak: {failure}"));
        Ok(failed.is_empty())
    }

    fn play(self, frames: u64) -> Result<Outcome> {
        let Self { manager, queue, timeline, .. } = self;
        let id = queue.attach(timeline.clone())?;
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut parts = parts(&queue);
        parts.extend(pieces::parts(&queue)?);
        let mut warm = None;
        let start = Instant::now();
        for number in 1..=frames {
            manager.begin_frame();
            finish(&timeline, number.saturating_sub(IN_FLIGHT));
            queue.drain(DrainLimit::default());
            let end = Point { timeline: id, value: number };
            for part in &mut parts {
                part.frame(&mut Frame { random: &mut random, end })?;
            }
            timeline.submit();
            manager.end_frame();
            if number == frames.div_ceil(10) {
                warm = resident();
            }
        }
        let (elapsed, last) = (start.elapsed(), resident());
        drop(parts);
        finish(&timeline, frames);
        let statistics = queue.statistics();
        let drained = queue.shutdown(Duration::from_secs(60))?;
        Ok(Outcome { elapsed, resident: warm.zip(last), statistics, drained })
    }
}

impl Outcome {
    fn print(&self, frames: u64) {
        let seconds = self.elapsed.as_secs_f64();
        let each = self.elapsed.as_nanos() / u128::from(frames);
        println!("soak: {frames} frames in {seconds:.1} s, {each} ns each");
        match self.resident {
            Some((warm, last)) => {
                println!("resident: {} when warm, {} at the end", Bytes(warm), Bytes(last));
            }
            None => println!("resident: skipped, no {} here", RESIDENT[0].0),
        }
        println!("{:?}", self.statistics);
    }

    /// The demands that are not met.
    fn refusals(&self, sim: &SimDevice, manager: &DeviceBudgetManager) -> Vec<String> {
        let mut failed = Vec::new();
        let mut demand = |met: bool, what: String| failed.extend((!met).then_some(what));
        if let Some((warm, last)) = self.resident {
            let growth = last.saturating_sub(warm);
            demand(growth <= GROWTH, format!("the process has grown by {}", Bytes(growth)));
        }
        let QueueStatistics { queued, destroyed, flushed, panicked, waiting, .. } = self.statistics;
        demand(queued == destroyed + waiting, format!("{queued} entries, {destroyed} destroyed"));
        demand(flushed == 0 && panicked == 0, format!("{flushed} flushed, {panicked} panicked"));
        let gone = self.drained.entries == waiting && self.drained.panicked == 0;
        demand(gone, format!("{waiting} entries waited, and the shutdown: {:?}", self.drained));
        demand(OBJECTS.is_balanced(), format!("objects: {OBJECTS:?}"));
        demand(CALLS.is_balanced(), format!("closures: {CALLS:?}"));

        let (device, stats) = (manager.device_figures(), manager.stats());
        let heaps = stats.heaps.iter().all(is_empty);
        let empty = is_empty(&device) && heaps && stats.allocations == 0 && stats.aliases == 0;
        let (allocations, aliases) = (stats.allocations, stats.aliases);
        demand(
            empty,
            format!("the ledger has {allocations} resources and {aliases} aliases: {device:?}"),
        );

        let counts = sim.counts();
        for (made, gone) in
            [(Call::CreateBuffer, Call::DestroyBuffer), (Call::AllocateMemory, Call::FreeMemory)]
        {
            let (ups, downs) = (counts.of(made), counts.of(gone));
            demand(ups == downs && ups > 0, format!("{ups} times {made}, {downs} times {gone}"));
        }
        let leaks = sim.leaks();
        demand(leaks.is_empty(), format!("{} objects leak", leaks.len()));
        failed
    }
}

/// Lets the device be done with `frame` and those before it.
fn finish(timeline: &ManualTimeline, frame: u64) {
    FINISHED.store(frame, Ordering::Relaxed);
    timeline.complete(frame);
}

/// Whether nothing is booked; the peak stays.
fn is_empty(figures: &Figures) -> bool {
    let Figures { reserved, committed, retiring, pending, count, .. } = *figures;
    [reserved, committed, retiring, pending, count] == [0; 5]
}

/// Where Linux says what a process holds, the exact figure first.
const RESIDENT: [(&str, &str); 2] =
    [("/proc/self/smaps_rollup", "Rss:"), ("/proc/self/status", "VmRSS:")];

/// Bytes of memory that the process holds; `None` where the system does not say.
fn resident() -> Option<u64> {
    RESIDENT.into_iter().find_map(|(file, key)| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes << 10)
    })
}

/// `--frames N`, with or without `_` between the digits.
fn frames() -> Result<u64> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => Ok(FRAMES),
        ["--frames", count] => match count.replace('_', "").parse() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(format!("no number of frames: {count}").into()),
        },
        _ => Err("usage: soak [--frames N]".into()),
    }
}

fn main() -> ExitCode {
    let clean = frames().and_then(|frames| Soak::new()?.run(frames));
    match clean {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::from(2)
        }
    }
}
