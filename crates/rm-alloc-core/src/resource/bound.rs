//! Buffers and images with memory, outside any budget.

use std::{num::NonZeroU64, ptr::NonNull, sync::Arc};

use ash::vk;

use super::{
    host::HostRange,
    object::{Requirements, destroy},
};
use crate::{
    Allocation, BufferRequest, DeviceContext, FreedParcel, MemoryAllocator, MemoryError,
    ParcelKind, Resource,
};

/// A buffer with memory, owed back to the allocator it came from.
///
/// Move-only and without a destructor: freeing needs the allocator, and the promise that the device is done with it.
#[derive(Debug)]
#[must_use = "dropping a buffer leaks it; give it to `free_buffer`"]
pub struct BoundBuffer {
    // Invariant: `resource` is a live buffer of `context`, bound to `allocation`, which is at least `size` bytes.
    context: Arc<DeviceContext>,
    resource: Resource,
    size: u64,
    committed: u64,
    address: Option<NonZeroU64>,
    allocation: Allocation,
}

impl BoundBuffer {
    /// Takes charge of a buffer that was just bound.
    ///
    /// # Safety
    ///
    /// - `resource` is a buffer made of `context` by `request` and bound to `allocation`.
    pub(crate) unsafe fn new(
        context: &Arc<DeviceContext>,
        resource: Resource,
        request: &BufferRequest<'_>,
        requirements: Requirements,
        allocation: Allocation,
    ) -> Self {
        let raw = resource.as_buffer();
        // SAFETY: the buffer is live and ours alone (caller).
        unsafe { context.commands().name(raw, request.label) };
        let wanted = request.usage.contains(vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS);
        let address = context.commands().buffer_address.filter(|_| wanted).and_then(|ask| {
            let info = vk::BufferDeviceAddressInfo::default().buffer(raw);
            // SAFETY: the command belongs to this device; the buffer is bound and was made for it (caller).
            NonZeroU64::new(unsafe { ask(context.device().handle(), &raw const info) })
        });
        Self {
            context: Arc::clone(context),
            resource,
            size: request.size,
            committed: requirements.size,
            address,
            allocation,
        }
    }

    /// Copies `bytes` to `offset`, and flushes where memory is not coherent.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the memory is not mapped or the range leaves the buffer, otherwise what
    /// `vkFlushMappedMemoryRanges` answered.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        // SAFETY: `&mut self` keeps other host threads away; a device that reads meanwhile sees old or new bytes.
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
    /// - The device does not write the range meanwhile, and its earlier writes were made available to the host.
    pub unsafe fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), MemoryError> {
        // SAFETY: the device does not write (caller); the host writes through `&mut self` or raw pointers alone.
        unsafe { self.host().read(offset, bytes) }
    }

    /// Makes writes through [`mapped`](Self::mapped) available to the device; does nothing on coherent memory.
    ///
    /// Rounds to whole atoms of [`non_coherent_atom_size`](crate::DeviceLimits::non_coherent_atom_size).
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
        self.resource.as_buffer()
    }

    /// Size in bytes, as requested.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where shaders find it, if it was requested with an address.
    pub fn device_address(&self) -> Option<vk::DeviceAddress> {
        self.address.map(NonZeroU64::get)
    }

    /// The memory behind it.
    pub fn allocation(&self) -> &Allocation {
        &self.allocation
    }

    /// Where the host sees its first byte, if it is mapped: always for host locations, never for device-local memory.
    #[doc(alias = "mappedData")]
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.allocation.mapped()
    }

    /// Destroys the buffer and gives its memory back.
    ///
    /// # Safety
    ///
    /// - It came from `allocator`, and the device no longer uses it.
    pub(crate) unsafe fn free<A: MemoryAllocator + ?Sized>(self, allocator: &A) {
        let Self { context, resource, committed, allocation, .. } = self;
        // SAFETY: live (invariant), and the device is done with it (caller).
        unsafe { destroy(&context, resource) };
        // SAFETY: the allocation came from there (caller), and its only user is gone.
        unsafe { give_back(allocator, allocation, committed, ParcelKind::Buffer) };
    }

    fn host(&self) -> HostRange<'_> {
        HostRange { context: &self.context, allocation: &self.allocation, size: self.size }
    }
}

/// An image with memory, owed back to the allocator it came from.
///
/// Move-only and without a destructor: freeing needs the allocator, and the promise that the device is done with it.
#[derive(Debug)]
#[must_use = "dropping an image leaks it; give it to `free_image`"]
pub struct BoundImage {
    // Invariant: `resource` is a live image of `context`, bound to `allocation`.
    context: Arc<DeviceContext>,
    resource: Resource,
    committed: u64,
    allocation: Allocation,
}

impl BoundImage {
    /// Takes charge of an image that was just bound.
    ///
    /// # Safety
    ///
    /// - `resource` is an image made of `context` and bound to `allocation`.
    pub(crate) unsafe fn new(
        context: &Arc<DeviceContext>,
        resource: Resource,
        label: Option<&str>,
        requirements: Requirements,
        allocation: Allocation,
    ) -> Self {
        // SAFETY: the image is live and ours alone (caller).
        unsafe { context.commands().name(resource.as_image(), label) };
        Self { context: Arc::clone(context), resource, committed: requirements.size, allocation }
    }

    /// Makes writes through [`mapped`](Self::mapped) available to the device; does nothing on coherent memory.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the memory is not mapped or the range leaves it, otherwise what
    /// `vkFlushMappedMemoryRanges` answered.
    pub fn flush(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.host().flush(offset, length)
    }

    /// Makes device writes visible through [`mapped`](Self::mapped); does nothing on coherent memory.
    ///
    /// # Errors
    ///
    /// As of [`flush`](Self::flush), with `vkInvalidateMappedMemoryRanges`.
    pub fn invalidate(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.host().invalidate(offset, length)
    }

    /// The handle.
    pub fn raw(&self) -> vk::Image {
        self.resource.as_image()
    }

    /// Bytes that the driver required.
    pub fn size(&self) -> u64 {
        self.committed
    }

    /// The memory behind it.
    pub fn allocation(&self) -> &Allocation {
        &self.allocation
    }

    /// Where the host sees its first byte: linear images in host-visible memory only.
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.allocation.mapped()
    }

    /// Destroys the image and gives its memory back.
    ///
    /// # Safety
    ///
    /// - It came from `allocator`, and the device no longer uses it.
    pub(crate) unsafe fn free<A: MemoryAllocator + ?Sized>(self, allocator: &A) {
        let Self { context, resource, committed, allocation } = self;
        // SAFETY: live (invariant), and the device is done with it (caller).
        unsafe { destroy(&context, resource) };
        // SAFETY: the allocation came from there (caller), and its only user is gone.
        unsafe { give_back(allocator, allocation, committed, ParcelKind::Image) };
    }

    fn host(&self) -> HostRange<'_> {
        HostRange { context: &self.context, allocation: &self.allocation, size: self.committed }
    }
}

/// Frees `allocation` and tells its allocator what it was.
///
/// # Safety
///
/// - `allocation` came from `allocator`, and nothing uses it any more.
unsafe fn give_back<A: MemoryAllocator + ?Sized>(
    allocator: &A,
    allocation: Allocation,
    committed: u64,
    kind: ParcelKind,
) {
    let reserved = allocation.size();
    // SAFETY: it came from there and is unused (caller).
    unsafe { allocator.free(allocation) };
    allocator.notify_freed(FreedParcel { reserved, committed, kind });
}
