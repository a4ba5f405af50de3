//! The public data sets, where they are at hand.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use rm_alias::{Item, Problem, Proof, plan};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dsa");

/// Reads a file of google/minimalloc's format: `id,lower,upper,size`, half-open.
fn read(name: &str) -> Option<Problem> {
    let path = Path::new(FOLDER).join(format!("{name}.1048576.csv"));
    let Ok(text) = fs::read_to_string(&path) else {
        // Past the capture that swallows what passing tests print.
        let _closed = writeln!(io::stderr(), "skipped: {} is not there", path.display());
        return None;
    };
    let mut problem = Problem::new();
    for line in text.lines().skip(1) {
        let numbers: Vec<u32> = line.split(',').map(|number| number.parse().unwrap()).collect();
        problem.push(Item::new(numbers[3].into(), 1), numbers[1]..numbers[2]);
    }
    Some(problem)
}

#[test]
fn public_instances_are_proven_optimal() {
    for name in ["A", "B", "C", "E", "F"] {
        let Some(problem) = read(name) else { continue };
        let plan = plan(&problem).unwrap();
        plan.verify(&problem).unwrap();
        assert!(plan.peak() <= 1 << 20, "{name}: {}", plan.peak());
        assert_eq!(plan.proof(), Proof::PeakEqualsLowerBound, "{name}");
    }
}

#[test]
fn the_hard_public_instance_comes_near_the_best_known() {
    let Some(problem) = read("D") else { return };
    let plan = plan(&problem).unwrap();
    plan.verify(&problem).unwrap();
    assert!(plan.peak() <= 1_030_000, "{}", plan.peak());
    assert!(plan.is_reproducible());
}
