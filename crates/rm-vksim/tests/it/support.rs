//! Devices and objects to test with.

use ash::vk;
use rm_vksim::{Heap, MemoryType, Profile, Rule, SimDevice};

use vk::MemoryPropertyFlags as Flags;

/// A watched device on the built-in profile `name`.
pub(crate) fn sim(name: &str) -> SimDevice {
    SimDevice::new(Profile::builtin(name).unwrap()).unwrap()
}

/// A small profile with the types that tests ask for by number: see [`LOCAL`] and the others.
pub(crate) fn small() -> Profile {
    let heap =
        |size, flags: vk::MemoryHeapFlags| Heap { size, flags: flags.as_raw(), budget: None };
    let heaps = vec![
        heap(64 << 20, vk::MemoryHeapFlags::DEVICE_LOCAL),
        heap(32 << 20, vk::MemoryHeapFlags::empty()),
    ];
    let kind = |flags: Flags, heap| MemoryType { flags: flags.as_raw(), heap };
    let types = vec![
        kind(Flags::DEVICE_LOCAL, 0),
        kind(Flags::HOST_VISIBLE | Flags::HOST_COHERENT, 1),
        kind(Flags::HOST_VISIBLE | Flags::HOST_CACHED, 1),
        kind(Flags::DEVICE_LOCAL | Flags::PROTECTED, 0),
    ];
    let mut profile = Profile::new("small", heaps, types);
    profile.limits.buffer_image_granularity = 1024;
    profile.limits.non_coherent_atom_size = 64;
    profile.limits.max_memory_allocation_count = 64;
    profile.limits.max_memory_allocation_size = 16 << 20;
    profile.features.buffer_device_address = true;
    profile.features.maintenance4 = true;
    profile
}

/// Device-local memory of [`small`].
pub(crate) const LOCAL: u32 = 0;
/// Coherent host memory of [`small`].
pub(crate) const COHERENT: u32 = 1;
/// Host memory of [`small`] that needs flushing.
pub(crate) const NON_COHERENT: u32 = 2;

/// What tests do all the time.
pub(crate) trait Quick {
    fn try_buffer(&self, size: u64, usage: vk::BufferUsageFlags) -> Result<vk::Buffer, vk::Result>;
    fn try_memory(&self, size: u64, memory_type: u32) -> Result<vk::DeviceMemory, vk::Result>;
    fn try_bind(&self, buffer: vk::Buffer, memory: vk::DeviceMemory, offset: u64) -> vk::Result;
    fn try_map(&self, memory: vk::DeviceMemory) -> Result<*mut u8, vk::Result>;
    fn image(&self, info: &vk::ImageCreateInfo<'_>) -> vk::Image;
    fn destroy(&self, buffers: &[vk::Buffer], images: &[vk::Image], memories: &[vk::DeviceMemory]);
    fn name<H: vk::Handle>(&self, object: H, label: &str);
    fn address(&self, buffer: vk::Buffer) -> u64;

    fn buffer(&self, size: u64) -> vk::Buffer {
        self.try_buffer(size, vk::BufferUsageFlags::TRANSFER_DST).unwrap()
    }

    fn memory(&self, size: u64, memory_type: u32) -> vk::DeviceMemory {
        self.try_memory(size, memory_type).unwrap()
    }
}

// SAFETY of everything below: tests hand over live handles and valid structures, or handles that the
// simulated device is to find out, which it never follows.
impl Quick for SimDevice {
    fn try_buffer(&self, size: u64, usage: vk::BufferUsageFlags) -> Result<vk::Buffer, vk::Result> {
        let info = vk::BufferCreateInfo::default().size(size).usage(usage);
        // SAFETY: see above.
        unsafe { self.device().create_buffer(&info, None) }
    }

    fn try_memory(&self, size: u64, memory_type: u32) -> Result<vk::DeviceMemory, vk::Result> {
        let info =
            vk::MemoryAllocateInfo::default().allocation_size(size).memory_type_index(memory_type);
        // SAFETY: see above.
        unsafe { self.device().allocate_memory(&info, None) }
    }

    fn try_bind(&self, buffer: vk::Buffer, memory: vk::DeviceMemory, offset: u64) -> vk::Result {
        // SAFETY: see above.
        let bound = unsafe { self.device().bind_buffer_memory(buffer, memory, offset) };
        bound.err().unwrap_or(vk::Result::SUCCESS)
    }

    fn try_map(&self, memory: vk::DeviceMemory) -> Result<*mut u8, vk::Result> {
        let flags = vk::MemoryMapFlags::empty();
        // SAFETY: see above.
        let mapped = unsafe { self.device().map_memory(memory, 0, vk::WHOLE_SIZE, flags) };
        mapped.map(|mapped| mapped.cast())
    }

    fn image(&self, info: &vk::ImageCreateInfo<'_>) -> vk::Image {
        // SAFETY: see above.
        unsafe { self.device().create_image(info, None) }.unwrap()
    }

    fn destroy(&self, buffers: &[vk::Buffer], images: &[vk::Image], memories: &[vk::DeviceMemory]) {
        for buffer in buffers {
            // SAFETY: see above.
            unsafe { self.device().destroy_buffer(*buffer, None) };
        }
        for image in images {
            // SAFETY: see above.
            unsafe { self.device().destroy_image(*image, None) };
        }
        for memory in memories {
            // SAFETY: see above.
            unsafe { self.device().free_memory(*memory, None) };
        }
    }

    fn name<H: vk::Handle>(&self, object: H, label: &str) {
        let label = std::ffi::CString::new(label).unwrap();
        let names = ash::ext::debug_utils::Device::new(self.instance(), self.device());
        let info =
            vk::DebugUtilsObjectNameInfoEXT::default().object_handle(object).object_name(&label);
        // SAFETY: see above.
        unsafe { names.set_debug_utils_object_name(&info) }.unwrap();
    }

    fn address(&self, buffer: vk::Buffer) -> u64 {
        let info = vk::BufferDeviceAddressInfo::default().buffer(buffer);
        // SAFETY: see above.
        unsafe { self.device().get_buffer_device_address(&info) }
    }
}

/// A square colour image with optimal tiling.
pub(crate) fn square(side: u32) -> vk::ImageCreateInfo<'static> {
    vk::ImageCreateInfo::default()
        .image_type(vk::ImageType::TYPE_2D)
        .format(vk::Format::R8G8B8A8_UNORM)
        .extent(vk::Extent3D { width: side, height: side, depth: 1 })
        .mip_levels(1)
        .array_layers(1)
        .samples(vk::SampleCountFlags::TYPE_1)
        .tiling(vk::ImageTiling::OPTIMAL)
        .usage(vk::ImageUsageFlags::SAMPLED | vk::ImageUsageFlags::TRANSFER_DST)
}

/// The rules that were broken, in order; settles the verdict and fails if anything leaked.
pub(crate) fn broken(sim: &SimDevice) -> Vec<Rule> {
    let Err(verdict) = sim.verdict() else { return Vec::new() };
    assert_eq!(verdict.leaks, [], "{verdict}");
    verdict.violations.iter().map(|violation| violation.rule).collect()
}
