//! Fixed and preferred offsets, groups, capacity, the clock.

use proptest::prelude::*;
use rm_alias::{Budget, Item, Placement, Planner, Problem, Tiling, plan};

use crate::support::{Shape, assert_valid, least_peak};

proptest! {
    #[test]
    fn preferred_offsets_are_kept_when_free(problem in Shape::rich(1..30, 1).problems()) {
        // The places of some plan are free for all of them at once, and cost no memory.
        let before = plan(&problem).unwrap();
        let mut wishes = problem.clone();
        for (index, offset) in before.offsets().iter().enumerate() {
            wishes.replace(index, problem.items()[index].preferred(*offset));
        }
        wishes.capacity = before.groups().iter().map(|group| group.peak).max();
        let after = plan(&wishes).unwrap();
        after.verify(&wishes).unwrap();
        prop_assert_eq!(after.offsets(), before.offsets());
    }

    #[test]
    fn wishes_never_cost_memory_or_validity(
        problem in Shape::plain(1..8).problems(),
        wishes in prop::collection::vec(0_u64..40, 8),
    ) {
        let mut wishing = problem.clone().budget(Budget::Unlimited);
        for (index, item) in problem.items().iter().enumerate() {
            wishing.replace(index, item.preferred(wishes[index]));
        }
        let after = plan(&wishing).unwrap();
        assert_valid(&wishing, after.offsets());
        prop_assert_eq!(after.peak(), least_peak(&problem));
        // Whoever could have its wish in the finished plan has it.
        for (index, item) in wishing.items().iter().enumerate() {
            let Placement::Preferred(wish) = item.placement else { continue };
            let mut moved = after.offsets().to_vec();
            moved[index] = wish;
            let inside = wish + item.size <= after.peak();
            let free = (0..moved.len()).all(|other| {
                other == index
                    || !wishing.overlap(index, other)
                    || crate::support::apart(&wishing, (index, wish), (other, moved[other]))
            });
            prop_assert!(after.offset(index) == Some(wish) || !inside || !free, "item {}", index);
        }
    }

    #[test]
    fn fixed_offsets_are_kept(
        problem in Shape::rich(2..20, 1).problems(),
        chosen in prop::collection::vec(any::<bool>(), 20),
        shift in 0_u64..5,
    ) {
        // Fixed somewhere above a valid plan, so that they do not collide.
        let before = plan(&problem).unwrap();
        let mut fixed = problem.clone();
        for (index, item) in problem.items().iter().enumerate() {
            if chosen[index] {
                fixed.replace(index, item.fixed(before.offsets()[index] + 64 * shift));
            }
        }
        let after = plan(&fixed).unwrap();
        after.verify(&fixed).unwrap();
        assert_valid(&fixed, after.offsets());
        for (index, item) in fixed.items().iter().enumerate() {
            if let Placement::Fixed(offset) = item.placement {
                prop_assert_eq!(after.offset(index), Some(offset));
            }
        }
    }
}

#[test]
fn a_wish_that_another_item_frees_is_granted() {
    // Item 0 leaves the place that item 1 wants only when its own wish has been granted.
    let mut problem = Problem::new().budget(Budget::Unlimited);
    let wishes = [(1, 7..8, 17), (1, 6..8, 16), (3, 2..5, 0), (7, 3..8, 12), (8, 3..8, 1)];
    for (size, lifetime, wish) in wishes {
        problem.push(Item::new(size, 1).preferred(wish), lifetime);
    }
    let after = plan(&problem).unwrap();
    after.verify(&problem).unwrap();
    assert_eq!((after.peak(), after.offset(1)), (18, Some(16)), "{after:?}");
}

#[test]
fn an_item_fits_under_a_fixed_one() {
    let mut problem = Problem::new();
    problem.push(Item::new(100, 1).fixed(50), 0..10);
    let small = problem.push(Item::new(50, 1), 0..10);
    let large = problem.push(Item::new(60, 1), 2..4);
    let plan = plan(&problem.budget(Budget::Unlimited)).unwrap();
    assert_eq!((plan.offset(small), plan.offset(large)), (Some(0), Some(150)));
}

