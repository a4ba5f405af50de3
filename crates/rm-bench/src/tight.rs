//! Streaming on a device that has little more memory than the trace needs: what an allocator wastes, fails.
//!
//! The heap is a share of what is alive at most. Whoever is refused goes on without that asset, so that all that fails is
//! counted, and nothing is timed.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;

use crate::{
    BenchError,
    alias::Seeds,
    contestant::{BACKENDS, Backend, Entry, Level, Refused, entries_named},
    results::{self, Results},
    stage::{DEFAULT_DEVICE, Venue},
    trace::{Lane, Scale, TraceKind},
};

/// What a heap is a whole number of.
const PAGE: u64 = 64 << 10;

/// What is played on a tight heap.
#[derive(Debug)]
#[must_use]
pub struct Tight<'a> {
    /// How large the traces are.
    pub scale: Scale,
    /// What the traces follow from; what fails is added up.
    pub seeds: Vec<u64>,
    /// Sizes of the heap, in per cent of what is alive at most.
    pub percents: Vec<u64>,
    /// The levels.
    pub levels: Vec<Level>,
    /// Parts of the names of those who play; empty for all.
    pub contestants: Vec<String>,
    /// Our backends.
    pub backends: &'a [Backend],
}

/// What failed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Failures {
    count: u64,
    bytes: u64,
    /// The words of the first one.
    first: Option<Refused>,
}

/// What to play on a tight heap.
#[derive(Args, Debug)]
pub(crate) struct TightWish {
    /// Plays small traces.
    #[arg(long)]
    quick: bool,
    /// What the traces follow from: a list of seeds and ranges, such as `0..10` or `3,7,100..200`.
    #[arg(long, default_value = "0..10")]
    seeds: Seeds,
    /// Sizes of the heap, in per cent of what is alive at most.
    #[arg(long, value_delimiter = ',', default_value = "110,115,120,125")]
    percent: Vec<u64>,
    /// What is asked for; memory alone if none is given.
    #[arg(long)]
    level: Vec<Level>,
    /// Part of the names of those who play, such as `vk-mem`; everybody if none is given.
    #[arg(long)]
    contestant: Vec<String>,
    /// The folder for table and figures.
    #[arg(long, default_value = "target/bench")]
    output: PathBuf,
}

/// Plays, writes `tight.md` and `tight.json`, and returns the table.
pub(crate) fn run(wish: &TightWish, progress: impl FnMut(&str)) -> Result<String, BenchError> {
    let tight = Tight {
        scale: if wish.quick { Scale::Quick } else { Scale::Full },
        seeds: wish.seeds.0.clone(),
        percents: wish.percent.clone(),
        levels: if wish.level.is_empty() { vec![Level::Memory] } else { wish.level.clone() },
        contestants: wish.contestant.clone(),
        backends: BACKENDS,
    };
    let results = tight.play(progress)?;
    let table = tight.markdown(&results);
    results.write(&wish.output.join("tight.json"))?;
    results::write(&wish.output.join("tight.md"), &table)?;
    Ok(table)
}

impl Tight<'_> {
    /// Plays every seed; `progress` hears of each that begins.
    ///
    /// Metrics are called `level/t3-streaming/contestant/failures/PER_CENT` and `failed_bytes/PER_CENT`, sums over the seeds;
    /// `level/t3-streaming/requests` is how many there were, for each per cent. Notes have the words of the first failure.
    ///
    /// # Errors
    ///
    /// [`BenchError`] if a device cannot be had.
    pub fn play(&self, mut progress: impl FnMut(&str)) -> Result<Results, BenchError> {
        let kind = TraceKind::Streaming;
        let venue = Venue::open(DEFAULT_DEVICE)?;
        let mut results = Results::here();
        results.notes.insert("device".to_owned(), venue.name().to_owned());
        results.notes.insert("scale".to_owned(), self.scale.name().to_owned());
        results.notes.insert("seeds".to_owned(), format!("{:?}", self.seeds));
        let mut sums: BTreeMap<(String, u64), Failures> = BTreeMap::new();
        let mut requests = 0;
        for seed in &self.seeds {
            progress(&format!("tight, {kind}, seed {seed}"));
            let trace = kind.generate(self.scale, *seed);
            let Some(lane) = trace.lanes.first() else { continue };
            requests += lane.ops.iter().filter(|op| op.want().is_some()).count();
            for percent in &self.percents {
                let heap = (lane.peak_bytes * percent / 100).next_multiple_of(PAGE);
                let venue = venue.with_heap(heap)?;
                for level in &self.levels {
                    for entry in entries_named(*level, self.backends, &self.contestants) {
                        let name = format!("{level}/{kind}/{}", entry.name);
                        let failures = failures(&entry, &venue, lane)?;
                        sums.entry((name, *percent)).or_default().add(failures);
                    }
                }
            }
        }
        for level in &self.levels {
            results.put(&format!("{level}/{kind}/requests"), requests as f64, "requests");
        }
        for ((name, percent), failures) in sums {
            results.put(&format!("{name}/failures/{percent}"), failures.count as f64, "requests");
            results.put(&format!("{name}/failed_bytes/{percent}"), failures.bytes as f64, "B");
            if let Some(refused) = failures.first {
                results.notes.insert(format!("{name}/{percent}"), refused.to_string());
            }
        }
        Ok(results)
    }

    /// A table a level: a line a contestant, a column a size of the heap.
    fn markdown(&self, results: &Results) -> String {
        let kind = TraceKind::Streaming;
        let mut lines = vec![
            "# Tight heaps".to_owned(),
            String::new(),
            format!("Revision: `{}`.", results.revision),
            format!("Scale: {}, {} seeds.", self.scale.name(), self.seeds.len()),
            "Requests that failed, and their MiB, by the size of the heap in per cent of what is alive at most."
                .to_owned(),
        ];
        let headings: String = self.percents.iter().map(|it| format!(" {it} % |")).collect();
        for level in &self.levels {
            let requests = results.value(&format!("{level}/{kind}/requests")).unwrap_or(0.0);
            lines.push(format!("\n## {kind}, {level}: {requests} requests\n\n| |{headings}"));
            lines.push(format!("|---|{}", "---|".repeat(self.percents.len())));
            for entry in entries_named(*level, self.backends, &self.contestants) {
                let mut line = format!("| {} |", entry.name);
                for percent in &self.percents {
                    let value = |what: &str| {
                        let name = format!("{level}/{kind}/{}/{what}/{percent}", entry.name);
                        results.value(&name).unwrap_or(0.0)
                    };
                    let mib = value("failed_bytes") / 1_048_576.0;
                    line += &format!(" {} ({mib:.0} MiB) |", value("failures"));
                }
                lines.push(line);
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl Failures {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.bytes += other.bytes;
        self.first = self.first.take().or(other.first);
    }
}

/// What `entry` fails of `lane`, with a new allocator; everything if it does not want the device.
fn failures(entry: &Entry, venue: &Venue, lane: &Lane) -> Result<Failures, BenchError> {
    let mut failures = Failures::default();
    let stage = venue.stage()?;
    let mut player = entry.open(&stage, &[lane.slots]).map(|players| players.into_iter().next());
    for op in lane.ops.chunks(1) {
        let played = match &mut player {
            Ok(Some(player)) => player.play(op),
            Ok(None) => Ok(()),
            Err(refused) => Err(refused.clone()),
        };
        // A slot that was never taken is freed without a word.
        if let (Err(refused), Some(want)) = (played, op[0].want()) {
            failures.count += 1;
            failures.bytes += want.size;
            failures.first.get_or_insert(refused);
        }
    }
    Ok(failures)
}
