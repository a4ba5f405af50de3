//! Fences whose device the test plays.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::sync_channel,
    },
    thread,
    time::Duration,
};

use ash::vk;
use rm_lifetime::{FenceTimeline, GpuTimeline, TimelineError};

use super::fake::{self, Fake, fake};

const FOR_EVER: Duration = Duration::MAX;

fn played() -> FenceTimeline {
    // SAFETY: no device is involved.
    unsafe { FenceTimeline::new(&fake::context(vk::API_VERSION_1_1)) }
}

/// Submits, and answers the fence that the device has to signal.
fn submit(timeline: &FenceTimeline) -> (u64, &'static Fake) {
    let submission = timeline.submit().unwrap();
    let fence = fake(submission.fence());
    fence.enqueue();
    (submission.submitted(), fence)
}

fn withdraw(timeline: &FenceTimeline) -> u64 {
    let submission = timeline.submit().unwrap();
    let value = submission.value();
    // SAFETY: nothing was submitted.
    unsafe { submission.withdraw() };
    value
}

#[test]
fn values_are_reached_in_their_order() {
    let timeline = played();
    assert_eq!((timeline.completed(), timeline.upcoming()), (0, 1));
    let submitted = [(); 3].map(|()| submit(&timeline));
    assert_eq!(submitted.map(|(value, _)| value), [1, 2, 3]);
    assert_eq!((timeline.completed(), timeline.upcoming()), (0, 4));
    submitted[1].1.signal();
    assert_eq!(timeline.completed(), 0, "the first one comes first");
    submitted[0].1.signal();
    assert_eq!(timeline.completed(), 2);
    submitted[2].1.signal();
    assert_eq!(timeline.wait(u64::MAX, FOR_EVER), Ok(true));
    assert_eq!(timeline.completed(), 3);
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (3, 3));
    fake::assert_rules_kept();
}

#[test]
fn fences_are_used_again() {
    let timeline = played();
    for round in 0..100 {
        let both = [(); 2].map(|()| submit(&timeline));
        assert_eq!(both.map(|(value, _)| value), [2 * round + 1, 2 * round + 2]);
        both.iter().for_each(|(_, fence)| fence.signal());
        if round % 3 == 0 {
            assert_eq!(timeline.completed(), 2 * round + 2, "nobody has to ask in between");
        }
    }
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (2, 2), "as many as were in flight");
    fake::assert_rules_kept();
}

#[test]
fn a_fence_is_not_looked_at_before_it_is_submitted() {
    let timeline = played();
    let first = timeline.submit().unwrap();
    let (_, second) = submit(&timeline);
    second.signal();
    assert_eq!(timeline.completed(), 0);
    assert_eq!(timeline.wait(2, Duration::ZERO), Ok(false));
    let fence = fake(first.fence());
    fence.enqueue();
    first.submitted();
    assert_eq!(timeline.completed(), 0);
    fence.signal();
    assert_eq!(timeline.completed(), 2);
    fake::assert_rules_kept();
}

#[test]
fn a_waiter_wakes_when_the_submission_is_made_and_done() {
    let timeline = played();
    let first = timeline.submit().unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| timeline.wait(u64::MAX, FOR_EVER));
        let fence = fake(first.fence());
        fence.enqueue();
        first.submitted();
        while !fence.is_looked_at() {
            thread::yield_now();
        }
        fence.signal();
        assert_eq!(waiter.join().unwrap(), Ok(true));
    });
    fake::assert_rules_kept();
}

#[test]
fn a_fence_is_not_reset_while_somebody_waits_for_it() {
    let timeline = played();
    let (_, first) = submit(&timeline);
    thread::scope(|scope| {
        let waiters = [(); 3].map(|()| scope.spawn(|| timeline.wait(1, FOR_EVER)));
        while !first.is_looked_at() {
            thread::yield_now();
        }
        first.signal();
        for round in 2..100 {
            let (value, fence) = submit(&timeline);
            assert_eq!(value, round);
            fence.signal();
        }
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Ok(true));
        }
    });
    assert_eq!(timeline.completed(), 99);
    fake::assert_rules_kept();
}

#[test]
fn withdrawn_values_come_with_those_before() {
    let timeline = played();
    assert_eq!(withdraw(&timeline), 1);
    assert_eq!(timeline.completed(), 1);
    let (_, fence) = submit(&timeline);
    assert_eq!((withdraw(&timeline), withdraw(&timeline)), (3, 4));
    assert_eq!(timeline.completed(), 1);
    assert_eq!(timeline.wait(4, Duration::ZERO), Ok(false));
    fence.signal();
    assert_eq!(timeline.wait(u64::MAX, FOR_EVER), Ok(true));
    assert_eq!(timeline.completed(), 4);
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (2, 2), "a withdrawn fence is as good as new");
    fake::assert_rules_kept();
}

#[test]
fn a_submission_without_an_answer_is_covered_by_a_later_one() {
    let timeline = played();
    drop(timeline.submit().unwrap());
    assert_eq!(timeline.completed(), 0);
    assert_eq!(timeline.wait(1, Duration::from_millis(1)), Ok(false), "nobody knows");
    let (value, fence) = submit(&timeline);
    assert_eq!(timeline.completed(), 0);
    fence.signal();
    assert_eq!(timeline.completed(), value);
    assert_eq!(timeline.wait(1, FOR_EVER), Ok(true));
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (2, 1), "its fence may be the device's");
    fake::assert_rules_kept();
}

