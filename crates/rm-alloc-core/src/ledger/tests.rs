//! The ledger alone: what an attempt shows at each of its steps.

mod lines;

use std::sync::Arc;

use ash::vk;

use super::{AccountPath, Accounts, Figures, FrameDelta, Judge, Ledger, PolicyAccount};
use crate::{BudgetLimit, Category, Tag};

const PATH: AccountPath = AccountPath { heap: 0, category: Category::Buffer, tag: Tag(3) };

fn ledger(limit: u64, strict: bool) -> Ledger {
    let ledger = Ledger::new(&[true], strict, 75);
    ledger.set_limits(limit, &[None; vk::MAX_MEMORY_HEAPS]);
    ledger
}

/// An attempt that fails leaves no trace: no peak, no crossing, nothing in the frame.
#[test]
fn a_reservation_that_is_dropped_was_never_there() {
    let ledger = ledger(100, true);
    let before = ledger.snapshot();
    let reservation = ledger.reserve(PATH, 90, None).unwrap();
    let during = ledger.device_figures();
    assert_eq!((during.reserved, during.pending, during.available()), (0, 90, 10));
    assert!(ledger.reserve(PATH, 11, None).is_err(), "what is set aside is taken");
    drop(reservation);
    assert_eq!(ledger.snapshot(), before);
    assert!(!ledger.has_news());
    assert_eq!(ledger.turn_frame(None).allocations, 0);
    assert_eq!(ledger.tag(PATH.tag).peak, 0);
}

/// A surplus is admitted or nothing changes, and what settles is what was granted.
#[test]
fn a_surplus_is_admitted_or_refused_whole() {
    let ledger = ledger(100, true);
    let mut reservation = ledger.reserve(PATH, 60, None).unwrap();
    let over = reservation.enlarge(101).unwrap_err();
    assert_eq!((over.requested, over.available, over.limit), (101, 100, 100));
    assert_eq!(ledger.device_figures().pending, 60);
    reservation.enlarge(100).unwrap();
    assert_eq!(ledger.device_figures().pending, 100);
    let charge = reservation.settle(100, 60);
    let figures = ledger.device_figures();
    assert_eq!((figures.reserved, figures.committed, figures.pending), (100, 60, 0));
    assert_eq!((figures.peak, figures.count), (100, 1));
    ledger.release(&charge, false);
    assert_eq!(ledger.device_figures().reserved, 0);
    assert_eq!(ledger.category(Category::Buffer).committed, 0);
}

/// Counting never stops: what was taken while nothing could refuse is charged, also beyond a limit.
#[test]
fn what_was_taken_is_charged() {
    let ledger = ledger(100, false);
    ledger.set_strict(true);
    let charge = ledger.charge(PATH, 300, 200);
    assert!(ledger.device_figures().is_over());
    assert!(ledger.reserve(PATH, 1, None).is_err());
    ledger.release(&charge, false);
    assert!(ledger.reserve(PATH, 100, None).is_ok());
}

/// The same policy's limit counts what is set aside, granted and released, whatever the limits of the ledger.
#[test]
fn a_policy_has_an_account_of_its_own() {
    let ledger = ledger(1, false);
    let account = Arc::new(PolicyAccount::new(Arc::new(BudgetLimit::tracking())));
    let judge = || Some(Judge { account: Arc::clone(&account), limit: Some(50) });
    let mut first = ledger.reserve(PATH, 30, judge()).unwrap();
    assert_eq!(ledger.reserve(PATH, 21, judge()).unwrap_err().available, 20);
    first.enlarge(51).unwrap_err();
    first.enlarge(40).unwrap();
    let charge = first.settle(40, 30);
    assert_eq!(account.figures(None).reserved, 40);
    drop(ledger.reserve(PATH, 10, judge()).unwrap());
    assert_eq!(account.figures(None).reserved, 40);
    ledger.release(&charge, false);
    assert_eq!(account.figures(None).reserved, 0);
}

/// Crossings that nobody asks for do not pile up.
#[test]
fn only_the_last_crossing_of_an_account_waits() {
    let ledger = ledger(100, false);
    for _ in 0..3 {
        let (near, over) = (ledger.charge(PATH, 80, 80), ledger.charge(PATH, 80, 80));
        ledger.release(&near, false);
        ledger.release(&over, false);
    }
    assert!(ledger.has_news());
    let crossed = ledger.take_crossed();
    assert_eq!(crossed.len(), 1);
    assert!(crossed[0].over && crossed[0].heap.is_none(), "{crossed:?}");
    assert!(!ledger.has_news() && ledger.take_crossed().is_empty());
}

