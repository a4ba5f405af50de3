//! The only call of `vkAllocateMemory` outside VMA.

use std::{mem::ManuallyDrop, ptr::NonNull, sync::Arc};

use ash::vk;

use super::{
    DeviceContext,
    book::{Book, Record, Room},
};
use crate::{
    Allocation, AllocationParts, BlockInfo, EventMask, MemoryError, MemoryEvent, MemoryFeatures,
    MemoryRequest, Priority, Resource, sync::lock,
};

/// A request for one memory object.
#[derive(Clone, Debug)]
#[must_use]
pub struct BlockRequest<'a> {
    /// Size in bytes. Never zero.
    pub size: u64,
    /// Index of its memory type.
    pub memory_type: u32,
    /// The one resource it is for; its size is exactly what the resource requires then.
    pub dedicated: Option<Resource>,
    /// How much it suffers when the driver moves memory out.
    pub priority: Priority,
    /// Whether it is mapped for as long as it lives; the type is host-visible then.
    pub map: bool,
    /// Handle types it can be exported as; empty for none.
    pub export: vk::ExternalMemoryHandleTypeFlags,
    /// Shown in captures, errors and leak reports.
    pub label: Option<&'a str>,
}

impl<'a> BlockRequest<'a> {
    /// A request for `size` bytes of `memory_type`, unmapped.
    pub const fn new(size: u64, memory_type: u32) -> Self {
        Self {
            size,
            memory_type,
            dedicated: None,
            priority: Priority::Normal,
            map: false,
            export: vk::ExternalMemoryHandleTypeFlags::empty(),
            label: None,
        }
    }
}

impl<'a> From<&MemoryRequest<'a>> for BlockRequest<'a> {
    /// The object that serves `request` alone.
    fn from(request: &MemoryRequest<'a>) -> Self {
        Self {
            size: request.size,
            memory_type: request.memory_type,
            dedicated: request.dedicated.resource(),
            priority: request.priority,
            map: request.map,
            export: request.export,
            label: request.label,
        }
    }
}

/// One `vkAllocateMemory` object, counted against the device's limits; freed on drop.
#[derive(Debug)]
#[must_use]
pub struct DeviceMemory {
    // Invariant: `raw` belongs to `context`, is entered in its book as `record`, and is not freed while
    // `self` lives; `mapped`, if present, is its whole range.
    context: Arc<DeviceContext>,
    raw: vk::DeviceMemory,
    size: u64,
    mapped: Option<NonNull<u8>>,
    memory_type: u32,
    record: u32,
}

// SAFETY: the pointer is only handed out, never followed here, and Vulkan lets any thread use the memory.
unsafe impl Send for DeviceMemory {}
// SAFETY: as above; `&self` gives out plain values.
unsafe impl Sync for DeviceMemory {}

impl DeviceContext {
    /// Takes one memory object from the driver, on nobody's account.
    ///
    /// Allocators use [`BlockOwner::allocate_memory`](crate::BlockOwner::allocate_memory) instead, which does the same on theirs.
    ///
    /// # Errors
    ///
    /// - [`MemoryError::InvalidRequest`] for a size of zero, a memory type that does not exist, or a mapping of
    ///   memory that the host cannot see.
    /// - [`MemoryError::Unsupported`] for memory or handle types whose feature is not enabled.
    /// - [`MemoryError::TooLarge`], [`MemoryError::TooManyAllocations`] and [`MemoryError::OutOfDeviceMemory`]
    ///   before the driver is asked, where a limit of the device or the size of the heap says no.
    /// - Otherwise what `vkAllocateMemory` or `vkMapMemory` answered.
    pub fn allocate_memory(
        self: &Arc<Self>,
        request: &BlockRequest<'_>,
    ) -> Result<DeviceMemory, MemoryError> {
        let memory = self.allocate_for(Book::NOBODY, request);
        if memory.is_ok() {
            self.tell_block(Book::NOBODY, request.label, request.size, request.memory_type);
        }
        memory
    }

    /// Tells observers of a block that was made.
    #[inline]
    pub(super) fn tell_block(&self, owner: u32, label: Option<&str>, size: u64, memory_type: u32) {
        if self.observers.want(EventMask::BLOCK_ALLOCATED) {
            let name = lock(&self.book).name(owner);
            let heap = self.heap_of(memory_type);
            let block = BlockInfo { allocator: &name, label, size, memory_type, heap };
            self.observers.tell(&MemoryEvent::BlockAllocated(block));
        }
    }

