//! A buffer that pieces are cut from.
//!
//! Protocol: the host touches a block through its owner alone, `&mut`, or through pointers whose users have promised to keep
//! threads apart. References to the memory are never formed; bytes are copied.

use std::{fmt, ops::Range};

use ash::vk;
use rm_alloc_core::{BufferAllocation, DeviceBudgetManager};

use super::{
    error::TransientError,
    slice::{HostPointer, Place, TransientSlice},
};

/// One buffer of an allocator.
pub(super) struct Block {
    buffer: BufferAllocation,
    // Invariant: where `buffer` is mapped, as a whole and for as long as it lives.
    mapped: Option<HostPointer>,
    /// Whether what the host writes has to be flushed; atoms of one byte do not mean that it has not.
    non_coherent: bool,
    /// Unit in which pieces lie apart: an atom where memory is not coherent.
    grain: u64,
    /// What the host may have written since the last flush; empty if it begins behind its end.
    dirty: Range<u64>,
    /// Bytes from the start that were given out; not for those who count pieces.
    pub(super) used: u64,
    /// The frame in which it became a spare.
    pub(super) idle_since: u64,
}

const CLEAN: Range<u64> = Range { start: u64::MAX, end: 0 };

impl Block {
    pub(super) fn new(manager: &DeviceBudgetManager, buffer: BufferAllocation) -> Self {
        let context = manager.context();
        let mapped = buffer.mapped().map(HostPointer);
        let non_coherent = mapped.is_some() && context.is_non_coherent(buffer.memory_type());
        let grain = if non_coherent { context.limits().non_coherent_atom_size } else { 1 };
        Self { buffer, mapped, non_coherent, grain, dirty: CLEAN, used: 0, idle_since: 0 }
    }

    /// Notes that the host writes `range`, sooner or later.
    #[inline]
    pub(super) fn touch(&mut self, range: Range<u64>) {
        self.dirty = self.dirty.start.min(range.start)..self.dirty.end.max(range.end);
    }

    /// Copies `bytes` to `offset` of `slice`, which is one of this block, and notes that all of it is written.
    #[inline]
    pub(super) fn write(
        &mut self,
        slice: &TransientSlice,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), TransientError> {
        let offset = slice.offset + slice.checked(offset, bytes.len())?;
        let HostPointer(base) = self.mapped.ok_or(TransientError::NotMapped)?;
        let (length, size) = (bytes.len() as u64, self.size());
        let fits = offset.checked_add(length).is_some_and(|end| end <= size);
        let start = usize::try_from(offset).ok().filter(|_| fits);
        let start = start.ok_or(TransientError::OutOfBounds { offset, length, size })?;
        // SAFETY: the buffer is mapped as a whole (invariant), and `start` lies within (checked above).
        let to = unsafe { base.add(start) };
        // SAFETY: `to` is valid for all of `bytes` (checked above), which are not mapped memory, for no reference to that is formed.
        unsafe { to.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.touch(slice.offset..slice.offset + slice.size);
        Ok(())
    }

    /// Makes what the host wrote available to the device.
    pub(super) fn flush(&mut self) -> Result<(), TransientError> {
        let Range { start, end } = self.dirty;
        if start < end && self.non_coherent {
            self.buffer.flush(start, end - start)?;
        }
        self.dirty = CLEAN;
        Ok(())
    }

    pub(super) fn into_buffer(self) -> BufferAllocation {
        self.buffer
    }

    pub(super) fn raw(&self) -> vk::Buffer {
        self.buffer.raw()
    }

    pub(super) fn size(&self) -> u64 {
        self.buffer.size()
    }

    pub(super) fn memory_type(&self) -> u32 {
        self.buffer.memory_type()
    }

    pub(super) fn grain(&self) -> u64 {
        self.grain
    }

    /// What slices of it have in common.
    pub(super) fn place(&self) -> Place {
        let address = self.buffer.device_address().unwrap_or(0);
        Place { buffer: self.raw(), mapped: self.mapped, address }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (raw, size) = (self.raw(), self.size());
        f.debug_struct("Block").field("raw", &raw).field("size", &size).finish_non_exhaustive()
    }
}
