//! Random operations for a long time, compared with plain lists: `cargo xtask soak suballoc`, or `random_operations [--operations N] [--seed S]`.
//!
//! Regions come and go; sizes, alignments and how many ranges live differ from world to world.
//! After every operation: nothing overlaps, nothing is refused that fits, and every figure is that of the lists; after
//! every few, so is every part. Ends with 1 at the first thing that is wrong, with the seed that shows it.
#![expect(clippy::print_stdout, reason = "a program that runs for long says how far it is")]

mod oracle;
mod world;

use std::{env, error::Error};

use world::{Tally, World};

const OPERATIONS: u64 = 10_000_000;
/// Operations of a world.
const A_WORLD: u64 = 5_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut operations, mut first) = (OPERATIONS, 0);
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let number = words.next().ok_or("a number is missing")?.parse()?;
        match word.as_str() {
            "--operations" => operations = number,
            "--seed" => first = number,
            other => return Err(format!("there is no option `{other}`").into()),
        }
    }
    let worlds = operations.div_ceil(A_WORLD);
    let mut sum = Tally::default();
    for seed in first..first + worlds {
        sum += world(seed).map_err(|error| format!("seed {seed}: {error}"))?;
        if (seed + 1 - first).is_multiple_of(200) {
            println!("{} operations", (seed + 1 - first) * A_WORLD);
        }
    }
    let Tally { granted, refused, visited } = sum;
    println!(
        "{} operations in {worlds} worlds, {granted} granted, {refused} refused, {visited} holes visited, all as they should be",
        worlds * A_WORLD
    );
    Ok(())
}

fn world(seed: u64) -> Result<Tally, Box<dyn Error>> {
    let mut world = World::new(seed)?;
    for operation in 0..A_WORLD {
        world.step().map_err(|error| format!("operation {operation}: {error}"))?;
        if operation.is_multiple_of(16) {
            world.compare().map_err(|error| format!("operation {operation}: {error}"))?;
        }
    }
    Ok(world.tally())
}
