//! Resources placed over memory that something else pays for.

use std::sync::{Arc, atomic::Ordering};

use super::{
    attempt::{Attempt, Subject},
    resources::{Backing, BufferAllocation, ImageAllocation},
    shared::MemoryBlock,
};
use crate::{
    AllocationError, BufferRequest, DeviceBudgetManager, ImageRequest, MemoryError, Requirements,
    Resource, TilingClass,
    resource::{AnyRequest, name_buffer, name_image},
};

/// A request for a buffer over memory that is there already.
#[derive(Clone, Debug)]
#[must_use]
pub struct AliasedBufferRequest<'a> {
    /// The memory.
    pub memory: &'a MemoryBlock,
    /// Where the buffer begins, in bytes from the start of `memory`.
    pub offset: u64,
    /// The buffer; where its memory should live, and what it costs, is settled.
    pub buffer: BufferRequest<'a>,
}

/// A request for an image over memory that is there already.
#[derive(Clone, Debug)]
#[must_use]
pub struct AliasedImageRequest<'a> {
    /// The memory.
    pub memory: &'a MemoryBlock,
    /// Where the image begins, in bytes from the start of `memory`.
    pub offset: u64,
    /// The image; where its memory should live, and what it costs, is settled.
    pub image: ImageRequest<'a>,
}

impl DeviceBudgetManager {
    /// Makes a buffer over memory that is there already; it costs no budget.
    ///
    /// The bytes are shared: who uses them when is the user's to order. Freeing the alias frees the alias alone, and the
    /// memory lives while any holder does.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the buffer does not fit there: bounds, alignment, memory type,
    /// granularity, device; otherwise as of [`allocate_buffer`](Self::allocate_buffer).
    /// On error nothing has changed.
    #[doc(alias = "CreateAliasedBuffer")]
    pub fn create_aliased_buffer(
        &self,
        request: &AliasedBufferRequest<'_>,
    ) -> Result<BufferAllocation, AllocationError> {
        let any = AnyRequest::Buffer(&request.buffer);
        let (resource, backing, _) = self.place(any, request.memory, request.offset)?;
        let size = request.buffer.size;
        // SAFETY: the buffer was just made by this request and bound.
        let address = unsafe { name_buffer(self.context(), resource, &request.buffer) };
        Ok(BufferAllocation { raw: resource.as_buffer(), size, address, backing })
    }

    /// Makes an image over memory that is there already; it costs no budget.
    ///
    /// Its contents are undefined until they are written or cleared.
    ///
    /// # Errors
    ///
    /// As of [`create_aliased_buffer`](Self::create_aliased_buffer).
    #[doc(alias = "CreateAliasedImage")]
    pub fn create_aliased_image(
        &self,
        request: &AliasedImageRequest<'_>,
    ) -> Result<ImageAllocation, AllocationError> {
        let any = AnyRequest::Image(&request.image);
        let (resource, backing, size) = self.place(any, request.memory, request.offset)?;
        // SAFETY: the image was just made by this request and bound.
        unsafe { name_image(self.context(), resource, &request.image) };
        Ok(ImageAllocation { raw: resource.as_image(), size, backing })
    }

    /// Resources placed over others' memory that exist now.
    #[doc(alias = "GetAliasedAllocationCount")]
    pub fn aliased_allocation_count(&self) -> u32 {
        self.door.core.aliases.load(Ordering::Relaxed)
    }

    /// The object, bound, its hold on the memory, and the bytes it requires.
    fn place(
        &self,
        request: AnyRequest<'_>,
        memory: &MemoryBlock,
        offset: u64,
    ) -> Result<(Resource, Backing, u64), AllocationError> {
        let context = self.context();
        let mut known = None;
        let mut placed = || {
            if !Arc::ptr_eq(memory.context(), context) {
                return Err(MemoryError::InvalidRequest("the memory is of another device"));
            }
            let checked = request.check(context)?;
            // Where the device tells without an object, a request that does not fit costs none.
            if let Some(requirements) = checked.ask(context) {
                check_place(request, &requirements, memory, offset)?;
            }
            let created = checked.create(context)?;
            let requirements = created.requirements();
            known = Some(requirements.size);
            check_place(request, &requirements, memory, offset)?;
            // SAFETY: type, alignment and bounds were checked above, and the holder keeps the memory.
            let resource = unsafe { created.bind_at(memory.raw(), memory.offset() + offset) }?;
            Ok((resource, requirements.size))
        };
        match placed() {
            Ok((resource, size)) => {
                memory.deed().door.core.aliases.fetch_add(1, Ordering::Relaxed);
                Ok((resource, Backing::shared(memory.clone(), offset, true), size))
            }
            Err(error) => {
                Err(Attempt::new(&self.door, Subject::Resource(request)).refuse(error, known))
            }
        }
    }
}

/// Whether what `request` needs fits `memory` at `offset`.
fn check_place(
    request: AnyRequest<'_>,
    needs: &Requirements,
    memory: &MemoryBlock,
    offset: u64,
) -> Result<(), MemoryError> {
    let placement = request.placement(*needs);
    let context = memory.context();
    let limits = context.limits();
    // In memory for anything, neighbours of either class must not share a page; in any that has to be flushed, an atom.
    let page = match memory.tiling() {
        TilingClass::Mixed => limits.buffer_image_granularity,
        TilingClass::Linear | TilingClass::Optimal => 1,
    };
    let atom = match context.is_non_coherent(memory.memory_type()) {
        true => limits.non_coherent_atom_size,
        false => 1,
    };
    let alignment = needs.alignment.max(placement.min_alignment).max(page).max(atom);
    let start = memory.offset().checked_add(offset);
    let wrong = if offset.checked_add(needs.size).is_none_or(|end| end > memory.size()) {
        "the resource leaves the memory"
    } else if start.is_none_or(|start| !start.is_multiple_of(alignment)) {
        "the offset is not aligned"
    } else if needs.memory_type_bits & (1 << memory.memory_type()) == 0 {
        "the resource cannot live in this memory type"
    } else if memory.tiling() != TilingClass::Mixed && memory.tiling() != placement.tiling {
        "the memory is for resources of the other tiling"
    } else if placement.dedicated || needs.requires_dedicated {
        "the resource needs memory of its own"
    } else {
        return Ok(());
    };
    Err(MemoryError::InvalidRequest(wrong))
}
