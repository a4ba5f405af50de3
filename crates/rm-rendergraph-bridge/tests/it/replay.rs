//! Drawn graphs are planned, recorded and replayed.

use rm_rendergraph_bridge::{FramePlanner, PlanSettings};

use crate::support::{
    draw::{Drawn, Shape},
    oracle::Oracle,
    paths::Paths,
    recording::Recording,
};

/// Every touch of the planned frame reaches its bytes.
fn assert_clean(seed: u64, drawn: &Drawn) {
    let plan = drawn.plan();
    let oracle = Oracle::new(drawn);
    let recording = Recording::new(&drawn.graph, &plan);
    let found = oracle
        .replay(&recording)
        .and_then(|take_overs| Paths::new(&oracle, &recording).check(&take_overs));
    assert_eq!(found, Ok(()), "seed {seed}");
}

#[test]
fn every_touch_reaches_its_bytes_by_a_path() {
    (0..200).for_each(|seed| assert_clean(seed, &Drawn::new(seed, Shape::any(seed))));
}

#[test]
fn without_aliasing_only_the_last_frame_is_waited_for() {
    for seed in 0..50 {
        let mut drawn = Drawn::new(seed, Shape::any(seed));
        drawn.settings = drawn.settings.aliasing(false);
        assert_clean(seed, &drawn);
        let plan = drawn.plan();
        let recording = Recording::new(&drawn.graph, &plan);
        let take_overs = Oracle::new(&drawn).replay(&recording).unwrap();
        let alone = take_overs.iter().all(|it| it.wraps && it.before == it.after);
        assert!(alone, "seed {seed}: {take_overs:?}");
        let report = plan.report();
        assert!(report.planned >= report.unaliased, "seed {seed}: {report}");
    }
}

#[test]
fn small_blocks_make_more_groups_of_the_same_kind() {
    for seed in 0..50 {
        let mut drawn = Drawn::new(seed, Shape::any(seed));
        let before = drawn.plan();
        let largest = drawn.requirements.iter().map(|it| it.size).max().unwrap();
        drawn.settings.max_block = largest;
        assert_clean(seed, &drawn);
        let after = drawn.plan();
        assert!(after.groups().iter().all(|group| group.size <= largest), "seed {seed}");
        assert!(after.groups().len() >= before.groups().len(), "seed {seed}");
        assert_eq!(after.report().resources, before.report().resources, "seed {seed}");
    }
}

#[test]
fn places_satisfy_requirements() {
    for seed in 0..60 {
        let drawn = Drawn::new(seed, Shape::any(seed));
        let plan = drawn.plan();
        let mut planned = 0;
        for (resource, needs) in drawn.graph.resources().zip(&drawn.requirements) {
            let Ok(placed) = plan.place(resource).unwrap() else { continue };
            planned += 1;
            let group = &plan.groups()[placed.group];
            let label =
                format!("seed {seed}, {}: {placed:?}", drawn.graph.resource_label(resource));
            assert_eq!(placed.size, needs.size, "{label}");
            assert!(placed.offset.is_multiple_of(needs.alignment), "{label}");
            assert!(group.alignment.is_multiple_of(needs.alignment), "{label}");
            assert!(placed.offset + placed.size <= group.size, "{label}");
            assert_ne!(group.memory_type_bits, 0, "{label}");
            assert_eq!(group.memory_type_bits & !needs.memory_type_bits, 0, "{label}");
        }
        let report = plan.report();
        assert_eq!(report.resources, planned, "seed {seed}");
        assert_eq!(report.excluded.len() + planned, drawn.requirements.len(), "seed {seed}");
        assert!(report.lower_bound <= report.planned, "seed {seed}");
    }
}

#[test]
fn no_two_barriers_of_a_pass_have_the_same_stages() {
    for seed in 0..60 {
        let drawn = Drawn::new(seed, Shape::any(seed));
        let plan = drawn.plan();
        for pass in drawn.graph.passes() {
            let barriers = plan.barriers(pass);
            for (index, one) in barriers.memory.iter().enumerate() {
                let same = |other: &&rm_rendergraph_bridge::MemoryBarrier| {
                    (other.src_stages, other.dst_stages) == (one.src_stages, one.dst_stages)
                };
                let twice = barriers.memory[..index].iter().find(same);
                assert_eq!(twice, None, "seed {seed}, {}", drawn.graph.pass_label(pass));
            }
        }
    }
}

#[test]
fn the_same_frame_has_the_same_plan() {
    let mut planner = FramePlanner::new();
    for seed in 0..40 {
        let drawn = Drawn::new(seed, Shape::any(seed));
        let plan = drawn.plan();
        assert_eq!(plan, drawn.plan(), "seed {seed}, by another planner");
        let plan = |planner: &mut FramePlanner, settings: &PlanSettings| {
            planner.plan(&drawn.graph, &drawn.requirements, settings).unwrap()
        };
        let before = plan(&mut planner, &drawn.settings);
        assert_eq!(before, plan(&mut planner, &drawn.settings), "seed {seed}, planned again");
    }
}

#[test]
fn a_plan_that_keeps_what_stays_is_as_safe() {
    let mut planner = FramePlanner::new();
    for seed in 0..100 {
        let mut drawn = Drawn::new(seed / 4, Shape::any(seed / 4));
        // Sizes change a little, so that plans are repaired.
        let mut rng = fastrand::Rng::with_seed(seed);
        for needs in &mut drawn.requirements {
            if rng.u8(0..4) == 0 {
                needs.size += rng.u64(0..needs.size);
            }
        }
        let plan = planner.plan(&drawn.graph, &drawn.requirements, &drawn.settings).unwrap();
        let oracle = Oracle::new(&drawn);
        let recording = Recording::new(&drawn.graph, &plan);
        let take_overs = oracle.replay(&recording).unwrap();
        assert_eq!(Paths::new(&oracle, &recording).check(&take_overs), Ok(()), "seed {seed}");
    }
}
