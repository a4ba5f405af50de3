//! What an `Rm<u64>` costs over an `Option<u64>`: store a value, look at the old one, ask whether there is one.
//!
//! Criterion times each side alone.
//! The ratio comes from many short alternating rounds, so that a change of clock speed hits both sides alike.
#![expect(clippy::print_stdout, reason = "the ratio is what this program is run for")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::Criterion;
use rm_state::Rm;

/// Resources in the array; both sides stay inside the first-level cache.
const RESOURCES: usize = 1024;
/// Passes over the array in a timed stretch, some tens of microseconds long.
const PASSES: u64 = 16;
/// Timed stretches of each side.
const ROUNDS: usize = 2001;

#[inline(never)]
fn pass_option(resources: &mut [Option<u64>], seed: u64) {
    for (resource, value) in resources.iter_mut().zip(seed..) {
        black_box(resource.replace(value));
        // The compiler must not know what was just stored, or `is_some` would cost nothing on either side.
        let resource = black_box(resource);
        black_box(resource.is_some());
    }
}

#[inline(never)]
fn pass_rm(resources: &mut [Rm<u64>], seed: u64) {
    for (resource, value) in resources.iter_mut().zip(seed..) {
        let _ = black_box(resource.set(value));
        let resource = black_box(resource);
        black_box(resource.is_ready());
    }
}

fn timed(mut pass: impl FnMut(u64)) -> Duration {
    let start = Instant::now();
    for seed in 0..PASSES {
        pass(black_box(seed));
    }
    start.elapsed()
}

/// The median over all rounds of what `Rm` took divided by what `Option` took.
fn median_ratio() -> f64 {
    let mut options = vec![None; RESOURCES];
    let mut rms = vec![Rm::new(); RESOURCES];
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let mut option = || timed(|seed| pass_option(&mut options, seed));
            let mut rm = || timed(|seed| pass_rm(&mut rms, seed));
            // Neither side may always be the one that finds the cache warm.
            let (option, rm) = if round % 2 == 0 {
                let option = option();
                (option, rm())
            } else {
                let rm = rm();
                (option(), rm)
            };
            rm.as_secs_f64() / option.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("set_and_is_ready_1024");
    let mut options = vec![None; RESOURCES];
    group.bench_function("option", |bencher| bencher.iter(|| pass_option(&mut options, 1)));
    let mut rms = vec![Rm::new(); RESOURCES];
    group.bench_function("rm", |bencher| bencher.iter(|| pass_rm(&mut rms, 1)));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    compare(&mut criterion);
    criterion.final_summary();
    // `cargo test --benches` only wants to know that this runs.
    if std::env::args().any(|argument| argument == "--bench") {
        println!("rm/option ratio: median {:.2} over {ROUNDS} rounds", median_ratio());
    }
}
