//! Counted contexts count exactly, per thread, and fail on request.

use std::{sync::Arc, thread};

use ash::vk;
use rm_alloc_core::{DeviceContext, MemoryFeatures};
use rm_headless::{
    HeadlessDevice, HeadlessOptions,
    calls::{self, Call, Counts},
    testing,
};

const SIZE: u64 = 64 << 10;

fn with_counted(body: impl FnOnce(&Arc<HeadlessDevice>, &Arc<DeviceContext>)) {
    testing::with_device(|device, _| body(device, &device.counted_context(|_| ()).unwrap()));
}

fn create_buffer(device: &ash::Device) -> Result<vk::Buffer, vk::Result> {
    let usage = vk::BufferUsageFlags::TRANSFER_SRC;
    let info = vk::BufferCreateInfo::default().size(SIZE).usage(usage);
    // SAFETY: the device is live for the whole test.
    unsafe { device.create_buffer(&info, None) }
}

fn destroy_buffer(device: &ash::Device, buffer: vk::Buffer) {
    // SAFETY: the buffer is live, ours, and unused by the device.
    unsafe { device.destroy_buffer(buffer, None) };
}

/// The first type that the host can see and a buffer may use.
fn host_type(device: &HeadlessDevice, bits: u32) -> u32 {
    let types = device.limits().memory_properties;
    let host = vk::MemoryPropertyFlags::HOST_VISIBLE;
    (0..types.memory_type_count)
        .zip(types.memory_types)
        .find(|(index, kind)| bits & (1 << index) != 0 && kind.property_flags.contains(host))
        .map(|(index, _)| index)
        .expect("Vulkan promises a host-visible type for every buffer")
}

#[test]
fn each_call_counts_once() {
    with_counted(|device, context| {
        let functions = context.device();
        let ((), counts) = calls::counting(|| {
            let buffer = create_buffer(functions).unwrap();
            // SAFETY: the buffer is live.
            let needs = unsafe { functions.get_buffer_memory_requirements(buffer) };
            let info = vk::MemoryAllocateInfo::default()
                .allocation_size(needs.size)
                .memory_type_index(host_type(device, needs.memory_type_bits));
            // SAFETY: the info is valid.
            let memory = unsafe { functions.allocate_memory(&info, None) }.unwrap();
            // SAFETY: both are live, of one device, and the buffer is not bound yet.
            unsafe { functions.bind_buffer_memory(buffer, memory, 0) }.unwrap();
            let flags = vk::MemoryMapFlags::empty();
            // SAFETY: the memory is host-visible and not mapped.
            unsafe { functions.map_memory(memory, 0, vk::WHOLE_SIZE, flags) }.unwrap();
            let range =
                vk::MappedMemoryRange::default().memory(memory).offset(0).size(vk::WHOLE_SIZE);
            // SAFETY: the memory is mapped.
            unsafe { functions.flush_mapped_memory_ranges(&[range]) }.unwrap();
            // SAFETY: the memory is mapped.
            unsafe { functions.unmap_memory(memory) };
            destroy_buffer(functions, buffer);
            // SAFETY: the memory is live, and its one user is gone.
            unsafe { functions.free_memory(memory, None) };
        });
        for call in [
            Call::CreateBuffer,
            Call::GetBufferMemoryRequirements,
            Call::AllocateMemory,
            Call::BindBufferMemory,
            Call::MapMemory,
            Call::FlushMappedMemoryRanges,
            Call::UnmapMemory,
            Call::DestroyBuffer,
            Call::FreeMemory,
        ] {
            assert_eq!(counts.of(call), 1, "{call} in {counts:?}");
        }
        assert_eq!(counts.total(), 9, "nothing else was called: {counts:?}");
    });
}

#[test]
fn a_plain_device_is_not_counted() {
    testing::with_device(|_, context| {
        let functions = context.device();
        let ((), counts) = calls::counting(|| {
            destroy_buffer(functions, create_buffer(functions).unwrap());
        });
        assert_eq!(counts, Counts::default());
    });
}

#[test]
fn a_thread_does_not_see_the_calls_of_another() {
    with_counted(|_, context| {
        let functions = context.device();
        let ((), counts) = calls::counting(|| {
            let elsewhere = thread::scope(|scope| {
                let work = || destroy_buffer(functions, create_buffer(functions).unwrap());
                scope.spawn(move || calls::counting(work).1).join().unwrap()
            });
            assert_eq!(elsewhere.total(), 2, "{elsewhere:?}");
        });
        assert_eq!(counts.total(), 0, "{counts:?}");
    });
}

