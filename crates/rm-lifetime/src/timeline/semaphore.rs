//! A timeline that a Vulkan timeline semaphore counts.
//!
//! Protocol: `announced` is the last value that somebody may have submitted, `reached` the greatest one that is known to be
//! finished; both only grow.
//! Acquire and release: who sees a value sees what its writer did before.
//! Values of submissions that failed are kept until the semaphore has come by, behind a lock that is taken only while there
//! are some; no driver call is made under it.

use std::{
    ffi::CStr,
    fmt,
    mem::transmute,
    slice,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ash::vk;
use rm_alloc_core::DeviceContext;

use super::{
    gate::{Deadline, nanoseconds},
    report_left,
};
use crate::{GpuTimeline, TimelineError};

/// What a lost device has reached.
const LOST: u64 = u64::MAX;
/// How long the driver is waited for before withdrawn values are looked at again.
const SLICE: Duration = Duration::from_millis(100);

/// A command as the device hands it out, without its type.
type Found = unsafe extern "system" fn();

/// The line of work of one queue, counted by a timeline semaphore that it owns.
///
/// Vulkan 1.2 or `VK_KHR_timeline_semaphore`. Every submission takes the next value from [`submit`](Self::submit) and signals
/// [`raw`](Self::raw) with it; one that failed is [withdrawn](Self::withdraw).
/// A lost device has reached everything.
///
/// Dropping it destroys the semaphore if all submitted values are reached, which is asked and not waited for.
/// Otherwise the semaphore leaks and the standard error hears of it: wait for the queue, or shut down the
/// [`DeferredDestructionQueue`](crate::DeferredDestructionQueue) that it is attached to, before the last handle goes.
///
/// ```
/// use ash::vk;
/// use rm_lifetime::SemaphoreTimeline;
///
/// fn submit(
///     device: &ash::Device,
///     queue: vk::Queue,
///     commands: &[vk::CommandBuffer],
///     timeline: &SemaphoreTimeline,
/// ) -> Result<u64, vk::Result> {
///     let value = timeline.submit();
///     let (signal, values) = ([timeline.raw()], [value]);
///     let mut more = vk::TimelineSemaphoreSubmitInfo::default().signal_semaphore_values(&values);
///     let info = vk::SubmitInfo::default()
///         .command_buffers(commands)
///         .signal_semaphores(&signal)
///         .push_next(&mut more);
///     // Sound: the queue is ours alone, and the timeline's.
///     match unsafe { device.queue_submit(queue, &[info], vk::Fence::null()) } {
///         Ok(()) => Ok(value),
///         Err(code) => {
///             // Sound: nothing was submitted.
///             unsafe { timeline.withdraw(value) };
///             Err(code)
///         }
///     }
/// }
/// ```
pub struct SemaphoreTimeline {
    // Invariant: `raw` is a live timeline semaphore of `context`, ours to destroy; `commands` are those of that device.
    context: Arc<DeviceContext>,
    commands: Commands,
    raw: vk::Semaphore,
    announced: AtomicU64,
    reached: AtomicU64,
    withdrawn: Withdrawn,
}

/// The commands, whatever their name is.
#[derive(Clone, Copy)]
struct Commands {
    counter: vk::PFN_vkGetSemaphoreCounterValue,
    wait: vk::PFN_vkWaitSemaphores,
}

/// Values that nothing will signal.
#[derive(Default)]
struct Withdrawn {
    any: AtomicBool,
    values: Mutex<Vec<u64>>,
}

impl SemaphoreTimeline {
    /// A timeline at 0, with a semaphore of its own.
    ///
    /// # Errors
    ///
    /// [`TimelineError::Unsupported`] if the device has no commands of timeline semaphores; otherwise what
    /// `vkCreateSemaphore` answered.
    ///
    /// # Safety
    ///
    /// - The device was created with the feature `timelineSemaphore`.
    /// - Whatever is submitted to one queue signals the value that [`submit`](Self::submit) answered when all of its work is
    ///   done, and in that order: in `vkQueueSubmit`, or with all stages in `vkQueueSubmit2`.
    ///   Nothing else signals the semaphore.
    /// - Work that is being recorded is submitted with the [`upcoming`](GpuTimeline::upcoming) value or less, or what it uses
    ///   is not retired before.
    /// - No other queue waits for the semaphore when the last handle is dropped, and nobody else destroys it.
    pub unsafe fn new(context: &Arc<DeviceContext>) -> Result<Self, TimelineError> {
        let commands = Commands::load(context).ok_or(TimelineError::Unsupported)?;
        let mut kind = vk::SemaphoreTypeCreateInfo::default()
            .semaphore_type(vk::SemaphoreType::TIMELINE)
            .initial_value(0);
        let info = vk::SemaphoreCreateInfo::default().push_next(&mut kind);
        // SAFETY: the device is live (its context), and its feature is enabled (caller).
        let raw = unsafe { context.device().create_semaphore(&info, None) }?;
        Ok(Self {
            context: Arc::clone(context),
            commands,
            raw,
            announced: AtomicU64::new(0),
            reached: AtomicU64::new(0),
            withdrawn: Withdrawn::default(),
        })
    }

    /// The semaphore, to be signalled by what is submitted and waited for by anyone.
    pub fn raw(&self) -> vk::Semaphore {
        self.raw
    }

    /// The value that the submission about to be made has to signal; the next one is one more.
    #[must_use = "the submission has to signal it"]
    pub fn submit(&self) -> u64 {
        // Nobody counts to 2^64.
        self.announced.fetch_add(1, Ordering::AcqRel).wrapping_add(1)
    }

    /// Takes back a value whose submission failed: it counts as reached when those before it are.
    ///
    /// Without, it is reached when the next submission is, and until then waited for in vain.
    ///
    /// # Safety
    ///
    /// - [`submit`](Self::submit) answered `value`, and nothing that was or will be submitted signals it.
    pub unsafe fn withdraw(&self, value: u64) {
        let mut values = self.withdrawn.lock();
        values.push(value);
        self.withdrawn.any.store(true, Ordering::Release);
    }

    fn counter(&self) -> Result<u64, vk::Result> {
        let (device, mut value) = (self.context.device().handle(), 0);
        // SAFETY: the semaphore is live and the command of its device (invariant).
        match unsafe { (self.commands.counter)(device, self.raw, &mut value) } {
            vk::Result::SUCCESS => Ok(value),
            code => Err(code),
        }
    }

    /// Waits for a value of the semaphore, and says whether it came.
    fn wait_for(&self, value: u64, at_most: Duration) -> Result<bool, vk::Result> {
        let info = vk::SemaphoreWaitInfo::default()
            .semaphores(slice::from_ref(&self.raw))
            .values(slice::from_ref(&value));
        let (device, timeout) = (self.context.device().handle(), nanoseconds(at_most));
        // SAFETY: the semaphore is live and the command of its device (invariant); the info borrows live values.
        match unsafe { (self.commands.wait)(device, &info, timeout) } {
            vk::Result::SUCCESS => Ok(true),
            vk::Result::TIMEOUT => Ok(false),
            code => Err(code),
        }
    }

    /// Notes that the semaphore has reached `value`, and answers what that amounts to.
    fn note(&self, value: u64) -> u64 {
        let value = self.reached.load(Ordering::Acquire).max(value);
        let value = self.withdrawn.after(value);
        self.reached.fetch_max(value, Ordering::AcqRel).max(value)
    }
}

impl Commands {
    fn load(context: &DeviceContext) -> Option<Self> {
        let find = |name: &CStr| {
            // SAFETY: instance and device are live and belong together (the context).
            unsafe {
                context.instance().get_device_proc_addr(context.device().handle(), name.as_ptr())
            }
        };
        // Core names are nobody's before 1.2, whatever a driver answers.
        let core = context.api_version() >= vk::API_VERSION_1_2;
        let either =
            |name, extension| core.then(|| find(name)).flatten().or_else(|| find(extension));
        let counter = either(c"vkGetSemaphoreCounterValue", c"vkGetSemaphoreCounterValueKHR")?;
        let wait = either(c"vkWaitSemaphores", c"vkWaitSemaphoresKHR")?;
        Some(Self {
            // SAFETY: the specification gives the command of that name this type.
            counter: unsafe { transmute::<Found, vk::PFN_vkGetSemaphoreCounterValue>(counter) },
            // SAFETY: the specification gives the command of that name this type.
            wait: unsafe { transmute::<Found, vk::PFN_vkWaitSemaphores>(wait) },
        })
    }
}

impl Withdrawn {
    /// What is reached when `value` is: the withdrawn ones that follow come with it.
    fn after(&self, mut value: u64) -> u64 {
        if value == LOST || !self.any.load(Ordering::Acquire) {
            return value;
        }
        let mut values = self.lock();
        while values.contains(&(value + 1)) {
            value += 1;
        }
        values.retain(|withdrawn| *withdrawn > value);
        self.any.store(!values.is_empty(), Ordering::Release);
        value
    }

    /// The greatest value up to `value` that something signals, or 0.
    fn before(&self, mut value: u64) -> u64 {
        if self.any.load(Ordering::Acquire) {
            let values = self.lock();
            while values.contains(&value) {
                value -= 1;
            }
        }
        value
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// SAFETY: the queue signals the values in order and nothing else does (`new`), so that the semaphore says what is finished;
// withdrawn ones have no work (`withdraw`), and `upcoming` is more than all that was submitted.
unsafe impl GpuTimeline for SemaphoreTimeline {
    fn completed(&self) -> u64 {
        let known = self.reached.load(Ordering::Acquire);
        if known >= self.announced.load(Ordering::Acquire) {
            return known;
        }
        match self.counter() {
            Ok(value) => self.note(value),
            Err(vk::Result::ERROR_DEVICE_LOST) => self.note(LOST),
            Err(_) => known,
        }
    }

    fn upcoming(&self) -> u64 {
        self.announced.load(Ordering::Acquire).saturating_add(1)
    }

    fn wait(&self, value: u64, at_most: Duration) -> Result<bool, TimelineError> {
        let value = value.min(self.announced.load(Ordering::Acquire));
        let deadline = Deadline::after(at_most);
        loop {
            match self.reached.load(Ordering::Acquire) {
                LOST => return Err(TimelineError::DeviceLost),
                reached if reached >= value => return Ok(true),
                _ => {}
            }
            let left = deadline.left();
            let signalled = self.withdrawn.before(value);
            match self.wait_for(signalled, left.min(SLICE)) {
                Ok(true) => {
                    self.note(signalled);
                    return Ok(true);
                }
                Ok(false) if left <= SLICE => return Ok(false),
                Ok(false) => {}
                Err(code) => {
                    if code == vk::Result::ERROR_DEVICE_LOST {
                        self.note(LOST);
                    }
                    return Err(code.into());
                }
            }
        }
    }
}

impl fmt::Debug for SemaphoreTimeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemaphoreTimeline")
            .field("raw", &self.raw)
            .field("announced", &self.announced)
            .field("reached", &self.reached)
            .finish_non_exhaustive()
    }
}

impl Drop for SemaphoreTimeline {
    fn drop(&mut self) {
        if self.completed() < *self.announced.get_mut() {
            report_left("semaphore of a timeline", 1);
            return;
        }
        // SAFETY: ours to destroy (invariant), and the queue is done with all that signals it; others do not wait (`new`).
        unsafe { self.context.device().destroy_semaphore(self.raw, None) };
    }
}
