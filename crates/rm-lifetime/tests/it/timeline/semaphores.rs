//! A timeline semaphore whose device the test plays.

use std::{sync::Arc, thread, time::Duration};

use ash::vk;
use rm_alloc_core::DeviceContext;
use rm_lifetime::{GpuTimeline, SemaphoreTimeline, TimelineError};
use rm_vksim::Profile;

use super::fake::{self, fake};
use crate::support::simulated;

const FOR_EVER: Duration = Duration::MAX;

fn timeline(context: &Arc<DeviceContext>) -> SemaphoreTimeline {
    // SAFETY: no device is involved.
    unsafe { SemaphoreTimeline::new(context) }.unwrap()
}

fn withdraw(timeline: &SemaphoreTimeline, value: u64) {
    // SAFETY: the tests signal nothing that they withdraw.
    unsafe { timeline.withdraw(value) };
}

fn played() -> SemaphoreTimeline {
    timeline(&fake::context(vk::API_VERSION_1_2))
}

#[test]
fn values_follow_the_semaphore_and_never_go_back() {
    let timeline = played();
    assert_eq!((timeline.completed(), timeline.upcoming()), (0, 1));
    assert_eq!((timeline.submit(), timeline.submit(), timeline.submit()), (1, 2, 3));
    assert_eq!((timeline.completed(), timeline.upcoming()), (0, 4));
    fake(timeline.raw()).reach(2);
    assert_eq!(timeline.completed(), 2);
    fake(timeline.raw()).reach(1);
    assert_eq!(timeline.completed(), 2, "whatever the driver says");
    fake(timeline.raw()).reach(3);
    assert_eq!(timeline.wait(u64::MAX, FOR_EVER), Ok(true));
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (1, 1));
    fake::assert_rules_kept();
}

#[test]
fn only_what_was_submitted_is_waited_for() {
    let timeline = played();
    assert_eq!(timeline.wait(u64::MAX, FOR_EVER), Ok(true), "nothing is in flight");
    let value = timeline.submit();
    assert_eq!(timeline.wait(value, Duration::ZERO), Ok(false));
    assert_eq!(timeline.wait(value, Duration::from_millis(1)), Ok(false));
    assert_eq!(timeline.wait(0, FOR_EVER), Ok(true));
    fake(timeline.raw()).reach(value);
    assert_eq!(timeline.wait(value + 9, FOR_EVER), Ok(true));
    fake::assert_rules_kept();
}

#[test]
fn a_waiter_wakes_when_the_device_is_done() {
    let timeline = played();
    let value = timeline.submit();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| timeline.wait(value, FOR_EVER));
        let semaphore = fake(timeline.raw());
        while !semaphore.is_looked_at() {
            thread::yield_now();
        }
        semaphore.reach(value);
        assert_eq!(waiter.join().unwrap(), Ok(true));
    });
    fake::assert_rules_kept();
}

#[test]
fn withdrawn_values_come_with_those_before() {
    let timeline = played();
    for value in 1..=6 {
        assert_eq!(timeline.submit(), value);
    }
    withdraw(&timeline, 6);
    withdraw(&timeline, 2);
    withdraw(&timeline, 3);
    assert_eq!(timeline.completed(), 0);
    fake(timeline.raw()).reach(1);
    assert_eq!(timeline.completed(), 3);
    assert_eq!(timeline.wait(3, FOR_EVER), Ok(true));
    assert_eq!(timeline.wait(4, Duration::ZERO), Ok(false));
    fake(timeline.raw()).reach(5);
    assert_eq!(timeline.wait(u64::MAX, FOR_EVER), Ok(true));
    assert_eq!(timeline.completed(), 6);
    let value = timeline.submit();
    withdraw(&timeline, value);
    assert_eq!(timeline.completed(), 7, "nothing signals that the semaphore could still show");
    let value = timeline.submit();
    assert_eq!(timeline.completed(), 7);
    fake(timeline.raw()).reach(value);
    assert_eq!(timeline.completed(), 8);
    fake::assert_rules_kept();
}

#[test]
fn withdrawing_everything_leaves_nothing_to_wait_for() {
    let timeline = played();
    let value = timeline.submit();
    withdraw(&timeline, value);
    assert_eq!(timeline.wait(u64::MAX, FOR_EVER), Ok(true));
    assert_eq!(timeline.completed(), value);
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (1, 1));
}

#[test]
fn a_value_withdrawn_during_a_wait_is_not_waited_for_any_more() {
    let timeline = played();
    let value = timeline.submit();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| timeline.wait(value, FOR_EVER));
        while !fake(timeline.raw()).is_looked_at() {
            thread::yield_now();
        }
        withdraw(&timeline, value);
        assert_eq!(waiter.join().unwrap(), Ok(true));
    });
}

#[test]
fn a_lost_device_has_reached_everything_and_waits_for_nothing() {
    let timeline = played();
    let value = timeline.submit();
    fake(timeline.raw()).lose();
    assert_eq!(timeline.wait(value, FOR_EVER), Err(TimelineError::DeviceLost));
    assert_eq!(timeline.completed(), u64::MAX);
    assert_eq!(timeline.wait(value, Duration::ZERO), Err(TimelineError::DeviceLost));
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (1, 1), "it is destroyed all the same");
    fake::assert_rules_kept();
}

#[test]
fn asking_a_lost_device_is_enough_to_know() {
    let timeline = played();
    let _ = timeline.submit();
    fake(timeline.raw()).lose();
    assert_eq!(timeline.completed(), u64::MAX);
}

#[test]
fn an_error_of_the_driver_changes_nothing() {
    let context = fake::context(vk::API_VERSION_1_2);
    fake::fail_next(vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    let error = TimelineError::Vulkan(vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    // SAFETY: no device is involved.
    assert_eq!(unsafe { SemaphoreTimeline::new(&context) }.unwrap_err(), error);
    let timeline = timeline(&context);
    let value = timeline.submit();
    fake(timeline.raw()).reach(value);
    fake::fail_next(vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    assert_eq!(timeline.completed(), 0, "nobody knows");
    fake::fail_next(vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    assert_eq!(timeline.wait(value, FOR_EVER), Err(error));
    assert_eq!(timeline.completed(), value);
}

#[test]
fn a_semaphore_in_use_is_left_to_its_device() {
    let timeline = played();
    let _ = timeline.submit();
    drop(timeline);
    assert_eq!(fake::made_and_destroyed(), (1, 0));
    fake::assert_rules_kept();
}

#[test]
fn before_1_2_the_commands_of_the_extension_are_used() {
    fake::have_extension();
    let timeline = timeline(&fake::context(vk::API_VERSION_1_1));
    let value = timeline.submit();
    fake(timeline.raw()).reach(value);
    assert_eq!(timeline.completed(), value);
    let value = timeline.submit();
    assert_eq!(timeline.wait(value, Duration::ZERO), Ok(false));
    fake(timeline.raw()).reach(value);
    assert_eq!(timeline.wait(value, Duration::ZERO), Ok(true));
    fake::assert_rules_kept();
}

#[test]
fn a_device_without_timeline_semaphores_is_refused() {
    let (context, _sim) = simulated(Profile::tiler_lazy());
    // SAFETY: there is no feature to be enabled, and nothing is made.
    let refused = unsafe { SemaphoreTimeline::new(&context) };
    assert_eq!(refused.unwrap_err(), TimelineError::Unsupported);
}
