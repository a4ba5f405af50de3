//! What the physical device says, in every form of asking.

use ash::vk;
use rm_vksim::{Profile, Rule, SimDevice};

use crate::support::{LOCAL, Quick, broken, sim, small, square};

#[test]
fn features_are_the_profiles_in_each_structure() {
    let mut profile = small();
    profile.features.memory_priority = true;
    let sim = SimDevice::new(profile).unwrap();
    let mut address = vk::PhysicalDeviceBufferDeviceAddressFeatures::default();
    let mut priority = vk::PhysicalDeviceMemoryPriorityFeaturesEXT::default();
    let mut pageable = vk::PhysicalDevicePageableDeviceLocalMemoryFeaturesEXT::default();
    let mut protected = vk::PhysicalDeviceProtectedMemoryFeatures::default();
    let mut vulkan13 = vk::PhysicalDeviceVulkan13Features::default();
    let mut features = vk::PhysicalDeviceFeatures2::default()
        .push_next(&mut address)
        .push_next(&mut priority)
        .push_next(&mut pageable)
        .push_next(&mut protected)
        .push_next(&mut vulkan13);
    // SAFETY: the chain is valid.
    unsafe {
        sim.instance().get_physical_device_features2(sim.physical_device(), &mut features);
    }
    let found = [
        address.buffer_device_address,
        priority.memory_priority,
        pageable.pageable_device_local_memory,
        protected.protected_memory,
        vulkan13.maintenance4,
    ];
    assert_eq!(found, [vk::TRUE, vk::TRUE, vk::FALSE, vk::FALSE, vk::TRUE]);
}

#[test]
fn formats_answer_alike_in_both_forms() {
    let sim = sim("desktop-rebar");
    let (instance, physical) = (sim.instance(), sim.physical_device());
    let format = vk::Format::R8G8B8A8_UNORM;
    // SAFETY: instance and physical device are live, here and below.
    let plain = unsafe { instance.get_physical_device_format_properties(physical, format) };
    let mut chained = vk::FormatProperties2::default();
    // SAFETY: as above.
    unsafe { instance.get_physical_device_format_properties2(physical, format, &mut chained) };
    let optimal = plain.optimal_tiling_features;
    assert!(optimal.contains(vk::FormatFeatureFlags::SAMPLED_IMAGE));
    assert_eq!(chained.format_properties.optimal_tiling_features, optimal);
    let info = vk::PhysicalDeviceImageFormatInfo2::default()
        .format(format)
        .ty(vk::ImageType::TYPE_2D)
        .tiling(vk::ImageTiling::OPTIMAL)
        .usage(vk::ImageUsageFlags::SAMPLED);
    let mut limits = vk::ImageFormatProperties2::default();
    // SAFETY: as above.
    unsafe { instance.get_physical_device_image_format_properties2(physical, &info, &mut limits) }
        .unwrap();
    let largest = sim.profile().limits.max_image_dimension_2d;
    assert_eq!(limits.image_format_properties.max_extent.width, largest);
    let nothing = info.format(vk::Format::UNDEFINED);
    // SAFETY: as above.
    let refused = unsafe {
        instance.get_physical_device_image_format_properties2(physical, &nothing, &mut limits)
    };
    assert_eq!(refused, Err(vk::Result::ERROR_FORMAT_NOT_SUPPORTED), "an answer, no violation");
}

#[test]
fn memory_can_be_made_exportable_where_the_device_lists_it() {
    for (extensions, exportable) in
        [(vec!["VK_KHR_external_memory_fd".to_owned()], true), (vec![], false)]
    {
        let mut profile = small();
        profile.extensions = extensions;
        let sim = SimDevice::new(profile).unwrap();
        let opaque = vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD;
        let info = vk::PhysicalDeviceExternalBufferInfo::default()
            .usage(vk::BufferUsageFlags::STORAGE_BUFFER)
            .handle_type(opaque);
        let mut properties = vk::ExternalBufferProperties::default();
        // SAFETY: the structures are valid.
        unsafe {
            sim.instance().get_physical_device_external_buffer_properties(
                sim.physical_device(),
                &info,
                &mut properties,
            );
        }
        let features = properties.external_memory_properties.external_memory_features;
        assert_eq!(features.contains(vk::ExternalMemoryFeatureFlags::EXPORTABLE), exportable);
        let mut export = vk::ExportMemoryAllocateInfo::default().handle_types(opaque);
        let info = vk::MemoryAllocateInfo::default().allocation_size(64).push_next(&mut export);
        // SAFETY: the chain is valid.
        let memory = unsafe { sim.device().allocate_memory(&info, None) };
        assert_eq!(memory.is_ok(), exportable);
        sim.destroy(&[], &[], memory.ok().as_slice());
        let expected: &[Rule] = if exportable { &[] } else { &[Rule::Usage] };
        assert_eq!(broken(&sim), expected);
    }
}

