//! A contestant at one number of live allocations.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Growth, SLICES};
use crate::{
    BenchError,
    contestant::{Entry, Player, Refused},
    stage::{Stage, Venue},
    trace::{Lane, Op, TraceKind},
};

/// Steps between two looks at the clock while filling.
const LOOK: usize = 1_000;

/// What is played at one number of live allocations.
pub(super) struct Course {
    lane: Lane,
    live: usize,
    pairs: usize,
}

impl Course {
    pub(super) fn new(kind: TraceKind, live: usize, growth: &Growth<'_>) -> Self {
        let pairs = growth.pairs;
        // As many pairs as there are live ones go before those that are timed.
        Self { lane: kind.steady(live, live + SLICES * pairs, growth.seed), live, pairs }
    }

    /// The steps that come before the timed ones.
    fn filling(&self) -> &[Op] {
        &self.lane.ops[..3 * self.live]
    }

    /// The steps of a slice.
    pub(super) fn slice(&self, slice: usize) -> &[Op] {
        let at = |slice| 3 * self.live + 2 * self.pairs * slice;
        &self.lane.ops[at(slice)..at(slice + 1)]
    }
}

/// A contestant that has filled its allocator, and how long it takes.
pub(super) struct Track {
    /// Seconds of each slice.
    pub(super) seconds: Vec<f64>,
    /// Why it does not play, or not all slices.
    pub(super) out: Option<String>,
    player: Option<Box<dyn Player>>,
    // Dropped after the player.
    _stage: Arc<Stage>,
}

impl Track {
    /// Fills a new allocator.
    pub(super) fn fill(
        entry: &Entry,
        venue: &Venue,
        course: &Course,
        patience: Duration,
    ) -> Result<Self, BenchError> {
        let stage = venue.stage()?;
        let players = entry.open(&stage, &[course.lane.slots]);
        let mut track = Self { seconds: Vec::new(), out: None, player: None, _stage: stage };
        match players {
            Ok(players) => track.player = players.into_iter().next(),
            Err(refused) => track.leave(&refused),
        }
        let start = Instant::now();
        for ops in course.filling().chunks(LOOK) {
            if start.elapsed() >= patience {
                track.player = None;
                let seconds = patience.as_secs();
                track.out = Some(format!("not filled in {seconds} s"));
                break;
            }
            let Some(player) = &mut track.player else { break };
            if let Err(refused) = player.play(ops) {
                track.leave(&refused);
            }
        }
        Ok(track)
    }

    /// Plays a slice against the clock, if it still plays.
    pub(super) fn play(&mut self, ops: &[Op], patience: Duration) {
        let Some(player) = &mut self.player else { return };
        let start = Instant::now();
        if let Err(refused) = player.play(ops) {
            return self.leave(&refused);
        }
        self.seconds.push(start.elapsed().as_secs_f64());
        let total: f64 = self.seconds.iter().sum();
        if total > patience.as_secs_f64() && self.seconds.len() < SLICES {
            self.out = Some(format!("{} of {SLICES} slices played", self.seconds.len()));
            self.player = None;
        }
    }

    fn leave(&mut self, refused: &Refused) {
        self.player = None;
        self.seconds.clear();
        self.out = Some(format!("not applicable: {refused}"));
    }
}
