//! The ring under the interleavings of its threads.
//!
//! Run by `cargo xtask loom`.
//!
//! Loom compares what a thread is about to do with the last access of that place alone, so that a thread's own load hides
//! what others did before. Whoever writes must therefore run first: the thread that spawns puts values in before it joins.

use loom::{model, sync::Arc, thread};

use super::{Intake, Outlet};

fn take(intake: &Intake<u32>, outlet: &mut Outlet<u32>, into: &mut Vec<u32>) {
    intake.take(outlet, |value| into.push(*value));
}

/// What two threads put in comes out once, in the order of each, be it through the ring or beside it.
#[test]
fn intake_against_drain_loses_nothing_and_keeps_the_order_of_each() {
    // Without a bound on switches it takes minutes.
    let mut builder = model::Builder::new();
    builder.preemption_bound = Some(5);
    builder.check(|| {
        let intake = Arc::new(Intake::new(2));
        let other = Arc::clone(&intake);
        let thread = thread::spawn(move || {
            other.push_with(|| 10);
            other.push_with(|| 11);
        });
        let (mut outlet, mut got) = (Outlet::default(), Vec::new());
        intake.push_with(|| 20);
        take(&intake, &mut outlet, &mut got);
        assert!(got.contains(&20), "it came in before");
        intake.push_with(|| 21);
        take(&intake, &mut outlet, &mut got);
        assert!(got.contains(&21), "it came in before");
        thread.join().unwrap();
        take(&intake, &mut outlet, &mut got);
        assert_eq!(got.len(), 4, "{got:?}");
        for thread in [1, 2] {
            let of: Vec<u32> = got.iter().copied().filter(|it| it / 10 == thread).collect();
            assert_eq!(of, [thread * 10, thread * 10 + 1], "{got:?}");
        }
    });
}

/// A full ring spills, and what was spilled comes behind what the same thread had put in before, and before what it puts in
/// after.
#[test]
fn a_spill_keeps_the_order_of_its_thread() {
    model(|| {
        let intake = Arc::new(Intake::new(2));
        let other = Arc::clone(&intake);
        let thread = thread::spawn(move || {
            let (mut outlet, mut got) = (Outlet::default(), Vec::new());
            take(&other, &mut outlet, &mut got);
            take(&other, &mut outlet, &mut got);
            (outlet, got)
        });
        for value in 0..4 {
            intake.push_with(|| value);
        }
        let (mut outlet, mut got) = thread.join().unwrap();
        take(&intake, &mut outlet, &mut got);
        assert_eq!(got, [0, 1, 2, 3]);
    });
}
