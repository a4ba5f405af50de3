//! The ring on one thread, where everything can be foreseen; threads are for the model and the stress test.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{Intake, Outlet};

fn take(intake: &Intake<u64>, outlet: &mut Outlet<u64>) -> Vec<u64> {
    let mut got = Vec::new();
    intake.take(outlet, |value| got.push(*value));
    got
}

#[test]
fn what_does_not_fit_is_spilled_and_comes_out_in_order() {
    let (intake, mut outlet) = (Intake::new(3), Outlet::default());
    assert_eq!(intake.capacity(), 4, "rounded up");
    for round in 0..5 {
        (0..10).for_each(|value| intake.push_with(|| round * 10 + value));
        let wanted: Vec<u64> = (0..10).map(|value| round * 10 + value).collect();
        assert_eq!(take(&intake, &mut outlet), wanted);
        assert_eq!(intake.count(), (round + 1) * 10);
        assert_eq!(intake.spilled(), (round + 1) * 6);
    }
    assert_eq!(take(&intake, &mut outlet), []);
}

#[test]
fn the_ring_goes_round_without_spilling() {
    let (intake, mut outlet) = (Intake::new(4), Outlet::default());
    for value in 0..100 {
        intake.push_with(|| value);
        intake.push_with(|| value + 1000);
        assert_eq!(take(&intake, &mut outlet), [value, value + 1000]);
    }
    assert_eq!(intake.spilled(), 0);
}

#[test]
fn four_threads_lose_nothing_while_it_is_emptied() {
    const EACH: u64 = 50_000;
    let (intake, mut outlet) = (Arc::new(Intake::new(64)), Outlet::default());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let intake = Arc::clone(&intake);
            thread::spawn(move || {
                (0..EACH).for_each(|value| intake.push_with(|| thread << 32 | value));
            })
        })
        .collect();
    let mut next = [0_u64; 4];
    let mut got = 0;
    while got < 4 * EACH {
        intake.take(&mut outlet, |value| {
            let thread = usize::try_from(value >> 32).unwrap();
            assert_eq!(value & 0xffff_ffff, next[thread], "in the order of each thread");
            next[thread] += 1;
            got += 1;
        });
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(next, [EACH; 4]);
}

#[test]
fn only_a_full_ring_spills() {
    const EACH: u64 = 100_000;
    const MOST: u64 = 64;
    let (intake, mut outlet) = (Arc::new(Intake::new(4096)), Outlet::default());
    let inside = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (intake, inside) = (Arc::clone(&intake), Arc::clone(&inside));
            thread::spawn(move || {
                for value in 0..EACH {
                    while inside.fetch_add(1, Ordering::AcqRel) >= MOST {
                        inside.fetch_sub(1, Ordering::AcqRel);
                        thread::yield_now();
                    }
                    intake.push_with(|| value);
                }
            })
        })
        .collect();
    let mut got = 0;
    while got < 4 * EACH {
        let mut taken = 0;
        intake.take(&mut outlet, |_| taken += 1);
        inside.fetch_sub(taken, Ordering::AcqRel);
        got += taken;
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(intake.spilled(), 0, "there were never more than 64 in it");
}
