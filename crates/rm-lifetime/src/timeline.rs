//! Timelines: how far the device is.

mod fence;
mod frame;
mod gate;
mod manual;
mod semaphore;

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use ash::vk;

pub use self::{
    fence::{FenceSubmission, FenceTimeline},
    frame::FrameTimeline,
    manual::ManualTimeline,
    semaphore::SemaphoreTimeline,
};

/// A line of work of the device, such as a queue, that counts what it has finished.
///
/// Values only grow. What is submitted together signals one value; what is being recorded will signal
/// [`upcoming`](Self::upcoming).
///
/// # Safety
///
/// Implementors promise that
///
/// - work that signals a value is finished, and so is all work of smaller values, before [`completed`](Self::completed)
///   answers that value or more; a lost device is done with everything, which is [`u64::MAX`];
/// - work that was submitted, or is being recorded, when [`upcoming`](Self::upcoming) is called signals the answer or less;
/// - [`wait`](Self::wait) answers `true` only if all work that was submitted before the call and signals `value` or less is
///   finished.
pub unsafe trait GpuTimeline: fmt::Debug + Send + Sync {
    /// The value up to which all work is finished; never waits.
    fn completed(&self) -> u64;

    /// The value that work being recorded now will signal; never waits.
    fn upcoming(&self) -> u64;

    /// Waits for the work that was submitted with `value` or less, and says whether it was finished in time.
    ///
    /// Values that nothing submitted so far signals are not waited for: `u64::MAX` waits for all that is in flight.
    ///
    /// # Errors
    ///
    /// [`TimelineError::DeviceLost`] if the device is lost; otherwise what the driver answered.
    fn wait(&self, value: u64, at_most: Duration) -> Result<bool, TimelineError>;
}

/// Why nobody can say how far the device is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// The device is lost, and thereby done with everything.
    #[error("the device is lost")]
    DeviceLost,
    /// No more timelines can be told apart.
    #[error("2^32 timelines were attached to this queue")]
    Exhausted,
    /// The device has no timeline semaphores; [`FenceTimeline`] does without.
    #[error("the device has no timeline semaphores")]
    Unsupported,
    /// Vulkan returned a code that no other variant covers.
    #[error("vulkan returned {0}")]
    Vulkan(vk::Result),
}

impl From<vk::Result> for TimelineError {
    fn from(code: vk::Result) -> Self {
        match code {
            vk::Result::ERROR_DEVICE_LOST => Self::DeviceLost,
            code => Self::Vulkan(code),
        }
    }
}

/// The last resort of objects that a dropped timeline had to leave to its device.
///
/// A closed standard error is no reason to panic in a drop.
fn report_left(what: &str, count: usize) {
    let _closed = writeln!(
        io::stderr(),
        "rm-lifetime: forgotten, because the device may still use it: {what} ({count})",
    );
}
