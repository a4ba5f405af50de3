//! Every bad input has its error, which names the item.

use rm_alias::{Item, PlanError, Planner, Problem, Span, Tiling, plan};

fn refused(build: impl FnOnce(&mut Problem)) -> PlanError {
    let mut problem = Problem::new();
    problem.push(Item::new(16, 4), 0..2);
    build(&mut problem);
    let error = plan(&problem).unwrap_err();
    assert_eq!(Planner::new().replan(&problem).unwrap_err(), error);
    error
}

#[test]
fn a_size_of_zero() {
    let error = refused(|problem| _ = problem.push(Item::new(0, 1), 0..1));
    assert_eq!(error, PlanError::ZeroSize { item: 1 });
}

#[test]
fn an_end_before_the_start() {
    let error = refused(|problem| _ = problem.push(Item::new(1, 1), Span { start: 3, end: 2 }));
    assert_eq!(error, PlanError::EndBeforeStart { item: 1, queue: 0, start: 3, end: 2 });
}

#[test]
fn an_empty_lifetime() {
    let error = refused(|problem| _ = problem.push(Item::new(1, 1), 3..3));
    assert_eq!(error, PlanError::EmptyLifetime { item: 1, queue: 0, at: 3 });
}

#[test]
fn an_alignment_that_is_no_power_of_two() {
    for alignment in [0, 3, 48] {
        let error = refused(|problem| _ = problem.push(Item::new(1, alignment), 0..1));
        assert_eq!(error, PlanError::Alignment { item: 1, alignment });
    }
}

#[test]
fn a_page_that_is_no_power_of_two() {
    for page in [0, 6] {
        assert_eq!(refused(|problem| problem.page = page), PlanError::Page { page });
    }
}

#[test]
fn sizes_that_overflow() {
    for item in [
        Item::new(u64::MAX, 1),
        Item::new(1 << 62, 1),
        Item::new(1, 1 << 63),
        Item::new(1, 1).fixed(u64::MAX),
        Item::new(1, 1).preferred(u64::MAX - 1),
    ] {
        let error = refused(|problem| _ = problem.push(item, 0..1));
        assert_eq!(error, PlanError::Overflow { item: 1 });
    }
}

#[test]
fn many_sizes_that_overflow_together() {
    let error = refused(|problem| {
        for _ in 0..5 {
            problem.push(Item::new(1 << 60, 1), 0..1);
        }
    });
    assert_eq!(error, PlanError::Overflow { item: 4 });
}

#[test]
fn a_capacity_below_the_bound() {
    let error = refused(|problem| {
        problem.push(Item::new(32, 1), 1..3);
        problem.capacity = Some(47);
    });
    let expected = PlanError::CapacityBelowBound { item: 1, group: 0, needed: 48, capacity: 47 };
    assert_eq!(error, expected);
}

#[test]
fn fixed_offsets_that_collide() {
    let error = refused(|problem| {
        problem.push(Item::new(16, 1).fixed(0), 0..2);
        problem.push(Item::new(16, 1).fixed(15), 2..3);
        problem.push(Item::new(16, 1).fixed(15), 1..2);
    });
    assert_eq!(error, PlanError::FixedOverlap { first: 1, second: 3 });
}

#[test]
fn fixed_offsets_that_collide_in_a_page() {
    let error = refused(|problem| {
        problem.page = 64;
        problem.push(Item::new(16, 1).fixed(0), 0..2);
        problem.push(Item::new(16, 1).tiling(Tiling::Linear).fixed(32), 0..2);
    });
    assert_eq!(error, PlanError::FixedOverlap { first: 1, second: 2 });
}

#[test]
fn fixed_offsets_that_are_not_aligned_or_out_of_bounds() {
    let error = refused(|problem| _ = problem.push(Item::new(16, 8).fixed(4), 0..2));
    assert_eq!(error, PlanError::FixedOffset { item: 1, offset: 4 });
    let error = refused(|problem| {
        problem.capacity = Some(32);
        problem.push(Item::new(16, 8).fixed(24), 0..2);
    });
    assert_eq!(error, PlanError::FixedOffset { item: 1, offset: 24 });
}

#[test]
fn more_queues_than_a_lifetime_names() {
    let mut problem = Problem::of_queues(2);
    problem.push_box(Item::new(1, 1), &[Span::from(0..1), Span::from(0..1)]);
    problem.push(Item::new(1, 1), 0..1);
    let error = plan(&problem).unwrap_err();
    assert_eq!(error, PlanError::Queues { item: 1, named: 1, queues: 2 });
    assert_eq!(plan(&Problem::of_queues(0)).unwrap_err(), PlanError::WithoutQueue);
}

#[test]
fn fewer_queues_than_a_lifetime_names() {
    let error = refused(|problem| {
        problem.push_box(Item::new(1, 1), &[Span::from(0..1), Span::from(0..1)]);
    });
    assert_eq!(error, PlanError::Queues { item: 1, named: 2, queues: 1 });
}

#[test]
fn a_plan_of_another_problem_is_not_improved() {
    let mut problem = Problem::new();
    problem.push(Item::new(16, 4), 0..2);
    let mut plan = plan(&problem).unwrap();
    problem.push(Item::new(16, 4), 0..2);
    let error = Planner::new().improve(&problem, &mut plan, 100).unwrap_err();
    assert_eq!(error, PlanError::OtherProblem);
}

#[test]
fn errors_say_what_is_wrong_with_which_item() {
    let error = PlanError::Alignment { item: 7, alignment: 3 };
    assert_eq!(error.to_string(), "item 7: alignment of 3 bytes is not a power of two");
}
