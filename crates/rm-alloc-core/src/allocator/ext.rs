//! Bare use of an allocator: buffers and images without a budget.

use std::sync::Arc;

use crate::{
    AllocationError, BoundBuffer, BoundImage, BufferRequest, ErrorKind, ImageRequest,
    MemoryAllocator, Refusal, Requirements, TypeRefusal,
    resource::{AnyRequest, Bound},
};

/// Buffers and images straight from an allocator, for programs that need no budget.
///
/// Implemented for every [`MemoryAllocator`].
/// Resources must be freed by hand, through the allocator that made them.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::{
///     AllocationError, BufferRequest, MemoryAllocator, MemoryAllocatorExt, MemoryLocation,
/// };
///
/// fn upload(allocator: &dyn MemoryAllocator, bytes: &[u8]) -> Result<(), AllocationError> {
///     let request = BufferRequest::new(bytes.len() as u64, BufferUsageFlags::TRANSFER_SRC)
///         .location(MemoryLocation::HostVisible)
///         .label("upload");
///     let mut staging = allocator.allocate_buffer(&request)?;
///     let written = staging.write(0, bytes);
///     // ... copy from `staging.raw()`, submit, wait ...
///     // SAFETY: it came from this allocator, and the device is done with it.
///     unsafe { allocator.free_buffer(staging) };
///     Ok(written?)
/// }
/// ```
pub trait MemoryAllocatorExt: MemoryAllocator {
    /// Makes a buffer with memory.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](ErrorKind::InvalidRequest), [`Unsupported`](ErrorKind::Unsupported) or
    /// [`TooLarge`](ErrorKind::TooLarge) where the request breaks a rule of the device, otherwise what the
    /// best memory type answered; the refusal lists the others.
    /// On error nothing has changed.
    #[doc(alias = "AllocateBuffer")]
    #[doc(alias = "alloc_buffer")]
    fn allocate_buffer(&self, request: &BufferRequest<'_>) -> Result<BoundBuffer, AllocationError> {
        let bound = make(self, AnyRequest::Buffer(request))?;
        // SAFETY: `make` made this buffer by this request.
        Ok(unsafe { BoundBuffer::new(bound, request) })
    }

    /// Makes an image with memory.
    ///
    /// # Errors
    ///
    /// As of [`allocate_buffer`](Self::allocate_buffer).
    #[doc(alias = "AllocateImage")]
    #[doc(alias = "alloc_texture")]
    fn allocate_image(&self, request: &ImageRequest<'_>) -> Result<BoundImage, AllocationError> {
        let bound = make(self, AnyRequest::Image(request))?;
        // SAFETY: `make` made this image.
        Ok(unsafe { BoundImage::new(bound, request) })
    }

    /// Destroys `buffer` and gives its memory back.
    ///
    /// # Safety
    ///
    /// - `buffer` came from this allocator.
    /// - The device no longer uses it.
    #[doc(alias = "FreeBuffer")]
    unsafe fn free_buffer(&self, buffer: BoundBuffer) {
        // SAFETY: it came from here, and the device is done with it (caller).
        unsafe { buffer.free(self) };
    }

    /// Destroys `image` and gives its memory back.
    ///
    /// # Safety
    ///
    /// - `image` came from this allocator.
    /// - The device no longer uses it.
    #[doc(alias = "FreeImage")]
    unsafe fn free_image(&self, image: BoundImage) {
        // SAFETY: it came from here, and the device is done with it (caller).
        unsafe { image.free(self) };
    }

    /// What a buffer would need of memory; no object is made where [`MAINTENANCE4`] is enabled.
    ///
    /// # Errors
    ///
    /// As of [`allocate_buffer`](Self::allocate_buffer), memory aside.
    ///
    /// [`MAINTENANCE4`]: crate::MemoryFeatures::MAINTENANCE4
    fn buffer_requirements(
        &self,
        request: &BufferRequest<'_>,
    ) -> Result<Requirements, AllocationError> {
        requirements(self, AnyRequest::Buffer(request))
    }

    /// What an image would need of memory; no object is made where [`MAINTENANCE4`] is enabled.
    ///
    /// # Errors
    ///
    /// As of [`allocate_image`](Self::allocate_image), memory aside.
    ///
    /// [`MAINTENANCE4`]: crate::MemoryFeatures::MAINTENANCE4
    fn image_requirements(
        &self,
        request: &ImageRequest<'_>,
    ) -> Result<Requirements, AllocationError> {
        requirements(self, AnyRequest::Image(request))
    }
}

impl<A: MemoryAllocator + ?Sized> MemoryAllocatorExt for A {}

/// Object, memory, and the one bound to the other; or nothing at all.
fn make<A: MemoryAllocator + ?Sized>(
    allocator: &A,
    request: AnyRequest<'_>,
) -> Result<Bound, AllocationError> {
    let context = allocator.context();
    let refuse = |kind, bytes, types| refuse(allocator, request, kind, bytes, types);
    let created = request
        .check(context)
        .and_then(|checked| checked.create(context))
        .map_err(|error| refuse(error.into(), request.least_size(), Vec::new()))?;
    let requirements = created.requirements();
    let placement = request.placement(requirements);
    let allocation = placement
        .allocate(allocator, created.resource())
        .map_err(|none| refuse(none.kind, requirements.size, none.types))?;
    // SAFETY: a backend's allocation satisfies its request, which was made from these requirements.
    match unsafe { created.bind(&allocation) } {
        Ok(resource) => {
            let committed = requirements.size;
            Ok(Bound { context: Arc::clone(context), resource, committed, allocation })
        }
        Err(error) => {
            // SAFETY: it came from there, and the object that should have used it is destroyed.
            unsafe { allocator.free(allocation) };
            Err(refuse(error.into(), requirements.size, Vec::new()))
        }
    }
}

fn requirements<A: MemoryAllocator + ?Sized>(
    allocator: &A,
    request: AnyRequest<'_>,
) -> Result<Requirements, AllocationError> {
    let context = allocator.context();
    let asked = request.check(context).and_then(|checked| checked.requirements(context));
    asked.map_err(|e| refuse(allocator, request, e.into(), request.least_size(), Vec::new()))
}

/// The explained error; built on the failure path only.
#[cold]
fn refuse<A: MemoryAllocator + ?Sized>(
    allocator: &A,
    request: AnyRequest<'_>,
    kind: ErrorKind,
    bytes: u64,
    types: Vec<TypeRefusal>,
) -> AllocationError {
    let refusal = Refusal::new(request.what(), request.label(), bytes, allocator.name());
    AllocationError::new(kind, refusal.types(types))
}
