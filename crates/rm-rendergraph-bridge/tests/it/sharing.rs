//! Who may share bytes: exactly those who never live at the same time, found by walking the graph.

use rm_alias::{Item, Problem, Queues};
use rm_alloc_core::Requirements;
use rm_rendergraph_bridge::{FramePlanner, GraphDescription, PlanSettings, ResourceId};

use crate::support::{
    draw::{Drawn, Shape},
    reach::Reach,
};

/// Bytes of each resource.
const SIZE: u64 = 256;

fn three_queues(seed: u64) -> Drawn {
    let mut rng = fastrand::Rng::with_seed(seed);
    let (passes, resources) = (rng.usize(5..40), rng.usize(4..30));
    Drawn::new(seed, Shape { queues: 3, passes, resources })
}

/// Those that are planned.
fn planned(drawn: &Drawn) -> Vec<ResourceId> {
    let plan = drawn.plan();
    drawn.graph.resources().filter(|it| plan.place(*it).unwrap().is_ok()).collect()
}

/// All touches of one are complete before any touch of the other begins.
fn never_meet(graph: &GraphDescription, reach: &Reach, a: ResourceId, b: ResourceId) -> bool {
    let touched = |resource| {
        let touches = graph.accesses().filter(move |(_, it, _)| *it == resource);
        touches.map(|(pass, ..)| pass).collect::<Vec<_>>()
    };
    let (a, b) = (touched(a), touched(b));
    let before = |first: &[_], second: &[_]| {
        first.iter().all(|one| second.iter().all(|other| reach.orders(*one, *other)))
    };
    before(&a, &b) || before(&b, &a)
}

#[test]
fn boxes_are_apart_if_and_only_if_the_passes_are_ordered() {
    for seed in 0..200 {
        let drawn = three_queues(seed);
        let graph = &drawn.graph;
        let reach = Reach::new(graph);
        let mut queues = Queues::new(graph.queue_count());
        let mut numbers = vec![0; graph.pass_count()];
        for pass in reach.in_a_row(graph) {
            let waits = graph.waits().iter().filter(|(waiting, _)| *waiting == pass);
            let after: Vec<usize> = waits.map(|(_, on)| numbers[on.index()]).collect();
            numbers[pass.index()] = queues.pass(graph.queue_of(pass).unwrap().index(), &after);
        }
        let resources = planned(&drawn);
        let mut problem = Problem::of_queues(3);
        for resource in &resources {
            let touches = graph.accesses().filter(|(_, it, _)| it == resource);
            let uses: Vec<usize> = touches.map(|(pass, ..)| numbers[pass.index()]).collect();
            problem.push_box(Item::new(SIZE, 1), &queues.lifetime(&uses));
        }
        for (second, b) in resources.iter().enumerate() {
            for (first, a) in resources[..second].iter().enumerate() {
                let apart = never_meet(graph, &reach, *a, *b);
                assert_eq!(!problem.overlap(first, second), apart, "seed {seed}: {a:?}, {b:?}");
            }
        }
    }
}

/// Plans many pairs at a time, each in memory of its own, and looks at how much that takes.
#[test]
fn two_resources_share_bytes_if_and_only_if_they_never_meet() {
    let (mut shared, mut apart) = (0, 0);
    for seed in 0..200 {
        let drawn = three_queues(seed);
        let graph = &drawn.graph;
        let reach = Reach::new(graph);
        let resources = planned(&drawn);
        let mut nobody = vec![Requirements::new(SIZE, 1, 1); graph.resource_count()];
        nobody.iter_mut().for_each(|it| it.requires_dedicated = true);
        for round in rounds(&resources) {
            let mut requirements = nobody.clone();
            for (number, (a, b)) in round.iter().enumerate() {
                for resource in [a, b] {
                    requirements[resource.index()] = Requirements::new(SIZE, 1, 1 << number);
                }
            }
            let settings = PlanSettings::new(1);
            let plan = FramePlanner::new().plan(graph, &requirements, &settings).unwrap();
            for (a, b) in round {
                let group = plan.place(a).unwrap().unwrap().group;
                let expected = if never_meet(graph, &reach, a, b) { SIZE } else { 2 * SIZE };
                assert_eq!(plan.groups()[group].size, expected, "seed {seed}: {a:?}, {b:?}");
                *(if expected == SIZE { &mut shared } else { &mut apart }) += 1;
            }
        }
    }
    assert!(shared > 5000 && apart > 5000, "{shared} pairs can share, {apart} cannot");
}

/// Every pair once, and in each round everybody at most once.
fn rounds(resources: &[ResourceId]) -> Vec<Vec<(ResourceId, ResourceId)>> {
    let mut seats: Vec<Option<ResourceId>> = resources.iter().copied().map(Some).collect();
    if seats.len() % 2 == 1 {
        seats.push(None);
    }
    let count = seats.len();
    (1..count.max(1))
        .map(|_| {
            seats[1..].rotate_right(1);
            let pairs = (0..count / 2).map(|it| (seats[it], seats[count - 1 - it]));
            pairs.filter_map(|(a, b)| Some((a?, b?))).collect()
        })
        .collect()
}
