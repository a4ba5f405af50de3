//! The oracle is awake: what is recorded wrongly, it finds.

use ash::vk::{AccessFlags2, ImageLayout, PipelineStageFlags2};
use rm_rendergraph_bridge::{MemoryBarrier, PassId, Placed};

use crate::support::{
    draw::{Drawn, Shape},
    oracle::{Oracle, TakeOver, Violation},
    paths::Paths,
    recording::{Barrier, Recording},
};

/// A drawn graph with its plan recorded.
struct Scene {
    drawn: Drawn,
    oracle: Oracle,
    recording: Recording,
    take_overs: Vec<TakeOver>,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let drawn = Drawn::new(seed, Shape::any(seed));
        let oracle = Oracle::new(&drawn);
        let recording = Recording::new(&drawn.graph, &drawn.plan());
        let take_overs = oracle.replay(&recording).unwrap();
        Self { drawn, oracle, recording, take_overs }
    }

    fn paths(&self, recording: &Recording) -> Result<(), Violation> {
        Paths::new(&self.oracle, recording).check(&self.take_overs)
    }

    /// Changes each barrier for which `change` knows how; answers how many were changed and how many of these are found.
    fn change(&self, change: impl Fn(MemoryBarrier) -> Option<MemoryBarrier>) -> (usize, usize) {
        let (mut tried, mut found) = (0, 0);
        for pass in self.drawn.graph.passes().map(PassId::index) {
            for index in 0..self.recording.memory[pass].len() {
                let mut other = self.recording.clone();
                let barrier = &mut other.memory[pass][index];
                let Some(said) = change(barrier.said) else { continue };
                *barrier = Barrier::new(said);
                tried += 1;
                found += usize::from(self.paths(&other).is_err());
            }
        }
        (tried, found)
    }
}

fn sum(seeds: u64, of: impl Fn(Scene) -> (usize, usize)) -> (usize, usize) {
    let all = (0..seeds).map(|seed| of(Scene::new(seed)));
    all.fold((0, 0), |(tried, found), more| (tried + more.0, found + more.1))
}

#[test]
fn writes_that_are_not_made_available_are_found() {
    // Some are made available by another barrier as well, and ordered by this one.
    let (tried, found) = sum(40, |scene| {
        scene.change(|it| {
            let src_access = AccessFlags2::NONE;
            (!it.src_access.is_empty()).then_some(MemoryBarrier { src_access, ..it })
        })
    });
    assert!(tried > 200 && 5 * found > 4 * tried, "{found} of {tried}");
    for seed in 0..40 {
        let scene = Scene::new(seed);
        let mut other = scene.recording.clone();
        let mut wrote = false;
        for barrier in other.memory.iter_mut().flatten() {
            wrote |= barrier.first.writes();
            *barrier =
                Barrier::new(MemoryBarrier { src_access: AccessFlags2::NONE, ..barrier.said });
        }
        let found = scene.paths(&other);
        assert_eq!(found.is_err(), wrote, "seed {seed}: {found:?}");
    }
}

#[test]
fn stages_that_are_not_waited_for_are_found() {
    let highest = |stages: PipelineStageFlags2| {
        let bit = 63 - stages.as_raw().leading_zeros();
        (stages.as_raw().count_ones() > 1)
            .then(|| stages & !PipelineStageFlags2::from_raw(1 << bit))
    };
    // A barrier has more than one stage where several needs are one, of which others may meet some.
    let (tried, found) = sum(40, |scene| {
        scene.change(|it| Some(MemoryBarrier { src_stages: highest(it.src_stages)?, ..it }))
    });
    assert!(tried > 200 && 3 * found > 2 * tried, "{found} of {tried}");
    let (tried, found) = sum(40, |scene| {
        scene.change(|it| Some(MemoryBarrier { dst_stages: highest(it.dst_stages)?, ..it }))
    });
    assert!(tried > 200 && 5 * found > 4 * tried, "{found} of {tried}");
}

#[test]
fn writes_that_are_not_made_visible_are_found() {
    let (tried, found) = sum(40, |scene| {
        scene.change(|it| {
            let dst_access = AccessFlags2::NONE;
            let wrote = !it.src_access.is_empty() && !it.dst_access.is_empty();
            wrote.then_some(MemoryBarrier { dst_access, ..it })
        })
    });
    assert!(tried > 60 && 5 * found > 4 * tried, "{found} of {tried}");
}

#[test]
fn images_in_a_wrong_layout_are_found() {
    for seed in 0..40 {
        let scene = Scene::new(seed);
        for pass in scene.drawn.graph.passes().map(PassId::index) {
            for index in 0..scene.recording.images[pass].len() {
                let mut other = scene.recording.clone();
                other.images[pass][index].0.layout = ImageLayout::PRESENT_SRC_KHR;
                assert!(matches!(scene.oracle.replay(&other), Err(Violation::Layout(..))));
            }
        }
    }
}

#[test]
fn transitions_without_the_command_before_them_are_found() {
    // Without it a transition has nothing to chain with, but what semaphores order.
    let mut found = 0;
    for seed in 0..40 {
        let scene = Scene::new(seed);
        let mut other = scene.recording.clone();
        for (memory, images) in other.memory.iter_mut().zip(&other.images) {
            if !images.is_empty() {
                memory.clear();
            }
        }
        found += usize::from(scene.paths(&other).is_err());
    }
    assert!(found > 30, "{found} of 40");
}

#[test]
fn resources_that_live_at_the_same_time_in_the_same_bytes_are_found() {
    let mut found = 0;
    for seed in 0..40 {
        let scene = Scene::new(seed);
        let mut other = scene.recording.clone();
        let mut places: Vec<&mut Placed> = other.places.iter_mut().flatten().collect();
        let Some((first, rest)) = places.split_first_mut() else { continue };
        let Some(second) = rest.iter_mut().find(|it| it.group == first.group) else { continue };
        std::mem::swap(&mut first.offset, &mut second.offset);
        if first.offset == second.offset {
            continue;
        }
        let spoiled = scene
            .oracle
            .replay(&other)
            .and_then(|take_overs| Paths::new(&scene.oracle, &other).check(&take_overs));
        found += usize::from(spoiled.is_err());
    }
    assert!(found > 20, "{found} of 40");
}

#[test]
fn semaphores_that_let_stages_pass_are_found() {
    let (mut tried, mut found) = (0, 0);
    for seed in (0..120).filter(|seed| seed % 3 > 0) {
        let scene = Scene::new(seed);
        for index in 0..scene.recording.semaphores.len() {
            let mut other = scene.recording.clone();
            other.semaphores[index].1.stages = 0;
            other.semaphores[index].1.pairs = 0;
            tried += 1;
            found += usize::from(scene.paths(&other).is_err());
        }
    }
    assert!(tried > 30, "{tried}");
    assert_eq!(tried, found, "no wait is idle");
}
