//! A criterion group a trace, on the counting device, in the small size: `cargo bench -p rm-bench -- t1`.
//!
//! Criterion times everybody alone; `cargo xtask bench run` lets them take turns, and its ratios are the better ones.
#![expect(clippy::unwrap_used, reason = "a bench fails loudly")]

use std::{thread, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput};
use rm_bench::{BACKENDS, Level, Player, Scale, Trace, TraceKind, Venue, entries};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let venue = Venue::open("sim:h200").unwrap();
    for kind in TraceKind::ALL {
        let trace = kind.generate(Scale::Quick, 1);
        let slots: Vec<usize> = trace.lanes.iter().map(|lane| lane.slots).collect();
        for level in Level::ALL {
            let mut group = criterion.benchmark_group(format!("{kind}/{level}"));
            group.throughput(Throughput::Elements(trace.ops()));
            for entry in entries(level, BACKENDS) {
                let stage = venue.stage().unwrap();
                let mut players = entry.open(&stage, &slots).unwrap();
                group.bench_function(BenchmarkId::from_parameter(&entry.name), |bencher| {
                    bencher.iter(|| play(&mut players, &trace));
                });
            }
            group.finish();
        }
    }
    criterion.final_summary();
}

/// The whole trace, a thread a lane.
fn play(players: &mut [Box<dyn Player>], trace: &Trace) {
    let mut parts = players.iter_mut().zip(&trace.lanes);
    let (first, lane) = parts.next().unwrap();
    thread::scope(|scope| {
        for (player, lane) in parts {
            scope.spawn(|| player.play(&lane.ops).unwrap());
        }
        first.play(&lane.ops).unwrap();
    });
}
