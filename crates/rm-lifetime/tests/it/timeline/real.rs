//! Real submissions on the present driver, in every version, and validation has nothing to say.

use std::{cell::Cell, sync::Arc, time::Duration};

use ash::vk;
use rm_alloc_core::DeviceContext;
use rm_headless::{HeadlessDevice, HeadlessOptions, testing};
use rm_lifetime::{
    DeferredDestructionQueue, DrainLimit, FenceTimeline, GpuTimeline, RetireAt, SemaphoreTimeline,
};

use crate::lines::{buffer, manager_of};

/// Long enough for a software driver on a busy machine, and no more than a bound.
const ENOUGH: Duration = Duration::from_secs(60);
const GATES: usize = 12;
const VERSIONS: [u32; 3] = [vk::API_VERSION_1_1, vk::API_VERSION_1_2, vk::API_VERSION_1_3];

fn each_version(body: impl Fn(&Stage<'_>)) {
    for version in VERSIONS {
        let options = HeadlessOptions::default().api_version(version);
        testing::with_options(&options, |device, context| {
            if !device.has_timeline_semaphores() {
                return testing::say_skipped(&"no timeline semaphores to hold the device up with");
            }
            body(&Stage::new(device, context));
        });
    }
}

/// Work that starts when the test says so.
struct Stage<'d> {
    device: &'d HeadlessDevice,
    context: &'d Arc<DeviceContext>,
    timelines: ash::khr::timeline_semaphore::Device,
    /// Opened one after the other; each is signalled once, because older layers lose count of host signals.
    gates: [vk::Semaphore; GATES],
    opened: Cell<usize>,
    pool: vk::CommandPool,
}

impl<'d> Stage<'d> {
    fn new(device: &'d HeadlessDevice, context: &'d Arc<DeviceContext>) -> Self {
        let timelines =
            ash::khr::timeline_semaphore::Device::new(device.instance(), device.device());
        let gates = [(); GATES].map(|()| {
            let mut kind =
                vk::SemaphoreTypeCreateInfo::default().semaphore_type(vk::SemaphoreType::TIMELINE);
            let info = vk::SemaphoreCreateInfo::default().push_next(&mut kind);
            // SAFETY: the device is live, and its feature is enabled.
            unsafe { device.device().create_semaphore(&info, None) }.unwrap()
        });
        let info = vk::CommandPoolCreateInfo::default().queue_family_index(device.queue_family());
        // SAFETY: the device is live, and the family is its own.
        let pool = unsafe { device.device().create_command_pool(&info, None) }.unwrap();
        Self { device, context, timelines, gates, opened: Cell::new(0), pool }
    }

    /// Lets work start that stands before gate `last` or an earlier one; they count from 1.
    fn open(&self, last: usize) {
        let core = self.context.api_version() >= vk::API_VERSION_1_2;
        for gate in &self.gates[self.opened.replace(last)..last] {
            let info = vk::SemaphoreSignalInfo::default().semaphore(*gate).value(1);
            let answer = match core {
                // SAFETY: the gate is live, and nobody else signals it.
                true => unsafe { self.device.device().signal_semaphore(&info) },
                // SAFETY: as above.
                false => unsafe { self.timelines.signal_semaphore(&info) },
            };
            answer.unwrap();
        }
    }

    /// Commands that fill `buffer`.
    fn fill(&self, buffer: vk::Buffer) -> vk::CommandBuffer {
        let device = self.device.device();
        let info = vk::CommandBufferAllocateInfo::default()
            .command_pool(self.pool)
            .command_buffer_count(1);
        // SAFETY: the pool is live and ours.
        let commands = unsafe { device.allocate_command_buffers(&info) }.unwrap()[0];
        let info = vk::CommandBufferBeginInfo::default()
            .flags(vk::CommandBufferUsageFlags::ONE_TIME_SUBMIT);
        // SAFETY: the commands are new.
        unsafe { device.begin_command_buffer(commands, &info) }.unwrap();
        // SAFETY: recording, outside a render pass; the buffer is bound and a transfer's target.
        unsafe { device.cmd_fill_buffer(commands, buffer, 0, vk::WHOLE_SIZE, 7) };
        // SAFETY: recording.
        unsafe { device.end_command_buffer(commands) }.unwrap();
        commands
    }

    /// Submits `commands` behind `gate`, signalling `signal` and `fence`.
    fn submit(
        &self,
        commands: &[vk::CommandBuffer],
        gate: usize,
        signal: Option<(vk::Semaphore, u64)>,
        fence: vk::Fence,
    ) {
        let (waits, gates) = ([self.gates[gate - 1]], [1]);
        let (signals, values): (Vec<_>, Vec<_>) = signal.into_iter().unzip();
        let mut more = vk::TimelineSemaphoreSubmitInfo::default()
            .wait_semaphore_values(&gates)
            .signal_semaphore_values(&values);
        let info = vk::SubmitInfo::default()
            .command_buffers(commands)
            .wait_semaphores(&waits)
            .wait_dst_stage_mask(&[vk::PipelineStageFlags::ALL_COMMANDS])
            .signal_semaphores(&signals)
            .push_next(&mut more);
        let device = self.device.device();
        // SAFETY: everything is live, and only this thread submits.
        unsafe { device.queue_submit(self.device.queue(), &[info], fence) }.unwrap();
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let device = self.device.device();
        // A failed test may have left gates closed.
        self.open(GATES);
        // SAFETY: only this thread submits.
        unsafe { device.queue_wait_idle(self.device.queue()) }.ok();
        for gate in self.gates {
            // SAFETY: the queue is idle, and the gate is ours.
            unsafe { device.destroy_semaphore(gate, None) };
        }
        // SAFETY: the queue is idle, and the pool is ours.
        unsafe { device.destroy_command_pool(self.pool, None) };
    }
}

