//! Deferred destruction by frame numbers.

use std::sync::Arc;

use ash::vk;
use rm_alloc_core::{BufferAllocation, DeviceBudgetManager, ImageAllocation};

use crate::{
    DeferredDestructionQueue, DrainLimit, Drained, FrameTimeline, GpuTimeline, Point, Points,
    RetireAt, Retirer, TimelineId,
};

/// A [`DeferredDestructionQueue`] for programs that count frames and nothing else.
///
/// What is added with frame *f* is destroyed by the first [`process_frame`](Self::process_frame) with
/// *f* + `frames_in_flight` or more, in the order in which it was added, and not before.
/// Adding never waits.
///
/// It is the queue and one [`FrameTimeline`], so whatever else is retired to [`queue`](Self::queue) waits for the frame that is
/// current then.
/// [Flush](Self::flush) before it is dropped: what frames that never begin would have destroyed is forgotten and reported.
///
/// ```
/// use ash::vk;
/// use rm_alloc_core::DeviceBudgetManager;
/// use rm_lifetime::FrameDestructionQueue;
///
/// fn reload(device: &ash::Device, garbage: &FrameDestructionQueue, old: vk::Pipeline, frame: u64) {
///     // Sound: the pipeline is of the device of the queue, nobody else destroys it, and no later frame uses it.
///     unsafe { garbage.add(old, device.fp_v1_0().destroy_pipeline, frame) };
/// }
///
/// fn main_loop(manager: &DeviceBudgetManager) {
///     // Sound: frame n begins after the device has finished frame n - 2.
///     let garbage = unsafe { FrameDestructionQueue::new(manager, 2) };
///     for frame in 0..100 {
///         // Wait for the fence of frame - 2 here.
///         garbage.process_frame(frame);
///     }
/// }
/// ```
#[derive(Debug)]
pub struct FrameDestructionQueue {
    // Invariant: `timeline` is attached to `queue` as `id`, `retirer` is the queue's.
    queue: DeferredDestructionQueue,
    timeline: Arc<FrameTimeline>,
    id: TimelineId,
    retirer: Retirer,
}

impl FrameDestructionQueue {
    /// A queue for what `manager` and its device made.
    ///
    /// # Safety
    ///
    /// - [`process_frame`](Self::process_frame) is called with *n* only when the device is done with frame
    ///   *n* − `frames_in_flight` and all frames before.
    /// - Work belongs to the frame that was processed last when its recording began, or to an earlier one.
    pub unsafe fn new(manager: &DeviceBudgetManager, frames_in_flight: u32) -> Self {
        let queue = DeferredDestructionQueue::new(manager);
        // SAFETY: frames are begun by `process_frame` alone (caller).
        let timeline = Arc::new(unsafe { FrameTimeline::new(frames_in_flight) });
        let Ok(id) = queue.attach(Arc::<FrameTimeline>::clone(&timeline)) else {
            unreachable!("it is the first timeline of this queue");
        };
        let retirer = queue.retirer();
        Self { queue, timeline, id, retirer }
    }

    /// Destroys `raw`, a Vulkan object of any type but memory, when `frame` is over; ignores null.
    ///
    /// # Safety
    ///
    /// - As of [`Retirer::retire_raw`].
    /// - Work that uses the object belongs to `frame` or an earlier one.
    #[doc(alias = "Add")]
    #[inline]
    pub unsafe fn add<H: vk::Handle + Copy>(
        &self,
        raw: H,
        destroy: unsafe extern "system" fn(vk::Device, H, *const vk::AllocationCallbacks<'_>),
        frame: u64,
    ) {
        // SAFETY: the same promise.
        unsafe { self.retirer.retire_raw(raw, destroy, self.after(frame)) };
    }

    /// Calls `closure` once when `frame` is over.
    #[inline]
    pub fn add_with(&self, closure: impl FnOnce() + Send + 'static, frame: u64) {
        self.retirer.retire_with(closure, self.after(frame));
    }

    /// Frees a buffer when `frame` is over; until then its bytes stay charged and count as retiring.
    ///
    /// # Safety
    ///
    /// - Work that uses the buffer belongs to `frame` or an earlier one.
    pub unsafe fn add_buffer(&self, buffer: BufferAllocation, frame: u64) {
        self.retirer.retire_buffer(buffer, self.after(frame));
    }

    /// Frees an image when `frame` is over; until then its bytes stay charged and count as retiring.
    ///
    /// # Safety
    ///
    /// - Work that uses the image belongs to `frame` or an earlier one.
    pub unsafe fn add_image(&self, image: ImageAllocation, frame: u64) {
        self.retirer.retire_image(image, self.after(frame));
    }

    /// Begins `frame` and destroys what is ready; an earlier frame than before moves nothing.
    #[doc(alias = "ProcessFrame")]
    pub fn process_frame(&self, frame: u64) -> Drained {
        self.timeline.begin_frame(frame);
        self.queue.drain(DrainLimit::default())
    }

    /// Destroys everything, whatever its frame.
    ///
    /// # Safety
    ///
    /// - The device is done with everything that was added, such as after `vkDeviceWaitIdle`.
    #[doc(alias = "Flush")]
    pub unsafe fn flush(&self) -> Drained {
        // SAFETY: the same promise.
        unsafe { self.queue.flush() }
    }

    /// The queue itself: statistics, bounded drains, retirers for handles.
    pub fn queue(&self) -> &DeferredDestructionQueue {
        &self.queue
    }

    /// How far the frames are.
    pub fn timeline(&self) -> &dyn GpuTimeline {
        &*self.timeline
    }

    #[inline]
    fn after(&self, frame: u64) -> RetireAt {
        let point = Point { timeline: self.id, value: self.timeline.value_of(frame) };
        // SAFETY: the timeline is attached to the queue (invariant); whoever adds vouches for the frame.
        match unsafe { Points::new(&[point]) } {
            Some(points) => RetireAt::Points(points),
            None => RetireAt::Now,
        }
    }
}
