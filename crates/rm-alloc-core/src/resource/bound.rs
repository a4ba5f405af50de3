//! Buffers and images with memory, outside any budget.

use std::{num::NonZeroU64, ptr::NonNull, sync::Arc};

use ash::vk;

use super::{host::HostRange, object::destroy};
use crate::{
    Allocation, BufferRequest, DeviceContext, FreedParcel, ImageRequest, MemoryAllocator,
    MemoryError, ParcelKind, Resource,
};

/// What a buffer and an image with memory have in common.
#[derive(Debug)]
pub(crate) struct Bound {
    // Invariant: `resource` is live, of `context`, and bound to `allocation`, which is at least `committed` bytes.
    pub(crate) context: Arc<DeviceContext>,
    pub(crate) resource: Resource,
    /// Bytes that the driver required.
    pub(crate) committed: u64,
    pub(crate) allocation: Allocation,
}

impl Bound {
    /// Destroys the resource, gives its memory back and tells the allocator what it was.
    ///
    /// # Safety
    ///
    /// - It came from `allocator`, and the device no longer uses it.
    unsafe fn free<A: MemoryAllocator + ?Sized>(self, allocator: &A, kind: ParcelKind) {
        let Self { context, resource, committed, allocation } = self;
        // SAFETY: live (invariant), and the device is done with it (caller).
        unsafe { destroy(&context, resource) };
        let reserved = allocation.size();
        // SAFETY: the allocation came from there (caller), and its only user is gone.
        unsafe { allocator.free(allocation) };
        allocator.notify_freed(FreedParcel { reserved, committed, kind });
    }

    fn host(&self, size: u64) -> HostRange<'_> {
        HostRange { context: &self.context, allocation: &self.allocation, start: 0, size }
    }
}

/// A buffer with memory, owed back to the allocator it came from.
///
/// Move-only and without a destructor: freeing needs the allocator, and the promise that the device is done with it.
#[derive(Debug)]
#[must_use = "dropping a buffer leaks it; give it to `free_buffer`"]
pub struct BoundBuffer {
    // Invariant: the resource is a buffer of `size` bytes.
    bound: Bound,
    size: u64,
    address: Option<NonZeroU64>,
}

impl BoundBuffer {
    /// Names a buffer that was just bound, and asks for its address if it should have one.
    ///
    /// # Safety
    ///
    /// - `bound` is a buffer made by `request`, and nobody else knows it.
    pub(crate) unsafe fn new(bound: Bound, request: &BufferRequest<'_>) -> Self {
        // SAFETY: the buffer is bound (invariant), made by this request, and ours alone (both caller).
        let address = unsafe { name_buffer(&bound.context, bound.resource, request) };
        Self { bound, size: request.size, address }
    }

    /// Copies `bytes` to `offset`, and flushes where memory is not coherent.
    ///
    /// Whoever submits work that uses the range sees to it that earlier work is done with it: writing under a
    /// device that reads is a race of the submission, which is unsafe itself.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the memory is not mapped or the range leaves the buffer, with nothing written;
    /// otherwise what `vkFlushMappedMemoryRanges` answered after the bytes were written.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        // SAFETY: `&mut self` keeps other host threads away.
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
        self.bound.resource.as_buffer()
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
        &self.bound.allocation
    }

    /// Where the host sees its first byte, if it is mapped: always for host locations, on no promise elsewhere.
    #[doc(alias = "mappedData")]
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.bound.allocation.mapped()
    }

    /// Destroys the buffer and gives its memory back.
    ///
    /// # Safety
    ///
    /// - It came from `allocator`, and the device no longer uses it.
    pub(crate) unsafe fn free<A: MemoryAllocator + ?Sized>(self, allocator: &A) {
        // SAFETY: both are the caller's promise.
        unsafe { self.bound.free(allocator, ParcelKind::Buffer) };
    }

    fn host(&self) -> HostRange<'_> {
        self.bound.host(self.size)
    }
}

/// Gives a buffer its name, and asks for its address if it should have one.
///
/// # Safety
///
/// - `resource` is a live buffer of `context`, made by `request` and bound, and nobody else knows it.
pub(crate) unsafe fn name_buffer(
    context: &DeviceContext,
    resource: Resource,
    request: &BufferRequest<'_>,
) -> Option<NonZeroU64> {
    let (raw, commands) = (resource.as_buffer(), context.commands());
    // SAFETY: the buffer is live and ours alone (caller).
    unsafe { commands.name(raw, request.label) };
    let wanted = request.usage.contains(vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS);
    commands.buffer_address.filter(|_| wanted).and_then(|ask| {
        let info = vk::BufferDeviceAddressInfo::default().buffer(raw);
        // SAFETY: the command belongs to this device; the buffer is bound and was made for it (caller).
        NonZeroU64::new(unsafe { ask(context.device().handle(), &raw const info) })
    })
}

/// Gives an image its name.
///
/// # Safety
///
/// - `resource` is a live image of `context`, and nobody else knows it.
pub(crate) unsafe fn name_image(
    context: &DeviceContext,
    resource: Resource,
    request: &ImageRequest<'_>,
) {
    // SAFETY: the image is live and ours alone (caller).
    unsafe { context.commands().name(resource.as_image(), request.label) };
}

/// An image with memory, owed back to the allocator it came from.
///
/// Move-only and without a destructor: freeing needs the allocator, and the promise that the device is done with it.
#[derive(Debug)]
#[must_use = "dropping an image leaks it; give it to `free_image`"]
pub struct BoundImage {
    // Invariant: the resource is an image.
    bound: Bound,
}

impl BoundImage {
    /// Names an image that was just bound.
    ///
    /// # Safety
    ///
    /// - `bound` is an image, and nobody else knows it.
    pub(crate) unsafe fn new(bound: Bound, request: &ImageRequest<'_>) -> Self {
        // SAFETY: the image is live (invariant) and ours alone (caller).
        unsafe { name_image(&bound.context, bound.resource, request) };
        Self { bound }
    }

    /// Makes writes through [`mapped`](Self::mapped) available to the device; does nothing on coherent memory.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the memory is not mapped or the range leaves it, otherwise what
    /// `vkFlushMappedMemoryRanges` answered.
    pub fn flush(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.bound.host(self.size()).flush(offset, length)
    }

    /// Makes device writes visible through [`mapped`](Self::mapped); does nothing on coherent memory.
    ///
    /// # Errors
    ///
    /// As of [`flush`](Self::flush), with `vkInvalidateMappedMemoryRanges`.
    pub fn invalidate(&self, offset: u64, length: u64) -> Result<(), MemoryError> {
        self.bound.host(self.size()).invalidate(offset, length)
    }

    /// The handle.
    pub fn raw(&self) -> vk::Image {
        self.bound.resource.as_image()
    }

    /// Bytes that the driver required.
    pub fn size(&self) -> u64 {
        self.bound.committed
    }

    /// The memory behind it.
    pub fn allocation(&self) -> &Allocation {
        &self.bound.allocation
    }

    /// Where the host sees its first byte, if it is mapped: linear images at host locations, on no promise elsewhere.
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.bound.allocation.mapped()
    }

    /// Destroys the image and gives its memory back.
    ///
    /// # Safety
    ///
    /// - It came from `allocator`, and the device no longer uses it.
    pub(crate) unsafe fn free<A: MemoryAllocator + ?Sized>(self, allocator: &A) {
        // SAFETY: both are the caller's promise.
        unsafe { self.bound.free(allocator, ParcelKind::Image) };
    }
}
