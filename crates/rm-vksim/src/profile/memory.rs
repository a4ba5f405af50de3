//! The tables of heaps, memory types and queue families.

use ash::vk;
use serde::{Deserialize, Serialize};

use super::names::Raw;

/// A memory heap.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Heap {
    /// Size in bytes.
    pub size: u64,
    /// Bits of `VkMemoryHeapFlags`, in a file a list of their names.
    #[serde(default, with = "Raw::<vk::MemoryHeapFlags>")]
    pub flags: u32,
    /// What `VK_EXT_memory_budget` says that the process may use, in bytes; the whole heap when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
}

/// A memory type.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryType {
    /// Bits of `VkMemoryPropertyFlags`, in a file a list of their names.
    #[serde(default, with = "Raw::<vk::MemoryPropertyFlags>")]
    pub flags: u32,
    /// Index of the heap that its memory comes from.
    pub heap: u32,
}

impl MemoryType {
    /// The flags in Vulkan's form.
    pub(crate) fn properties(&self) -> vk::MemoryPropertyFlags {
        vk::MemoryPropertyFlags::from_raw(self.flags)
    }
}

/// A queue family.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QueueFamily {
    /// Bits of `VkQueueFlags`, in a file a list of their names.
    #[serde(with = "Raw::<vk::QueueFlags>")]
    pub flags: u32,
    /// Number of queues.
    pub count: u32,
}

/// What a device has that says nothing of its queues.
pub(super) fn one_queue_family() -> Vec<QueueFamily> {
    let flags = vk::QueueFlags::GRAPHICS | vk::QueueFlags::COMPUTE | vk::QueueFlags::TRANSFER;
    vec![QueueFamily { flags: flags.as_raw(), count: 1 }]
}
