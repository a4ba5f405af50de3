//! Against the clock: everybody plays the same slice of a trace, then everybody the next one.
//!
//! A change of clock speed, or a neighbour who wakes up, hits all contestants alike, because a slice takes milliseconds.
//! Who begins changes from slice to slice.
//! Where a trace is for several threads, everybody plays each slice twice, on two allocators: with a thread a lane, and
//! the lanes one after the other on one thread.

use std::{sync::Arc, time::Duration};

use super::{How, median, median_ratio, timed};
use crate::{
    BenchError,
    contestant::{Entry, Player, Refused},
    stage::{Stage, Venue},
    trace::{Op, Trace},
};

/// Slices of a trace, at most.
const SLICES: usize = 20;
/// Steps that a slice has at least where threads are started for it, so that starting them does not count.
const THREADED: u64 = 20_000;

/// What a race is about.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Race<'a> {
    pub(crate) venue: &'a Venue,
    pub(crate) trace: &'a Trace,
    pub(crate) entries: &'a [Entry],
    /// How often the trace is played.
    pub(crate) rounds: usize,
    /// Who has taken longer than this plays no further round.
    pub(crate) patience: Duration,
    /// Whose times the others' are divided by.
    pub(crate) references: &'a [&'a str],
}

/// How fast somebody was.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// Nanoseconds of a step: the median over the rounds.
    pub(crate) nanoseconds: f64,
    /// Time of a slice divided by each reference's: the median over slices and rounds.
    pub(crate) ratios: Vec<Option<f64>>,
    /// Time of a slice on one thread divided by its time on a thread a lane, the median; `None` where there is one lane.
    pub(crate) speedup: Option<f64>,
    /// Rounds played.
    pub(crate) rounds: usize,
}

/// Somebody on the track, with an allocator for each way to play.
struct Team {
    threads: Side,
    /// Plays all lanes on one thread; `None` where there is one lane.
    one_thread: Option<Side>,
}

/// An allocator and those who play with it.
struct Side {
    players: Vec<Box<dyn Player>>,
    // Dropped after the players.
    _stage: Arc<Stage>,
}

/// Seconds of a slice.
#[derive(Clone, Copy)]
struct Slice {
    threads: f64,
    one_thread: Option<f64>,
}

/// What somebody has done so far.
#[derive(Default)]
struct Record {
    /// A row a round.
    rounds: Vec<Vec<Slice>>,
    refused: Option<Refused>,
}

impl Record {
    fn is_out(&self, patience: Duration) -> bool {
        let seconds = |slice: &Slice| slice.threads + slice.one_thread.unwrap_or(0.0);
        let total: f64 = self.rounds.iter().flatten().map(seconds).sum();
        self.refused.is_some() || total > patience.as_secs_f64()
    }

    fn ratio(&self, reference: &Self) -> Option<f64> {
        if reference.refused.is_some() {
            return None;
        }
        let rounds = self.rounds.iter().zip(&reference.rounds);
        let slices = rounds.flat_map(|(mine, its)| mine.iter().zip(its));
        median_ratio(slices.map(|(mine, its)| (mine.threads, its.threads)))
    }

    fn speedup(&self) -> Option<f64> {
        let slices = self.rounds.iter().flatten();
        median_ratio(slices.filter_map(|slice| Some((slice.one_thread?, slice.threads))))
    }
}

impl Race<'_> {
    /// Runs it; an answer a contestant, in their order.
    pub(crate) fn run(self) -> Result<Vec<Result<Times, Refused>>, BenchError> {
        let mut records: Vec<Record> = self.entries.iter().map(|_| Record::default()).collect();
        for _ in 0..self.rounds {
            self.round(&mut records)?;
        }
        let place = |name: &&str| self.entries.iter().position(|entry| entry.name == *name);
        let references: Vec<Option<&Record>> =
            self.references.iter().map(|name| place(name).map(|index| &records[index])).collect();
        Ok(records.iter().map(|record| self.times(record, &references)).collect())
    }

    fn round(self, records: &mut [Record]) -> Result<(), BenchError> {
        let mut teams = Vec::with_capacity(records.len());
        for (entry, record) in self.entries.iter().zip(&mut *records) {
            if record.is_out(self.patience) {
                teams.push(None);
                continue;
            }
            let team = self.team(entry)?;
            record.rounds.push(Vec::with_capacity(self.slices()));
            record.refused = team.as_ref().err().cloned();
            teams.push(team.ok());
        }
        for slice in 0..self.slices() {
            for turn in 0..teams.len() {
                let who = (turn + slice) % teams.len();
                let Some(team) = &mut teams[who] else { continue };
                match (self.slice(team, slice), records[who].rounds.last_mut()) {
                    (Ok(seconds), Some(round)) => round.push(seconds),
                    (Ok(_), None) => {}
                    (Err(refused), _) => {
                        records[who].refused = Some(refused);
                        teams[who] = None;
                    }
                }
            }
        }
        Ok(())
    }

    fn team(self, entry: &Entry) -> Result<Result<Team, Refused>, BenchError> {
        let slots: Vec<usize> = self.trace.lanes.iter().map(|lane| lane.slots).collect();
        let side = || -> Result<_, BenchError> {
            let stage = self.venue.stage()?;
            Ok(entry.open(&stage, &slots).map(|players| Side { players, _stage: stage }))
        };
        let threads = side()?;
        let one_thread = if slots.len() > 1 { Some(side()?) } else { None };
        let team = |threads| Ok(Team { threads, one_thread: one_thread.transpose()? });
        Ok(threads.and_then(team))
    }

    fn slices(self) -> usize {
        if self.trace.lanes.len() == 1 {
            return SLICES;
        }
        let slices = self.trace.ops() / THREADED;
        usize::try_from(slices).unwrap_or(SLICES).clamp(1, SLICES)
    }

    fn slice(self, team: &mut Team, slice: usize) -> Result<Slice, Refused> {
        let lanes = self.trace.lanes.iter();
        let parts: Vec<&[Op]> = lanes.map(|lane| part(&lane.ops, slice, self.slices())).collect();
        let Team { threads, one_thread } = team;
        let mut on_threads = || timed(&mut threads.players, &parts, How::Threads);
        let mut on_one = || {
            let played =
                one_thread.as_mut().map(|side| timed(&mut side.players, &parts, How::OneThread));
            played.transpose()
        };
        // Neither way to play always comes second, when the trace is in the caches.
        if slice.is_multiple_of(2) {
            let threads = on_threads()?;
            Ok(Slice { threads, one_thread: on_one()? })
        } else {
            let one_thread = on_one()?;
            Ok(Slice { threads: on_threads()?, one_thread })
        }
    }

    fn times(self, record: &Record, references: &[Option<&Record>]) -> Result<Times, Refused> {
        if let Some(refused) = &record.refused {
            return Err(refused.clone());
        }
        let sum = |round: &Vec<Slice>| round.iter().map(|slice| slice.threads).sum();
        let sums: Vec<f64> = record.rounds.iter().map(sum).collect();
        Ok(Times {
            nanoseconds: median(sums).unwrap_or(0.0) * 1e9 / self.trace.ops() as f64,
            ratios: references.iter().map(|it| it.and_then(|it| record.ratio(it))).collect(),
            speedup: record.speedup(),
            rounds: record.rounds.len(),
        })
    }
}

/// The steps of slice `slice` of `slices`.
fn part(ops: &[Op], slice: usize, slices: usize) -> &[Op] {
    let at = |slice| ops.len() * slice / slices;
    &ops[at(slice)..at(slice + 1)]
}
