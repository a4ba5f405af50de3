//! Near and over: each line once, and again only after a fall.

use ash::vk;

use super::PATH;
use crate::ledger::{Charge, Ledger};

/// An account that moves a byte at a time, so that no value is jumped over.
struct Walker {
    ledger: Ledger,
    bytes: Vec<Charge>,
}

impl Walker {
    /// A limit of 100 bytes, on the device or on the heap.
    fn new(on_heap: bool) -> Self {
        let walker = Self { ledger: Ledger::new(&[true], false, 75), bytes: Vec::new() };
        walker.limit(on_heap, 100);
        walker
    }

    fn limit(&self, on_heap: bool, limit: u64) {
        let far = 1 << 20;
        let mut heaps = [None; vk::MAX_MEMORY_HEAPS];
        heaps[0] = Some(if on_heap { limit } else { far });
        self.ledger.set_limits(if on_heap { far } else { limit }, &heaps);
    }

    /// Goes to `used`, and says what was told on the way: the use, and whether it was over.
    fn to(&mut self, used: usize) -> Vec<(u64, bool)> {
        let mut told = Vec::new();
        while self.bytes.len() != used {
            if self.bytes.len() < used {
                self.bytes.push(self.ledger.charge(PATH, 1, 1));
            } else if let Some(byte) = self.bytes.pop() {
                self.ledger.release(&byte, false);
            }
            told.extend(self.told());
        }
        told
    }

    fn told(&self) -> Vec<(u64, bool)> {
        let crossed = if self.ledger.has_news() { self.ledger.take_crossed() } else { Vec::new() };
        crossed.iter().map(|pressure| (pressure.used, pressure.over)).collect()
    }
}

/// Each line is told of where it is crossed, and once; falling back a little does not arm it again, falling far does.
#[test]
fn lines_have_hysteresis() {
    for on_heap in [false, true] {
        let mut walker = Walker::new(on_heap);
        assert_eq!(walker.to(74), []);
        assert_eq!(walker.to(75), [(75, false)], "at the warning line");
        assert_eq!(walker.to(70), []);
        assert_eq!(walker.to(99), [], "it trembles");
        assert_eq!(walker.to(69), []);
        assert_eq!(walker.to(100), [(75, false)], "five points below it is armed again");
        assert_eq!(walker.to(101), [(101, true)], "exactly full is not over");
        assert_eq!(walker.to(95), []);
        assert_eq!(walker.to(150), [], "it trembles");
        assert_eq!(walker.to(94), [], "near it was before");
        assert_eq!(walker.to(101), [(101, true)], "armed again");
        assert_eq!(walker.to(69), [], "both lines at once");
        assert_eq!(walker.to(101), [(75, false), (101, true)]);
        assert_eq!(walker.to(0), []);
    }
}

/// A limit that moves crosses the account as an account that moves crosses the limit.
#[test]
fn a_limit_that_moves_crosses_too() {
    for on_heap in [false, true] {
        let mut walker = Walker::new(on_heap);
        assert_eq!(walker.to(60), []);
        walker.limit(on_heap, 80);
        assert_eq!(walker.told(), [(60, false)], "three quarters of it");
        walker.limit(on_heap, 59);
        assert_eq!(walker.told(), [(60, true)]);
        walker.limit(on_heap, 100);
        assert_eq!(walker.told(), []);
        assert_eq!(walker.to(75), [(75, false)], "all was armed again");
        walker.limit(on_heap, 0);
        assert_eq!(walker.told(), [(75, true)]);
        assert_eq!(walker.to(0), []);
        assert_eq!(walker.to(1), [(1, true)], "an empty account is not over a limit of nothing");
    }
}

/// A limit that trembles tells nothing twice either.
#[test]
fn a_limit_that_trembles_is_told_of_once() {
    for on_heap in [false, true] {
        let mut walker = Walker::new(on_heap);
        assert_eq!(walker.to(75), [(75, false)]);
        walker.limit(on_heap, 104);
        walker.limit(on_heap, 100);
        assert_eq!(walker.told(), [], "three points below the line arm nothing");
        walker.limit(on_heap, 109);
        walker.limit(on_heap, 100);
        assert_eq!(walker.told(), [(75, false)], "more than five do");
        assert_eq!(walker.to(101), [(101, true)]);
        walker.limit(on_heap, 104);
        walker.limit(on_heap, 100);
        assert_eq!(walker.told(), [], "nor above the limit");
        walker.limit(on_heap, 108);
        walker.limit(on_heap, 100);
        assert_eq!(walker.told(), [(101, true)]);
    }
}