#[test]
fn linear_images_have_a_layout_and_optimal_ones_have_none() {
    let sim = SimDevice::new(small()).unwrap();
    let linear = sim.image(&square(64).tiling(vk::ImageTiling::LINEAR));
    let optimal = sim.image(&square(64));
    let colour = vk::ImageSubresource::default().aspect_mask(vk::ImageAspectFlags::COLOR);
    // SAFETY: the image is live, here and below.
    let layout = unsafe { sim.device().get_image_subresource_layout(linear, colour) };
    assert!(layout.row_pitch >= 64 * 4, "{layout:?}");
    assert_eq!(layout.size, layout.row_pitch * 64);
    // SAFETY: as above.
    let none = unsafe { sim.device().get_image_subresource_layout(optimal, colour) };
    assert_eq!(none.size, 0);
    sim.destroy(&[], &[linear, optimal], &[]);
    assert_eq!(broken(&sim), [Rule::Usage]);
}

#[test]
fn only_lazily_allocated_memory_is_asked_how_much_it_has() {
    let sim = sim("tiler-lazy");
    let lazily = vk::MemoryPropertyFlags::LAZILY_ALLOCATED.as_raw();
    let types = &sim.profile().types;
    let index = types.iter().position(|kind| kind.flags & lazily != 0).unwrap();
    let memories = [sim.memory(4096, u32::try_from(index).unwrap()), sim.memory(4096, 0)];
    for memory in memories {
        // SAFETY: the memory is live.
        assert_eq!(unsafe { sim.device().get_device_memory_commitment(memory) }, 0);
    }
    sim.destroy(&[], &[], &memories);
    assert_eq!(broken(&sim), [Rule::Usage]);
}

#[test]
fn priorities_are_fractions() {
    let sim = SimDevice::new(Profile::h200()).unwrap();
    let table = ash::ext::pageable_device_local_memory::Device::new(sim.instance(), sim.device());
    let memory = sim.memory(64, 0);
    for priority in [0.25, 2.0] {
        // SAFETY: the memory is live.
        unsafe { (table.fp().set_device_memory_priority_ext)(table.device(), memory, priority) };
        let mut chained = vk::MemoryPriorityAllocateInfoEXT::default().priority(priority);
        let info = vk::MemoryAllocateInfo::default().allocation_size(64).push_next(&mut chained);
        // SAFETY: the chain is valid.
        let made = unsafe { sim.device().allocate_memory(&info, None) };
        sim.destroy(&[], &[], made.ok().as_slice());
    }
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::Usage; 2]);
}

#[test]
fn queues_are_those_of_the_families_and_no_others() {
    let sim = SimDevice::new(small()).unwrap();
    // SAFETY: the device is live, here and below.
    let queue = unsafe { sim.device().get_device_queue(0, 0) };
    let info = vk::DeviceQueueInfo2::default();
    // SAFETY: as above.
    assert_eq!(unsafe { sim.device().get_device_queue2(&info) }, queue);
    // SAFETY: as above.
    unsafe { sim.device().queue_wait_idle(queue) }.unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { sim.device().get_device_queue(9, 0) }, vk::Queue::null());
    assert_eq!(broken(&sim), [Rule::Usage]);
}

#[test]
fn requirements_are_the_same_without_an_object() {
    let sim = SimDevice::new(small()).unwrap();
    let (buffer, image) = (sim.buffer(1000), sim.image(&square(64)));
    let mut answer = vk::MemoryRequirements2::default();
    let create =
        vk::BufferCreateInfo::default().size(1000).usage(vk::BufferUsageFlags::TRANSFER_DST);
    let ask = vk::DeviceBufferMemoryRequirements::default().create_info(&create);
    // SAFETY: structures and objects are valid, here and below.
    unsafe { sim.device().get_device_buffer_memory_requirements(&ask, &mut answer) };
    // SAFETY: as above.
    let of_buffer = unsafe { sim.device().get_buffer_memory_requirements(buffer) };
    assert_eq!(answer.memory_requirements.size, of_buffer.size);
    let create = square(64);
    let ask = vk::DeviceImageMemoryRequirements::default().create_info(&create);
    // SAFETY: as above.
    unsafe { sim.device().get_device_image_memory_requirements(&ask, &mut answer) };
    // SAFETY: as above.
    let of_image = unsafe { sim.device().get_image_memory_requirements(image) };
    assert_eq!(answer.memory_requirements.size, of_image.size);
    assert_ne!(of_image.memory_type_bits & (1 << LOCAL), 0);
    sim.destroy(&[buffer], &[image], &[]);
    assert_eq!(broken(&sim), []);
}
