//! What a pair of allocate and free costs, offsets only: segregated fit, `offset-allocator` and a naive best fit.
//!
//! Everybody plays the same steps over one region, interleaved in one process: a trace is cut into slices, everybody plays the
//! first one, then everybody the second, and who begins changes. Ratios are medians over slices and rounds.
//!
//! The granule is what the trace aligns to, since `offset-allocator` knows no alignments; so nobody rounds more than others.
//! The high-water mark is the highest end of any range, against the most bytes that lived at a time.
//!
//! `cargo bench -p rm-suballoc --bench churn` prints a table. `-- t1 segregated N` plays the trace N times with one of
//! them and nothing else, for an instruction counter.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

mod players;
mod trace;

use std::{env, hint::black_box, time::Instant};

use players::{BestFit, Offsets, Player, Segregated};
use trace::{Step, Trace};

const SLICES: usize = 20;
const ROUNDS: usize = 9;

/// One trace with one player.
struct Game<'a, P: Player> {
    player: P,
    slots: Vec<Option<P::Range>>,
    trace: &'a Trace,
    high_water: u32,
}

impl<'a, P: Player> Game<'a, P> {
    fn new(trace: &'a Trace) -> Self {
        let slots = (0..trace.slots).map(|_| None).collect();
        Self { player: P::new(trace.granule), slots, trace, high_water: 0 }
    }

    /// Nanoseconds of a pair in one slice.
    fn play(&mut self, slice: usize) -> f64 {
        let steps = &self.trace.steps;
        let steps = &steps[steps.len() * slice / SLICES..steps.len() * (slice + 1) / SLICES];
        let start = Instant::now();
        for step in steps {
            match *step {
                Step::Take { slot, granules } => {
                    let (range, offset) = self.player.allocate(black_box(granules)).unwrap();
                    self.high_water = self.high_water.max(offset + granules);
                    self.slots[slot as usize] = Some(range);
                }
                Step::Free { slot } => {
                    self.player.free(black_box(self.slots[slot as usize].take().unwrap()));
                }
            }
        }
        start.elapsed().as_secs_f64() * 1e9 / (steps.len() / 2) as f64
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compare(name: &str, trace: &Trace) {
    let mut times: [Vec<f64>; 3] = Default::default();
    let mut ratios: [Vec<f64>; 3] = Default::default();
    let mut high_water = [0; 3];
    for round in 0..ROUNDS {
        let mut ours = Game::<Segregated>::new(trace);
        let mut offsets = Game::<Offsets>::new(trace);
        let mut best = Game::<BestFit>::new(trace);
        for slice in 0..SLICES {
            let mut now = [0.0; 3];
            for turn in 0..3 {
                match (round + slice + turn) % 3 {
                    0 => now[0] = ours.play(slice),
                    1 => now[1] = offsets.play(slice),
                    _ => now[2] = best.play(slice),
                }
            }
            for (who, time) in now.into_iter().enumerate() {
                times[who].push(time);
                ratios[who].push(time / now[0]);
            }
        }
        high_water = [ours.high_water, offsets.high_water, best.high_water];
    }
    for (who, player) in ["segregated fit", "offset-allocator", "naive best fit"].iter().enumerate()
    {
        println!(
            "| {name} | {player} | {:.1} | {:.2} | {:.3} |",
            median(&mut times[who]),
            median(&mut ratios[who]),
            f64::from(high_water[who]) / f64::from(trace.most_live),
        );
    }
}

fn alone<P: Player>(trace: &Trace, times: usize) {
    for _ in 0..times {
        let mut game = Game::<P>::new(trace);
        (0..SLICES).for_each(|slice| _ = game.play(slice));
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    if let [trace, who, times] = &arguments[..] {
        let trace = Trace::named(trace).unwrap();
        let times = times.parse().unwrap();
        return match who.as_str() {
            "segregated" => alone::<Segregated>(&trace, times),
            "offsets" => alone::<Offsets>(&trace, times),
            _ => alone::<BestFit>(&trace, times),
        };
    }
    println!("| trace | allocator | ns a pair | ÷ segregated fit | high water ÷ most live |");
    println!("|---|---|---|---|---|");
    for name in Trace::NAMES {
        compare(name, &Trace::named(name).unwrap());
    }
}
