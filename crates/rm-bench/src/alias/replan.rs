//! Planning the next frame from the last one.

use std::{fmt::Write, hint::black_box, time::Instant};

use rm_alias::{How, Item, Planner};

use super::{
    frames::{Alignment, Frame},
    race::fastest,
    seeds::Seeds,
};
use crate::random::Random;

/// How often an unchanged problem is planned between two looks at the clock.
const REPEATS: u32 = 1000;

/// Replans each frame unchanged, and with one item of another size.
pub(super) fn table(seeds: &Seeds, rounds: usize) -> String {
    let (mut same, mut micros) = (Vec::new(), Vec::new());
    let (mut repaired, mut moved, mut above) = (0, 0, 0);
    let mut random = Random::new(1);
    for &seed in &seeds.0 {
        let frame = Frame::generate(seed, Alignment::Kib64);
        let mut problem = frame.problem();
        let mut planner = Planner::new();
        if planner.replan(&problem).is_err() {
            continue;
        }
        let ((), time) = fastest(rounds, || {
            for _ in 0..REPEATS {
                black_box(planner.replan(black_box(&problem)).is_ok());
            }
        });
        let items = problem.items().len();
        same.push(time.as_secs_f64() * 1e9 / f64::from(REPEATS) / items as f64);
        for _ in 0..8 {
            // Another resolution of one item: between half and twice the size.
            let index = random.index(items);
            let old = problem.items()[index];
            let percent = 50 + random.below(151);
            let size =
                (old.size * percent / 100).next_multiple_of(old.alignment).max(old.alignment);
            problem.replace(index, Item { size, ..old });
            let committed = planner.committed(old.group);
            let start = Instant::now();
            let Ok(next) = planner.replan(&problem) else { continue };
            micros.push(start.elapsed().as_secs_f64() * 1e6);
            repaired += usize::from(next.how == How::Repaired);
            moved += next.moved;
            above += usize::from(next.plan.peak() > committed.max(next.plan.lower_bound()));
        }
    }
    same.sort_by(f64::total_cmp);
    micros.sort_by(f64::total_cmp);
    let at = |sorted: &[f64], percent: usize| {
        sorted
            .get((sorted.len() * percent / 100).min(sorted.len().max(1) - 1))
            .copied()
            .unwrap_or(0.0)
    };
    let count = micros.len();
    let mut text = String::from("\n## Replanning, alignment 64 KiB\n\n");
    writeln!(text, "- unchanged: {:.2} ns an item (worst {:.2})", at(&same, 50), at(&same, 100))
        .ok();
    writeln!(
        text,
        "- one item changed: median {:.1} µs, 90 % below {:.1} µs, worst {:.1} µs",
        at(&micros, 50),
        at(&micros, 90),
        at(&micros, 100)
    )
    .ok();
    writeln!(
        text,
        "- repaired {repaired} of {count}, {:.2} items moved each; above bound and committed bytes: {above}",
        moved as f64 / count.max(1) as f64
    )
    .ok();
    text
}
