//! Budgeted raw memory: the base of aliasing and of placed resources.

use super::{
    attempt::{Attempt, Subject},
    deed::{Deed, Taken, tell_allocated},
};
use crate::{
    AllocationError, Category, DeviceBudgetManager, MemoryBlock, MemoryLocation, MemoryRequest,
    MemoryUse, ParcelKind, Priority, Requirements, Tag, TilingClass, allocator::Placement,
    request::resource_setters,
};

/// A request for budgeted memory without a resource.
#[derive(Clone, Debug)]
#[must_use]
pub struct MemoryBlockRequest<'a> {
    /// Size in bytes. Never zero.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub alignment: u64,
    /// Memory types that will do, one bit each: what every resource to be placed there allows.
    pub memory_type_bits: u32,
    /// Where the memory should live.
    pub location: MemoryLocation,
    /// What will be placed there.
    pub tiling: TilingClass,
    /// How much it suffers when the driver moves memory out.
    pub priority: Priority,
    /// The account it belongs to.
    pub category: Category,
    /// The user's own account.
    pub tag: Tag,
    /// Shown in captures, errors and leak reports.
    pub label: Option<&'a str>,
}

impl MemoryBlockRequest<'_> {
    /// A request for `size` bytes of device-local memory of a type in `memory_type_bits`, for anything.
    pub const fn new(size: u64, memory_type_bits: u32) -> Self {
        Self {
            size,
            alignment: 1,
            memory_type_bits,
            location: MemoryLocation::DeviceLocal,
            tiling: TilingClass::Mixed,
            priority: Priority::Normal,
            category: Category::Other,
            tag: Tag(0),
            label: None,
        }
    }

    /// A request that has room for each of `resources` alone, one after the other in time.
    ///
    /// Resources of a host location, of another tiling or priority need the fields set that say so.
    pub fn for_any_of(resources: &[Requirements]) -> Self {
        let mut request = Self::new(0, u32::MAX);
        for needs in resources {
            request.size = request.size.max(needs.size);
            request.alignment = request.alignment.max(needs.alignment);
            request.memory_type_bits &= needs.memory_type_bits;
        }
        request
    }
}

impl<'a> MemoryBlockRequest<'a> {
    resource_setters! {
        /// Sets the alignment in bytes, a power of two.
        alignment(alignment: u64) = alignment;
        /// Puts the memory at `location`.
        location(location: MemoryLocation) = location;
        /// Narrows what may be placed there.
        tiling(tiling: TilingClass) = tiling;
        /// Sets how much it suffers when the driver moves memory out.
        priority(priority: Priority) = priority;
        /// Books it under `category`.
        category(category: Category) = category;
        /// Books it under the user's own account `tag`.
        tag(tag: Tag) = tag;
        /// Names the memory in captures, errors and leak reports.
        label(label: &'a str) = Some(label);
    }
}

impl DeviceBudgetManager {
    /// Takes budgeted memory for resources to be placed over.
    ///
    /// # Errors
    ///
    /// As of [`allocate_buffer`](Self::allocate_buffer).
    pub fn allocate_memory(
        &self,
        request: &MemoryBlockRequest<'_>,
    ) -> Result<MemoryBlock, AllocationError> {
        let mut attempt = Attempt::new(&self.door, Subject::Memory(request));
        let MemoryBlockRequest { size, alignment, tiling, .. } = *request;
        let memory = MemoryRequest::new(size, alignment, 0, tiling);
        memory.validate().map_err(|error| attempt.refuse(error, None))?;
        let placement = Placement {
            requirements: Requirements {
                alignment: request.alignment,
                memory_type_bits: request.memory_type_bits,
                ..Requirements::at_least(request.size)
            },
            memory_use: MemoryUse { location: request.location, ..MemoryUse::default() },
            tiling: request.tiling,
            min_alignment: 1,
            dedicated: false,
            aliasable: false,
            priority: request.priority,
            label: request.label,
        };
        if attempt.judged {
            attempt.expect_room(&placement)?;
        }
        let allocation = attempt.take(&placement, None)?;
        let charge = attempt.settle(&allocation, request.size);
        let (kind, label) = (ParcelKind::Raw, request.label);
        let taken = Taken { charge: &charge, allocation: &allocation, kind, label };
        tell_allocated(&self.door, &taken);
        let deed = Deed::new(&self.door, charge, kind);
        Ok(MemoryBlock::new(allocation, deed, request.tiling))
    }
}
