//! When a test hears of what went wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rm_vksim::{SimDevice, Verdict};

use crate::support::{LOCAL, Quick, small};

fn device() -> SimDevice {
    SimDevice::new(small()).unwrap()
}

fn panic_of(work: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(work)).err()?;
    Some(panic.downcast::<String>().map_or_else(|_| "no text".to_owned(), |text| *text))
}

#[test]
fn a_leak_panics_in_the_drop_with_its_label() {
    let sim = device();
    let memory = sim.memory(64, LOCAL);
    sim.name(memory, "kept by mistake");
    let text = panic_of(|| drop(sim)).expect("the guard panics");
    assert!(text.contains("`kept by mistake`") && text.contains("64 bytes"), "{text}");
}

#[test]
fn a_violation_panics_in_the_drop() {
    let sim = device();
    assert!(sim.try_memory(0, LOCAL).is_err());
    let text = panic_of(|| drop(sim)).expect("the guard panics");
    assert!(text.contains("vkAllocateMemory: ZeroSize"), "{text}");
}

#[test]
fn a_verdict_that_was_taken_is_settled() {
    let sim = device();
    let memory = sim.memory(64, LOCAL);
    assert!(sim.try_memory(0, LOCAL).is_err());
    let Verdict { violations, leaks, .. } = sim.verdict().unwrap_err();
    assert_eq!((violations.len(), leaks.len()), (1, 1));
    sim.verdict().unwrap();
    assert_eq!(sim.leaks().len(), 1, "still alive");
    sim.destroy(&[], &[], &[memory]);
    drop(sim);
}

#[test]
fn what_happens_after_a_verdict_is_not_settled() {
    let sim = device();
    sim.verdict().unwrap();
    assert!(sim.try_memory(0, LOCAL).is_err());
    assert!(panic_of(|| drop(sim)).is_some());
}

#[test]
fn a_panicking_test_is_left_alone() {
    let text = panic_of(|| {
        let sim = device();
        let _leaked = sim.memory(64, LOCAL);
        panic!("{}", "the test's own");
    });
    assert_eq!(text.as_deref(), Some("the test's own"));
}
