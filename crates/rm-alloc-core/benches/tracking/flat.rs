//! A device and a backend that cost next to nothing and share nothing, so that threads meet in the manager alone.

use std::{
    ffi::{CStr, c_void},
    ptr,
    sync::Arc,
};

use ash::vk::{self, Handle};
use rm_alloc_core::{
    Allocation, AllocationParts, AllocatorCapabilities, DeviceContext, DeviceContextInfo,
    MemoryAllocator, MemoryError, MemoryFeatures, MemoryRequest,
};
use rm_vksim::{Profile, SimDevice};

unsafe extern "system" fn create_buffer(
    _: vk::Device,
    _: *const vk::BufferCreateInfo<'_>,
    _: *const vk::AllocationCallbacks<'_>,
    buffer: *mut vk::Buffer,
) -> vk::Result {
    // SAFETY: Vulkan's caller passes a place for the handle.
    unsafe { buffer.write(vk::Buffer::from_raw(1)) };
    vk::Result::SUCCESS
}

unsafe extern "system" fn requirements(
    _: vk::Device,
    _: *const vk::BufferMemoryRequirementsInfo2<'_>,
    answer: *mut vk::MemoryRequirements2<'_>,
) {
    // SAFETY: Vulkan's caller passes a place for the answer.
    let answer = unsafe { &mut (*answer).memory_requirements };
    *answer = vk::MemoryRequirements { size: 64 << 10, alignment: 256, memory_type_bits: u32::MAX };
}

unsafe extern "system" fn bind(
    _: vk::Device,
    _: vk::Buffer,
    _: vk::DeviceMemory,
    _: vk::DeviceSize,
) -> vk::Result {
    vk::Result::SUCCESS
}

unsafe extern "system" fn destroy(
    _: vk::Device,
    _: vk::Buffer,
    _: *const vk::AllocationCallbacks<'_>,
) {
}

/// A context whose buffers are the same handle all the time.
pub(crate) fn context() -> Arc<DeviceContext> {
    let sim = Arc::new(SimDevice::counting(Profile::h200()).unwrap());
    let (instance, handle) = (sim.instance(), sim.device().handle());
    let load = |name: &CStr| match name.to_bytes() {
        b"vkCreateBuffer" => create_buffer as *const c_void,
        b"vkGetBufferMemoryRequirements2" => requirements as *const c_void,
        b"vkBindBufferMemory" => bind as *const c_void,
        b"vkDestroyBuffer" => destroy as *const c_void,
        _ => {
            // SAFETY: the handle is the instance's own device.
            let found = unsafe { instance.get_device_proc_addr(handle, name.as_ptr()) };
            found.map_or(ptr::null(), |found| found as *const c_void)
        }
    };
    // SAFETY: the functions above have the types that their names stand for, and all others are the device's own.
    let device = unsafe { ash::Device::load_with(load, handle) };
    let info = DeviceContextInfo {
        instance,
        physical_device: sim.physical_device(),
        device: &device,
        api_version: vk::API_VERSION_1_3,
        features: MemoryFeatures::empty(),
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, nothing optional is declared, and the context keeps the device alive.
    unsafe { DeviceContext::new(info) }.unwrap()
}

/// Gives the same memory all the time.
#[derive(Debug)]
pub(crate) struct Flat {
    pub(crate) context: Arc<DeviceContext>,
}

// SAFETY: nobody ever touches the memory, and nothing is really bound to it.
unsafe impl MemoryAllocator for Flat {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let parts = AllocationParts {
            memory: vk::DeviceMemory::from_raw(1),
            offset: 0,
            size: request.size,
            mapped: None,
            memory_type: request.memory_type,
            cookie: [0; 2],
        };
        // SAFETY: as of the implementation.
        Ok(unsafe { Allocation::from_parts(parts) })
    }

    unsafe fn free(&self, allocation: Allocation) {
        let _parts = allocation.into_parts();
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::MIXED
    }
}
