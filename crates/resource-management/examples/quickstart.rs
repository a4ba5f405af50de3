//! From nothing to a buffer in device memory, and back: instance, device, context, manager.

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::{error::Error, sync::Arc};

use ash::vk;
use resource_management::{
    alloc::{
        BudgetConfig, BufferRequest, Bytes, DeviceBudgetManager, DeviceContext, DeviceContextInfo,
        MemoryFeatures, MemoryLocation,
    },
    backend::native::NativeAllocator,
    state::Rm,
};

fn main() -> Result<(), Box<dyn Error>> {
    // SAFETY: the loader is the system's own, and stays loaded for the whole program.
    let entry = unsafe { ash::Entry::load() }?;
    let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_1);
    let info = vk::InstanceCreateInfo::default().application_info(&application);
    // SAFETY: the info names neither layers nor extensions.
    let instance = unsafe { entry.create_instance(&info, None) }?;
    let result = with_instance(&instance);
    // SAFETY: everything made from the instance is gone.
    unsafe { instance.destroy_instance(None) };
    result
}

fn with_instance(instance: &ash::Instance) -> Result<(), Box<dyn Error>> {
    // SAFETY: the instance is live.
    let devices = unsafe { instance.enumerate_physical_devices() }?;
    let physical_device = *devices.first().ok_or("no Vulkan device here")?;
    let queue = vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0]);
    let queues = [queue];
    let info = vk::DeviceCreateInfo::default().queue_create_infos(&queues);
    // SAFETY: every device has a first queue family; nothing optional is asked for.
    let device = unsafe { instance.create_device(physical_device, &info, None) }?;
    let result = with_device(instance, physical_device, &device);
    // SAFETY: everything made from the device is gone.
    unsafe { device.destroy_device(None) };
    result
}

fn with_device(
    instance: &ash::Instance,
    physical_device: vk::PhysicalDevice,
    device: &ash::Device,
) -> Result<(), Box<dyn Error>> {
    let info = DeviceContextInfo {
        instance,
        physical_device,
        device,
        api_version: vk::API_VERSION_1_1,
        features: MemoryFeatures::empty(),
        keep_alive: None,
    };
    // SAFETY: the three belong together, were made without optional features, and outlive the context.
    let context = unsafe { DeviceContext::new(info) }?;
    // Another backend is another constructor on this line.
    let allocator = Arc::new(NativeAllocator::new(&context)?);
    // With the defaults the budget is what the driver says, and nothing is refused: figures only.
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default())?;

    let usage = vk::BufferUsageFlags::UNIFORM_BUFFER;
    let request =
        BufferRequest::new(64 << 10, usage).location(MemoryLocation::HostVisible).label("camera");
    let mut camera = Rm::with(manager.allocate_buffer(&request)?);
    // An error waits until the buffer is freed: what leaks would outlive the device.
    let written = camera.value_mut()?.write(0, &[7; 64]);
    println!("in use: {}", Bytes(manager.allocator_stats().total().used_bytes));

    if let Some(buffer) = camera.take() {
        // SAFETY: the device never used the buffer.
        unsafe { manager.free_buffer(buffer) };
    }
    println!("in use: {}", Bytes(manager.allocator_stats().total().used_bytes));
    Ok(written?)
}