#[test]
fn a_semaphore_follows_a_queue() {
    each_version(|stage| {
        // SAFETY: the feature is enabled, and this thread alone submits, in order.
        let timeline = unsafe { SemaphoreTimeline::new(stage.context) }.unwrap();
        assert_eq!(timeline.wait(u64::MAX, ENOUGH), Ok(true), "nothing is in flight");
        for gate in 1..=3 {
            let value = timeline.submit();
            stage.submit(&[], gate, Some((timeline.raw(), value)), vk::Fence::null());
        }
        assert_eq!((timeline.completed(), timeline.upcoming()), (0, 4));
        assert_eq!(timeline.wait(1, Duration::from_millis(1)), Ok(false));
        stage.open(2);
        assert_eq!(timeline.wait(2, ENOUGH), Ok(true));
        assert_eq!(timeline.completed(), 2);
        assert_eq!(timeline.wait(u64::MAX, Duration::ZERO), Ok(false));
        stage.open(3);
        assert_eq!(timeline.wait(u64::MAX, ENOUGH), Ok(true));
        let failed = timeline.submit();
        // SAFETY: it is not submitted.
        unsafe { timeline.withdraw(failed) };
        assert_eq!(timeline.wait(u64::MAX, ENOUGH), Ok(true));
        let value = timeline.submit();
        stage.submit(&[], 3, Some((timeline.raw(), value)), vk::Fence::null());
        assert_eq!(timeline.wait(value, ENOUGH), Ok(true));
        assert_eq!(timeline.completed(), 5);
    });
}

#[test]
fn fences_follow_a_queue() {
    each_version(|stage| {
        // SAFETY: this thread alone submits, in order.
        let timeline = unsafe { FenceTimeline::new(stage.context) };
        for round in 0..4_u8 {
            let before = round * 3;
            for value in before + 1..=before + 3 {
                let submission = timeline.submit().unwrap();
                stage.submit(&[], value.into(), None, submission.fence());
                assert_eq!(submission.submitted(), u64::from(value));
            }
            assert_eq!(timeline.completed(), u64::from(before));
            let next = u64::from(before) + 1;
            assert_eq!(timeline.wait(next, Duration::from_millis(1)), Ok(false));
            stage.open((before + 2).into());
            assert_eq!(timeline.wait(next + 1, ENOUGH), Ok(true));
            assert_eq!(timeline.wait(u64::MAX, Duration::ZERO), Ok(false));
            stage.open((before + 3).into());
            assert_eq!(timeline.wait(u64::MAX, ENOUGH), Ok(true));
            assert_eq!(timeline.completed(), next + 2);
        }
        let failed = timeline.submit().unwrap();
        // SAFETY: it is not submitted.
        unsafe { failed.withdraw() };
        assert_eq!(timeline.completed(), 13);
        let empty = timeline.submit().unwrap();
        // SAFETY: the fence is unsignalled, and this thread alone submits.
        unsafe { stage.device.device().queue_submit(stage.device.queue(), &[], empty.fence()) }
            .unwrap();
        let value = empty.submitted();
        assert_eq!(timeline.wait(value, ENOUGH), Ok(true));
    });
}

#[test]
fn buffers_die_when_the_queue_is_done_with_them() {
    each_version(|stage| {
        let manager = manager_of(stage.context);
        // SAFETY: the feature is enabled, and this thread alone submits, in order.
        let semaphore = Arc::new(unsafe { SemaphoreTimeline::new(stage.context) }.unwrap());
        // SAFETY: this thread alone submits, in order.
        let fences = Arc::new(unsafe { FenceTimeline::new(stage.context) });
        let queue = DeferredDestructionQueue::new(&manager);
        queue.attach(semaphore.clone()).unwrap();
        queue.attach(fences.clone()).unwrap();
        let retirer = queue.retirer();
        let frame = |gate: usize| {
            let buffer = buffer(&manager, 4096);
            let commands = stage.fill(buffer.raw());
            retirer.retire_buffer(buffer, RetireAt::Now);
            let (value, submission) = (semaphore.submit(), fences.submit().unwrap());
            stage.submit(&[commands], gate, Some((semaphore.raw(), value)), submission.fence());
            submission.submitted();
        };
        (1..=3).for_each(frame);
        assert_eq!(queue.drain(DrainLimit::default()).entries, 0, "the device has not begun");
        stage.open(1);
        assert_eq!(fences.wait(1, ENOUGH), Ok(true));
        assert_eq!(semaphore.wait(1, ENOUGH), Ok(true));
        assert_eq!(queue.drain(DrainLimit::default()).entries, 1);
        stage.open(3);
        let drained = queue.shutdown(ENOUGH).unwrap();
        assert_eq!(drained.entries, 2);
        assert_eq!(manager.stats().allocations, 0);
    });
}
