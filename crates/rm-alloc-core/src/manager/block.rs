//! Budgeted raw memory: the base of aliasing and of placed resources.

use std::{mem::ManuallyDrop, sync::Arc};

use ash::vk;

use super::{
    attempt::{Attempt, Subject},
    deed::{Deed, tell_allocated},
};
use crate::{
    Allocation, AllocationError, Category, DeviceBudgetManager, DeviceContext, MemoryError,
    MemoryLocation, MemoryUse, ParcelKind, Priority, Requirements, Tag, TilingClass,
    allocator::Placement, request::resource_setters,
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
        /// Sets what every offset in the memory is a multiple of, in bytes.
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

/// Budgeted memory that resources can be placed over.
///
/// A clone is another holder; the bytes go back, and off the budget, with the last holder: block, source or alias.
#[derive(Clone, Debug)]
#[must_use = "the memory goes back with its last holder"]
pub struct MemoryBlock {
    shared: Arc<SharedMemory>,
}

#[derive(Debug)]
struct SharedMemory {
    // Invariant: both are present until drop, and belong together.
    allocation: ManuallyDrop<Allocation>,
    deed: ManuallyDrop<Deed>,
    tiling: TilingClass,
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
        check(request).map_err(|error| attempt.refuse(error))?;
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
        if self.door.core.could_refuse() {
            attempt.expect_room(&placement)?;
        }
        let allocation = attempt.take(&placement, None)?;
        let charge = attempt.settle(&allocation, request.size);
        tell_allocated(&self.door, &charge, ParcelKind::Raw, request.label);
        let deed = Deed::new(&self.door, charge, ParcelKind::Raw);
        Ok(MemoryBlock::new(allocation, deed, request.tiling))
    }
}

/// The rules of a request for memory alone.
fn check(request: &MemoryBlockRequest<'_>) -> Result<(), MemoryError> {
    let broken = if request.size == 0 {
        "the size is zero"
    } else if !request.alignment.is_power_of_two() {
        "the alignment is not a power of two"
    } else if request.size > i64::MAX as u64 || request.alignment > i64::MAX as u64 {
        // Half the address space leaves room to align and to add without overflow.
        "the size or the alignment is beyond half the address space"
    } else {
        return Ok(());
    };
    Err(MemoryError::InvalidRequest(broken))
}

impl MemoryBlock {
    pub(super) fn new(allocation: Allocation, deed: Deed, tiling: TilingClass) -> Self {
        let (allocation, deed) = (ManuallyDrop::new(allocation), ManuallyDrop::new(deed));
        Self { shared: Arc::new(SharedMemory { allocation, deed, tiling }) }
    }

    /// Bytes granted, at least those requested.
    pub fn size(&self) -> u64 {
        self.shared.allocation.size()
    }

    /// The memory object, in which the block begins at [`offset`](Self::offset).
    pub fn raw(&self) -> vk::DeviceMemory {
        self.shared.allocation.memory()
    }

    /// Where the block begins, in bytes from the start of the memory object.
    pub fn offset(&self) -> u64 {
        self.shared.allocation.offset()
    }

    /// Index of the memory type.
    pub fn memory_type(&self) -> u32 {
        self.shared.allocation.memory_type()
    }

    /// What may be placed there.
    pub fn tiling(&self) -> TilingClass {
        self.shared.tiling
    }

    /// Holders that exist: blocks, and resources over them.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.shared)
    }

    pub(super) fn allocation(&self) -> &Allocation {
        &self.shared.allocation
    }

    pub(super) fn deed(&self) -> &Deed {
        &self.shared.deed
    }

    pub(super) fn context(&self) -> &Arc<DeviceContext> {
        &self.shared.deed.door.core.context
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: present until now (invariant), and never looked at again.
        let allocation = unsafe { ManuallyDrop::take(&mut self.allocation) };
        // SAFETY: present until now (invariant), and never looked at again.
        let deed = unsafe { ManuallyDrop::take(&mut self.deed) };
        // SAFETY: they belong together (invariant); every resource over the memory held it, and whoever freed the last of
        // them promised that the device is done.
        unsafe { deed.release(allocation) };
    }
}
