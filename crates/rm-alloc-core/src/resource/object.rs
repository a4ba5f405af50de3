//! Objects that live without memory until the moment they get some.

use ash::vk;

use crate::{Allocation, DeviceContext, MemoryError, Resource, request::Object};

/// What a resource needs of memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Requirements {
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub alignment: u64,
    /// Memory types it can live in, one bit each.
    pub memory_type_bits: u32,
    /// Whether the driver expects to gain from an object of its own.
    pub prefers_dedicated: bool,
    /// Whether the driver insists on an object of its own.
    pub requires_dedicated: bool,
}

impl Requirements {
    /// Requirements of `size` bytes at a multiple of `alignment` bytes, in one of the types in `memory_type_bits`.
    pub const fn new(size: u64, alignment: u64, memory_type_bits: u32) -> Self {
        Self {
            size,
            alignment,
            memory_type_bits,
            prefers_dedicated: false,
            requires_dedicated: false,
        }
    }

    /// Requirements of `size` bytes that any memory satisfies.
    pub(crate) fn at_least(size: u64) -> Self {
        Self::new(size, 1, u32::MAX)
    }

    /// Lets `ask` fill Vulkan's two structures, and reads them.
    pub(super) fn read(ask: impl FnOnce(&mut vk::MemoryRequirements2<'_>)) -> Self {
        let mut dedicated = vk::MemoryDedicatedRequirements::default();
        let mut answer = vk::MemoryRequirements2::default().push_next(&mut dedicated);
        ask(&mut answer);
        let base = answer.memory_requirements;
        Self {
            size: base.size,
            alignment: base.alignment.max(1),
            memory_type_bits: base.memory_type_bits,
            prefers_dedicated: dedicated.prefers_dedicated_allocation != vk::FALSE,
            requires_dedicated: dedicated.requires_dedicated_allocation != vk::FALSE,
        }
    }
}

/// Destroys `resource`.
///
/// # Safety
///
/// - It is a live object of `context`, and neither host nor device uses it any more.
pub(super) unsafe fn destroy(context: &DeviceContext, resource: Resource) {
    match resource.object() {
        // SAFETY: live and unused (caller).
        Object::Buffer(raw) => unsafe { destroy_buffer(context, raw) },
        // SAFETY: live and unused (caller).
        Object::Image(raw) => unsafe { destroy_image(context, raw) },
    }
}

/// Destroys the buffer `raw`.
///
/// # Safety
///
/// - It is a live object of `context`, and neither host nor device uses it any more.
#[inline]
pub(crate) unsafe fn destroy_buffer(context: &DeviceContext, raw: vk::Buffer) {
    // SAFETY: live and unused (caller).
    unsafe { context.device().destroy_buffer(raw, None) };
}

/// Destroys the image `raw`.
///
/// # Safety
///
/// - It is a live object of `context`, and neither host nor device uses it any more.
#[inline]
pub(crate) unsafe fn destroy_image(context: &DeviceContext, raw: vk::Image) {
    // SAFETY: live and unused (caller).
    unsafe { context.device().destroy_image(raw, None) };
}

/// A new object, destroyed on drop unless it gets memory.
#[derive(Debug)]
pub(crate) struct Created<'c> {
    // Invariant: `resource` is live, of `context`, without memory, and nobody else knows it.
    context: &'c DeviceContext,
    resource: Resource,
}

impl<'c> Created<'c> {
    /// Takes charge of a new object.
    ///
    /// # Safety
    ///
    /// - `resource` was just made of `context`, and nobody else destroys it.
    pub(super) unsafe fn new(context: &'c DeviceContext, resource: Resource) -> Self {
        Self { context, resource }
    }

    /// The object, as what memory is asked for.
    pub(crate) fn resource(&self) -> Resource {
        self.resource
    }

    /// What the driver says it needs.
    pub(crate) fn requirements(&self) -> Requirements {
        let device = self.context.device();
        Requirements::read(|answer| match self.resource.object() {
            Object::Buffer(raw) => {
                let info = vk::BufferMemoryRequirementsInfo2::default().buffer(raw);
                // SAFETY: the buffer is live (invariant).
                unsafe { device.get_buffer_memory_requirements2(&info, answer) }
            }
            Object::Image(raw) => {
                let info = vk::ImageMemoryRequirementsInfo2::default().image(raw);
                // SAFETY: the image is live (invariant), and not disjoint (checked before it was made).
                unsafe { device.get_image_memory_requirements2(&info, answer) }
            }
        })
    }

    /// Gives it `allocation`; on error the object is destroyed, and the memory is the caller's to free.
    ///
    /// # Safety
    ///
    /// - `allocation` is live memory of the context that satisfies [`requirements`](Self::requirements).
    pub(crate) unsafe fn bind(self, allocation: &Allocation) -> Result<Resource, MemoryError> {
        // SAFETY: the allocation is live memory that satisfies the requirements (caller).
        unsafe { self.bind_at(allocation.memory(), allocation.offset()) }
    }

    /// Gives it memory at `offset` of `memory`; on error the object is destroyed.
    ///
    /// # Safety
    ///
    /// - `memory` is live, of the context, and satisfies [`requirements`](Self::requirements) there.
    pub(crate) unsafe fn bind_at(
        self,
        memory: vk::DeviceMemory,
        offset: u64,
    ) -> Result<Resource, MemoryError> {
        let device = self.context.device();
        match self.resource.object() {
            // SAFETY: the buffer is live and unbound (invariant), the memory satisfies it (caller).
            Object::Buffer(raw) => unsafe { device.bind_buffer_memory(raw, memory, offset) },
            // SAFETY: the image is live and unbound (invariant), the memory satisfies it (caller).
            Object::Image(raw) => unsafe { device.bind_image_memory(raw, memory, offset) },
        }?;
        // From here on it belongs to the caller.
        let resource = self.resource;
        std::mem::forget(self);
        Ok(resource)
    }
}

impl Drop for Created<'_> {
    fn drop(&mut self) {
        // SAFETY: live and known to nobody else (invariant), so nothing uses it.
        unsafe { destroy(self.context, self.resource) };
    }
}
