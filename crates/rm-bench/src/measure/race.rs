//! Against the clock: everybody plays the same slice of a trace, then everybody the next one.
//!
//! A change of clock speed, or a neighbour who wakes up, hits all contestants alike, because a slice takes milliseconds.
//! Who begins changes from slice to slice.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::play;
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
    pub(crate) reference: &'a str,
}

/// How fast somebody was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Nanoseconds of a step: the median over the rounds.
    pub(crate) nanoseconds: f64,
    /// Time of a slice divided by the reference's: the median over slices and rounds.
    pub(crate) ratio: Option<f64>,
    /// Rounds played.
    pub(crate) rounds: usize,
}

/// Somebody on the track.
struct Team {
    players: Vec<Box<dyn Player>>,
    // Dropped after the players.
    _stage: Arc<Stage>,
}

/// What somebody has done so far.
#[derive(Default)]
struct Record {
    /// Seconds of each slice, a row a round.
    rounds: Vec<Vec<f64>>,
    refused: Option<Refused>,
}

impl Record {
    fn is_out(&self, patience: Duration) -> bool {
        let total: f64 = self.rounds.iter().flatten().sum();
        self.refused.is_some() || total > patience.as_secs_f64()
    }
}

impl Race<'_> {
    /// Runs it; an answer a contestant, in their order.
    pub(crate) fn run(self) -> Result<Vec<Result<Times, Refused>>, BenchError> {
        let mut records: Vec<Record> = self.entries.iter().map(|_| Record::default()).collect();
        for _ in 0..self.rounds {
            self.round(&mut records)?;
        }
        let reference = self.entries.iter().position(|entry| entry.name == self.reference);
        let reference = reference.map(|index| &records[index]);
        Ok(records.iter().map(|record| self.times(record, reference)).collect())
    }

    fn round(self, records: &mut [Record]) -> Result<(), BenchError> {
        let slots: Vec<usize> = self.trace.lanes.iter().map(|lane| lane.slots).collect();
        let mut teams = Vec::with_capacity(records.len());
        for (entry, record) in self.entries.iter().zip(&mut *records) {
            if record.is_out(self.patience) {
                teams.push(None);
                continue;
            }
            let stage = self.venue.stage()?;
            let opened = entry.open(&stage, &slots);
            record.rounds.push(Vec::with_capacity(self.slices()));
            record.refused = opened.as_ref().err().cloned();
            teams.push(opened.ok().map(|players| Team { players, _stage: stage }));
        }
        for slice in 0..self.slices() {
            for turn in 0..teams.len() {
                let who = (turn + slice) % teams.len();
                let Some(team) = &mut teams[who] else { continue };
                match (self.timed(team, slice), records[who].rounds.last_mut()) {
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

    fn slices(self) -> usize {
        if self.trace.lanes.len() == 1 {
            return SLICES;
        }
        let slices = self.trace.ops() / THREADED;
        usize::try_from(slices).unwrap_or(SLICES).clamp(1, SLICES)
    }

    /// Seconds of a slice.
    fn timed(self, team: &mut Team, slice: usize) -> Result<f64, Refused> {
        let lanes = self.trace.lanes.iter().map(|lane| part(&lane.ops, slice, self.slices()));
        let parts = team.players.iter_mut().zip(lanes).collect();
        let start = Instant::now();
        play(parts)?;
        Ok(start.elapsed().as_secs_f64())
    }

    fn times(self, record: &Record, reference: Option<&Record>) -> Result<Times, Refused> {
        if let Some(refused) = &record.refused {
            return Err(refused.clone());
        }
        let sums = record.rounds.iter().map(|round| round.iter().sum::<f64>()).collect();
        let ratios = reference.filter(|it| it.refused.is_none()).map(|reference| {
            let rounds = record.rounds.iter().zip(&reference.rounds);
            let slices = rounds.flat_map(|(mine, its)| mine.iter().zip(its));
            slices.map(|(mine, its)| mine / its).collect()
        });
        Ok(Times {
            nanoseconds: median(sums).unwrap_or(0.0) * 1e9 / self.trace.ops() as f64,
            ratio: ratios.and_then(median),
            rounds: record.rounds.len(),
        })
    }
}

/// The steps of slice `slice` of `slices`.
fn part(ops: &[Op], slice: usize, slices: usize) -> &[Op] {
    let at = |slice| ops.len() * slice / slices;
    &ops[at(slice)..at(slice + 1)]
}

/// The middle one.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