#[test]
fn groups_have_offsets_of_their_own() {
    let mut problem = Problem::new();
    for group in [7, 3, 7] {
        problem.push(Item::new(10, 1).group(group), 0..2);
    }
    let plan = plan(&problem).unwrap();
    let groups: Vec<(u32, u64)> = plan.groups().iter().map(|g| (g.group, g.peak)).collect();
    assert_eq!(groups, [(3, 10), (7, 20)]);
    assert_eq!((plan.peak(), plan.offset(1)), (30, Some(0)));
}

#[test]
fn tilings_that_never_meet_share_pages() {
    let mut problem = Problem::new().page(1024);
    problem.push(Item::new(10, 1), 0..2);
    problem.push(Item::new(10, 1).tiling(Tiling::Linear), 2..4);
    assert_eq!(plan(&problem).unwrap().peak(), 10);
    problem.push(Item::new(10, 1).tiling(Tiling::Linear), 1..2);
    assert_eq!(plan(&problem).unwrap().peak(), 1034);
}

#[test]
fn a_place_below_one_neighbour_may_share_a_page_with_another() {
    let mut problem = Problem::new().page(2).capacity(8);
    problem.push(Item::new(1, 1).tiling(Tiling::Linear).fixed(3), 0..2);
    problem.push(Item::new(1, 1).fixed(3), 2..4);
    let item = problem.push(Item::new(1, 1).tiling(Tiling::Linear).preferred(2), 1..3);
    let plan = plan(&problem).unwrap();
    plan.verify(&problem).unwrap();
    assert_ne!(plan.offset(item), Some(2), "bytes 2 and 3 are one page");
}

#[test]
fn a_capacity_that_is_met_ends_the_search() {
    let mut problem = Problem::new().budget(Budget::Unlimited);
    for (size, start, end) in [(3, 0, 2), (2, 1, 4), (3, 3, 6), (4, 5, 8), (2, 2, 7), (5, 7, 9)] {
        problem.push(Item::new(size, 1), start..end);
    }
    let best = plan(&problem).unwrap();
    let loose = plan(&problem.clone().capacity(1000)).unwrap();
    assert!(loose.peak() >= best.peak() && loose.nodes() == 0);
}

#[test]
fn a_clock_ends_the_search_and_is_mentioned() {
    let mut problem = Problem::new().budget(Budget::Nodes(1 << 40));
    for index in 0..200_u32 {
        let (start, size) = (index * 7 % 97, 1 + u64::from(index * 31 % 53));
        problem.push(Item::new(size, 1), start..start + 1 + index * 13 % 29);
    }
    let plan = Planner::new().plan_until(&problem, || true).unwrap();
    plan.verify(&problem).unwrap();
    assert!(!plan.is_reproducible());
}

#[test]
fn improving_never_makes_worse_and_ends_at_a_proof() {
    let mut problem = Problem::new().budget(Budget::Nodes(0));
    for index in 0..60_u32 {
        let (start, size) = (index * 7 % 31, 1 + u64::from(index * 31 % 53));
        problem.push(Item::new(size, 1), start..start + 1 + index * 13 % 17);
    }
    let mut planner = Planner::new();
    let mut plan = planner.plan(&problem).unwrap();
    for _ in 0..20 {
        let before = plan.peak();
        let better = planner.improve(&problem, &mut plan, 2000).unwrap();
        plan.verify(&problem).unwrap();
        assert_eq!(better, plan.peak() < before);
        assert!(plan.peak() <= before);
    }
}

#[test]
fn nothing_has_a_plan_too() {
    let plan = plan(&Problem::new()).unwrap();
    assert_eq!((plan.peak(), plan.groups().len()), (0, 0));
    plan.verify(&Problem::new()).unwrap();
}
