//! Frames without a bound on how many are in flight.

use rm_alloc_core::DeviceBudgetManager;

use super::{
    TransientAllocator, TransientConfig, TransientStatistics, error::TransientError,
    frames::Frames, slice::TransientSlice, source::Source,
};
use crate::{DeferredDestructionQueue, RetireAt};

/// Pieces that die with their frame, for any number of frames in flight.
///
/// A frame takes blocks that the device is done with, and makes new ones where there are none: it never has to wait, and
/// holds as much memory as the frames in flight need together.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::DeviceBudgetManager;
/// use rm_lifetime::{
///     BumpTransient, DeferredDestructionQueue, RetireAt, TransientAllocator, TransientConfig, TransientError,
/// };
///
/// fn frame(
///     manager: &DeviceBudgetManager,
///     queue: &DeferredDestructionQueue,
/// ) -> Result<(), TransientError> {
///     let config = TransientConfig::new(1 << 20, BufferUsageFlags::VERTEX_BUFFER);
///     let mut transient = BumpTransient::new(manager, queue, &config)?;
///     transient.begin_frame()?;
///     let vertices = transient.push(&[0; 48], 4)?;
///     assert_eq!((vertices.offset(), vertices.size()), (0, 48));
///     transient.end_frame(RetireAt::Now)
/// }
/// ```
#[derive(Debug)]
pub struct BumpTransient {
    frames: Frames,
}

impl BumpTransient {
    /// One without blocks, whose blocks come from `manager` and end in `queue`.
    ///
    /// `manager` may be another one than the queue's, over the same device. Where its memory runs out, spares are given up;
    /// where that of the queue's runs out, the queue is drained, and neither helps the other.
    ///
    /// # Errors
    ///
    /// [`TransientError::InvalidConfig`] if the block size or the depth is zero, or the queue is of another device.
    pub fn new(
        manager: &DeviceBudgetManager,
        queue: &DeferredDestructionQueue,
        config: &TransientConfig<'_>,
    ) -> Result<Self, TransientError> {
        Ok(Self { frames: Frames::new(Source::new(manager, queue, config)?) })
    }

    /// Gives up spare blocks until at most `keep_bytes` of them are left, and says how many bytes went to the queue.
    pub fn trim(&mut self, keep_bytes: u64) -> u64 {
        self.frames.trim(keep_bytes)
    }
}

impl TransientAllocator for BumpTransient {
    fn begin_frame(&mut self) -> Result<(), TransientError> {
        if self.frames.is_open() {
            return Err(TransientError::FrameOpen);
        }
        let vacancy = self.frames.collect(&mut self.frames.progress());
        self.frames.begin(vacancy);
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
