//! Buffers and images that are budgeted.

use std::{mem::ManuallyDrop, num::NonZeroU64, ptr::NonNull, sync::Arc};

use ash::vk;

use super::{deed::Deed, shared::MemoryBlock};
use crate::{Allocation, DeviceContext, MemoryError, TilingClass, resource::HostRange};

/// Where a resource's bytes are, and what they cost.
#[derive(Debug)]
pub(super) enum Backing {
    /// Memory of its own, inline.
    Own(Allocation, Deed),
    /// Memory that others may hold as well, and where the resource begins in it.
    ///
    /// Held by hand: a resource that is dropped instead of freed leaks, and its object keeps using the bytes.
    Shared { block: ManuallyDrop<MemoryBlock>, offset: u64, alias: bool },
}

impl Backing {
    /// Inline, unless others may be placed over the same bytes.
    #[inline]
    pub(super) fn new(allocation: Allocation, deed: Deed, aliasable: bool) -> Self {
        if aliasable {
            let block = MemoryBlock::new(allocation, deed, TilingClass::Mixed);
            return Self::shared(block, 0, false);
        }
        Self::Own(allocation, deed)
    }

    pub(super) fn shared(block: MemoryBlock, offset: u64, alias: bool) -> Self {
        Self::Shared { block: ManuallyDrop::new(block), offset, alias }
    }

    pub(super) fn deed(&self) -> &Deed {
        match self {
            Self::Own(_, deed) => deed,
            Self::Shared { block, .. } => block.deed(),
        }
    }

    fn parts(&self) -> (&Allocation, u64) {
        match self {
            Self::Own(allocation, _) => (allocation, 0),
            Self::Shared { block, offset, .. } => (block.allocation(), *offset),
        }
    }

    fn mapped(&self) -> Option<NonNull<u8>> {
        let (allocation, offset) = self.parts();
        let offset = usize::try_from(offset).ok()?;
        // SAFETY: the offset is within the block (checked when the alias was made), which is mapped as a whole.
        allocation.mapped().map(|base| unsafe { base.add(offset) })
    }

    fn memory(&self) -> Option<&MemoryBlock> {
        match self {
            Self::Own(..) => None,
            Self::Shared { block, .. } => Some(block),
        }
    }

    pub(super) fn is_alias(&self) -> bool {
        matches!(self, Self::Shared { alias: true, .. })
    }

    pub(super) fn context(&self) -> &Arc<DeviceContext> {
        &self.deed().door.core.context
    }

    fn host(&self, size: u64) -> HostRange<'_> {
        let (allocation, start) = self.parts();
        HostRange { context: self.context(), allocation, start, size }
    }
}

/// A buffer whose memory is budgeted, with the deed that says who pays and who frees.
///
/// Move-only and without a destructor: freeing takes the promise that the device is done with it.
#[doc(alias = "sourceAllocation")]
#[derive(Debug)]
#[must_use = "dropping a buffer leaks it; give it to `free_buffer`"]
pub struct BufferAllocation {
    // Invariant: `raw` is a live buffer of `size` bytes, bound to `backing`.
    pub(super) raw: vk::Buffer,
    pub(super) size: u64,
    pub(super) address: Option<NonZeroU64>,
    pub(super) backing: Backing,
}

