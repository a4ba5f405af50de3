//! What a device is made of, as data: heaps, memory types, limits, features, and how it sizes resources.
//!
//! The built-in profiles are the JSON files of the folder `profiles`; a captured device is one more such file.

mod builtin;
mod captured;
mod check;
mod fit;
mod json;
mod limits;
mod memory;
pub(crate) mod names;
mod rules;

#[cfg(test)]
mod tests;

use ash::vk;
use serde::{Deserialize, Serialize};

pub(crate) use self::captured::Index;
pub use self::{
    captured::Captured,
    check::ProfileError,
    limits::{DeviceFeatures, Limits},
    memory::{Heap, MemoryType, QueueFamily},
    rules::{BufferRules, FormatRules, ImageRules, Rules},
};

/// A device as data.
///
/// Start from a built-in one and change what a test is about, or read a captured one:
///
/// ```
/// use rm_vksim::Profile;
///
/// let mut profile = Profile::desktop_rebar();
/// profile.limits.max_memory_allocation_count = 8;
/// profile.validate()?;
///
/// let copy = Profile::from_json(&profile.to_json())?;
/// assert_eq!(copy, profile);
/// # Ok::<(), rm_vksim::ProfileError>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What tests and command lines call it.
    pub name: String,
    /// `deviceName`.
    #[serde(default)]
    pub device_name: String,
    /// `vendorID`.
    #[serde(default)]
    pub vendor_id: u32,
    /// `deviceID`.
    #[serde(default)]
    pub device_id: u32,
    /// `deviceType`.
    #[serde(default)]
    pub device_type: DeviceType,
    /// `driverName`.
    #[serde(default)]
    pub driver_name: String,
    /// `driverInfo`.
    #[serde(default)]
    pub driver_info: String,
    /// `apiVersion`, in a file `"major.minor.patch"`.
    #[serde(with = "names::version")]
    pub api_version: u32,
    /// Limits that memory has to respect.
    #[serde(default)]
    pub limits: Limits,
    /// The memory heaps.
    pub heaps: Vec<Heap>,
    /// The memory types, in the device's order.
    pub types: Vec<MemoryType>,
    /// The device extensions that it lists.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// The optional features that it supports.
    #[serde(default)]
    pub features: DeviceFeatures,
    /// The queue families.
    #[serde(default = "memory::one_queue_family")]
    pub queue_families: Vec<QueueFamily>,
    /// How it sizes and places resources that `captured` does not list.
    #[serde(default)]
    pub rules: Rules,
    /// What a real device answered; goes before `rules`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captured: Vec<Captured>,
    /// `captured` by what was asked, built at the first question and anew in a clone.
    #[serde(skip)]
    pub(crate) index: Index,
}

impl Profile {
    /// A profile with these heaps and types and nothing else of its own.
    pub fn new(name: &str, heaps: Vec<Heap>, types: Vec<MemoryType>) -> Self {
        Self {
            name: name.to_owned(),
            device_name: name.to_owned(),
            vendor_id: 0,
            device_id: 0,
            device_type: DeviceType::Other,
            driver_name: String::new(),
            driver_info: String::new(),
            api_version: vk::API_VERSION_1_3,
            limits: Limits::default(),
            heaps,
            types,
            extensions: Vec::new(),
            features: DeviceFeatures::default(),
            queue_families: memory::one_queue_family(),
            rules: Rules::default(),
            captured: Vec::new(),
            index: Index::default(),
        }
    }

    /// Reads and validates a profile.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Json`] with the field that cannot be read, else as [`validate`](Self::validate).
    pub fn from_json(json: &str) -> Result<Self, ProfileError> {
        let profile: Self = serde_json::from_str(json).map_err(|source| {
            let field = json::path_at(json, source.line(), source.column()).into();
            ProfileError::Json { field, source }
        })?;
        profile.validate()?;
        Ok(profile)
    }

    /// The profile as JSON that a person can read: one line a limit, a heap, a type, a captured answer.
    ///
    /// # Panics
    ///
    /// Never: plain data always has a JSON form.
    pub fn to_json(&self) -> String {
        json::lines(self)
    }

    /// The memory table in Vulkan's form.
    pub(crate) fn memory_properties(&self) -> vk::PhysicalDeviceMemoryProperties {
        let mut table = vk::PhysicalDeviceMemoryProperties::default();
        for (to, heap) in table.memory_heaps.iter_mut().zip(&self.heaps) {
            *to = vk::MemoryHeap {
                size: heap.size,
                flags: vk::MemoryHeapFlags::from_raw(heap.flags),
            };
            table.memory_heap_count += 1;
        }
        for (to, memory_type) in table.memory_types.iter_mut().zip(&self.types) {
            *to = vk::MemoryType {
                property_flags: vk::MemoryPropertyFlags::from_raw(memory_type.flags),
                heap_index: memory_type.heap,
            };
            table.memory_type_count += 1;
        }
        table
    }
}

/// `VkPhysicalDeviceType`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceType {
    /// None of the others.
    #[default]
    Other,
    /// A GPU that shares the memory of the host.
    Integrated,
    /// A GPU with memory of its own.
    Discrete,
    /// A GPU inside a virtual machine.
    Virtual,
    /// Software.
    Cpu,
}

impl From<DeviceType> for vk::PhysicalDeviceType {
    fn from(device_type: DeviceType) -> Self {
        match device_type {
            DeviceType::Other => Self::OTHER,
            DeviceType::Integrated => Self::INTEGRATED_GPU,
            DeviceType::Discrete => Self::DISCRETE_GPU,
            DeviceType::Virtual => Self::VIRTUAL_GPU,
            DeviceType::Cpu => Self::CPU,
        }
    }
}

impl From<vk::PhysicalDeviceType> for DeviceType {
    fn from(device_type: vk::PhysicalDeviceType) -> Self {
        match device_type {
            vk::PhysicalDeviceType::INTEGRATED_GPU => Self::Integrated,
            vk::PhysicalDeviceType::DISCRETE_GPU => Self::Discrete,
            vk::PhysicalDeviceType::VIRTUAL_GPU => Self::Virtual,
            vk::PhysicalDeviceType::CPU => Self::Cpu,
            _ => Self::Other,
        }
    }
}