    /// Takes one memory object, of which nobody is told yet.
    pub(super) fn allocate_for(
        self: &Arc<Self>,
        owner: u32,
        request: &BlockRequest<'_>,
    ) -> Result<DeviceMemory, MemoryError> {
        let room = self.admit(request)?;
        lock(&self.book).reserve(room)?;
        let (raw, mapped) = self.make(request).inspect_err(|_| lock(&self.book).refund(room))?;
        let record = Record {
            memory: raw,
            owner,
            size: request.size,
            memory_type: request.memory_type,
            heap: room.heap,
            dedicated: request.dedicated.is_some(),
            label: request.label.map(Box::from),
        };
        let record = lock(&self.book).settle(room, record);
        // SAFETY: `raw` was just made of this device and nobody else knows it.
        unsafe { self.commands.name(raw, request.label) };
        Ok(DeviceMemory {
            context: Arc::clone(self),
            raw,
            size: request.size,
            mapped,
            memory_type: request.memory_type,
            record,
        })
    }

    /// Checks everything that can be checked before the book is opened.
    fn admit(&self, request: &BlockRequest<'_>) -> Result<Room, MemoryError> {
        use vk::MemoryPropertyFlags as Flags;
        if request.size == 0 {
            return Err(MemoryError::InvalidRequest("the size is zero"));
        }
        let types = self.memory.memory_types_as_slice();
        let Some(memory_type) = types.get(request.memory_type as usize) else {
            return Err(MemoryError::InvalidRequest("the memory type does not exist"));
        };
        let flags = memory_type.property_flags;
        if request.map && !flags.contains(Flags::HOST_VISIBLE) {
            return Err(MemoryError::InvalidRequest("the host cannot see this memory type"));
        }
        let features = self.rules.features;
        if flags.contains(Flags::PROTECTED) && !features.contains(MemoryFeatures::PROTECTED) {
            return Err(MemoryError::Unsupported("protected memory is not enabled"));
        }
        if flags.intersects(Flags::DEVICE_COHERENT_AMD | Flags::DEVICE_UNCACHED_AMD)
            && !features.contains(MemoryFeatures::AMD_DEVICE_COHERENT)
        {
            return Err(MemoryError::Unsupported("device-coherent memory is not enabled"));
        }
        if !request.export.is_empty() {
            self.check_export(request)?;
        }
        let heap_size = self.memory.memory_heaps[memory_type.heap_index as usize].size;
        let limit = self.rules.limits.max_allocation_size.min(heap_size);
        if request.size > limit {
            return Err(MemoryError::TooLarge { size: request.size, limit });
        }
        Ok(Room {
            size: request.size,
            heap: memory_type.heap_index,
            heap_size,
            max_count: self.rules.limits.max_allocation_count,
        })
    }

    /// Memory may only be made exportable in ways that the device lists for buffers.
    fn check_export(&self, request: &BlockRequest<'_>) -> Result<(), MemoryError> {
        let known = vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD;
        if !self.rules.features.contains(MemoryFeatures::EXTERNAL_FD)
            || !known.contains(request.export)
        {
            return Err(MemoryError::Unsupported("this external handle type is not enabled"));
        }
        let info = vk::PhysicalDeviceExternalBufferInfo::default()
            .usage(vk::BufferUsageFlags::STORAGE_BUFFER)
            .handle_type(request.export);
        let mut properties = vk::ExternalBufferProperties::default();
        // SAFETY: instance and physical device are live (invariant); the handle type is a single defined bit (above).
        unsafe {
            self.instance.get_physical_device_external_buffer_properties(
                self.physical_device,
                &info,
                &mut properties,
            );
        }
        let features = properties.external_memory_properties.external_memory_features;
        if !features.contains(vk::ExternalMemoryFeatureFlags::EXPORTABLE) {
            return Err(MemoryError::Unsupported("the device does not export memory this way"));
        }
        if features.contains(vk::ExternalMemoryFeatureFlags::DEDICATED_ONLY)
            && request.dedicated.is_none()
        {
            return Err(MemoryError::Unsupported("the device exports dedicated memory only"));
        }
        Ok(())
    }

