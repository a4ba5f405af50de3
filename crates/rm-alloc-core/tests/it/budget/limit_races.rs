//! Behaviour 14: limits that two threads change at once.

use std::{sync::Barrier, thread};

use rm_alloc_core::{BudgetConfig, DeviceBudgetManager};

use super::threads::operations;
use crate::support::manager;

/// The limits of the device and of its one local heap, of one moment.
fn limits(manager: &DeviceBudgetManager) -> (u64, u64) {
    let stats = manager.stats();
    (stats.budget, stats.heaps[0].limit.unwrap())
}

/// Runs both changes at the same moment, round after round, and returns the limits that `holds` denies.
fn race(
    manager: &DeviceBudgetManager,
    one: impl Fn(u64) + Sync,
    other: impl Fn(u64),
    holds: impl Fn(u64, (u64, u64)) -> bool + Sync,
) -> Vec<(u64, (u64, u64))> {
    let (start, end) = (Barrier::new(2), Barrier::new(2));
    let rounds = 1..=operations();
    thread::scope(|scope| {
        let judged = scope.spawn(|| {
            let mut wrong = Vec::new();
            for round in rounds.clone() {
                start.wait();
                one(round);
                end.wait();
                // The other one waits for the next start; a panic here would leave it there.
                wrong.extend(Some((round, limits(manager))).filter(|(_, now)| !holds(round, *now)));
            }
            wrong
        });
        for round in rounds.clone() {
            start.wait();
            other(round);
            end.wait();
        }
        judged.join().unwrap()
    })
}

/// Behaviour 14: of a new budget and a new heap limit neither is lost.
#[test]
fn neither_of_two_changes_is_lost() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let wrong = race(
        &manager,
        |round| manager.set_device_budget(round),
        |round| manager.set_heap_limit(0, Some(round + 7)).unwrap(),
        |round, now| now == (round, round + 7),
    );
    assert_eq!(wrong, [], "round, device and heap");
}

/// Behaviour 14: of two new budgets one holds, whole, and frames that begin meanwhile bring no old one back.
#[test]
fn one_of_two_changes_holds() {
    let (manager, sim) = manager(BudgetConfig::default());
    let wrong = race(
        &manager,
        |round| manager.set_device_budget(round * 2),
        |round| manager.set_device_budget(round * 2 + 1),
        |round, (device, _)| device / 2 == round,
    );
    assert_eq!(wrong, [], "round, device and heap");
    sim.set_budget(0, Some(1 << 30));
    let wrong = race(
        &manager,
        |round| manager.set_device_budget(round),
        |_| manager.begin_frame(),
        |round, now| now == (round, 1 << 30),
    );
    assert_eq!(wrong, [], "round, device and heap");
}

/// Behaviours 14 and 21: whoever begins a frame, device and heap follow one and the same word of the driver.
#[test]
fn device_and_heap_follow_one_poll() {
    const WORDS: [u64; 2] = [1 << 30, 2 << 30];
    let (manager, sim) = manager(BudgetConfig::default());
    let poll = |word| {
        sim.set_budget(0, Some(word));
        manager.begin_frame();
    };
    let wrong = race(
        &manager,
        |_| poll(WORDS[0]),
        |_| poll(WORDS[1]),
        |_, (device, heap)| device == heap && WORDS.contains(&device),
    );
    assert_eq!(wrong, [], "round, device and heap");
}
