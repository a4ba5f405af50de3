//! Traces of the model test: the same for a seed, text and back, shrunk to what matters.

use std::sync::Arc;

use rm_conformance::{
    Environment,
    model::{Operation, Trace},
};
use rm_vksim::Profile;

use crate::{
    flawed::{Flawed, Wrong},
    toy::{Flaw, Toy},
};

fn toy(profile: Profile, flaw: Option<Flaw>) -> Environment {
    Environment::simulated(profile, move |context| Ok(Arc::new(Toy::new(context, flaw))))
}

/// One seed is one trace, and another seed another.
#[test]
fn a_seed_is_a_trace() {
    assert_eq!(Trace::random(7, 200), Trace::random(7, 200));
    assert_ne!(Trace::random(7, 200), Trace::random(8, 200));
    assert_eq!(Trace::random(7, 200).operations.len(), 200);
}

/// Text and back loses nothing; what is no operation is refused with its line.
#[test]
fn traces_are_text() {
    for seed in 0..20 {
        let trace = Trace::random(seed, 300);
        assert_eq!(trace.to_string().parse(), Ok(trace));
    }
    let error = "free 1\n\n  verify 1\nlose 1\n".parse::<Trace>().unwrap_err();
    assert_eq!(error.line, 4);
    assert!("allocate 1 buffer 5 align 1 type 0 twice".parse::<Trace>().is_err());
    assert!("free".parse::<Trace>().is_err());
}

/// Any part of a valid trace is valid, so that shrinking never makes a failure of its own.
#[test]
fn parts_of_a_trace_are_traces() {
    let environment = toy(Profile::arm_noncoherent(), None);
    let trace = Trace::random(11, 120);
    for step in [2, 3, 5] {
        let operations: Vec<Operation> = trace.operations.iter().step_by(step).copied().collect();
        assert_eq!(Trace { operations }.replay(&environment), Ok(None));
    }
}

/// Two allocations that meet are all that is left of a long trace, and what is printed replays.
#[test]
fn a_failure_shrinks_to_what_matters() {
    let environment = toy(Profile::granularity_64k(), Some(Flaw::MixesTilings));
    let trace = Trace::random(1, 150);
    let failure = trace.replay(&environment).unwrap().expect("the flaw shows");
    assert!(failure.message.contains("shares a page"), "{failure}");
    let shortest = trace.shrink(&environment).unwrap();
    assert_eq!(shortest.operations.len(), 2, "{shortest}");
    let printed: Trace = shortest.to_string().parse().unwrap();
    let again = printed.replay(&environment).unwrap().expect("it still shows");
    assert_eq!(again.operation, 1, "{again}");
}

/// A failure that shows at the very end needs whatever leads there, and a backend's panic is one too.
#[test]
fn panics_are_failures() {
    let environment = Environment::simulated(Profile::h200(), |context| {
        Ok(Arc::new(Flawed::new(context, Wrong::PanicsInDrop)))
    });
    let trace = Trace::random(2, 30);
    let failure = trace.replay(&environment).unwrap().expect("the flaw shows");
    assert!(failure.message.contains("panicked: a flawed backend"), "{failure}");
    assert_eq!(failure.operation, 30);
    assert!(trace.shrink(&environment).unwrap().operations.is_empty(), "nothing is needed");
}

/// A trace that breaks nothing does not shrink.
#[test]
fn what_passes_stays() {
    let environment = toy(Profile::integrated(), None);
    let trace = Trace::random(3, 20);
    assert_eq!(trace.shrink(&environment), Ok(trace));
}