/// What a charge changes lies in three cache lines, lock included.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn a_charge_touches_three_cache_lines() {
    let (plain, locked) = (size_of::<Accounts>(), size_of::<crate::sync::Mutex<Accounts>>());
    assert_eq!(locked - plain, 8, "the lock and its poison come before the figures");
    assert_eq!(Accounts::HEAPS_AT, 64 - 8, "device and frame share the line of the lock");
    assert_eq!(Accounts::ACCOUNT_SIZE, 64, "a heap or a category is one line");
}

/// The device is the sum of the heaps next to it, whatever their numbers, in each of its figures.
#[test]
fn the_device_is_its_local_heaps() {
    let ledger = Ledger::new(&[false, true, false, true], true, 75);
    ledger.set_limits(100, &[None; vk::MAX_MEMORY_HEAPS]);
    let path = |heap| AccountPath { heap, ..PATH };
    let charges: Vec<_> =
        (0..4).map(|heap| ledger.charge(path(heap), 10 + u64::from(heap), 5)).collect();
    ledger.retire(&charges[0]);
    ledger.retire(&charges[3]);
    let pending = [0, 1].map(|heap| ledger.reserve(path(heap), 7, None).unwrap());
    let device = ledger.device_figures();
    assert_eq!((device.reserved, device.committed, device.count), (24, 10, 2));
    assert_eq!((device.retiring, device.pending, device.peak), (13, 7, 24));
    assert_eq!(device.available(), 100 - 24 - 7);
    drop(pending);
    ledger.unretire(&charges[3]);
    assert_eq!(ledger.device_figures().retiring, 0);
    assert_eq!(ledger.heap(0).retiring, 10);
    assert!(ledger.reserve(path(0), 1 << 40, None).is_ok(), "host memory has limits of its own");
    assert!(ledger.reserve(path(1), 77, None).is_err());
}

/// The quick yes is a yes only where every heap has room, and the policy.
#[test]
fn the_quick_yes_is_sure() {
    let ledger = Ledger::new(&[true, false], true, 75);
    let mut heaps = [None; vk::MAX_MEMORY_HEAPS];
    (heaps[0], heaps[1]) = (Some(50), Some(40));
    ledger.set_limits(60, &heaps);
    assert!(ledger.would_admit_everywhere(40, None));
    assert!(!ledger.would_admit_everywhere(41, None), "heap 1 has no room");
    let reservation = ledger.reserve(PATH, 25, None).unwrap();
    assert!(ledger.would_admit_everywhere(25, None), "what is set aside counts");
    assert!(!ledger.would_admit_everywhere(26, None));
    drop(reservation);
    ledger.set_limits(30, &heaps);
    assert!(ledger.would_admit_everywhere(30, None));
    assert!(!ledger.would_admit_everywhere(31, None), "the device has no room");
    let account = Arc::new(PolicyAccount::new(Arc::new(BudgetLimit::tracking())));
    let judge = Judge { account, limit: Some(20) };
    assert!(ledger.would_admit_everywhere(20, Some(&judge)));
    assert!(!ledger.would_admit_everywhere(21, Some(&judge)), "the policy says no");
    ledger.set_strict(false);
    assert!(ledger.would_admit_everywhere(1 << 40, None), "limits only judge");
    assert!(!ledger.would_admit_everywhere(21, Some(&judge)), "a policy's limit always refuses");
}

/// Ratios and differences are numbers whatever they are of.
#[test]
fn figures_have_edges() {
    let none = Figures { limit: Some(0), ..Figures::default() };
    assert!(none.utilisation().abs() < f64::EPSILON && !none.is_over(), "nothing of nothing");
    let some = Figures { reserved: 1, ..none };
    assert!(some.utilisation().is_infinite() && some.is_over());
    let delta = |allocated_bytes, freed_bytes| FrameDelta {
        allocated_bytes,
        freed_bytes,
        ..FrameDelta::default()
    };
    assert_eq!(delta(3, 5).net_bytes(), -2);
    assert_eq!(delta(5, 3).net_bytes(), 2);
    assert_eq!(delta(u64::MAX, 0).net_bytes(), i64::MAX);
    assert_eq!(delta(0, u64::MAX).net_bytes(), i64::MIN);
}
