//! Random operations against a naive model, see [`model`](crate::model).

use std::env;

use crate::{Environment, Outcome, model::Trace};

/// Seeds that are tried on every device.
const SEEDS: u64 = 8;
/// Operations of one trace.
const LENGTH: usize = 250;

/// Whatever is done at random, all promises hold after every step; a failure prints the shortest trace that was found.
///
/// `RM_CONFORMANCE_SEED` in the environment tries that seed alone.
pub fn random_operations_match_the_model(environment: &Environment) -> Outcome {
    let wanted = env::var("RM_CONFORMANCE_SEED").ok().map(|seed| {
        seed.parse().unwrap_or_else(|_| panic!("RM_CONFORMANCE_SEED is no number: {seed}"))
    });
    let seeds = wanted.map_or(1..=SEEDS, |seed| seed..=seed);
    for seed in seeds {
        let trace = Trace::random(seed, LENGTH);
        if trace.replay(environment)?.is_none() {
            continue;
        }
        let shortest = trace.shrink(environment)?;
        let failure = shortest.replay(environment)?;
        let why = failure.map_or("it does not fail every time".to_owned(), |f| f.to_string());
        panic!(
            "seed {seed} breaks a promise on {}\n{why}\nwith this trace, for `Trace::replay`:\n{shortest}",
            environment.name(),
        );
    }
    Ok(())
}
