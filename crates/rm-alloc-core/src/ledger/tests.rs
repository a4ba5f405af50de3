//! The ledger alone: what an attempt shows at each of its steps.

use std::sync::Arc;

use ash::vk;

use super::{AccountPath, Accounts, Judge, Ledger, PolicyAccount};
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
    assert_eq!(ledger.turn_frame().allocations, 0);
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
