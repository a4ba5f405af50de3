//! What a pair of a free and an allocation costs when ever more is alive.
//!
//! Everybody fills an allocator of its own for every number of live allocations, and plays pairs until it is as
//! fragmented as it gets. Then all of them play slices of as many pairs in turns, as in a [`Run`](crate::Run), so that the
//! cost at one number can be divided by the cost at another, slice by slice.

mod table;
mod track;

use std::{path::PathBuf, time::Duration};

use clap::Args;

use self::track::{Course, Track};
use crate::{
    BenchError,
    contestant::{BACKENDS, Backend, Entry, Level, entries_named},
    counters::SEED,
    measure::{median, median_ratio},
    results::{self, Results},
    stage::{DEFAULT_DEVICE, Venue},
    trace::{Scale, TraceKind},
};

/// The traces whose sizes are churned.
const KINDS: [TraceKind; 2] = [TraceKind::Churn, TraceKind::Tiny];
/// Slices that everybody plays at most.
const SLICES: usize = 20;

/// What is measured of growth.
#[derive(Debug)]
#[must_use]
pub struct Growth<'a> {
    /// How many are alive, the least first.
    pub live: Vec<usize>,
    /// Pairs of a slice.
    pub pairs: usize,
    /// What the sizes follow from.
    pub seed: u64,
    /// The levels.
    pub levels: Vec<Level>,
    /// Parts of the names of those who play; empty for all.
    pub contestants: Vec<String>,
    /// Our backends.
    pub backends: &'a [Backend],
    /// Who has filled for longer than this does not play, and who has played for longer plays no further slice.
    pub patience: Duration,
}

/// How to measure growth.
#[derive(Args, Debug)]
pub(crate) struct GrowthWish {
    /// Fewer live allocations and shorter slices.
    #[arg(long)]
    quick: bool,
    /// How many are alive, the least first.
    #[arg(long, value_delimiter = ',')]
    live: Vec<usize>,
    /// What the sizes follow from.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// What is asked for; memory alone if none is given.
    #[arg(long)]
    level: Vec<Level>,
    /// Part of the names of those who play, such as `vk-mem`; everybody if none is given.
    #[arg(long)]
    contestant: Vec<String>,
    /// Seconds after which somebody no longer fills, and plays no further slice.
    #[arg(long, default_value_t = 10)]
    patience: u64,
    /// The folder for table and figures.
    #[arg(long, default_value = "target/bench")]
    output: PathBuf,
}

/// Measures, writes `growth.md` and `growth.json`, and returns the table.
pub(crate) fn run(wish: &GrowthWish, progress: impl FnMut(&str)) -> Result<String, BenchError> {
    let scale = if wish.quick { Scale::Quick } else { Scale::Full };
    let standard = scale.pick(vec![1_000, 10_000, 100_000], vec![100, 1_000, 10_000]);
    let growth = Growth {
        live: if wish.live.is_empty() { standard } else { wish.live.clone() },
        pairs: scale.pick(20_000, 1_000),
        seed: wish.seed,
        levels: if wish.level.is_empty() { vec![Level::Memory] } else { wish.level.clone() },
        contestants: wish.contestant.clone(),
        backends: BACKENDS,
        patience: Duration::from_secs(wish.patience),
    };
    let results = growth.play(progress)?;
    let table = table::markdown(&results, &growth);
    results.write(&wish.output.join("growth.json"))?;
    results::write(&wish.output.join("growth.md"), &table)?;
    Ok(table)
}

impl Growth<'_> {
    /// Measures; `progress` hears of every trace that begins.
    ///
    /// A metric is called `level/trace/contestant/pair/LIVE`, and `growth` is the cost at the largest number divided by
    /// the cost at the smallest. Who is too slow is noted.
    ///
    /// # Errors
    ///
    /// [`BenchError`] if the device cannot be had.
    pub fn play(&self, mut progress: impl FnMut(&str)) -> Result<Results, BenchError> {
        let venue = Venue::open(DEFAULT_DEVICE)?;
        let mut results = Results::here();
        results.notes.insert("device".to_owned(), venue.name().to_owned());
        results.notes.insert("seed".to_owned(), self.seed.to_string());
        for level in self.levels.iter().copied() {
            let entries = entries_named(level, self.backends, &self.contestants);
            for kind in KINDS {
                progress(&format!("growth, {level}/{kind}"));
                let courses: Vec<Course> =
                    self.live.iter().map(|live| Course::new(kind, *live, self)).collect();
                let tracks = self.race(&venue, &courses, &entries)?;
                for (entry, tracks) in entries.iter().zip(&tracks) {
                    let name = format!("{level}/{kind}/{}", entry.name);
                    self.enter(&mut results, &name, tracks);
                }
            }
        }
        Ok(results)
    }

    /// The tracks of everybody, in their order, with one a course.
    fn race(
        &self,
        venue: &Venue,
        courses: &[Course],
        entries: &[Entry],
    ) -> Result<Vec<Vec<Track>>, BenchError> {
        let mut everybody = Vec::with_capacity(entries.len());
        for entry in entries {
            let filled = courses.iter().map(|it| Track::fill(entry, venue, it, self.patience));
            everybody.push(filled.collect::<Result<Vec<Track>, BenchError>>()?);
        }
        for slice in 0..SLICES {
            for turn in 0..everybody.len() {
                let who = (turn + slice) % everybody.len();
                for (track, course) in everybody[who].iter_mut().zip(courses) {
                    track.play(course.slice(slice), self.patience);
                }
            }
        }
        Ok(everybody)
    }

    fn enter(&self, results: &mut Results, name: &str, tracks: &[Track]) {
        for (live, track) in self.live.iter().zip(tracks) {
            let nanoseconds = |seconds: f64| seconds * 1e9 / self.pairs as f64;
            if let Some(seconds) = median(track.seconds.clone()) {
                results.put(&format!("{name}/pair/{live}"), nanoseconds(seconds), "ns/pair");
            }
            if let Some(reason) = &track.out {
                results.notes.insert(format!("{name}/{live}"), reason.clone());
            }
        }
        let (Some(first), Some(last)) = (tracks.first(), tracks.last()) else { return };
        let slices = last.seconds.iter().copied().zip(first.seconds.iter().copied());
        if let Some(growth) = median_ratio(slices) {
            results.put(&format!("{name}/growth"), growth, "x");
        }
    }
}
