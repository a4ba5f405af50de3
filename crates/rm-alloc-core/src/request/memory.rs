//! Memory alone: what a backend is asked for once the memory type is chosen.

use ash::vk;

use crate::{AllocatorCapabilities, DeviceLimits, MemoryError, Priority};

/// What may lie in a piece of memory, because neighbours of different classes must not share a
/// page of `bufferImageGranularity` bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TilingClass {
    /// Buffers and linear images.
    Linear,
    /// Optimally tiled images.
    Optimal,
    /// Either, now or later: memory that resources are placed over by their owner.
    Mixed,
}

/// A live buffer or image that a piece of memory is for.
///
/// The handle reaches the driver from safe code, so making one is `unsafe`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Resource {
    // Invariant: live, of the device it is used with, and without memory (promised to the constructors).
    object: Object,
}

/// The handle of either kind of resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Object {
    Buffer(vk::Buffer),
    Image(vk::Image),
}

impl Resource {
    /// Names `raw` as what memory is for.
    ///
    /// # Safety
    ///
    /// - `raw` is a live buffer without memory, of the device that the request will be made of.
    /// - It stays so until the request has been answered.
    /// - The request's size and memory type satisfy the buffer's own requirements exactly.
    pub unsafe fn buffer(raw: vk::Buffer) -> Self {
        Self { object: Object::Buffer(raw) }
    }

    /// Names `raw` as what memory is for.
    ///
    /// # Safety
    ///
    /// - `raw` is a live image without memory, of the device that the request will be made of.
    /// - It stays so until the request has been answered.
    /// - The request's size and memory type satisfy the image's own requirements exactly.
    pub unsafe fn image(raw: vk::Image) -> Self {
        Self { object: Object::Image(raw) }
    }

    /// The buffer, or a null handle if it is an image.
    pub fn as_buffer(self) -> vk::Buffer {
        match self.object {
            Object::Buffer(raw) => raw,
            Object::Image(_) => vk::Buffer::null(),
        }
    }

    /// The image, or a null handle if it is a buffer.
    pub fn as_image(self) -> vk::Image {
        match self.object {
            Object::Buffer(_) => vk::Image::null(),
            Object::Image(raw) => raw,
        }
    }

    pub(crate) fn object(self) -> Object {
        self.object
    }
}

/// Whether memory gets an object of its own.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Dedicated {
    /// The backend decides.
    #[default]
    No,
    /// The driver expects to gain from an own object for this resource.
    Prefer(Resource),
    /// Driver or user insist on an own object for this resource.
    Require(Resource),
}

impl Dedicated {
    /// The resource, unless the backend decides alone.
    pub fn resource(self) -> Option<Resource> {
        match self {
            Self::No => None,
            Self::Prefer(resource) | Self::Require(resource) => Some(resource),
        }
    }
}

/// A request for memory of one type, made by the core of a backend.
///
/// ```
/// use rm_alloc_core::{MemoryRequest, TilingClass};
///
/// let request = MemoryRequest::new(1 << 20, 256, 0, TilingClass::Linear).label("scratch");
/// assert!(request.validate().is_ok());
/// ```
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct MemoryRequest<'a> {
    /// Least size in bytes. Never zero.
    pub size: u64,
    /// Alignment in bytes inside the memory object, a power of two.
    pub alignment: u64,
    /// Index of the one memory type to take.
    pub memory_type: u32,
    /// What will lie there.
    pub tiling: TilingClass,
    /// Whether it gets an object of its own.
    pub dedicated: Dedicated,
    /// Whether the host must be able to reach it; the type is host-visible then.
    pub map: bool,
    /// How much it suffers when the driver moves memory out.
    pub priority: Priority,
    /// Most bytes of new blocks that the request may cause.
    pub headroom: u64,
    /// Handle types the memory can be exported as; empty for none.
    pub export: vk::ExternalMemoryHandleTypeFlags,
    /// Shown in captures, errors and leak reports.
    pub label: Option<&'a str>,
}

