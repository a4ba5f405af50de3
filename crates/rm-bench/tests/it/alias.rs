//! The frames are what they are said to be, and replanning takes no memory.

use rm_alias::{How, Planner, plan};
use rm_bench::alias::{Alignment, Frame, Policy, views};
use rm_headless::heap::allocations_of;

#[test]
fn frames_follow_from_their_seed_and_have_the_size_they_should() {
    let mut async_frames = 0;
    for seed in 0..60 {
        for alignment in Alignment::ALL {
            let frame = Frame::generate(seed, alignment);
            let problem = frame.problem();
            assert_eq!(problem, Frame::generate(seed, alignment).problem());
            assert!((60..=200).contains(&frame.passes), "{} passes", frame.passes);
            assert!((60..=160).contains(&problem.items().len()), "{}", problem.items().len());
            async_frames += usize::from(frame.queues == 2);
        }
    }
    assert!((60..120).contains(&async_frames), "about every second one has two queues");
}

#[test]
fn no_policy_takes_less_than_the_bound_and_none_more_than_no_aliasing() {
    let mut planner = Planner::new();
    for seed in 0..10 {
        let frame = Frame::generate(seed, Alignment::Kib1);
        let problem = frame.problem();
        let bound = plan(&problem).unwrap().lower_bound();
        let mut peak = |policy: Policy| policy.peak(&frame, &problem, &mut planner);
        let (none, ours) = (peak(Policy::None), peak(Policy::Ours));
        for policy in Policy::ALL {
            let peak = peak(policy);
            assert!(bound <= peak, "{}", policy.name());
            // Heaps are taken whole.
            assert!(peak <= none || policy == Policy::Heaps, "{}", policy.name());
            assert!(ours <= peak, "{} beats ours with seed {seed}", policy.name());
        }
    }
}

#[test]
fn views_have_as_many_items_as_asked_for_and_are_planned() {
    for count in [1, 4, 16] {
        let problem = views(3, 3000, count);
        assert_eq!(problem.items().len(), 3000);
        let plan = plan(&problem).unwrap();
        plan.verify(&problem).unwrap();
        assert!(plan.peak() * 50 <= plan.lower_bound() * 51, "within 2 %");
    }
}

#[test]
fn replanning_an_unchanged_frame_takes_no_memory() {
    let problem = Frame::generate(1, Alignment::Mixed).problem();
    let mut planner = Planner::new();
    planner.replan(&problem).unwrap();
    let mut how = None;
    let taken = allocations_of(|| how = planner.replan(&problem).ok().map(|again| again.how));
    assert_eq!(taken, 0);
    assert_eq!(how, Some(How::Unchanged));
}
