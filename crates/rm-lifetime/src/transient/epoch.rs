//! A fixed number of frames, in a ring.

use rm_alloc_core::DeviceBudgetManager;

use super::{
    TransientAllocator, TransientConfig, TransientStatistics, error::TransientError,
    frames::Frames, slice::TransientSlice, source::Source,
};
use crate::{DeferredDestructionQueue, RetireAt};

/// Pieces that die with their frame, for as many frames in flight as its depth says.
///
/// The frames form a ring of [epochs](Self::epoch). A frame begins when the device is done with the one that had its epoch
/// before, or is refused: it never waits, and memory is bounded by what so many frames need.
/// A piece costs a few nanoseconds, without a call of the driver and without a heap allocation, until a block is full.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::DeviceBudgetManager;
/// use rm_lifetime::{
///     DeferredDestructionQueue, EpochTransient, ManualTimeline, RetireAt, TransientAllocator, TransientConfig,
///     TransientError,
/// };
///
/// fn frames(
///     manager: &DeviceBudgetManager,
///     queue: &DeferredDestructionQueue,
///     timeline: &ManualTimeline, // attached to the queue
/// ) -> Result<(), TransientError> {
///     let config = TransientConfig::new(1 << 20, BufferUsageFlags::UNIFORM_BUFFER).depth(2);
///     let mut transient = EpochTransient::new(manager, queue, &config)?;
///     for frame in 0..6_u32 {
///         // Refused while both frames before are in flight; an engine waits for the older one then.
///         transient.begin_frame()?;
///         let camera = transient.push(&[0; 64], 16)?;
///         assert_eq!((camera.size(), transient.epoch()), (64, frame % 2));
///         // ... record work that uses `camera.descriptor()` ...
///         transient.end_frame(RetireAt::Now)?;
///         let value = timeline.submit();
///         // ... submit it, to signal `value` ...
///         timeline.complete(value); // as soon as the device says so
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct EpochTransient {
    frames: Frames,
    depth: u32,
    epoch: u32,
}

impl EpochTransient {
    /// One without blocks, whose blocks come from `manager` and end in `queue`.
    ///
    /// `manager` may be another one than the queue's, as of [`BumpTransient::new`](super::BumpTransient::new).
    ///
    /// # Errors
    ///
    /// [`TransientError::InvalidConfig`] if the block size or the depth is zero, or the queue is of another device.
    pub fn new(
        manager: &DeviceBudgetManager,
        queue: &DeferredDestructionQueue,
        config: &TransientConfig<'_>,
    ) -> Result<Self, TransientError> {
        let source = Source::new(manager, queue, config)?;
        let depth = config.depth;
        // The first frame begins at 0.
        Ok(Self { frames: Frames::new(source), depth, epoch: depth - 1 })
    }

    /// Gives up spare blocks until at most `keep_bytes` of them are left, and says how many bytes went to the queue.
    pub fn trim(&mut self, keep_bytes: u64) -> u64 {
        self.frames.trim(keep_bytes)
    }

    /// The place in the ring of the frame that is or was open last, below [`depth`](Self::depth).
    ///
    /// What else is kept once a frame in flight may be kept under this number.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Frames that may be in flight or open at a time.
    pub fn depth(&self) -> u32 {
        self.depth
    }
}

impl TransientAllocator for EpochTransient {
    fn begin_frame(&mut self) -> Result<(), TransientError> {
        if self.frames.is_open() {
            return Err(TransientError::FrameOpen);
        }
        let next = (self.epoch + 1) % self.depth;
        let mut progress = self.frames.progress();
        if !self.frames.vacate(next as usize, &mut progress) {
            return Err(TransientError::InFlight { depth: self.depth });
        }
        // The others' blocks may serve as well, if the device is done with them.
        self.frames.collect(&mut progress);
        self.frames.begin(next as usize);
        self.epoch = next;
        Ok(())
    }

    #[inline]
    fn allocate(&mut self, size: u64, alignment: u64) -> Result<TransientSlice, TransientError> {
        self.frames.allocate(size, alignment)
    }

    fn write(
        &mut self,
        slice: &TransientSlice,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), TransientError> {
        self.frames.write(slice, offset, bytes)
    }

    fn flush(&mut self) -> Result<(), TransientError> {
        self.frames.flush()
    }

    fn end_frame(&mut self, at: RetireAt) -> Result<(), TransientError> {
        self.frames.end(at)
    }

    fn statistics(&self) -> TransientStatistics {
        self.frames.statistics()
    }

    fn push(&mut self, bytes: &[u8], alignment: u64) -> Result<TransientSlice, TransientError> {
        self.frames.push(bytes, alignment)
    }
}
