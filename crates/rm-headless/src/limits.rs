//! The figures of a physical device that a context plans by.

use ash::vk;
use rm_alloc_core::MemoryFeatures;

/// The limits and memory types of a physical device; a test changes them before a context is built.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How many `vkAllocateMemory` objects may exist at once.
    pub max_memory_allocation_count: u32,
    /// The largest `vkAllocateMemory`, in bytes.
    pub max_memory_allocation_size: u64,
    /// The alignment in bytes of ranges flushed on non-coherent memory.
    pub non_coherent_atom_size: u64,
    /// The distance in bytes between linear and optimal neighbours.
    pub buffer_image_granularity: u64,
    /// The largest buffer in bytes; read with maintenance4 only, `u64::MAX` without.
    pub max_buffer_size: u64,
    /// Heaps and types, such as to take `HOST_COHERENT` from a type.
    pub memory_properties: vk::PhysicalDeviceMemoryProperties,
}

impl Limits {
    /// Reads the driver's own figures.
    ///
    /// # Safety
    ///
    /// - `instance` is live, at least 1.1, and `physical_device` one of its own.
    /// - `features` contain `MAINTENANCE4` only if the device knows it.
    pub(crate) unsafe fn read(
        instance: &ash::Instance,
        physical_device: vk::PhysicalDevice,
        features: MemoryFeatures,
    ) -> Self {
        let mut maintenance3 = vk::PhysicalDeviceMaintenance3Properties::default();
        let mut maintenance4 =
            vk::PhysicalDeviceMaintenance4Properties::default().max_buffer_size(u64::MAX);
        let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut maintenance3);
        if features.contains(MemoryFeatures::MAINTENANCE4) {
            properties = properties.push_next(&mut maintenance4);
        }
        // SAFETY: live handles of 1.1, and every chained struct is known to the device (caller).
        unsafe { instance.get_physical_device_properties2(physical_device, &mut properties) };
        let limits = properties.properties.limits;
        Self {
            max_memory_allocation_count: limits.max_memory_allocation_count,
            max_memory_allocation_size: maintenance3.max_memory_allocation_size,
            non_coherent_atom_size: limits.non_coherent_atom_size,
            buffer_image_granularity: limits.buffer_image_granularity,
            max_buffer_size: maintenance4.max_buffer_size,
            // SAFETY: live handles (caller).
            memory_properties: unsafe {
                instance.get_physical_device_memory_properties(physical_device)
            },
        }
    }

    /// Writes the limits into properties of version 1.0.
    pub(crate) fn write(&self, properties: &mut vk::PhysicalDeviceProperties) {
        let limits = &mut properties.limits;
        limits.max_memory_allocation_count = self.max_memory_allocation_count;
        limits.non_coherent_atom_size = self.non_coherent_atom_size;
        limits.buffer_image_granularity = self.buffer_image_granularity;
    }

    /// Writes the limits into the properties chained from `next`, in whichever struct carries them.
    ///
    /// # Safety
    ///
    /// - `next` is null or starts a valid chain of output structs that nobody else uses meanwhile.
    pub(crate) unsafe fn write_chain(&self, mut next: *mut vk::BaseOutStructure<'_>) {
        while !next.is_null() {
            // SAFETY: a valid struct of the chain, exclusively ours (caller).
            let found = unsafe { as_mut::<vk::PhysicalDeviceMaintenance3Properties<'_>>(next) };
            if let Some(found) = found {
                found.max_memory_allocation_size = self.max_memory_allocation_size;
            }
            // SAFETY: as above; the borrow before has ended.
            let found = unsafe { as_mut::<vk::PhysicalDeviceMaintenance4Properties<'_>>(next) };
            if let Some(found) = found {
                found.max_buffer_size = self.max_buffer_size;
            }
            // SAFETY: as above; the borrow before has ended.
            let found = unsafe { as_mut::<vk::PhysicalDeviceVulkan11Properties<'_>>(next) };
            if let Some(found) = found {
                found.max_memory_allocation_size = self.max_memory_allocation_size;
            }
            // SAFETY: as above; the borrow before has ended.
            let found = unsafe { as_mut::<vk::PhysicalDeviceVulkan13Properties<'_>>(next) };
            if let Some(found) = found {
                found.max_buffer_size = self.max_buffer_size;
            }
            // SAFETY: a valid struct of the chain (caller).
            next = unsafe { (*next).p_next };
        }
    }
}

/// The struct behind `next` if it is a `T`.
///
/// # Safety
///
/// - `next` points to a valid Vulkan struct that nobody else uses while the answer lives.
unsafe fn as_mut<'a, T: vk::TaggedStructure>(
    next: *mut vk::BaseOutStructure<'_>,
) -> Option<&'a mut T> {
    // SAFETY: every Vulkan struct starts like this one (caller).
    let kind = unsafe { (*next).s_type };
    if kind != T::STRUCTURE_TYPE {
        return None;
    }
    // SAFETY: its `s_type` says that the struct is a `T`, and it is exclusively ours (caller).
    unsafe { next.cast::<T>().as_mut() }
}