impl<'a> MemoryRequest<'a> {
    /// A request for `size` bytes of `memory_type`, unmapped, with no bound on new blocks.
    pub const fn new(size: u64, alignment: u64, memory_type: u32, tiling: TilingClass) -> Self {
        Self {
            size,
            alignment,
            memory_type,
            tiling,
            dedicated: Dedicated::No,
            map: false,
            priority: Priority::Normal,
            headroom: u64::MAX,
            export: vk::ExternalMemoryHandleTypeFlags::empty(),
            label: None,
        }
    }

    /// Sets whether it gets an object of its own.
    pub fn dedicated(mut self, dedicated: Dedicated) -> Self {
        self.dedicated = dedicated;
        self
    }

    /// Lets the host reach it.
    pub fn mapped(mut self) -> Self {
        self.map = true;
        self
    }

    /// Sets how much it suffers when the driver moves memory out.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Lets it cause at most `bytes` of new blocks.
    pub fn headroom(mut self, bytes: u64) -> Self {
        self.headroom = bytes;
        self
    }

    /// Makes the memory exportable as `handle_types`.
    pub fn export(mut self, handle_types: vk::ExternalMemoryHandleTypeFlags) -> Self {
        self.export = handle_types;
        self
    }

    /// Names the memory in captures, errors and leak reports.
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = Some(label);
        self
    }

    /// The abilities a backend must have to honour every field.
    ///
    /// Checked before a backend is asked, so that one that does not know a field is refused and never ignores it.
    pub fn demands(&self) -> AllocatorCapabilities {
        let mut demands = AllocatorCapabilities::empty();
        demands.set(AllocatorCapabilities::MIXED, self.tiling == TilingClass::Mixed);
        demands
            .set(AllocatorCapabilities::DEDICATED, matches!(self.dedicated, Dedicated::Require(_)));
        demands.set(AllocatorCapabilities::EXPORT, !self.export.is_empty());
        demands.set(AllocatorCapabilities::HEADROOM, self.headroom != u64::MAX);
        demands
    }

    /// Checks what can be checked without a device; backends call it first.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the size is zero or beyond half the address space, or the
    /// alignment is not a power of two.
    pub fn validate(&self) -> Result<(), MemoryError> {
        let wrong = if self.size == 0 {
            "the size is zero"
        } else if !self.alignment.is_power_of_two() {
            "the alignment is not a power of two"
        } else if self.size > i64::MAX as u64 || self.alignment > i64::MAX as u64 {
            // Half the address space leaves room to align and to add without overflow.
            "the size or the alignment is beyond half the address space"
        } else {
            return Ok(());
        };
        Err(MemoryError::InvalidRequest(wrong))
    }

    /// What a backend that puts several allocations into one block has to set aside for this one.
    ///
    /// Rounds mixed memory to whole granularity pages, and memory of a non-coherent type with `flags` to whole
    /// atoms, so that neither is ever shared with a neighbour.
    /// Memory with an object of its own keeps its exact size instead.
    pub fn footprint(&self, limits: &DeviceLimits, flags: vk::MemoryPropertyFlags) -> Footprint {
        let non_coherent = flags.contains(vk::MemoryPropertyFlags::HOST_VISIBLE)
            && !flags.contains(vk::MemoryPropertyFlags::HOST_COHERENT);
        let atom = if non_coherent { limits.non_coherent_atom_size } else { 1 };
        let page =
            if self.tiling == TilingClass::Mixed { limits.buffer_image_granularity } else { 1 };
        let edge = atom.max(page);
        Footprint {
            size: self.size.checked_next_multiple_of(edge).unwrap_or(u64::MAX),
            alignment: self.alignment.max(edge),
        }
    }
}

/// Bytes that a range in a shared block takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Footprint {
    /// Size in bytes; `u64::MAX` where rounding up overflowed, which no block can hold.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub alignment: u64,
}