#[test]
fn a_lost_device_has_reached_everything_and_waits_for_nothing() {
    let timeline = played();
    let (_, first) = submit(&timeline);
    let handed = timeline.submit().unwrap();
    first.lose();
    assert_eq!(timeline.wait(1, FOR_EVER), Err(TimelineError::DeviceLost));
    assert_eq!(timeline.completed(), u64::MAX);
    // SAFETY: nothing was submitted.
    unsafe { handed.withdraw() };
    assert_eq!(timeline.completed(), u64::MAX, "there is no way back");
    assert_eq!(timeline.submit().unwrap_err(), TimelineError::DeviceLost);
    assert_eq!(timeline.wait(0, FOR_EVER), Err(TimelineError::DeviceLost));
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (2, 2), "they are destroyed all the same");
    fake::assert_rules_kept();
}

#[test]
fn whoever_waits_hears_of_a_loss_that_others_see() {
    let timeline = played();
    let (_, first) = submit(&timeline);
    let handed = timeline.submit().unwrap();
    first.signal();
    assert_eq!(timeline.completed(), 1);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| timeline.wait(2, FOR_EVER));
        let fence = fake(handed.fence());
        fence.enqueue();
        fence.lose();
        handed.submitted();
        assert_eq!(waiter.join().unwrap(), Err(TimelineError::DeviceLost));
    });
    fake::assert_rules_kept();
}

#[test]
fn an_error_of_the_driver_changes_nothing() {
    const CODE: vk::Result = vk::Result::ERROR_OUT_OF_DEVICE_MEMORY;
    let timeline = played();
    fake::fail_next(CODE);
    assert_eq!(timeline.submit().unwrap_err(), TimelineError::Vulkan(CODE));
    assert_eq!(timeline.upcoming(), 1, "no value was taken");
    let (_, fence) = submit(&timeline);
    fence.signal();
    fake::fail_next(CODE);
    assert_eq!(timeline.completed(), 0, "nobody knows");
    fake::fail_next(CODE);
    assert_eq!(timeline.wait(1, FOR_EVER), Err(TimelineError::Vulkan(CODE)));
    assert_eq!(timeline.completed(), 1);
    fake::fail_next(CODE);
    assert_eq!(timeline.submit().unwrap_err(), TimelineError::Vulkan(CODE), "from the reset");
    assert_eq!(timeline.upcoming(), 2);
    assert_eq!(submit(&timeline).0, 2, "the fence is still there");
    assert_eq!(fake::made_and_destroyed(), (1, 0));
    fake::assert_rules_kept();
}

#[test]
fn fences_in_use_are_left_to_their_device() {
    let timeline = played();
    let (_, done) = submit(&timeline);
    let _pending = submit(&timeline);
    withdraw(&timeline);
    done.signal();
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (3, 2));
    fake::assert_rules_kept();
}

/// One thread submits, one is the device, three ask and one waits; the fences watch their rules.
#[test]
fn threads_never_touch_a_fence_that_is_not_theirs() {
    const LAST: u64 = 600;
    let timeline = played();
    let finished: Vec<_> = (0..=LAST).map(|_| AtomicBool::new(false)).collect();
    finished[0].store(true, Ordering::Release);
    let (stop, most) = (AtomicBool::new(false), AtomicU64::new(0));
    let (to_device, on_device) = sync_channel::<(u64, &'static Fake)>(3);
    let ask = || {
        let mut before = 0;
        while !stop.load(Ordering::Acquire) {
            let completed = timeline.completed();
            assert!(completed >= before, "{completed} after {before}");
            assert!(finished[usize::try_from(completed).unwrap()].load(Ordering::Acquire));
            most.fetch_max(completed, Ordering::Relaxed);
            before = completed;
            thread::yield_now();
        }
    };
    let wait = || {
        while !stop.load(Ordering::Acquire) {
            let value = timeline.upcoming().saturating_sub(2);
            assert_eq!(timeline.wait(value, FOR_EVER), Ok(true));
            assert!(finished[usize::try_from(value).unwrap()].load(Ordering::Acquire));
        }
    };
    thread::scope(|scope| {
        let others = [(); 3].map(|()| scope.spawn(ask));
        let waiter = scope.spawn(wait);
        let finished = &finished;
        let device = scope.spawn(move || {
            for (value, fence) in on_device {
                finished[usize::try_from(value).unwrap()].store(true, Ordering::Release);
                fence.signal();
            }
        });
        for round in 1..=LAST {
            if round % 7 == 0 && round != LAST {
                finished[usize::try_from(round).unwrap()].store(true, Ordering::Release);
                assert_eq!(withdraw(&timeline), round);
            } else {
                let (value, fence) = submit(&timeline);
                to_device.send((value, fence)).unwrap();
            }
        }
        drop(to_device);
        device.join().unwrap();
        stop.store(true, Ordering::Release);
        waiter.join().unwrap();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    assert_eq!(timeline.completed(), LAST);
    assert!(most.load(Ordering::Relaxed) <= LAST);
    drop(timeline);
    let (made, destroyed) = fake::made_and_destroyed();
    assert_eq!(made, destroyed);
    assert!(made <= 5 + 4, "{made} fences for five in flight and four that look");
    fake::assert_rules_kept();
}

#[test]
fn a_fence_stays_where_the_driver_does_not_know() {
    let timeline = played();
    let _pending = submit(&timeline);
    fake::fail_next(vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (1, 0), "it is in use");
}
