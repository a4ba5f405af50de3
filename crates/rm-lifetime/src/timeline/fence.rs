//! A timeline that a ring of fences counts, for devices without timeline semaphores.
//!
//! Protocol: `ring` says who may touch which fence; no driver call is made while it is locked.
//! Vulkan wants a fence that is submitted or reset to itself, while any number of threads may ask for its status or wait.
//!
//! - *Idle*: unsignalled, touched by nobody.
//! - *Handed*: whoever called [`FenceTimeline::submit`] has it alone, to reset and submit it, until it says what came of it.
//! - *Pending*: submitted. Whoever looks notes it under the lock before and after (`lookers`), and never changes it.
//! - *Spent*: seen signalled. Nobody looks any more who was not looking already; when those are gone, the next `submit` takes
//!   it over, which makes it handed, and resets it.
//! - *Abandoned*: nobody has said whether it was submitted. It is never touched again.
//!
//! Values are finished in the order of `line`, one after the other; a fence that is signalled vouches for what came before.
//! `announced` is written under the lock and read without; acquire and release, because who sees a value sees what its writer
//! did before.

mod ring;

use std::{
    fmt,
    mem::forget,
    slice,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ash::vk;
use rm_alloc_core::DeviceContext;

use self::ring::{Free, Look, Next, Ring};
use super::{
    gate::{Deadline, Gate, nanoseconds},
    report_left,
};
use crate::{GpuTimeline, TimelineError};

/// The line of work of one queue, counted by fences that it owns.
///
/// For any Vulkan 1.1 device; where there are timeline semaphores,
/// [`SemaphoreTimeline`](crate::SemaphoreTimeline) costs the driver less.
/// There are as many fences as submissions were ever in flight at a time, and they are used again and again.
/// A lost device has reached everything.
///
/// Dropping it destroys the fences that the device is done with, which is asked and not waited for.
/// Others leak, and the standard error hears of them: wait for the queue, or shut down the
/// [`DeferredDestructionQueue`](crate::DeferredDestructionQueue) that it is attached to, before the last handle goes.
///
/// ```
/// use ash::vk;
/// use rm_lifetime::{FenceTimeline, TimelineError};
///
/// fn submit(
///     device: &ash::Device,
///     queue: vk::Queue,
///     commands: &[vk::CommandBuffer],
///     timeline: &FenceTimeline,
/// ) -> Result<u64, TimelineError> {
///     let submission = timeline.submit()?;
///     let info = vk::SubmitInfo::default().command_buffers(commands);
///     // Sound: the queue is ours alone, and the timeline's.
///     match unsafe { device.queue_submit(queue, &[info], submission.fence()) } {
///         Ok(()) => Ok(submission.submitted()),
///         Err(code) => {
///             // Sound: nothing was submitted.
///             unsafe { submission.withdraw() };
///             Err(code.into())
///         }
///     }
/// }
/// ```
pub struct FenceTimeline {
    // Invariant: the fences of `ring` are live ones of `context`, ours to destroy, in the states that they are said to be in.
    context: Arc<DeviceContext>,
    ring: Mutex<Ring>,
    announced: AtomicU64,
    /// Opened when something is submitted, withdrawn or abandoned, or the device is lost.
    answered: Gate,
}

/// A value, and the fence that stands for it until the submission is made.
///
/// Dropped without an answer, nobody knows whether the device has the fence: it leaks, and the value is reached when a later
/// submission is.
#[must_use = "say what came of the submission"]
pub struct FenceSubmission<'t> {
    timeline: &'t FenceTimeline,
    // Invariant: handed to this submission alone, and live as long as the timeline.
    fence: vk::Fence,
    slot: usize,
    value: u64,
}

impl FenceTimeline {
    /// A timeline at 0, without a fence yet.
    ///
    /// # Safety
    ///
    /// - Each [submission](Self::submit) is made to one queue, with its fence and in the order of the values, before
    ///   [`submitted`](FenceSubmission::submitted) is called, and the fence is used in no other way.
    /// - Work that is being recorded is submitted with the [`upcoming`](GpuTimeline::upcoming) value or less, or what it uses
    ///   is not retired before.
    pub unsafe fn new(context: &Arc<DeviceContext>) -> Self {
        Self {
            context: Arc::clone(context),
            ring: Mutex::default(),
            announced: AtomicU64::new(0),
            answered: Gate::default(),
        }
    }