#[test]
fn a_fault_fails_one_call_without_the_driver() {
    with_counted(|_, context| {
        let functions = context.device();
        calls::fail_next(Call::CreateBuffer, vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
        assert_eq!(calls::pending_faults(), 1);
        let (refused, counts) = calls::counting(|| create_buffer(functions));
        assert_eq!(refused, Err(vk::Result::ERROR_OUT_OF_DEVICE_MEMORY));
        assert_eq!(counts.of(Call::CreateBuffer), 1, "a failed call counts");
        assert_eq!(calls::pending_faults(), 0);
        destroy_buffer(functions, create_buffer(functions).unwrap());
    });
}

#[test]
fn faults_queue_up_and_can_be_forgotten() {
    with_counted(|_, context| {
        let functions = context.device();
        calls::fail_next(Call::CreateBuffer, vk::Result::ERROR_OUT_OF_HOST_MEMORY);
        calls::fail_next(Call::CreateBuffer, vk::Result::ERROR_DEVICE_LOST);
        calls::fail_next(Call::MapMemory, vk::Result::ERROR_MEMORY_MAP_FAILED);
        assert_eq!(create_buffer(functions), Err(vk::Result::ERROR_OUT_OF_HOST_MEMORY));
        assert_eq!(create_buffer(functions), Err(vk::Result::ERROR_DEVICE_LOST));
        assert_eq!(calls::pending_faults(), 1, "the fault of another call still waits");
        calls::reset();
        assert_eq!(calls::pending_faults(), 0);
    });
}

#[test]
fn exactly_the_functions_with_a_code_can_fail() {
    let failing = Call::ALL.iter().filter(|call| call.can_fail()).count();
    assert_eq!((Call::ALL.len(), failing), (21, 10));
    assert!(!Call::FreeMemory.can_fail());
    assert_eq!(Call::FreeMemory.to_string(), "vkFreeMemory");
}

#[test]
fn the_last_allocation_shows_its_chain() {
    with_counted(|device, context| {
        let functions = context.device();
        let buffer = create_buffer(functions).unwrap();
        // SAFETY: the buffer is live.
        let needs = unsafe { functions.get_buffer_memory_requirements(buffer) };
        let memory_type = host_type(device, needs.memory_type_bits);
        let mut flags = vk::MemoryAllocateFlagsInfo::default();
        let mut dedicated = vk::MemoryDedicatedAllocateInfo::default().buffer(buffer);
        let info = vk::MemoryAllocateInfo::default()
            .allocation_size(needs.size)
            .memory_type_index(memory_type)
            .push_next(&mut flags)
            .push_next(&mut dedicated);
        // SAFETY: the info and its chain are valid.
        let memory = unsafe { functions.allocate_memory(&info, None) }.unwrap();
        // SAFETY: the memory is live and unused.
        unsafe { functions.free_memory(memory, None) };
        destroy_buffer(functions, buffer);
        let seen = calls::last_allocation().unwrap();
        assert_eq!((seen.size, seen.memory_type), (needs.size, memory_type));
        let chain = [
            vk::StructureType::MEMORY_DEDICATED_ALLOCATE_INFO,
            vk::StructureType::MEMORY_ALLOCATE_FLAGS_INFO,
        ];
        assert_eq!(seen.chain, chain);
        calls::reset();
        assert_eq!(calls::last_allocation(), None);
    });
}

#[test]
fn the_alias_of_an_extension_counts_as_the_function() {
    let options = HeadlessOptions::default().api_version(vk::API_VERSION_1_1);
    testing::with_options(&options, |device, _| {
        if !device.features().contains(MemoryFeatures::MAINTENANCE4) {
            return;
        }
        let context = device.counted_context(|_| ()).unwrap();
        let alias = ash::khr::maintenance4::Device::new(context.instance(), context.device());
        let usage = vk::BufferUsageFlags::TRANSFER_SRC;
        let buffer = vk::BufferCreateInfo::default().size(SIZE).usage(usage);
        let info = vk::DeviceBufferMemoryRequirements::default().create_info(&buffer);
        let mut needs = vk::MemoryRequirements2::default();
        let ((), counts) = calls::counting(|| {
            // SAFETY: the extension is enabled (checked above), and the info is valid.
            unsafe { alias.get_device_buffer_memory_requirements(&info, &mut needs) };
        });
        assert_eq!(counts.of(Call::GetDeviceBufferMemoryRequirements), 1, "{counts:?}");
        assert!(needs.memory_requirements.size >= SIZE, "the driver answered");
    });
}
