//! Behaviour 39: what is added with a frame dies when that frame plus those in flight begins, and not before.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use ash::vk;
use rm_alloc_core::ImageRequest;
use rm_lifetime::{DrainLimit, FrameDestructionQueue, FrameTimeline, GpuTimeline, RetireAt};
use rm_vksim::SimTimeline;

use crate::lines::{buffer, manager};

/// Frames at both ends and in the middle.
const FRAMES: [u64; 14] = [
    0,
    1,
    2,
    3,
    4,
    (1 << 32) - 2,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 1,
    u64::MAX - 5,
    u64::MAX - 3,
    u64::MAX - 2,
    u64::MAX - 1,
    u64::MAX,
];
const IN_FLIGHT: [u32; 6] = [0, 1, 2, 3, u32::MAX - 1, u32::MAX];

fn timeline(frames_in_flight: u32) -> FrameTimeline {
    // SAFETY: no device is involved.
    unsafe { FrameTimeline::new(frames_in_flight) }
}

#[test]
fn a_frame_is_over_when_it_is_as_old_as_frames_are_in_flight() {
    for in_flight in IN_FLIGHT {
        for now in FRAMES {
            let timeline = timeline(in_flight);
            timeline.begin_frame(now);
            for frame in FRAMES {
                let over = u128::from(now) >= u128::from(frame) + u128::from(in_flight);
                // The last two share a value that is never reached.
                let wanted = over && frame < u64::MAX - 1;
                let reached = timeline.completed() >= timeline.value_of(frame);
                assert_eq!(reached, wanted, "{frame} at {now}, {in_flight} in flight");
            }
            assert_eq!(timeline.upcoming(), timeline.value_of(now));
            assert_ne!(timeline.completed(), u64::MAX, "that is what a lost device has reached");
        }
    }
}

#[test]
fn nothing_is_over_before_the_first_frame() {
    for in_flight in IN_FLIGHT {
        let timeline = timeline(in_flight);
        assert_eq!((timeline.completed(), timeline.upcoming()), (0, 1));
        assert_eq!(timeline.wait(0, Duration::MAX), Ok(true));
        assert_eq!(timeline.wait(1, Duration::ZERO), Ok(false));
    }
}

#[test]
fn frames_never_go_back() {
    let timeline = timeline(2);
    timeline.begin_frame(9);
    timeline.begin_frame(4);
    assert_eq!((timeline.current_frame(), timeline.frames_in_flight()), (9, 2));
    assert_eq!((timeline.completed(), timeline.upcoming()), (8, 10));
}

#[test]
fn a_waiter_watches_frames_begin() {
    let timeline = timeline(1);
    timeline.begin_frame(3);
    assert_eq!(timeline.wait(4, Duration::from_millis(1)), Ok(false));
    assert_eq!(timeline.wait(3, Duration::MAX), Ok(true));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| timeline.wait(4, Duration::MAX));
        timeline.begin_frame(4);
        assert_eq!(waiter.join().unwrap(), Ok(true));
    });
}

/// A queue, and the names of what has died in it.
fn queue(frames_in_flight: u32) -> (FrameDestructionQueue, Arc<Mutex<Vec<u64>>>) {
    let (manager, _sim) = manager();
    // SAFETY: no device uses anything.
    (unsafe { FrameDestructionQueue::new(&manager, frames_in_flight) }, Arc::default())
}

fn add(queue: &FrameDestructionQueue, dead: &Arc<Mutex<Vec<u64>>>, name: u64, frame: u64) {
    let dead = dead.clone();
    queue.add_with(move || dead.lock().unwrap().push(name), frame);
}

#[test]
fn entries_die_at_their_frame_and_not_before() {
    for in_flight in IN_FLIGHT {
        for frame in FRAMES.into_iter().filter(|frame| *frame < u64::MAX - 1) {
            let Some(end) = frame.checked_add(in_flight.into()) else { continue };
            let (queue, dead) = queue(in_flight);
            add(&queue, &dead, frame, frame);
            assert_eq!(queue.queue().drain(DrainLimit::default()).entries, 0, "none has begun");
            if let Some(before) = end.checked_sub(1) {
                assert_eq!(queue.process_frame(before).entries, 0, "{frame}, {in_flight}");
            }
            assert_eq!(queue.process_frame(end).entries, 1, "{frame}, {in_flight}");
            assert_eq!(*dead.lock().unwrap(), [frame]);
        }
    }
}

