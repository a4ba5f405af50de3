//! What counts the submissions to the queue of a real device.

use std::{slice, sync::Arc, time::Duration};

use ash::vk;
use resource_management::{
    alloc::DeviceContext,
    lifetime::{FenceTimeline, GpuTimeline, SemaphoreTimeline, TimelineError},
};
use rm_headless::HeadlessDevice;

/// Longer than any frame.
const FOR_EVER: Duration = Duration::MAX;

/// A timeline of whatever the device has: a semaphore, or else fences.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    Fences(Arc<FenceTimeline>),
    Semaphore(Arc<SemaphoreTimeline>),
}

impl Clock {
    /// One over a semaphore, at zero.
    ///
    /// # Errors
    ///
    /// [`TimelineError::Unsupported`] if the device has no timeline semaphores.
    ///
    /// # Safety
    ///
    /// - Timeline semaphores are enabled, if the device has them.
    /// - Whatever is submitted and uses resources of `context` is submitted [here](Self::submit), to one queue.
    pub(crate) unsafe fn semaphore(context: &Arc<DeviceContext>) -> Result<Self, TimelineError> {
        // SAFETY: enabled (caller); `submit` signals each value in its turn, and nobody else knows the semaphore.
        Ok(Self::Semaphore(Arc::new(unsafe { SemaphoreTimeline::new(context) }?)))
    }

    /// One over fences, at zero.
    ///
    /// # Safety
    ///
    /// - Whatever is submitted and uses resources of `context` is submitted [here](Self::submit), to one queue.
    pub(crate) unsafe fn fences(context: &Arc<DeviceContext>) -> Self {
        // SAFETY: `submit` gives each fence to the queue in its turn (caller), and to nobody else.
        Self::Fences(Arc::new(unsafe { FenceTimeline::new(context) }))
    }

    /// What a queue of garbage waits for.
    pub(crate) fn timeline(&self) -> Arc<dyn GpuTimeline> {
        match self {
            Self::Fences(fences) => Arc::<FenceTimeline>::clone(fences),
            Self::Semaphore(semaphore) => Arc::<SemaphoreTimeline>::clone(semaphore),
        }
    }

    /// Submits `commands`, and says which value their end signals.
    ///
    /// # Safety
    ///
    /// - `device` is the one that the clock was made for, and nobody else uses its queue meanwhile.
    /// - `commands` were recorded for that queue, are not in use, and stay until the value is reached.
    pub(crate) unsafe fn submit(
        &self,
        device: &HeadlessDevice,
        commands: &vk::CommandBuffer,
    ) -> Result<u64, TimelineError> {
        let (queue, device) = (device.queue(), device.device());
        let info = vk::SubmitInfo::default().command_buffers(slice::from_ref(commands));
        match self {
            Self::Fences(fences) => {
                let submission = fences.submit()?;
                // SAFETY: the commands are ready and the queue is ours (caller); the fence is unsignalled.
                match unsafe { device.queue_submit(queue, &[info], submission.fence()) } {
                    Ok(()) => Ok(submission.submitted()),
                    Err(code) => {
                        // SAFETY: nothing was submitted.
                        unsafe { submission.withdraw() };
                        Err(code.into())
                    }
                }
            }
            Self::Semaphore(semaphore) => {
                let value = semaphore.submit();
                let (signal, values) = ([semaphore.raw()], [value]);
                let mut more =
                    vk::TimelineSemaphoreSubmitInfo::default().signal_semaphore_values(&values);
                let info = info.signal_semaphores(&signal).push_next(&mut more);
                // SAFETY: the commands are ready and the queue is ours (caller); the value is the next one.
                match unsafe { device.queue_submit(queue, &[info], vk::Fence::null()) } {
                    Ok(()) => Ok(value),
                    Err(code) => {
                        // SAFETY: nothing was submitted.
                        unsafe { semaphore.withdraw(value) };
                        Err(code.into())
                    }
                }
            }
        }
    }

    /// Waits until `value` is reached.
    pub(crate) fn wait(&self, value: u64) -> Result<(), TimelineError> {
        let timeline: &dyn GpuTimeline = match self {
            Self::Fences(fences) => &**fences,
            Self::Semaphore(semaphore) => &**semaphore,
        };
        while !timeline.wait(value, FOR_EVER)? {}
        Ok(())
    }
}
