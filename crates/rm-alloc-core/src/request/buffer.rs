//! A buffer, as plain data.

use ash::vk;

use crate::{Category, MemoryLocation, MemoryUse, Priority, Tag};

/// A request for a buffer and the memory behind it.
///
/// Every field is a plain value, so that safe code cannot hand a pointer to the driver.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::{BufferRequest, MemoryLocation};
///
/// let request = BufferRequest::new(64 << 10, BufferUsageFlags::STORAGE_BUFFER)
///     .location(MemoryLocation::HostVisible)
///     .label("particles");
/// assert_eq!(request.size, 65_536);
/// ```
#[doc(alias = "BufferAllocationRequest")]
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct BufferRequest<'a> {
    /// Size in bytes. Never zero.
    pub size: u64,
    /// What the buffer will be used for. Never empty.
    pub usage: vk::BufferUsageFlags,
    /// Where the memory should live.
    pub location: MemoryLocation,
    /// Whether the buffer must have a memory object of its own.
    pub dedicated: bool,
    /// Whether other resources may be placed over the same bytes.
    #[doc(alias = "allowAliasing")]
    pub aliasable: bool,
    /// Least alignment in bytes of the buffer inside its memory object, a power of two.
    ///
    /// The driver's own requirement holds in any case.
    pub min_alignment: u64,
    /// How much it suffers when the driver moves memory out.
    pub priority: Priority,
    /// Queue families that use it without handing it over; fewer than two mean exclusive use.
    pub queue_families: &'a [u32],
    /// The account it belongs to.
    pub category: Category,
    /// The user's own account.
    pub tag: Tag,
    /// Shown in captures, errors and leak reports.
    #[doc(alias = "debugName")]
    pub label: Option<&'a str>,
}

impl<'a> BufferRequest<'a> {
    /// A request for `size` bytes in device-local memory, exclusive to one queue family at a time.
    pub const fn new(size: u64, usage: vk::BufferUsageFlags) -> Self {
        Self {
            size,
            usage,
            location: MemoryLocation::DeviceLocal,
            dedicated: false,
            aliasable: false,
            min_alignment: 1,
            priority: Priority::Normal,
            queue_families: &[],
            category: Category::Buffer,
            tag: Tag(0),
            label: None,
        }
    }

    /// Aligns the buffer to `bytes` inside its memory object.
    pub fn min_alignment(mut self, bytes: u64) -> Self {
        self.min_alignment = bytes;
        self
    }

    /// Asks for a device address, by adding the usage that stands for it.
    ///
    /// Needs [`MemoryFeatures::BUFFER_DEVICE_ADDRESS`](crate::MemoryFeatures::BUFFER_DEVICE_ADDRESS).
    pub fn device_address(mut self) -> Self {
        self.usage |= vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
        self
    }

    resource_setters! {}

    /// What the request says about the memory it wants.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        let transfer = vk::BufferUsageFlags::TRANSFER_SRC | vk::BufferUsageFlags::TRANSFER_DST;
        MemoryUse {
            location: self.location,
            transfer_only: transfer.contains(self.usage),
            ..MemoryUse::default()
        }
    }

    /// The create info; valid once [`check_buffer`](super::check::check_buffer) has passed.
    pub(crate) fn create_info(&self) -> vk::BufferCreateInfo<'_> {
        vk::BufferCreateInfo::default()
            .size(self.size)
            .usage(self.usage)
            .sharing_mode(super::check::sharing_mode(self.queue_families))
            .queue_family_indices(self.queue_families)
    }
}
