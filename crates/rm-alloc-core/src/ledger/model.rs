//! The ledger under every interleaving of its threads.
//!
//! Run by `cargo xtask loom`.

use ash::vk;
use loom::{model, sync::Arc, thread};

use super::{AccountPath, Ledger};
use crate::{Category, Tag};

const PATH: AccountPath = AccountPath { heap: 0, category: Category::Buffer, tag: Tag(0) };

fn ledger(limit: u64) -> Arc<Ledger> {
    let ledger = Ledger::new(&[true], true, 75);
    ledger.set_limits(limit, &[None; vk::MAX_MEMORY_HEAPS]);
    Arc::new(ledger)
}

/// Reserves, is granted `granted`, and says whether all of it was charged and given back.
fn attempt(ledger: &Ledger, asked: u64, granted: u64) -> bool {
    let Ok(mut reservation) = ledger.reserve(PATH, asked, None) else { return false };
    if reservation.enlarge(granted).is_err() {
        return false;
    }
    let charge = reservation.settle(granted, asked);
    let figures = ledger.device_figures();
    assert!(figures.reserved >= granted);
    assert!(figures.reserved + figures.pending <= 10, "{figures:?}");
    ledger.release(&charge, false);
    true
}

fn empty(ledger: &Ledger) {
    let figures = ledger.device_figures();
    assert_eq!((figures.reserved, figures.pending, figures.count), (0, 0, 0), "{figures:?}");
}

/// Two attempts that fit together both succeed; whatever happens, the limit holds and everything comes back.
#[test]
fn what_fits_together_is_never_refused() {
    model(|| {
        let ledger = ledger(10);
        let other = Arc::clone(&ledger);
        let thread = thread::spawn(move || attempt(&other, 4, 5));
        assert!(attempt(&ledger, 3, 5), "both fit");
        assert!(thread.join().unwrap(), "both fit");
        empty(&ledger);
        assert!((5..=10).contains(&ledger.device_figures().peak));
    });
}

/// Of two that do not fit together at least one succeeds, and never both at once.
#[test]
fn what_does_not_fit_together_never_overshoots() {
    model(|| {
        let ledger = ledger(10);
        let other = Arc::clone(&ledger);
        let thread = thread::spawn(move || attempt(&other, 6, 6));
        let ours = attempt(&ledger, 6, 6);
        let theirs = thread.join().unwrap();
        assert!(ours || theirs);
        empty(&ledger);
        assert_eq!(ledger.device_figures().peak, 6, "never both");
    });
}

/// An attempt that gives up leaves no trace in a peak, whoever runs beside it.
#[test]
fn a_refund_leaves_no_trace() {
    model(|| {
        let ledger = ledger(10);
        let other = Arc::clone(&ledger);
        let thread = thread::spawn(move || drop(other.reserve(PATH, 4, None).unwrap()));
        assert!(attempt(&ledger, 6, 6), "both fit");
        thread.join().unwrap();
        empty(&ledger);
        assert_eq!(ledger.device_figures().peak, 6);
    });
}

/// A limit that changes meanwhile judges from then on, and counting never stops.
#[test]
fn a_limit_may_change_at_any_moment() {
    model(|| {
        let ledger = ledger(10);
        let other = Arc::clone(&ledger);
        let thread = thread::spawn(move || {
            other.set_limits(5, &[None; vk::MAX_MEMORY_HEAPS]);
            other.set_strict(false);
            other.set_strict(true);
        });
        let charged = attempt(&ledger, 6, 7);
        thread.join().unwrap();
        empty(&ledger);
        assert_eq!(ledger.device_figures().peak, if charged { 7 } else { 0 });
        assert!(ledger.reserve(PATH, 6, None).is_err(), "the new limit holds");
        assert!(ledger.reserve(PATH, 5, None).is_ok());
        while ledger.has_news() {
            assert!(!ledger.take_crossed().is_empty(), "news without a crossing");
        }
    });
}

/// What is marked as retiring stays charged while another attempt gives back what it had set aside, and both come to nothing.
#[test]
fn retiring_against_a_refund_keeps_both_books() {
    model(|| {
        let ledger = ledger(10);
        let charge = ledger.reserve(PATH, 6, None).unwrap().settle(6, 6);
        let other = Arc::clone(&ledger);
        let thread = thread::spawn(move || drop(other.reserve(PATH, 4, None).unwrap()));
        ledger.retire(&charge);
        let figures = ledger.device_figures();
        assert_eq!((figures.reserved, figures.retiring), (6, 6), "{figures:?}");
        assert!(figures.pending <= 4, "{figures:?}");
        ledger.release(&charge, true);
        thread.join().unwrap();
        empty(&ledger);
        assert_eq!((ledger.device_figures().retiring, ledger.device_figures().peak), (0, 6));
    });
}

/// Two resources retire and go on two threads: neither takes the other's bytes along.
#[test]
fn retiring_on_two_threads_counts_each_once() {
    model(|| {
        let ledger = ledger(10);
        let (ours, theirs) = (4, 6);
        let charge = ledger.reserve(PATH, ours, None).unwrap().settle(ours, ours);
        let other = Arc::clone(&ledger);
        let thread = thread::spawn(move || {
            let charge = other.reserve(PATH, theirs, None).unwrap().settle(theirs, theirs);
            other.retire(&charge);
            other.release(&charge, true);
        });
        ledger.retire(&charge);
        let figures = ledger.device_figures();
        assert!(figures.retiring >= ours && figures.retiring <= figures.reserved, "{figures:?}");
        thread.join().unwrap();
        assert_eq!(ledger.device_figures().retiring, ours);
        ledger.release(&charge, true);
        empty(&ledger);
        assert_eq!(ledger.device_figures().retiring, 0);
    });
}
