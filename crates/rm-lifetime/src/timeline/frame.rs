//! A timeline that counts frames.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use super::gate::{Deadline, Gate};
use crate::{GpuTimeline, TimelineError};

/// The line of work of a program that knows one thing: frame *n* begins, so frame *n* − `frames_in_flight` is done.
///
/// The point of frame *f* is the value *f* + 1, so that 0 is reached from the beginning.
/// What is retired at it dies when a frame *p* ≥ *f* + `frames_in_flight` begins, and not before.
/// The last two frames that 64 bits can number are never over.
///
/// ```
/// use rm_lifetime::{FrameTimeline, GpuTimeline};
///
/// // Sound: no device is involved.
/// let timeline = unsafe { FrameTimeline::new(2) };
/// timeline.begin_frame(5);
/// let point = timeline.value_of(5);
/// assert_eq!(timeline.upcoming(), point);
/// timeline.begin_frame(6);
/// assert!(timeline.completed() < point, "two frames are in flight");
/// timeline.begin_frame(7);
/// assert_eq!(timeline.completed(), point);
/// ```
#[derive(Debug)]
pub struct FrameTimeline {
    frames_in_flight: u32,
    // Only grows. Acquire and release: who sees a frame sees what whoever began it did before.
    current: AtomicU64,
    /// Whether a frame was begun at all, written before `current`; matters at frame 0 alone.
    begun: AtomicBool,
    moved: Gate,
}

impl FrameTimeline {
    /// A timeline that records its frame 0, and on which no frame was begun.
    ///
    /// # Safety
    ///
    /// - [`begin_frame`](Self::begin_frame) is called with *n* only when the device is done with frame *n* − `frames_in_flight`
    ///   and all frames before.
    /// - Work belongs to the frame that was begun last when its recording began, or to an earlier one.
    pub unsafe fn new(frames_in_flight: u32) -> Self {
        Self {
            frames_in_flight,
            current: AtomicU64::new(0),
            begun: AtomicBool::new(false),
            moved: Gate::default(),
        }
    }

    /// Begins `frame`, which vouches for the end of frame `frame` − `frames_in_flight` and all before; an earlier one than before
    /// changes nothing.
    pub fn begin_frame(&self, frame: u64) {
        self.begun.store(true, Ordering::Release);
        self.current.fetch_max(frame, Ordering::AcqRel);
        self.moved.open();
    }

    /// The value that is reached when `frame` is over.
    pub fn value_of(&self, frame: u64) -> u64 {
        frame.saturating_add(1)
    }

    /// The greatest frame that was begun; 0 before.
    pub fn current_frame(&self) -> u64 {
        self.current.load(Ordering::Acquire)
    }

    /// How many frames the device may be behind.
    pub fn frames_in_flight(&self) -> u32 {
        self.frames_in_flight
    }
}

// SAFETY: frames are finished when whoever begins others says so (`new`); what is being recorded belongs to the current frame
// at most, whose value `upcoming` is, and `wait` answers by `completed` alone.
unsafe impl GpuTimeline for FrameTimeline {
    fn completed(&self) -> u64 {
        let current = self.current_frame();
        if current == 0 && !self.begun.load(Ordering::Acquire) {
            return 0;
        }
        // The frames that are over are counted in full, and `u64::MAX` is kept for what is never reached.
        let over = (u128::from(current) + 1).saturating_sub(self.frames_in_flight.into());
        u64::try_from(over).unwrap_or(u64::MAX).min(u64::MAX - 1)
    }

    fn upcoming(&self) -> u64 {
        self.value_of(self.current_frame())
    }

    /// Watches whether the frames begin that say so: it cannot wait for the device itself.
    fn wait(&self, value: u64, at_most: Duration) -> Result<bool, TimelineError> {
        let value = value.min(self.upcoming());
        Ok(self.moved.wait(Deadline::after(at_most), || self.completed() >= value))
    }
}
