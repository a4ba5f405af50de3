//! Nothing that is planned can be left out: each barrier, transition and semaphore is missed.

use rm_alloc_core::{BudgetConfig, Requirements};
use rm_deferred_frame::Size;
use rm_rendergraph_bridge::{Described, PlanSettings};
use rm_vksim::Profile;

use crate::{
    rig::Rig,
    support::{
        draw::{Drawn, Shape},
        oracle::Oracle,
        paths::Paths,
        recording::Recording,
    },
};

/// Leaves out one thing at a time; answers how many barriers, transitions and semaphores there are.
fn leave_out(what: &str, drawn: &Drawn) -> [usize; 3] {
    let plan = drawn.plan();
    let oracle = Oracle::new(drawn);
    let full = Recording::new(&drawn.graph, &plan);
    let take_overs = oracle.replay(&full).unwrap();
    assert_eq!(Paths::new(&oracle, &full).check(&take_overs), Ok(()), "{what}");
    let mut tried = [0; 3];
    for pass in drawn.graph.passes() {
        // Whoever misses it most likely begins here.
        let mut near = take_overs.clone();
        near.sort_by_key(|it| oracle.touches[it.after.index()][0].pass != pass);
        for index in 0..full.memory[pass.index()].len() {
            let mut less = full.clone();
            let it = less.memory[pass.index()].remove(index).said;
            tried[0] += 1;
            let found = Paths::new(&oracle, &less).check(&near);
            assert!(found.is_err(), "{what}: {pass:?} can do without {it:?}");
        }
        for index in 0..full.images[pass.index()].len() {
            let mut less = full.clone();
            let (it, _) = less.images[pass.index()].remove(index);
            tried[1] += 1;
            assert!(oracle.replay(&less).is_err(), "{what}: {pass:?} can do without {it:?}");
        }
    }
    for (index, (pair, _)) in full.semaphores.iter().enumerate() {
        assert!(pair.wraps, "{what}: within a frame the description orders {pair:?}");
        let mut less = full.clone();
        less.semaphores.remove(index);
        tried[2] += 1;
        let found = Paths::new(&oracle, &less).check(&take_overs);
        assert!(found.is_err(), "{what}: nobody needs {pair:?}");
    }
    tried
}

fn leave_out_all(queues: u64) -> [usize; 3] {
    let seeds = (0..200).filter(|seed| seed % 3 + 1 == queues);
    let each = |seed| leave_out(&format!("seed {seed}"), &Drawn::new(seed, Shape::any(seed)));
    seeds.map(each).fold([0; 3], |all, more| [0, 1, 2].map(|kind| all[kind] + more[kind]))
}

#[test]
fn nothing_can_be_left_out_on_one_queue() {
    let [barriers, transitions, semaphores] = leave_out_all(1);
    assert!(barriers > 500 && transitions > 500, "{barriers} barriers, {transitions} transitions");
    assert_eq!(semaphores, 0, "there is no other queue");
}

#[test]
fn nothing_can_be_left_out_on_two_queues() {
    let [barriers, transitions, semaphores] = leave_out_all(2);
    assert!(barriers > 400 && transitions > 500 && semaphores > 20);
}

#[test]
fn nothing_can_be_left_out_on_three_queues() {
    let [barriers, transitions, semaphores] = leave_out_all(3);
    assert!(barriers > 400 && transitions > 500 && semaphores > 20);
}

#[test]
fn nothing_can_be_left_out_of_a_real_frame() {
    for (width, height) in [(320, 180), (1920, 1080), (3840, 2160)] {
        for profile in [Profile::lavapipe_25(), Profile::h200(), Profile::granularity_64k()] {
            let what = format!("{width}x{height} on {}", profile.name);
            let rig = Rig::on(profile, BudgetConfig::default());
            let graph = rm_deferred_frame::describe(Size { width, height });
            let requirements = graph.resources().map(|it| match graph.resource(it).unwrap() {
                Described::Buffer(buffer) => rig.manager.buffer_requirements(&buffer).unwrap(),
                Described::Image(image) => rig.manager.image_requirements(&image).unwrap(),
                _ => Requirements::new(0, 1, 1),
            });
            let requirements = requirements.collect();
            let settings = PlanSettings::of(rig.manager.context());
            let drawn = Drawn { graph, requirements, settings };
            let [barriers, transitions, semaphores] = leave_out(&what, &drawn);
            assert!(barriers > 8 && semaphores == 0, "{what}: {barriers} barriers");
            assert_eq!(transitions, 24, "{what}: one an image");
        }
    }
}
