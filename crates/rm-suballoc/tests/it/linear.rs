//! Linear against a number that grows.

use proptest::prelude::*;
use rm_suballoc::{Linear, RegionStatistics, SuballocError};

use crate::support::{is_valid, lowest, regions, requests};

#[derive(Clone, Debug)]
enum Step {
    Allocate((u64, u64)),
    Mark,
    Reset,
    ResetTo(prop::sample::Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => requests().prop_map(Step::Allocate),
        3 => Just(Step::Mark),
        1 => Just(Step::Reset),
        2 => any::<prop::sample::Index>().prop_map(Step::ResetTo)
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn offsets_are_as_low_as_they_can_be_above_what_was(size in regions(), steps in steps()) {
        let mut linear = Linear::new(size);
        // Marks that are still reached, with what they stand for.
        let mut marks = vec![(linear.mark(), 0, 0)];
        let (mut head, mut allocations) = (0, 0);
        for step in steps {
            match step {
                Step::Allocate(request) if is_valid(request) => {
                    let (size_of_it, alignment) = request;
                    let expected = lowest(head..size, request);
                    let refused = SuballocError::NoRoom { size: size_of_it, alignment };
                    prop_assert_eq!(linear.allocate(size_of_it, alignment), expected.ok_or(refused));
                    if let Some(start) = expected {
                        head = start + size_of_it;
                        allocations += 1;
                    }
                }
                Step::Allocate((size, alignment)) => {
                    let refused = linear.allocate(size, alignment);
                    prop_assert!(matches!(refused, Err(SuballocError::InvalidRequest(_))));
                }
                Step::Mark => marks.push((linear.mark(), head, allocations)),
                Step::Reset => {
                    linear.reset();
                    marks.truncate(1);
                    (head, allocations) = (0, 0);
                }
                Step::ResetTo(index) => {
                    let index = index.index(marks.len());
                    prop_assert_eq!(linear.reset_to(marks[index].0), Ok(()));
                    (_, head, allocations) = marks[index];
                    marks.truncate(index + 1);
                }
            }
            let expected = RegionStatistics { size, used: head, allocations };
            prop_assert_eq!(linear.statistics(), expected);
            prop_assert_eq!(linear.remaining(), size - head);
        }
    }
}

#[test]
fn a_mark_that_is_not_reached_is_stale() {
    let mut linear = Linear::new(100);
    assert_eq!(linear.allocate(60, 1), Ok(0));
    let high = linear.mark();
    linear.reset();
    assert_eq!(linear.reset_to(high), Err(SuballocError::StaleHandle));
    assert_eq!(linear.statistics().used, 0, "nothing has changed");
    // As many ranges and fewer bytes, or as many bytes and fewer ranges, is not there either.
    assert_eq!(linear.allocate(59, 1), Ok(0));
    assert_eq!(linear.reset_to(high), Err(SuballocError::StaleHandle));
    let mut other = Linear::new(100);
    assert_eq!([other.allocate(30, 1), other.allocate(30, 1)], [Ok(0), Ok(30)]);
    assert_eq!(linear.allocate(41, 1), Ok(59));
    linear.reset();
    assert_eq!(linear.allocate(100, 1), Ok(0));
    assert_eq!(linear.reset_to(other.mark()), Err(SuballocError::StaleHandle));
    assert_eq!(linear.statistics().used, 100);
}

/// A constant, as one that lies in a `static` behind a lock is made.
#[test]
fn one_is_made_and_used_in_a_constant() {
    const LINEAR: Linear = Linear::new(1 << 10);
    const SECOND: u64 = {
        let mut linear = LINEAR;
        let _first = linear.allocate(10, 1);
        match linear.allocate(10, 256) {
            Ok(offset) => offset,
            Err(_) => 0,
        }
    };
    assert_eq!(SECOND, 256);
}