    /// The next value, and an unsignalled fence for the submission about to be made.
    ///
    /// # Errors
    ///
    /// [`TimelineError::DeviceLost`], or what `vkResetFences` or `vkCreateFence` answered; no value is taken then.
    pub fn submit(&self) -> Result<FenceSubmission<'_>, TimelineError> {
        let mut free = self.ring().take_free();
        if free.is_none() {
            self.completed();
            free = self.ring().take_free();
        }
        if self.ring().lost {
            if let Some(Free { slot, .. }) = free {
                self.ring().put_back(slot);
            }
            return Err(TimelineError::DeviceLost);
        }
        let (slot, fence) = match free {
            Some(Free { slot, fence, signalled }) => {
                if signalled {
                    self.reset(slot, fence)?;
                }
                (slot, fence)
            }
            None => {
                let info = vk::FenceCreateInfo::default();
                // SAFETY: the device is live (its context).
                let fence = unsafe { self.context.device().create_fence(&info, None) }?;
                (self.ring().add(fence), fence)
            }
        };
        let value = self.ring().announce(slot, &self.announced);
        Ok(FenceSubmission { timeline: self, fence, slot, value })
    }

    /// Makes a fence that was handed to us unsignalled, or puts it back as it is.
    fn reset(&self, slot: usize, fence: vk::Fence) -> Result<(), vk::Result> {
        // SAFETY: the fence is live, not pending, and ours alone (handed, see the protocol).
        let answer = unsafe { self.context.device().reset_fences(slice::from_ref(&fence)) };
        if answer.is_err() {
            self.ring().put_back(slot);
        }
        answer
    }

    /// Asks for the status of a fence, or waits for it, and notes the answer.
    fn look(&self, look: Look, at_most: Duration) -> Result<bool, vk::Result> {
        let device = self.context.device();
        let answer = if at_most.is_zero() {
            // SAFETY: the fence is live, and neither submitted nor reset while we look (pending, see the protocol).
            unsafe { device.get_fence_status(look.fence) }
        } else {
            let fences = slice::from_ref(&look.fence);
            // SAFETY: as above.
            match unsafe { device.wait_for_fences(fences, true, nanoseconds(at_most)) } {
                Ok(()) => Ok(true),
                Err(vk::Result::TIMEOUT) => Ok(false),
                Err(code) => Err(code),
            }
        };
        self.ring().looked(look, answer);
        if answer == Err(vk::Result::ERROR_DEVICE_LOST) {
            self.answered.open();
        }
        answer
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Changed in single steps that cannot panic half-way, so it is whole whoever died.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FenceSubmission<'_> {
    /// The fence, for the last `vkQueueSubmit` of the submission.
    pub fn fence(&self) -> vk::Fence {
        self.fence
    }

    /// The value that it stands for.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Notes that the submission was made, and answers its value.
    ///
    /// Only now does anybody look at the fence, because Vulkan wants it to itself until the call has returned.
    pub fn submitted(self) -> u64 {
        self.timeline.ring().submitted(self.slot);
        self.timeline.answered.open();
        let value = self.value;
        forget(self);
        value
    }

    /// Takes the value back because the submission failed: it counts as reached when those before it are.
    ///
    /// # Safety
    ///
    /// - The device was not given the fence, nor any work that it stands for; `vkQueueSubmit` failed or was not called.
    pub unsafe fn withdraw(self) {
        self.timeline.ring().withdraw(self.slot, self.value);
        self.timeline.answered.open();
        forget(self);
    }
}

// SAFETY: fences are signalled in the order of their submissions, and everything before a fence is finished when it is (`new`);
// withdrawn values have no work (`withdraw`), and `upcoming` is more than all that was submitted.
unsafe impl GpuTimeline for FenceTimeline {
    fn completed(&self) -> u64 {
        loop {
            let (next, reached) = {
                let mut ring = self.ring();
                (ring.next(), ring.reached)
            };
            let Next::Look(look) = next else { return reached };
            match self.look(look, Duration::ZERO) {
                Ok(true) => {}
                Ok(false) => return reached,
                Err(_) => return self.ring().reached,
            }
        }
    }

    fn upcoming(&self) -> u64 {
        self.announced.load(Ordering::Acquire).saturating_add(1)
    }

    fn wait(&self, value: u64, at_most: Duration) -> Result<bool, TimelineError> {
        let value = value.min(self.announced.load(Ordering::Acquire));
        let deadline = Deadline::after(at_most);
        loop {
            let next = {
                let mut ring = self.ring();
                let next = ring.next_unless_reached(value);
                if ring.lost {
                    return Err(TimelineError::DeviceLost);
                }
                next
            };
            let in_time = match next {
                Next::Nothing => return Ok(true),
                Next::Look(look) => self.look(look, deadline.left())?,
                Next::Blocked => self.answered.wait(deadline, || !self.ring().is_blocked()),
            };
            if !in_time {
                return Ok(false);
            }
        }
    }
}

impl fmt::Debug for FenceTimeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FenceTimeline").field("ring", &*self.ring()).finish_non_exhaustive()
    }
}

impl Drop for FenceTimeline {
    fn drop(&mut self) {
        let device = self.context.device();
        let ring = self.ring.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut left = 0;
        for (fence, unused) in ring.fences() {
            // SAFETY: the fence is live (invariant), and nobody else is there to touch it.
            let status = || unsafe { device.get_fence_status(fence) };
            // Another error says nothing of the fence.
            if unused || matches!(status(), Ok(true) | Err(vk::Result::ERROR_DEVICE_LOST)) {
                // SAFETY: ours to destroy (invariant), and not in use: unsubmitted, signalled, or of a lost device.
                unsafe { device.destroy_fence(fence, None) };
            } else {
                left += 1;
            }
        }
        if left > 0 {
            report_left("fences of a timeline", left);
        }
    }
}

impl fmt::Debug for FenceSubmission<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FenceSubmission")
            .field("fence", &self.fence)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

impl Drop for FenceSubmission<'_> {
    fn drop(&mut self) {
        self.timeline.ring().abandon(self.slot);
        self.timeline.answered.open();
    }
}
