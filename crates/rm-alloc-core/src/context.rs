//! One Vulkan device, seen as a source of memory.

mod book;
mod budget;
mod commands;
mod features;
mod formats;
mod limits;
mod memory;
mod owner;

use std::{any::Any, collections::HashMap, fmt, sync::Arc};

use ash::vk;

use self::{book::Book, formats::FormatCache};
pub use self::{
    book::{DeviceBlocks, HeapBlocks},
    features::MemoryFeatures,
    limits::DeviceLimits,
    memory::{BlockRequest, DeviceMemory},
    owner::BlockOwner,
};
pub(crate) use self::{budget::DriverBudget, commands::Commands};
use crate::{
    MemoryError, MemoryObserver, TypeQuery, memory_type,
    observer::Observers,
    request::check::DeviceRules,
    sync::{Mutex, lock},
};

/// What a [`DeviceContext`] is made of: the user's own Vulkan objects.
#[derive(Clone)]
pub struct DeviceContextInfo<'a> {
    /// The instance.
    pub instance: &'a ash::Instance,
    /// The one physical device behind `device`.
    pub physical_device: vk::PhysicalDevice,
    /// The device.
    pub device: &'a ash::Device,
    /// The version that instance and device were created for, 1.1 at least:
    /// the lower of `VkApplicationInfo::apiVersion` and the physical device's own.
    pub api_version: u32,
    /// The optional parts that were enabled.
    pub features: MemoryFeatures,
    /// The owner of instance and device, if they have one: dropped after everything else of the context.
    pub keep_alive: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for DeviceContextInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceContextInfo")
            .field("physical_device", &self.physical_device)
            .field("device", &self.device.handle())
            .field("api_version", &self.api_version)
            .field("features", &self.features)
            .finish_non_exhaustive()
    }
}

/// One Vulkan device: its memory types, its limits, and the only way to `vkAllocateMemory`.
///
/// Shared by every allocator of the device, so that its count of memory objects and bytes is the
/// device's own whatever allocators exist.
pub struct DeviceContext {
    instance: ash::Instance,
    physical_device: vk::PhysicalDevice,
    device: ash::Device,
    commands: Commands,
    rules: DeviceRules,
    memory: vk::PhysicalDeviceMemoryProperties,
    formats: Mutex<FormatCache>,
    book: Mutex<Book>,
    observers: Observers,
    // Last, because fields drop in order: what it owns may be the device.
    #[expect(dead_code, reason = "held for its drop alone")]
    keep_alive: Option<Arc<dyn Any + Send + Sync>>,
}

impl DeviceContext {
    /// Takes note of a device.
    ///
    /// Nothing is created; memory types and limits are read once.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if the version is below 1.1 or above the device's own, or a feature is
    /// declared whose commands the device does not have.
    ///
    /// # Safety
    ///
    /// - Instance, physical device and device are live and belong together.
    /// - The device was created for this physical device alone, not for a group.
    /// - Instance and device were created for `api_version` at least, with every feature in `features` enabled.
    /// - `VK_KHR_portability_subset` is declared if it was enabled.
    /// - Memory objects made past the context leave it enough of `maxMemoryAllocationCount`.
    /// - They outlive the context and everything made from it, or `keep_alive` owns them.
    pub unsafe fn new(info: DeviceContextInfo<'_>) -> Result<Arc<Self>, MemoryError> {
        let DeviceContextInfo { instance, physical_device, device, features, .. } = info;
        // Limits are those of a version, whatever its patch.
        let api_version = info.api_version & !0xfff;
        if api_version < vk::API_VERSION_1_1 {
            return Err(MemoryError::InvalidRequest("vulkan 1.1 is needed at least"));
        }
        // SAFETY: the handles are live and belong together (caller).
        let rules = unsafe {
            limits::read(instance, physical_device, device.handle(), api_version, features)
        }?;
        // SAFETY: the handles are live and belong together (caller).
        let commands = unsafe { Commands::load(instance, device, features) }?;
        // SAFETY: the handles are live and belong together (caller).
        let memory = unsafe { instance.get_physical_device_memory_properties(physical_device) };
        Ok(Arc::new(Self {
            instance: instance.clone(),
            physical_device,
            device: device.clone(),
            commands,
            rules,
            memory,
            formats: Mutex::new(HashMap::new()),
            book: Mutex::new(Book::new()),
            observers: Observers::default(),
            keep_alive: info.keep_alive,
        }))
    }