#[test]
fn the_last_two_frames_are_never_over() {
    let (queue, dead) = queue(0);
    add(&queue, &dead, 1, u64::MAX - 1);
    add(&queue, &dead, 2, u64::MAX);
    assert_eq!(queue.process_frame(u64::MAX).entries, 0);
    // SAFETY: no device uses anything.
    assert_eq!(unsafe { queue.flush() }.entries, 2);
}

#[test]
fn the_ready_ones_die_in_the_order_in_which_they_were_added() {
    let (queue, dead) = queue(2);
    for (name, frame) in [(1, 5), (2, 3), (3, 5), (4, 0), (5, 9), (6, 4)] {
        add(&queue, &dead, name, frame);
    }
    assert_eq!(queue.process_frame(7).entries, 5);
    assert_eq!(*dead.lock().unwrap(), [1, 2, 3, 4, 6]);
    assert_eq!(queue.process_frame(6).entries, 0, "frames never go back");
    add(&queue, &dead, 7, 5);
    assert_eq!(queue.process_frame(6).entries, 1, "its frame is over already");
    assert_eq!(queue.process_frame(11).entries, 1);
}

#[test]
fn whatever_is_added_late_waits_for_its_own_frame() {
    let (queue, dead) = queue(3);
    queue.process_frame(10);
    add(&queue, &dead, 1, 10);
    add(&queue, &dead, 2, 12);
    queue.queue().retirer().retire_with(|| (), RetireAt::Now);
    let entries: Vec<_> = (11..=15).map(|frame| queue.process_frame(frame).entries).collect();
    assert_eq!(entries, [0, 0, 2, 0, 1], "what is retired now belongs to the current frame");
}

#[test]
fn null_is_ignored() {
    let (queue, _) = queue(1);
    let destroy = queue.queue().manager().context().device().fp_v1_0().destroy_pipeline;
    // SAFETY: there is no pipeline.
    unsafe { queue.add(vk::Pipeline::null(), destroy, 0) };
    assert_eq!(queue.queue().statistics().queued, 0);
    assert_eq!(queue.process_frame(9).entries, 0);
}

#[test]
fn objects_and_resources_die_and_the_oracle_has_no_objection() {
    let (manager, sim) = manager();
    let line = SimTimeline::new(&sim);
    // SAFETY: the simulated device is done with frame n - 2 when frame n begins.
    let queue = unsafe { FrameDestructionQueue::new(&manager, 2) };
    for frame in 0..20 {
        line.complete((frame + 1_u64).saturating_sub(2));
        queue.process_frame(frame);
        let until = frame + 1;
        let resource = buffer(&manager, 1 << 12);
        line.use_until(resource.raw(), until);
        // SAFETY: this frame is the last one that uses it.
        unsafe { queue.add_buffer(resource, frame) };
        let usage = vk::ImageUsageFlags::SAMPLED;
        let request = ImageRequest::new_2d(vk::Format::R8G8B8A8_UNORM, 8, 8, usage);
        let image = manager.allocate_image(&request).unwrap();
        line.use_until(image.raw(), until);
        // SAFETY: this frame is the last one that uses it.
        unsafe { queue.add_image(image, frame) };
        let usage = vk::BufferUsageFlags::TRANSFER_SRC;
        let info = vk::BufferCreateInfo::default().size(64).usage(usage);
        // SAFETY: the device is live.
        let raw = unsafe { sim.device().create_buffer(&info, None) }.unwrap();
        line.use_until(raw, until);
        // SAFETY: it is of this device, nobody else destroys it, and this frame is the last one that uses it.
        unsafe { queue.add(raw, sim.device().fp_v1_0().destroy_buffer, frame) };
        assert!(manager.stats().allocations <= 6, "two frames are in flight");
    }
    line.vanish();
    // SAFETY: the device is done.
    assert_eq!(unsafe { queue.flush() }.entries, 6);
    assert_eq!(manager.stats().allocations, 0);
    assert!(sim.violations().is_empty(), "{:?}", sim.violations());
}

#[test]
fn threads_add_while_frames_go_by() {
    let (queue, dead) = queue(2);
    thread::scope(|scope| {
        for name in 0..4 {
            let (queue, dead) = (&queue, &dead);
            scope.spawn(move || (0..500).for_each(|frame| add(queue, dead, name, frame)));
        }
        (0..500).for_each(|frame| {
            queue.process_frame(frame);
        });
    });
    queue.process_frame(501);
    assert_eq!(dead.lock().unwrap().len(), 2000);
}
