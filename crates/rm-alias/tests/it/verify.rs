//! Plans that were tampered with are caught. Plans have no setters, so other problems stand in for other plans.

use proptest::prelude::*;
use rm_alias::{Item, Problem, Tiling, VerifyError, plan};

use crate::support::{Draft, Shape, apart, conflict, problem};

proptest! {
    #[test]
    fn verify_agrees_with_looking_at_every_pair(
        (page, drafts) in Shape::rich(2..20, 2).drafts(),
        (_, others) in Shape::rich(20..21, 2).drafts(),
    ) {
        // The plan of one problem, held against another whose items have other lifetimes.
        let mut mixed = drafts.clone();
        for (draft, other) in mixed.iter_mut().zip(&others) {
            draft.spans = other.spans.clone();
        }
        let (first, second) = (problem(page, &drafts), problem(page, &mixed));
        let plan = plan(&first).unwrap();
        plan.verify(&first).unwrap();
        let at = |item: usize| (item, plan.offsets()[item]);
        let collides = (0..drafts.len()).any(|b| {
            (0..b).any(|a| conflict(&second, a, b) && !apart(&second, at(a), at(b)))
        });
        let verdict = plan.verify(&second);
        prop_assert_eq!(matches!(verdict, Err(VerifyError::Overlap { .. })), collides, "{:?}", verdict);
    }

    #[test]
    fn one_queue_needs_neighbours_only(
        (page, drafts) in Shape::rich(2..30, 1).drafts(),
        starts in prop::collection::vec(0_u32..8, 30),
    ) {
        let mut moved: Vec<Draft> = drafts.clone();
        for (draft, start) in moved.iter_mut().zip(starts) {
            draft.spans[0].0 = start;
        }
        let (first, second) = (problem(page, &drafts), problem(page, &moved));
        let plan = plan(&first).unwrap();
        let at = |item: usize| (item, plan.offsets()[item]);
        let collides = (0..drafts.len()).any(|b| {
            (0..b).any(|a| conflict(&second, a, b) && !apart(&second, at(a), at(b)))
        });
        prop_assert_eq!(plan.verify(&second).is_err(), collides);
    }
}

fn pair() -> Problem {
    let mut problem = Problem::new();
    problem.push(Item::new(16, 1), 0..2);
    problem.push(Item::new(16, 1), 1..3);
    problem
}

#[test]
fn another_number_of_items() {
    let plan = plan(&pair()).unwrap();
    let mut more = pair();
    more.push(Item::new(16, 1), 4..5);
    assert_eq!(plan.verify(&more), Err(VerifyError::Items { planned: 2, items: 3 }));
}

#[test]
fn offsets_that_are_not_aligned() {
    let plan = plan(&pair()).unwrap();
    let mut other = pair();
    let moved = usize::from(plan.offset(1) == Some(16));
    other.replace(moved, Item::new(16, 32));
    assert_eq!(plan.verify(&other), Err(VerifyError::Misaligned { item: moved, offset: 16 }));
}

#[test]
fn items_that_grew() {
    let plan = plan(&pair()).unwrap();
    let mut other = pair();
    let top = usize::from(plan.offset(1) == Some(16));
    other.replace(top, Item::new(17, 1));
    assert_eq!(plan.verify(&other), Err(VerifyError::AbovePeak { item: top }));
    let mut other = pair();
    other.replace(1 - top, Item::new(17, 1));
    assert_eq!(plan.verify(&other), Err(VerifyError::Overlap { first: 0, second: 1 }));
}

#[test]
fn items_of_other_groups_and_fixed_items() {
    let plan = plan(&pair()).unwrap();
    let mut other = pair();
    other.replace(0, Item::new(16, 1).group(4));
    assert_eq!(plan.verify(&other), Err(VerifyError::AbovePeak { item: 0 }));
    let mut other = pair();
    other.replace(0, Item::new(16, 1).fixed(3));
    assert_eq!(plan.verify(&other), Err(VerifyError::FixedMoved { item: 0 }));
}

#[test]
fn items_that_share_a_page() {
    let plan = plan(&pair()).unwrap();
    let mut other = pair();
    other.page = 32;
    plan.verify(&other).unwrap();
    other.replace(0, Item::new(16, 1).tiling(Tiling::Linear));
    assert_eq!(plan.verify(&other), Err(VerifyError::Overlap { first: 0, second: 1 }));
}

#[test]
fn problems_that_are_refused() {
    let plan = plan(&pair()).unwrap();
    let mut other = pair();
    other.replace(0, Item::new(0, 1));
    assert!(matches!(plan.verify(&other), Err(VerifyError::Problem(_))));
}
