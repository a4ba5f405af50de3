//! What is asked for, as plain data.

/// Setters of requests, by default those that buffers and images have in common; a function cannot write methods.
macro_rules! resource_setters {
    () => {
        resource_setters! {
            /// Shares the resource between `families` without ownership transfers.
            queue_families(families: &'a [u32]) = families;
            /// Puts the memory at `location`.
            location(location: MemoryLocation) = location;
            /// Gives the resource a memory object of its own.
            dedicated() = true;
            /// Lets other resources be placed over the same bytes.
            aliasable() = true;
            /// Sets how much the resource suffers when the driver moves memory out.
            priority(priority: Priority) = priority;
            /// Books it under `category`.
            category(category: Category) = category;
            /// Books it under the user's own account `tag`.
            tag(tag: Tag) = tag;
            /// Names the resource in captures, errors and leak reports.
            label(label: &'a str) = Some(label);
        }
    };
    ($($(#[$doc:meta])* $name:ident($($value:ident: $kind:ty)?) = $set:expr;)*) => {
        $($(#[$doc])* pub fn $name(mut self $(, $value: $kind)?) -> Self {
            self.$name = $set;
            self
        })*
    };
}

pub(crate) use resource_setters;

mod buffer;
pub(crate) mod check;
mod format;
mod image;
mod memory;

pub(crate) use self::memory::Object;
pub use self::{
    buffer::BufferRequest,
    image::ImageRequest,
    memory::{Dedicated, Footprint, MemoryRequest, Resource, TilingClass},
};

/// Where memory should live.
///
/// A location names properties of memory, never a memory type: [`TypeQuery::new`](crate::TypeQuery::new)
/// turns it into flags.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum MemoryLocation {
    /// Next to the device; never mapped.
    /// For everything that the host does not touch.
    #[default]
    DeviceLocal,
    /// Visible to the host, which writes it front to back and never reads it.
    /// For staging, and for data that changes every frame.
    HostVisible,
    /// Visible to the host through its caches.
    /// For what the host reads back.
    HostCached,
    /// Next to the device *and* visible to the host where such memory exists, either of them otherwise.
    /// Look at [`mapped`](crate::BoundBuffer::mapped) to see what it came to.
    Auto,
}

/// How much a resource suffers when the driver has to move memory out of the device.
///
/// A wish: it reaches the driver where [`MemoryFeatures::MEMORY_PRIORITY`](crate::MemoryFeatures::MEMORY_PRIORITY)
/// is enabled and changes nothing elsewhere.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Priority {
    /// Goes first: 0.25 in Vulkan's scale.
    Low,
    /// 0.5, which is also what the driver assumes.
    #[default]
    Normal,
    /// Goes last: 1.0. For attachments and storage that every frame writes.
    High,
}

/// What a resource is, for the accounts of a budget.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Category {
    /// Vertex, index, uniform and storage data.
    Buffer,
    /// Textures and attachments.
    Image,
    /// Memory that the host writes to be copied from.
    Staging,
    /// Memory that lives for a frame.
    Transient,
    /// Everything else.
    #[default]
    Other,
}

impl Category {
    /// Every category.
    pub const ALL: &'static [Self] =
        &[Self::Buffer, Self::Image, Self::Staging, Self::Transient, Self::Other];
}

/// The user's own account for a resource: a level, a subsystem, a plug-in.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Tag(
    /// Any number; 0 for untagged resources.
    pub u32,
);
