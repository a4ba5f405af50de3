//! Stack against a list.

use proptest::prelude::*;
use rm_suballoc::{Allocation, Handle, RegionStatistics, Stack, SuballocError};

use crate::support::{is_valid, lowest, regions, requests};

#[derive(Clone, Debug)]
enum Step {
    Allocate((u64, u64)),
    Pop,
    /// Of all that there ever were.
    Free(prop::sample::Index),
    Mark,
    FreeTo(prop::sample::Index),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        12 => requests().prop_map(Step::Allocate),
        4 => Just(Step::Pop),
        3 => index().prop_map(Step::Free),
        2 => Just(Step::Mark),
        2 => index().prop_map(Step::FreeTo),
        1 => Just(Step::Clear)
    ];
    prop::collection::vec(step, 0..80)
}

fn end(live: &[Allocation]) -> u64 {
    live.last().map_or(0, |top| top.offset + top.size)
}

proptest! {
    #[test]
    fn only_the_top_goes_and_only_once(size in regions(), steps in steps()) {
        let mut stack = Stack::new(size);
        let mut live: Vec<Allocation> = Vec::new();
        let mut all: Vec<Handle> = Vec::new();
        let mut marks = vec![(stack.mark(), None)];
        for step in steps {
            match step {
                Step::Allocate(request) => {
                    let made = stack.allocate(request.0, request.1);
                    let expected = is_valid(request).then(|| lowest(end(&live)..size, request));
                    prop_assert_eq!(made.ok().map(|it| it.offset), expected.flatten());
                    if let Ok(made) = made {
                        prop_assert_eq!(made.size, request.0);
                        prop_assert!(!all.contains(&made.handle), "no handle comes twice");
                        all.push(made.handle);
                        live.push(made);
                    }
                }
                Step::Pop => {
                    if let Some(top) = live.pop() {
                        prop_assert_eq!(stack.free(top.handle), Ok(()));
                    }
                }
                Step::Free(index) if !all.is_empty() => {
                    let handle = all[index.index(all.len())];
                    let expected = match live.iter().rposition(|it| it.handle == handle) {
                        None => Err(SuballocError::StaleHandle),
                        Some(place) if place + 1 == live.len() => Ok(()),
                        Some(_) => Err(SuballocError::OutOfOrder),
                    };
                    prop_assert_eq!(stack.free(handle), expected);
                    live.truncate(live.len() - usize::from(expected.is_ok()));
                }
                Step::Free(_) => {}
                Step::Mark => marks.push((stack.mark(), live.last().map(|top| top.handle))),
                Step::FreeTo(index) => {
                    let (mark, top) = marks[index.index(marks.len())];
                    let depth = match top {
                        None => Some(0),
                        Some(top) => live.iter().position(|it| it.handle == top).map(|it| it + 1),
                    };
                    let expected = depth.map(drop).ok_or(SuballocError::StaleHandle);
                    prop_assert_eq!(stack.free_to(mark), expected);
                    live.truncate(depth.unwrap_or(live.len()));
                }
                Step::Clear => {
                    stack.clear();
                    live.clear();
                }
            }
            let allocations = u32::try_from(live.len()).unwrap();
            let expected = RegionStatistics { size, used: end(&live), allocations };
            prop_assert_eq!(stack.statistics(), expected);
            prop_assert_eq!(stack.remaining(), size - end(&live));
        }
    }
}

#[test]
fn what_alignment_skipped_comes_back_too() {
    let mut stack = Stack::new(1_000);
    let below = stack.allocate(10, 1).unwrap();
    let above = stack.allocate(10, 256).unwrap();
    assert_eq!((above.offset, stack.statistics().used), (256, 266));
    assert_eq!(stack.free(above.handle), Ok(()));
    assert_eq!(stack.statistics().used, 10);
    assert_eq!(stack.free(Handle::from_parts(u32::MAX, 0)), Err(SuballocError::StaleHandle));
    assert_eq!(stack.free(below.handle), Ok(()));
}
