//! Ring against a queue of ranges.

use std::collections::VecDeque;

use proptest::prelude::*;
use rm_suballoc::{Ring, RingAllocation, RingMark, SuballocError};

use crate::support::{is_valid, lowest, regions, requests};

#[derive(Clone, Debug)]
enum Step {
    Allocate((u64, u64)),
    /// The oldest.
    Free,
    /// Of all that there ever were.
    FreeAny(prop::sample::Index),
    Mark,
    FreeTo(prop::sample::Index),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        14 => requests().prop_map(Step::Allocate),
        6 => Just(Step::Free),
        3 => index().prop_map(Step::FreeAny),
        2 => Just(Step::Mark),
        3 => index().prop_map(Step::FreeTo),
        1 => Just(Step::Clear)
    ];
    prop::collection::vec(step, 0..120)
}

/// The ring as anybody would draw it.
struct Model {
    size: u64,
    live: VecDeque<RingAllocation>,
    /// The end of what was freed last.
    low: u64,
    /// Ranges that were freed.
    freed: usize,
}

impl Model {
    /// Where a range would go.
    fn place(&self, request: (u64, u64)) -> Option<u64> {
        let Some(last) = self.live.back() else { return lowest(0..self.size, request) };
        let end = last.offset + last.size;
        if end <= self.low {
            // What lives goes around the end of the region.
            return lowest(end..self.low, request);
        }
        lowest(end..self.size, request).or_else(|| lowest(0..self.low, request))
    }

    fn push(&mut self, made: RingAllocation) {
        if self.live.is_empty() {
            self.low = 0;
        }
        self.live.push_back(made);
    }

    fn pop(&mut self) {
        if let Some(oldest) = self.live.pop_front() {
            self.low = oldest.offset + oldest.size;
            self.freed += 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn ranges_go_round_and_come_back_in_order(size in regions(), steps in steps()) {
        let mut ring = Ring::new(size);
        let mut model = Model { size, live: VecDeque::new(), low: 0, freed: 0 };
        let mut all: Vec<RingAllocation> = Vec::new();
        let mut marks: Vec<(RingMark, usize)> = vec![(ring.mark(), 0)];
        for step in steps {
            match step {
                Step::Allocate(request) => {
                    let made = ring.allocate(request.0, request.1);
                    let expected = is_valid(request).then(|| model.place(request)).flatten();
                    prop_assert_eq!(made.ok().map(|it| it.offset), expected);
                    if let Ok(made) = made {
                        prop_assert_eq!(made.size, request.0);
                        let apart = |it: &RingAllocation| {
                            it.offset + it.size <= made.offset || made.offset + made.size <= it.offset
                        };
                        prop_assert!(model.live.iter().all(apart));
                        prop_assert_eq!(made.end(), ring.mark());
                        model.push(made);
                        all.push(made);
                    }
                }
                Step::Free => {
                    if let Some(oldest) = model.live.front() {
                        prop_assert_eq!(ring.free(*oldest), Ok(()));
                        model.pop();
                    }
                }
                Step::FreeAny(index) if !all.is_empty() => {
                    let index = index.index(all.len());
                    let expected = match index.cmp(&model.freed) {
                        std::cmp::Ordering::Less => Err(SuballocError::StaleHandle),
                        std::cmp::Ordering::Equal => Ok(()),
                        std::cmp::Ordering::Greater => Err(SuballocError::OutOfOrder),
                    };
                    prop_assert_eq!(ring.free(all[index]), expected);
                    if expected.is_ok() {
                        model.pop();
                    }
                }
                Step::FreeAny(_) => {}
                Step::Mark => marks.push((ring.mark(), all.len())),
                Step::FreeTo(index) => {
                    let (mark, count) = marks[index.index(marks.len())];
                    let expected =
                        if count < model.freed { Err(SuballocError::StaleHandle) } else { Ok(()) };
                    prop_assert_eq!(ring.free_to(mark), expected);
                    while expected.is_ok() && model.freed < count {
                        model.pop();
                    }
                }
                Step::Clear => {
                    ring.clear();
                    while !model.live.is_empty() {
                        model.pop();
                    }
                }
            }
            let statistics = ring.statistics();
            let sum: u64 = model.live.iter().map(|it| it.size).sum();
            prop_assert_eq!(statistics.allocations as usize, model.live.len());
            prop_assert!(sum <= statistics.used && statistics.used <= size);
            prop_assert_eq!(statistics.used == 0, model.live.is_empty());
        }
    }
}

/// Whatever marks and ranges of other rings do, what lives stays within bounds.
#[test]
fn marks_of_another_ring_are_refused_or_harmless() {
    let mut other = Ring::new(1_000);
    let mut foreign = Vec::new();
    for size in [1, 2, 50, 300, 1, 646] {
        foreign.push(other.allocate(size, 1).unwrap());
    }
    for live in [0, 1, 3] {
        for allocation in &foreign {
            let mut ring = Ring::new(100);
            let made: Vec<_> = (0..live).map(|_| ring.allocate(20, 1).unwrap()).collect();
            let before = ring.statistics();
            if ring.free_to(allocation.end()).is_err() {
                assert_eq!(ring.statistics(), before);
            }
            let after = ring.statistics();
            assert!(after.used <= before.used && after.allocations <= before.allocations);
            assert_eq!(after.used == 0, after.allocations == 0, "{made:?}");
        }
    }
}

#[test]
fn an_empty_ring_begins_anew() {
    let mut ring = Ring::new(100);
    let first = ring.allocate(60, 1).unwrap();
    assert_eq!(ring.allocate(60, 1), Err(SuballocError::NoRoom { size: 60, alignment: 1 }));
    assert_eq!(ring.free(first), Ok(()));
    let whole = ring.allocate(100, 64).unwrap();
    assert_eq!((whole.offset, ring.statistics().used), (0, 100));
    assert_eq!(ring.free_to(first.end()), Ok(()), "reached already");
    assert_eq!(ring.statistics().used, 100);
    assert_eq!(ring.free_to(whole.end()), Ok(()));
    assert_eq!(ring.free_to(first.end()), Err(SuballocError::StaleHandle), "passed already");
}

#[test]
fn what_the_end_of_the_region_skips_counts_as_used() {
    let mut ring = Ring::new(100);
    let [a, b] = [40, 40].map(|size| ring.allocate(size, 1).unwrap());
    assert_eq!(ring.free(a), Ok(()));
    let c = ring.allocate(30, 1).unwrap();
    assert_eq!((c.offset, ring.statistics().used), (0, 40 + 20 + 30));
    let d = ring.allocate(10, 1).unwrap();
    assert_eq!((d.offset, ring.statistics().used), (30, 100), "the ring is full");
    assert!(ring.allocate(1, 1).is_err());
    assert_eq!((ring.free(b), ring.statistics().used), (Ok(()), 60));
    assert_eq!((ring.free(c), ring.statistics().used), (Ok(()), 10));
    assert_eq!((ring.free(d), ring.statistics().used), (Ok(()), 0));
}
