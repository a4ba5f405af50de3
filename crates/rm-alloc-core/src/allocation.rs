//! A piece of memory that a backend gave.

use std::ptr::NonNull;

use ash::vk;

/// A piece of device memory, owed back to the backend it came from.
///
/// Move-only and without a destructor: freeing needs the backend, and the promise that the device
/// is done with it.
#[derive(Debug)]
#[must_use = "dropping an allocation leaks its memory"]
pub struct Allocation {
    // Invariant: describes live memory of its backend (promised to `from_parts`).
    parts: AllocationParts,
}

// SAFETY: the pointer is only handed out, never followed here, and Vulkan lets any thread use the memory.
unsafe impl Send for Allocation {}
// SAFETY: as above; `&self` gives out plain values.
unsafe impl Sync for Allocation {}

/// The fields of an [`Allocation`], for backends.
#[derive(Clone, Copy, Debug)]
pub struct AllocationParts {
    /// The memory object.
    pub memory: vk::DeviceMemory,
    /// Where the piece begins, in bytes from the start of the object.
    pub offset: u64,
    /// Bytes granted, at least those requested.
    pub size: u64,
    /// Where the host sees the first byte of the piece, if it is mapped.
    pub mapped: Option<NonNull<u8>>,
    /// Index of the memory type.
    pub memory_type: u32,
    /// Two words for the backend's own use.
    pub cookie: [usize; 2],
}

impl Allocation {
    /// Makes an allocation; for backends alone.
    ///
    /// # Safety
    ///
    /// - The parts describe live memory of the calling backend that no other allocation overlaps.
    /// - `mapped`, if present, is valid for reads and writes of `size` bytes until the allocation is freed.
    /// - On a non-coherent type, `offset` is a multiple of the atom size, and so is the end unless it
    ///   is the end of the memory object.
    pub unsafe fn from_parts(parts: AllocationParts) -> Self {
        Self { parts }
    }

    /// Takes it apart; for backends alone, since nobody else can free what is left.
    #[must_use = "dropping the parts leaks the memory"]
    pub fn into_parts(self) -> AllocationParts {
        self.parts
    }

    /// The memory object.
    pub fn memory(&self) -> vk::DeviceMemory {
        self.parts.memory
    }

    /// Where the piece begins, in bytes from the start of the object.
    pub fn offset(&self) -> u64 {
        self.parts.offset
    }

    /// Bytes granted, at least those requested.
    pub fn size(&self) -> u64 {
        self.parts.size
    }

    /// Index of the memory type.
    pub fn memory_type(&self) -> u32 {
        self.parts.memory_type
    }

    /// Where the host sees the first byte, if it is mapped.
    ///
    /// Valid for raw reads and writes of [`size`](Self::size) bytes; never make a reference of it, because the
    /// device may write at any time.
    pub fn mapped(&self) -> Option<NonNull<u8>> {
        self.parts.mapped
    }
}