    /// Calls the driver; on error nothing is left behind.
    fn make(
        &self,
        request: &BlockRequest<'_>,
    ) -> Result<(vk::DeviceMemory, Option<NonNull<u8>>), MemoryError> {
        let features = self.rules.features;
        let mut flags =
            vk::MemoryAllocateFlagsInfo::default().flags(vk::MemoryAllocateFlags::DEVICE_ADDRESS);
        let mut priority =
            vk::MemoryPriorityAllocateInfoEXT::default().priority(priority_value(request.priority));
        let mut dedicated = vk::MemoryDedicatedAllocateInfo::default();
        let mut export = vk::ExportMemoryAllocateInfo::default().handle_types(request.export);
        let mut info = vk::MemoryAllocateInfo::default()
            .allocation_size(request.size)
            .memory_type_index(request.memory_type);
        if features.contains(MemoryFeatures::BUFFER_DEVICE_ADDRESS) {
            info = info.push_next(&mut flags);
        }
        if features.contains(MemoryFeatures::MEMORY_PRIORITY)
            && request.priority != Priority::Normal
        {
            info = info.push_next(&mut priority);
        }
        if let Some(resource) = request.dedicated {
            dedicated = dedicated.buffer(resource.as_buffer()).image(resource.as_image());
            info = info.push_next(&mut dedicated);
        }
        if !request.export.is_empty() {
            info = info.push_next(&mut export);
        }
        // SAFETY: type, size, features and handle types were checked in `admit`; the resource is live (its constructor).
        let raw = unsafe { self.device.allocate_memory(&info, None) }?;
        if !request.map {
            return Ok((raw, None));
        }
        let (whole, none) = (vk::WHOLE_SIZE, vk::MemoryMapFlags::empty());
        // SAFETY: the memory is ours, host-visible (checked in `admit`) and not mapped yet.
        let base = unsafe { self.device.map_memory(raw, 0, whole, none) };
        let base = base.map(|base| NonNull::new(base.cast::<u8>()));
        match base {
            Ok(Some(base)) => Ok((raw, Some(base))),
            failed => {
                // SAFETY: the memory is ours, and nothing else has seen it.
                unsafe { self.device.free_memory(raw, None) };
                Err(failed.err().map_or(MemoryError::MappingFailed, MemoryError::from))
            }
        }
    }
}

impl DeviceMemory {
    /// The handle.
    pub fn raw(&self) -> vk::DeviceMemory {
        self.raw
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where the host sees it, if it was mapped.
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.mapped
    }

    /// Index of its memory type.
    pub fn memory_type(&self) -> u32 {
        self.memory_type
    }

    /// The device it belongs to.
    pub fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    /// Turns the whole object into an allocation, which does not free itself.
    ///
    /// For backends that give one object a resource; the first word of the cookie is taken.
    /// The allocation keeps the device alive until it is taken back, so that a leak outlives nothing it needs.
    pub fn into_allocation(self) -> Allocation {
        let kept = ManuallyDrop::new(self);
        let parts = AllocationParts {
            memory: kept.raw,
            offset: 0,
            size: kept.size,
            mapped: kept.mapped,
            memory_type: kept.memory_type,
            cookie: [kept.record as usize, 0],
        };
        // SAFETY: the parts describe live memory, which nobody frees until `from_allocation` takes it back.
        unsafe { Allocation::from_parts(parts) }
    }

    /// Takes back what [`into_allocation`](Self::into_allocation) gave away.
    ///
    /// # Safety
    ///
    /// - `allocation` came from `into_allocation` of an object of `context`, and its parts were not changed.
    pub unsafe fn from_allocation(context: &Arc<DeviceContext>, allocation: Allocation) -> Self {
        let parts = allocation.into_parts();
        // SAFETY: `into_allocation` kept one count of this very context (caller), which is taken up here.
        let context = unsafe { Arc::from_raw(Arc::as_ptr(context)) };
        Self {
            context,
            raw: parts.memory,
            size: parts.size,
            mapped: parts.mapped,
            memory_type: parts.memory_type,
            // The word was made from 32 bits.
            record: u32::try_from(parts.cookie[0]).unwrap_or(u32::MAX),
        }
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        let context = &*self.context;
        // SAFETY: `raw` is live and ours alone (invariant), and `&mut self` rules out other users.
        unsafe { context.device.free_memory(self.raw, None) };
        let (record, allocator) = {
            let mut book = lock(&context.book);
            let record = book.strike(self.record);
            let wanted = context.observers.want(EventMask::BLOCK_FREED);
            let allocator = record.as_ref().filter(|_| wanted).map(|r| book.name(r.owner));
            (record, allocator)
        };
        if let (Some(record), Some(allocator)) = (record, allocator) {
            context.observers.tell(&MemoryEvent::BlockFreed(record.info(&allocator)));
        }
    }
}

impl Record {
    /// The block as events describe it.
    pub(super) fn info<'a>(&'a self, allocator: &'a str) -> BlockInfo<'a> {
        BlockInfo {
            allocator,
            label: self.label.as_deref(),
            size: self.size,
            memory_type: self.memory_type,
            heap: self.heap,
        }
    }
}

/// The driver's scale from 0 to 1.
fn priority_value(priority: Priority) -> f32 {
    match priority {
        Priority::Low => 0.25,
        Priority::Normal => 0.5,
        Priority::High => 1.0,
    }
}
