//! Nothing that is planned can be left out: each barrier, transition and semaphore is missed.

use crate::support::{
    draw::{Drawn, Shape},
    oracle::Oracle,
    paths::Paths,
    recording::Recording,
};

/// Leaves out one thing at a time; answers how many barriers, transitions and semaphores there are.
fn leave_out(seed: u64) -> [usize; 3] {
    let drawn = Drawn::new(seed, Shape::any(seed));
    let plan = drawn.plan();
    let oracle = Oracle::new(&drawn);
    let full = Recording::new(&drawn.graph, &plan);
    let take_overs = oracle.replay(&full).unwrap();
    assert_eq!(Paths::new(&oracle, &full).check(&take_overs), Ok(()), "seed {seed}");
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
            assert!(found.is_err(), "seed {seed}: {pass:?} can do without {it:?}");
        }
        for index in 0..full.images[pass.index()].len() {
            let mut less = full.clone();
            let (it, _) = less.images[pass.index()].remove(index);
            tried[1] += 1;
            assert!(oracle.replay(&less).is_err(), "seed {seed}: {pass:?} can do without {it:?}");
        }
    }
    for (index, (pair, _)) in full.semaphores.iter().enumerate() {
        assert!(pair.wraps, "seed {seed}: within a frame the description orders {pair:?}");
        let mut less = full.clone();
        less.semaphores.remove(index);
        tried[2] += 1;
        let found = Paths::new(&oracle, &less).check(&take_overs);
        assert!(found.is_err(), "seed {seed}: nobody needs {pair:?}");
    }
    tried
}

fn leave_out_all(queues: u64) -> [usize; 3] {
    let seeds = (0..200).filter(|seed| seed % 3 + 1 == queues);
    seeds.map(leave_out).fold([0; 3], |all, more| [0, 1, 2].map(|kind| all[kind] + more[kind]))
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
