//! The next frame: unchanged, nearly unchanged, changed.

use proptest::prelude::*;
use rm_alias::{How, Item, Planner, Problem, Span};

use crate::support::{Shape, assert_valid};

fn frame() -> Problem {
    let mut problem = Problem::new();
    for index in 0..80_u32 {
        let (start, size) = (index * 7 % 61, 1 + u64::from(index * 31 % 53));
        problem.push(Item::new(size * 64, 64), start..start + 1 + index * 13 % 9);
    }
    problem
}

#[test]
fn an_unchanged_problem_has_the_same_plan() {
    let mut planner = Planner::new();
    let first = planner.replan(&frame()).unwrap();
    assert_eq!((first.how, first.moved), (How::Planned, 0));
    let offsets = first.plan.offsets().to_vec();
    let again = planner.replan(&frame()).unwrap();
    assert_eq!((again.how, again.moved), (How::Unchanged, 0));
    assert_eq!(again.plan.offsets(), offsets);
}

#[test]
fn a_change_of_content_is_noticed_wherever_it_is() {
    let mut planner = Planner::new();
    for index in 0..80 {
        let mut problem = frame();
        planner.replan(&problem).unwrap();
        problem.replace_lifetime(index, &[Span::from(70..71)]);
        let changed = planner.replan(&problem).unwrap();
        assert_ne!(changed.how, How::Unchanged, "item {index}");
        changed.plan.verify(&problem).unwrap();
    }
}

#[test]
fn an_item_that_shrinks_moves_nothing() {
    let mut planner = Planner::new();
    let mut problem = frame();
    planner.replan(&problem).unwrap();
    for index in 0..80 {
        problem.replace(index, Item::new(32, 64));
        let repaired = planner.replan(&problem).unwrap();
        assert_eq!((repaired.how, repaired.moved), (How::Repaired, 0), "item {index}");
        repaired.plan.verify(&problem).unwrap();
    }
}

#[test]
fn items_added_in_the_middle_leave_the_others_where_they_are() {
    let mut planner = Planner::new();
    let problem = frame();
    let before = planner.replan(&problem).unwrap().plan.offsets().to_vec();
    let mut longer = Problem::new();
    for (index, item) in problem.items().iter().enumerate() {
        if index == 40 {
            longer.push(Item::new(64, 64), 100..101);
        }
        longer.push_box(*item, problem.lifetime(index));
    }
    let repaired = planner.replan(&longer).unwrap();
    assert_eq!((repaired.how, repaired.moved), (How::Repaired, 0));
    assert_eq!(repaired.plan.offsets()[..40], before[..40]);
    assert_eq!(repaired.plan.offsets()[41..], before[40..]);
}

#[test]
fn an_error_leaves_the_last_plan() {
    let mut planner = Planner::new();
    let problem = frame();
    planner.replan(&problem).unwrap();
    let mut bad = problem.clone();
    bad.push(Item::new(0, 1), 0..1);
    planner.replan(&bad).unwrap_err();
    assert_eq!(planner.replan(&problem).unwrap().how, How::Unchanged);
}

#[test]
fn trimming_forgets_memory_that_is_no_longer_needed() {
    let mut planner = Planner::new();
    let mut problem = Problem::new();
    problem.push(Item::new(100, 1), 0..1);
    planner.replan(&problem).unwrap();
    problem.replace(0, Item::new(10, 1));
    planner.replan(&problem).unwrap();
    assert_eq!(planner.committed(0), 100);
    planner.trim();
    assert_eq!(planner.committed(0), 10);
}

proptest! {
    #[test]
    fn changes_keep_plans_valid_and_peaks_within_what_is_committed(
        first in Shape::rich(1..30, 1).problems(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1_u64..12, 0_u32..8, 1_u32..5), 1..6),
    ) {
        let mut planner = Planner::new();
        let mut problem = first;
        planner.replan(&problem).unwrap();
        for (index, size, start, length) in changes {
            let index = index.index(problem.items().len());
            let mut item = problem.items()[index];
            item.size = size;
            problem.replace(index, item);
            problem.replace_lifetime(index, &[Span::from(start..start + length)]);
            let committed = [planner.committed(0), planner.committed(1)];
            let next = planner.replan(&problem).unwrap();
            next.plan.verify(&problem).unwrap();
            assert_valid(&problem, next.plan.offsets());
            if next.how == How::Repaired {
                for group in next.plan.groups() {
                    let limit = group.lower_bound.max(committed[group.group as usize]);
                    prop_assert!(group.peak <= limit);
                }
            }
        }
    }

    #[test]
    fn whatever_comes_next_is_planned_right(
        problems in prop::collection::vec(Shape::rich(0..12, 1).problems(), 1..6),
    ) {
        let mut planner = Planner::new();
        for problem in problems {
            let next = planner.replan(&problem).unwrap();
            next.plan.verify(&problem).unwrap();
        }
    }
}