    /// Adds someone who wants to hear of blocks and leaks, held weakly.
    pub fn observe(&self, observer: &Arc<dyn MemoryObserver>) {
        self.observers.add(observer);
    }

    /// The instance.
    pub fn instance(&self) -> &ash::Instance {
        &self.instance
    }

    /// The physical device.
    pub fn physical_device(&self) -> vk::PhysicalDevice {
        self.physical_device
    }

    /// The device.
    #[inline]
    pub fn device(&self) -> &ash::Device {
        &self.device
    }

    /// The version it was made for.
    pub fn api_version(&self) -> u32 {
        self.rules.api_version
    }

    /// The optional parts that were enabled.
    pub fn features(&self) -> MemoryFeatures {
        self.rules.features
    }

    /// The limits that memory has to respect.
    pub fn limits(&self) -> &DeviceLimits {
        &self.rules.limits
    }

    /// The table of memory types and heaps.
    pub fn memory_properties(&self) -> &vk::PhysicalDeviceMemoryProperties {
        &self.memory
    }

    /// The properties of memory type `index`; none if there is no such type.
    pub fn type_flags(&self, index: u32) -> vk::MemoryPropertyFlags {
        let types = self.memory.memory_types_as_slice();
        types.get(index as usize).map_or(vk::MemoryPropertyFlags::empty(), |t| t.property_flags)
    }

    /// The heap of memory type `index`; 0 if there is no such type.
    pub fn heap_of(&self, index: u32) -> u32 {
        let types = self.memory.memory_types_as_slice();
        types.get(index as usize).map_or(0, |t| t.heap_index)
    }

    /// Whether memory of type `index` needs flushing and invalidating.
    pub fn is_non_coherent(&self, index: u32) -> bool {
        let flags = self.type_flags(index);
        flags.contains(vk::MemoryPropertyFlags::HOST_VISIBLE)
            && !flags.contains(vk::MemoryPropertyFlags::HOST_COHERENT)
    }

    /// Ranks the memory types that satisfy `query`, best first.
    pub fn memory_types(
        &self,
        query: &TypeQuery,
    ) -> impl ExactSizeIterator<Item = u32> + Clone + use<> {
        memory_type::rank(&self.memory, query)
    }

    /// Memory objects of this device that were made through the context: now, at most, and ever.
    pub fn blocks(&self) -> DeviceBlocks {
        lock(&self.book).device()
    }

    /// Bytes of memory objects in `heap` that were made through the context.
    pub fn block_bytes(&self, heap: u32) -> u64 {
        lock(&self.book).heap_bytes(heap)
    }

    /// Whether seven eighths of `maxMemoryAllocationCount` are in use.
    ///
    /// From here on a wish for a memory object of one's own is not granted; a need still is.
    pub fn near_allocation_limit(&self) -> bool {
        let limit = u64::from(self.rules.limits.max_allocation_count);
        u64::from(lock(&self.book).count()) * 8 >= limit * 7
    }

    pub(crate) fn rules(&self) -> &DeviceRules {
        &self.rules
    }

    pub(crate) fn commands(&self) -> &Commands {
        &self.commands
    }

    /// Whether host-visible device-local memory is three quarters full with blocks.
    pub(crate) fn device_heap_pressed(&self) -> bool {
        let both = vk::MemoryPropertyFlags::DEVICE_LOCAL | vk::MemoryPropertyFlags::HOST_VISIBLE;
        let types = self.memory.memory_types_as_slice();
        let Some(window) = types.iter().find(|t| t.property_flags.contains(both)) else {
            return false;
        };
        let size = self.memory.memory_heaps[window.heap_index as usize].size;
        self.block_bytes(window.heap_index) >= size - size / 4
    }
}

impl fmt::Debug for DeviceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceContext")
            .field("physical_device", &self.physical_device)
            .field("device", &self.device.handle())
            .field("rules", &self.rules)
            .field("blocks", &self.blocks())
            .finish_non_exhaustive()
    }
}
