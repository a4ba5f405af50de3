//! A piece of a buffer, as a plain value.

use std::{
    hash::{BuildHasher, RandomState},
    ptr::NonNull,
};

use ash::vk;

use super::error::TransientError;

/// Bytes of a buffer, given out by a [`TransientAllocator`](super::TransientAllocator).
///
/// A value without an owner: it says where the bytes are, and its allocator how long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TransientSlice {
    pub(super) place: Place,
    pub(super) offset: u64,
    pub(super) size: u64,
    /// When it was given out: the number of the frame, or of the piece itself. Each allocator counts from a random number
    /// on, so that no slice passes for one of another allocator, though drivers use handles again.
    pub(super) stamp: u64,
    /// Where its allocator finds it: the index of its block, or of the piece itself.
    pub(super) index: u32,
}

/// Where an allocator begins to count; half of all numbers are left from there on.
pub(super) fn first_stamp() -> u64 {
    RandomState::new().hash_one(()) >> 1
}

/// Where a block is, for the device and for the host.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) buffer: vk::Buffer,
    pub(super) mapped: Option<HostPointer>,
    /// 0 without one.
    pub(super) address: vk::DeviceAddress,
}

/// Where the host sees a byte. Only whoever follows it, in unsafe code, has to care for threads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HostPointer(pub(super) NonNull<u8>);

// SAFETY: a number, until somebody follows it; who does so promises what that takes.
unsafe impl Send for HostPointer {}
// SAFETY: as above.
unsafe impl Sync for HostPointer {}

impl TransientSlice {
    /// The buffer.
    #[inline]
    pub fn buffer(&self) -> vk::Buffer {
        self.place.buffer
    }

    /// Where the piece begins in the buffer, in bytes.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Size in bytes.
    #[inline]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where the host sees its first byte, if the memory is mapped.
    ///
    /// The memory is write-combined or not coherent in places: write it front to back, and never through a reference.
    /// Whoever follows the pointer keeps to the time of the slice, and other threads away.
    #[inline]
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        let HostPointer(base) = self.place.mapped?;
        NonNull::new(base.as_ptr().wrapping_add(usize::try_from(self.offset).ok()?))
    }

    /// Where shaders find its first byte, if the blocks were configured with addresses.
    #[inline]
    pub fn device_address(&self) -> Option<vk::DeviceAddress> {
        let base = self.place.address;
        (base != 0).then(|| base.wrapping_add(self.offset))
    }

    /// `offset`, if that many bytes fit there.
    #[inline]
    pub(super) fn checked(&self, offset: u64, length: usize) -> Result<u64, TransientError> {
        let (length, size) = (length as u64, self.size);
        let fits = offset.checked_add(length).is_some_and(|end| end <= size);
        if fits { Ok(offset) } else { Err(TransientError::OutOfBounds { offset, length, size }) }
    }

    /// What a descriptor takes.
    #[inline]
    pub fn descriptor(&self) -> vk::DescriptorBufferInfo {
        vk::DescriptorBufferInfo {
            buffer: self.place.buffer,
            offset: self.offset,
            range: self.size,
        }
    }
}
