//! The device, the one door to its memory, and the queue that is submitted to.

use std::{slice, sync::Arc, time::Duration};

use ash::vk;
use resource_management::{
    alloc::{BudgetConfig, DeviceBudgetManager, DeviceContext},
    backend::direct::DirectAllocator,
    lifetime::{
        DeferredDestructionQueue, DrainLimit, GpuTimeline, SemaphoreTimeline, SharedResourceFactory,
    },
};
use rm_headless::{HeadlessDevice, HeadlessOptions, Recorder};

use crate::{
    error::FrameError,
    options::{Options, Validation},
};

/// Longer than any frame on any device takes.
const AT_MOST: Duration = Duration::from_secs(120);

/// A device that renders, and what memory on it belongs to.
#[derive(Debug)]
pub(crate) struct Device {
    // Invariant: the context is of this device, manager, factory and garbage of this context; only `submit` submits.
    // Dropped in this order.
    factory: SharedResourceFactory,
    garbage: DeferredDestructionQueue,
    timeline: Arc<SemaphoreTimeline>,
    manager: DeviceBudgetManager,
    context: Arc<DeviceContext>,
    headless: Arc<HeadlessDevice>,
}

/// What was left when a device was closed.
#[derive(Debug)]
pub(crate) struct Closed {
    /// Bytes that did not come back.
    pub(crate) lost_bytes: u64,
    /// What validation said, up to the device's end.
    pub(crate) messages: Vec<String>,
}

impl Device {
    /// Opens what `options` ask for.
    pub(crate) fn open(options: &Options) -> Result<Self, FrameError> {
        let mut wanted = HeadlessOptions::default().rendering().synchronization();
        wanted.device.clone_from(&options.device);
        let headless = HeadlessDevice::open(&wanted.validation(match options.validation {
            Validation::IfInstalled => rm_headless::Validation::IfInstalled,
            Validation::Off => rm_headless::Validation::Off,
            Validation::Required => rm_headless::Validation::Required,
        }))?;
        let context = headless.context();
        let allocator = Arc::new(DirectAllocator::new(&context));
        let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default())?;
        let garbage = DeferredDestructionQueue::new(&manager);
        // SAFETY: Vulkan 1.3 has timeline semaphores, and `submit` alone submits, in order, with all stages.
        let timeline = Arc::new(unsafe { SemaphoreTimeline::new(&context) }?);
        garbage.attach(Arc::<SemaphoreTimeline>::clone(&timeline))?;
        let factory = SharedResourceFactory::new(&manager, &garbage);
        Ok(Self { factory, garbage, timeline, manager, context, headless })
    }

    /// Its functions.
    pub(crate) fn raw(&self) -> &ash::Device {
        self.context.device()
    }

    /// What makes resources.
    pub(crate) fn factory(&self) -> &SharedResourceFactory {
        &self.factory
    }

    /// The device as it was opened.
    pub(crate) fn headless(&self) -> &HeadlessDevice {
        &self.headless
    }

    /// Nanoseconds of a tick of its clock, if its queue can read that.
    pub(crate) fn tick_nanoseconds(&self) -> Option<f64> {
        let (instance, physical) = (self.headless.instance(), self.headless.physical_device());
        // SAFETY: both are live and belong together (promised by `HeadlessDevice`).
        let families = unsafe { instance.get_physical_device_queue_family_properties(physical) };
        let family = families.get(self.headless.queue_family() as usize)?;
        // SAFETY: as above.
        let properties = unsafe { instance.get_physical_device_properties(physical) };
        // Fewer bits wrap around within a run.
        (family.timestamp_valid_bits >= 48).then(|| f64::from(properties.limits.timestamp_period))
    }

    /// Submits `commands`, and says which value their end signals.
    ///
    /// # Safety
    ///
    /// - `commands` were recorded for the queue of this device, are not in use, and stay until the value is reached.
    /// - What they use outlives them, or retires to this device's garbage.
    pub(crate) unsafe fn submit(&self, commands: vk::CommandBuffer) -> Result<u64, FrameError> {
        let value = self.timeline.submit();
        let commands = vk::CommandBufferSubmitInfo::default().command_buffer(commands);
        let signal = vk::SemaphoreSubmitInfo::default()
            .semaphore(self.timeline.raw())
            .value(value)
            .stage_mask(vk::PipelineStageFlags2::ALL_COMMANDS);
        let info = vk::SubmitInfo2::default()
            .command_buffer_infos(slice::from_ref(&commands))
            .signal_semaphore_infos(slice::from_ref(&signal));
        let (queue, fence) = (self.headless.queue(), vk::Fence::null());
        // SAFETY: the commands are ready (caller), the queue is ours alone (invariant), and the value the next one.
        if let Err(code) = unsafe { self.raw().queue_submit2(queue, &[info], fence) } {
            // SAFETY: nothing was submitted.
            unsafe { self.timeline.withdraw(value) };
            return Err(code.into());
        }
        Ok(value)
    }

    /// Waits until `value` is reached, and destroys what can be then.
    pub(crate) fn wait(&self, value: u64) -> Result<(), FrameError> {
        if !self.timeline.wait(value, AT_MOST)? {
            return Err(vk::Result::TIMEOUT.into());
        }
        self.garbage.drain(DrainLimit::default());
        Ok(())
    }

    /// Ends everything; resources of the device have to be dropped.
    pub(crate) fn close(self) -> Result<Closed, FrameError> {
        let Self { factory, garbage, timeline, manager, context, headless } = self;
        let recorder: Arc<Recorder> = Arc::clone(headless.recorder());
        drop(factory);
        garbage.shutdown(AT_MOST)?;
        let lost_bytes = manager.stats().used;
        drop((timeline, manager, context));
        // Destroying the device is where validation reports objects that were left behind.
        drop(headless);
        Ok(Closed { lost_bytes, messages: recorder.take() })
    }
}