impl BufferAllocation {
    /// Copies `bytes` to `offset`, and flushes where memory is not coherent.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the memory is not mapped, the range leaves the buffer, or others may hold the same bytes
    /// (see [`write_shared`](Self::write_shared)), with nothing written; otherwise what `vkFlushMappedMemoryRanges`
    /// answered after the bytes were written.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        if self.memory().is_some() {
            return Err(MemoryError::InvalidRequest("others may write the same bytes"));
        }
        // SAFETY: the bytes are this buffer's alone, and `&mut self` keeps other host threads away.
        unsafe { self.host().write(offset, bytes) }
    }

    /// Copies `bytes` to `offset` of memory that others may hold as well.
    ///
    /// # Errors
    ///
    /// As of [`write`](Self::write), sharing aside.
    ///
    /// # Safety
    ///
    /// - No other host thread touches the same bytes meanwhile, through this buffer or any other over them.
    pub unsafe fn write_shared(&self, offset: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        // SAFETY: nobody else touches the bytes (caller).
        unsafe { self.host().write(offset, bytes) }
    }

    /// Copies from `offset` into `bytes`, after invalidating where memory is not coherent.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the memory is not mapped or the range leaves the buffer, otherwise what
    /// `vkInvalidateMappedMemoryRanges` answered.
    ///
    /// # Safety
    ///
    /// - Neither the device nor another host thread writes the range meanwhile, and the device's earlier writes were made
    ///   available to the host.
    pub unsafe fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), MemoryError> {
        // SAFETY: nobody writes (caller).
        unsafe { self.host().read(offset, bytes) }
    }

    /// Makes writes through [`mapped`](Self::mapped) available to the device; does nothing on coherent memory.
    ///
    /// # Errors
    ///
    /// As of [`write`](Self::write).
    pub fn flush(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.host().flush(offset, length)
    }

    /// Makes device writes visible through [`mapped`](Self::mapped); does nothing on coherent memory.
    ///
    /// Rounds to whole atoms, whose other host writes are lost unless flushed before.
    ///
    /// # Errors
    ///
    /// As of [`read`](Self::read).
    pub fn invalidate(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.host().invalidate(offset, length)
    }

    /// The handle.
    pub fn raw(&self) -> vk::Buffer {
        self.raw
    }

    /// Size in bytes, as requested.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where shaders find it, if it was requested with an address.
    pub fn device_address(&self) -> Option<vk::DeviceAddress> {
        self.address.map(NonZeroU64::get)
    }

    /// Where the host sees its first byte, if it is mapped.
    #[doc(alias = "mappedData")]
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.backing.mapped()
    }

    /// The memory object that it is bound to, at [`memory_offset`](Self::memory_offset).
    pub fn device_memory(&self) -> vk::DeviceMemory {
        self.backing.parts().0.memory()
    }

    /// Where it begins, in bytes from the start of the memory object.
    pub fn memory_offset(&self) -> u64 {
        let (allocation, start) = self.backing.parts();
        allocation.offset() + start
    }

    /// Index of its memory type.
    pub fn memory_type(&self) -> u32 {
        self.backing.parts().0.memory_type()
    }

    /// The memory that others may hold as well; `None` unless the buffer was requested aliasable, or is an alias.
    pub fn memory(&self) -> Option<&MemoryBlock> {
        self.backing.memory()
    }

    /// Whether it was placed over memory that something else pays for.
    pub fn is_aliased(&self) -> bool {
        self.backing.is_alias()
    }

    fn host(&self) -> HostRange<'_> {
        self.backing.host(self.size)
    }
}

/// An image whose memory is budgeted, with the deed that says who pays and who frees.
///
/// Move-only and without a destructor: freeing takes the promise that the device is done with it.
#[derive(Debug)]
#[must_use = "dropping an image leaks it; give it to `free_image`"]
pub struct ImageAllocation {
    // Invariant: `raw` is a live image that requires `size` bytes, bound to `backing`.
    pub(super) raw: vk::Image,
    pub(super) size: u64,
    pub(super) backing: Backing,
}

impl ImageAllocation {
    /// Makes writes through [`mapped`](Self::mapped) available to the device; does nothing on coherent memory.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the memory is not mapped or the range leaves it, otherwise what
    /// `vkFlushMappedMemoryRanges` answered.
    pub fn flush(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.backing.host(self.size).flush(offset, length)
    }

    /// Makes device writes visible through [`mapped`](Self::mapped); does nothing on coherent memory.
    ///
    /// # Errors
    ///
    /// As of [`flush`](Self::flush), with `vkInvalidateMappedMemoryRanges`.
    pub fn invalidate(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.backing.host(self.size).invalidate(offset, length)
    }

    /// The handle.
    pub fn raw(&self) -> vk::Image {
        self.raw
    }

    /// Bytes that the driver required.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where the host sees its first byte, if it is mapped: linear images at host locations, on no promise elsewhere.
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.backing.mapped()
    }

    /// The memory object that it is bound to, at [`memory_offset`](Self::memory_offset).
    pub fn device_memory(&self) -> vk::DeviceMemory {
        self.backing.parts().0.memory()
    }

    /// Where it begins, in bytes from the start of the memory object.
    pub fn memory_offset(&self) -> u64 {
        let (allocation, start) = self.backing.parts();
        allocation.offset() + start
    }

    /// Index of its memory type.
    pub fn memory_type(&self) -> u32 {
        self.backing.parts().0.memory_type()
    }

    /// The memory that others may hold as well; `None` unless the image was requested aliasable, or is an alias.
    pub fn memory(&self) -> Option<&MemoryBlock> {
        self.backing.memory()
    }

    /// Whether it was placed over memory that something else pays for.
    pub fn is_aliased(&self) -> bool {
        self.backing.is_alias()
    }
}
