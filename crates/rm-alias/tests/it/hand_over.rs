//! Hand-overs against a map of every byte.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rm_alias::{HandOver, Item, Plan, Problem, plan};

use crate::support::{Shape, problem};

/// One byte of a hand-over: group, byte, after, before, wraps.
type Byte = (u32, u64, usize, usize, bool);

/// Goes through each byte in order of time.
fn by_byte(problem: &Problem, plan: &Plan, wrap: bool) -> BTreeSet<Byte> {
    let mut found = BTreeSet::new();
    for group in plan.groups() {
        for byte in 0..group.peak {
            let has = |item: &usize| {
                let (about, offset) = (&problem.items()[*item], plan.offsets()[*item]);
                about.group == group.group && (offset..offset + about.size).contains(&byte)
            };
            let mut holders: Vec<usize> = (0..plan.offsets().len()).filter(has).collect();
            // Nobody else holds the byte at the same time, so this is the order of their uses.
            holders.sort_by_key(|item| {
                problem.lifetime(*item).iter().map(|span| u64::from(span.start)).sum::<u64>()
            });
            for pair in holders.windows(2) {
                found.insert((group.group, byte, pair[1], pair[0], false));
            }
            if let (true, Some(first), Some(last)) = (wrap, holders.first(), holders.last()) {
                found.insert((group.group, byte, *first, *last, true));
            }
        }
    }
    found
}

fn bytes(problem: &Problem, hand_overs: &[HandOver]) -> BTreeSet<Byte> {
    let each = |one: &HandOver| {
        let group = problem.items()[one.after].group;
        let (after, before, wraps) = (one.after, one.before, one.wraps);
        (one.offset..one.offset + one.size).map(move |byte| (group, byte, after, before, wraps))
    };
    hand_overs.iter().flat_map(each).collect()
}

proptest! {
    #[test]
    fn hand_overs_are_those_of_the_bytes(
        (page, drafts) in Shape::rich(1..25, 1).drafts(),
        wrap: bool,
    ) {
        let problem = problem(page, &drafts);
        let plan = plan(&problem).unwrap();
        let hand_overs = plan.hand_overs(&problem, wrap).unwrap();
        prop_assert_eq!(bytes(&problem, &hand_overs), by_byte(&problem, &plan, wrap));
        prop_assert!(hand_overs.is_sorted());
        for pair in hand_overs.windows(2) {
            let one = pair[0].after == pair[1].after && pair[0].before == pair[1].before
                && pair[0].wraps == pair[1].wraps && pair[0].offset + pair[0].size == pair[1].offset;
            prop_assert!(!one, "{:?} could be one", pair);
        }
    }

    #[test]
    fn hand_overs_of_boxes_are_those_of_the_bytes(
        graph in crate::queues::graphs(),
        wrap: bool,
    ) {
        let problem = graph.problem();
        let plan = plan(&problem).unwrap();
        let hand_overs = plan.hand_overs(&problem, wrap).unwrap();
        prop_assert_eq!(bytes(&problem, &hand_overs), by_byte(&problem, &plan, wrap));
        for one in hand_overs.iter().filter(|one| !one.wraps) {
            prop_assert!(graph.ordered(one.before, one.after), "{:?}", one);
        }
    }
}

#[test]
fn only_the_latest_occupant_of_each_byte_is_listed() {
    let mut problem = Problem::new();
    let first = problem.push(Item::new(4, 1).fixed(0), 0..1);
    let half = problem.push(Item::new(2, 1).fixed(0), 1..2);
    let last = problem.push(Item::new(4, 1).fixed(0), 2..3);
    let plan = plan(&problem).unwrap();
    let hand_over =
        |after, before, offset, wraps| HandOver { after, offset, size: 2, before, wraps };
    let expected = [
        hand_over(half, first, 0, false),
        hand_over(last, half, 0, false),
        hand_over(last, first, 2, false),
    ];
    assert_eq!(plan.hand_overs(&problem, false).unwrap(), expected);
    let wrapped = plan.hand_overs(&problem, true).unwrap();
    assert!(wrapped.contains(&HandOver {
        after: first,
        offset: 0,
        size: 4,
        before: last,
        wraps: true
    }));
}

#[test]
fn a_plan_of_another_problem_has_no_hand_overs() {
    let plan = plan(&Problem::new()).unwrap();
    let mut problem = Problem::new();
    problem.push(Item::new(4, 1), 0..1);
    assert!(plan.hand_overs(&problem, true).is_err());
}
