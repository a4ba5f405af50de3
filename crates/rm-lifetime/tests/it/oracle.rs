//! A million random operations over four timelines that complete in random order and vanish: nothing dies early, nothing
//! later than one drain, and the books are exact after every step.
//!
//! The simulated device knows which buffers are in use, and finds out whoever destroys one.

mod model;

use rm_lifetime::DrainLimit;

use self::model::Model;

/// Plays `steps` from `seed`.
fn play(seed: u64, steps: u64) {
    let mut model = Model::new(seed);
    for _ in 0..steps {
        match model.roll(100) {
            0..20 => model.retire_call_now(),
            20..35 => model.retire_call_at(),
            35..45 => model.retire_buffer_now(),
            45..50 => model.retire_buffer_at(),
            50..53 => model.make_shared(),
            53..56 => model.use_shared(),
            56..59 => model.drop_shared(),
            59..72 => model.submit(),
            72..87 => model.complete(),
            87..98 => model.drain(DrainLimit::default()),
            98 => {
                let entries = u32::try_from(model.roll(4)).ok();
                model.drain(DrainLimit { entries, bytes: None });
            }
            _ => model.vanish(),
        }
        model.check();
    }
    model.end();
}

#[test]
fn nothing_dies_early_and_nothing_later_than_one_drain() {
    (0..10).for_each(|seed| play(0x9e37_79b9 + seed, 100_000));
}
