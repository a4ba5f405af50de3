//! How the traces come about.

use super::{Lane, Scale, TraceKind, Want, streaming::streaming, writer::Writer};
use crate::random::Random;

/// What requirements of ordinary buffers ask for.
const ALIGNMENT: u64 = 256;
/// What requirements of the smallest ones ask for.
const TINY_ALIGNMENT: u64 = 16;
/// What the large requests of the comb ask for.
const LARGE_ALIGNMENT: u64 = 1 << 20;

/// One lane a thread.
pub(super) fn lanes(kind: TraceKind, scale: Scale, seed: u64) -> Vec<Lane> {
    let live = scale.pick(10_000, 500);
    let operations = scale.pick(1_000_000, 20_000);
    let random = |number: u64| random(seed, number);
    match kind {
        TraceKind::Churn => vec![churn(random(1), live, operations, every_size)],
        TraceKind::Frames => vec![frames(random(2), scale.pick(10_000, 100))],
        TraceKind::Streaming => vec![streaming(random(3), scale)],
        TraceKind::Tiny => vec![churn(random(4), live, operations, tiny)],
        // As much work as T1 in all, so that the two can be compared.
        TraceKind::Threads => {
            let half = |number| churn(random(number), live / 2, operations / 2, every_size);
            vec![half(5), half(6)]
        }
        TraceKind::Comb => vec![comb(random(7), scale)],
    }
}

/// A churn of the sizes of `kind` at any number of live ones: as many steps that fill, `pairs` of a free and an allocation,
/// and as many steps again that empty.
pub(super) fn steady(kind: TraceKind, live: usize, pairs: usize, seed: u64) -> Lane {
    let operations = 2 * (live + pairs);
    match kind {
        TraceKind::Tiny => churn(random(seed, 4), live, operations, tiny),
        _ => churn(random(seed, 1), live, operations, every_size),
    }
}

/// A trace's number keeps its sequence apart from the others'.
fn random(seed: u64, number: u64) -> Random {
    Random::new(seed.wrapping_mul(64).wrapping_add(number))
}

/// What programs ask for that keep all they have in one place.
fn every_size(random: &mut Random) -> Want {
    Want { size: random.size(256, 4 << 20), alignment: ALIGNMENT, transient: false }
}

/// What is so small that its bookkeeping costs most.
fn tiny(random: &mut Random) -> Want {
    Want { size: random.size(64, 4 << 10), alignment: TINY_ALIGNMENT, transient: false }
}

/// Fills up, then frees one at random and takes another, then empties.
fn churn(
    mut random: Random,
    live: usize,
    operations: usize,
    mut want: impl FnMut(&mut Random) -> Want,
) -> Lane {
    let mut writer = Writer::default();
    let mut alive: Vec<u32> = (0..live).map(|_| writer.take(want(&mut random))).collect();
    for _ in 0..(operations / 2).saturating_sub(live) {
        let chosen = random.index(live);
        writer.free(alive[chosen]);
        alive[chosen] = writer.take(want(&mut random));
    }
    // In no order that anybody could profit from.
    while !alive.is_empty() {
        let chosen = random.index(alive.len());
        writer.free(alive.swap_remove(chosen));
    }
    writer.lane
}

/// 200 transients a frame, freed three frames later.
fn frames(mut random: Random, frames: usize) -> Lane {
    const A_FRAME: usize = 200;
    const IN_FLIGHT: usize = 3;
    let mut writer = Writer::default();
    let mut in_flight: [Vec<u32>; IN_FLIGHT] = Default::default();
    for frame in 0..frames {
        let done = std::mem::take(&mut in_flight[frame % IN_FLIGHT]);
        done.into_iter().for_each(|slot| writer.free(slot));
        let new = (0..A_FRAME).map(|_| {
            let size = random.size(256, 256 << 10);
            writer.take(Want { size, alignment: ALIGNMENT, transient: true })
        });
        in_flight[frame % IN_FLIGHT] = new.collect();
    }
    in_flight.into_iter().flatten().for_each(|slot| writer.free(slot));
    writer.lane
}

/// Small pieces of which every second is freed, then large aligned requests that fit none of the holes.
fn comb(mut random: Random, scale: Scale) -> Lane {
    const TOOTH: u64 = 64 << 10;
    const LARGE_LIVE: usize = 16;
    let mut writer = Writer::default();
    let tooth = Want { size: TOOTH, alignment: ALIGNMENT, transient: false };
    let teeth: Vec<u32> = (0..scale.pick(16_384, 1_024)).map(|_| writer.take(tooth)).collect();
    teeth.iter().skip(1).step_by(2).for_each(|slot| writer.free(*slot));
    let mut large = Vec::with_capacity(LARGE_LIVE);
    for _ in 0..scale.pick(50_000, 2_000) {
        if large.len() == LARGE_LIVE {
            writer.free(large.swap_remove(random.index(LARGE_LIVE)));
        }
        let size = random.size(1 << 20, 16 << 20);
        large.push(writer.take(Want { size, alignment: LARGE_ALIGNMENT, transient: false }));
    }
    large.into_iter().for_each(|slot| writer.free(slot));
    teeth.into_iter().step_by(2).for_each(|slot| writer.free(slot));
    writer.lane
}
