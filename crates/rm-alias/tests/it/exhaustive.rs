//! Against exhaustive search.

use proptest::prelude::*;
use rm_alias::{Budget, Item, Problem, Proof, Tiling, plan};

use crate::support::{Shape, assert_valid, least_peak};

fn assert_best(problem: &Problem) {
    let plan = plan(problem).unwrap();
    plan.verify(problem).unwrap();
    assert_valid(problem, plan.offsets());
    assert_eq!(plan.peak(), least_peak(problem));
    assert!(plan.proof().is_optimal(), "{:?}", plan.proof());
    assert!(plan.is_reproducible());
}

/// Where sizes and pages leave no peak between the bound and the plan of one component, the search has to say so.
#[test]
fn a_component_above_the_bound_of_another_is_proven() {
    let item = |size, tiling| Item::new(size, 1).tiling(tiling);
    let mut problem = Problem::new().page(4);
    problem.push(item(2, Tiling::Linear), 0..1);
    problem.push(item(3, Tiling::Linear), 0..1);
    problem.push(item(2, Tiling::Linear), 5..8);
    problem.push(item(2, Tiling::Optimal), 1..6);
    assert_best(&problem.budget(Budget::Unlimited));
}

fn one_group(mut shape: Shape) -> Shape {
    shape.groups = 1;
    shape
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_plan_is_better_than_an_unlimited_one(problem in Shape::plain(1..8).problems()) {
        assert_best(&problem.budget(Budget::Unlimited));
    }

    #[test]
    fn nor_with_alignments_and_pages(problem in one_group(Shape::rich(1..7, 1)).problems()) {
        assert_best(&problem.budget(Budget::Unlimited));
    }

    #[test]
    fn nor_with_boxes(problem in one_group(Shape::rich(1..7, 2)).problems()) {
        assert_best(&problem.budget(Budget::Unlimited));
    }

    #[test]
    fn nor_with_boxes_over_three_queues(problem in one_group(Shape::rich(1..6, 3)).problems()) {
        assert_best(&problem.budget(Budget::Unlimited));
    }

    #[test]
    fn every_budget_gives_a_valid_plan(
        problem in Shape::rich(1..40, 1).problems(),
        nodes in 0_u64..500,
        seed: u64,
    ) {
        let problem = problem.budget(Budget::Nodes(nodes)).seed(seed);
        let first = plan(&problem).unwrap();
        first.verify(&problem).unwrap();
        assert_valid(&problem, first.offsets());
        prop_assert_eq!(&plan(&problem).unwrap(), &first, "the seed decides");
    }

    #[test]
    fn every_budget_gives_valid_boxes(
        problem in Shape::rich(1..30, 3).problems(),
        nodes in 0_u64..300,
    ) {
        let problem = problem.budget(Budget::Nodes(nodes));
        let plan = plan(&problem).unwrap();
        plan.verify(&problem).unwrap();
        assert_valid(&problem, plan.offsets());
    }

    #[test]
    fn bounds_and_gaps_hold_whatever_the_budget(
        problem in one_group(Shape::rich(1..7, 1)).problems(),
        nodes in 0_u64..20,
    ) {
        let best = least_peak(&problem);
        let plan = plan(&problem.budget(Budget::Nodes(nodes))).unwrap();
        prop_assert!(plan.lower_bound() <= best);
        match plan.proof() {
            Proof::BudgetSpent { gap } => prop_assert!(plan.peak() - gap <= best),
            _ => prop_assert_eq!(plan.peak(), best),
        }
    }
}
