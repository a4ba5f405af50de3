//! The function tables: what is there, what is not, and what a stub says.

use std::ffi::CStr;

use ash::vk;
use rm_vksim::{Call, Profile, Rule, SimDevice};

use crate::support::{broken, sim, small};

fn address_of(sim: &SimDevice, name: &CStr) -> vk::PFN_vkVoidFunction {
    // SAFETY: device and name are live.
    unsafe { sim.instance().get_device_proc_addr(sim.device().handle(), name.as_ptr()) }
}

#[test]
fn a_command_is_there_exactly_if_its_version_or_extension_is() {
    let mut profile = small();
    profile.api_version = vk::API_VERSION_1_1;
    profile.extensions = vec!["VK_KHR_maintenance4".to_owned()];
    let sim = SimDevice::new(profile).unwrap();
    let here = |name| address_of(&sim, name).is_some();
    assert!(here(c"vkAllocateMemory"));
    assert!(here(c"vkBindBufferMemory2"));
    assert!(here(c"vkGetDeviceBufferMemoryRequirementsKHR"));
    assert!(here(c"vkSetDebugUtilsObjectNameEXT"));
    assert!(here(c"vkCmdDraw"), "not simulated, but the device has it");
    assert!(!here(c"vkGetDeviceBufferMemoryRequirements"), "core in 1.3");
    assert!(!here(c"vkGetBufferDeviceAddress"), "core in 1.2");
    assert!(!here(c"vkBindBufferMemory2KHR"), "an extension that the device does not list");
    assert!(!here(c"vkGetMemoryFdKHR"));
    assert!(!here(c"vkGetPhysicalDeviceProperties"), "an instance command");
    assert!(!here(c"vkNonsense"));
    assert_eq!(sim.counts().of(Call::GetDeviceProcAddr), 11);
}

#[test]
fn the_instance_answers_for_both_levels() {
    let sim = sim("h200");
    let ask = sim.static_fn().get_instance_proc_addr;
    let here = |name: &CStr| {
        // SAFETY: instance and name are live.
        unsafe { ask(sim.instance().handle(), name.as_ptr()) }.is_some()
    };
    assert!(here(c"vkGetPhysicalDeviceMemoryProperties2"));
    assert!(here(c"vkGetPhysicalDeviceMemoryProperties2KHR"));
    assert!(here(c"vkAllocateMemory"));
    assert!(!here(c"vkNonsense"));
}

#[test]
fn an_unsupported_command_says_no_and_its_name() {
    let sim = sim("h200");
    // SAFETY: the device is live and the structure valid; a stub looks at neither but the device.
    let fence = unsafe { sim.device().create_fence(&vk::FenceCreateInfo::default(), None) };
    assert_eq!(fence, Err(vk::Result::ERROR_FEATURE_NOT_PRESENT));
    // SAFETY: as above.
    unsafe { sim.device().destroy_semaphore(vk::Semaphore::null(), None) };
    let verdict = sim.verdict().unwrap_err();
    let said: Vec<_> = verdict.violations.iter().map(|violation| violation.command).collect();
    assert_eq!(said, ["vkCreateFence", "vkDestroySemaphore"]);
    assert!(verdict.violations.iter().all(|violation| violation.rule == Rule::Unsupported));
    assert_eq!(sim.counts().of(Call::Unsupported), 2);
}

#[test]
fn an_unsupported_command_of_a_queue_or_physical_device_finds_its_device() {
    let sim = sim("h200");
    // SAFETY: the device is live.
    let queue = unsafe { sim.device().get_device_queue(0, 0) };
    // SAFETY: queue and instance are live.
    let submitted = unsafe { sim.device().queue_submit(queue, &[], vk::Fence::null()) };
    assert_eq!(submitted, Err(vk::Result::ERROR_FEATURE_NOT_PRESENT));
    let info = vk::DeviceCreateInfo::default();
    // SAFETY: as above.
    let device = unsafe { sim.instance().create_device(sim.physical_device(), &info, None) };
    assert_eq!(device.err(), Some(vk::Result::ERROR_FEATURE_NOT_PRESENT));
    assert_eq!(broken(&sim), [Rule::Unsupported; 2]);
}

#[test]
fn a_core_command_of_a_later_version_is_a_stub_and_not_an_abort() {
    let mut profile = small();
    profile.api_version = vk::API_VERSION_1_1;
    let sim = SimDevice::new(profile).unwrap();
    let info = vk::BufferDeviceAddressInfo::default();
    // SAFETY: the device is live.
    assert_eq!(unsafe { sim.device().get_buffer_device_address(&info) }, 0);
    let verdict = sim.verdict().unwrap_err();
    assert!(verdict.to_string().contains("needs 1.2"), "{verdict}");
}

#[test]
fn a_contradictory_profile_is_refused() {
    let mut profile = Profile::h200();
    profile.types[0].heap = 99;
    SimDevice::new(profile).unwrap_err();
}

#[test]
fn properties_say_what_the_profile_says_in_both_forms() {
    let sim = sim("h200");
    let (instance, physical, profile) = (sim.instance(), sim.physical_device(), sim.profile());
    // SAFETY: instance and physical device are live, here and below.
    let plain = unsafe { instance.get_physical_device_properties(physical) };
    assert_eq!(plain.device_name_as_c_str().unwrap().to_str().unwrap(), profile.device_name);
    assert_eq!(plain.limits.buffer_image_granularity, profile.limits.buffer_image_granularity);
    let mut maintenance3 = vk::PhysicalDeviceMaintenance3Properties::default();
    let mut maintenance4 = vk::PhysicalDeviceMaintenance4Properties::default();
    let mut driver = vk::PhysicalDeviceDriverProperties::default();
    let mut chained = vk::PhysicalDeviceProperties2::default()
        .push_next(&mut maintenance3)
        .push_next(&mut maintenance4)
        .push_next(&mut driver);
    // SAFETY: as above.
    unsafe { instance.get_physical_device_properties2(physical, &mut chained) };
    assert_eq!(chained.properties.vendor_id, profile.vendor_id);
    let largest = profile.limits.max_memory_allocation_size;
    assert_eq!(maintenance3.max_memory_allocation_size, largest);
    assert_eq!(maintenance4.max_buffer_size, profile.limits.max_buffer_size);
    let name = driver.driver_name_as_c_str().unwrap();
    assert_eq!(name.to_str().unwrap(), profile.driver_name);
    // SAFETY: as above.
    let memory = unsafe { instance.get_physical_device_memory_properties(physical) };
    assert_eq!(memory.memory_types_as_slice().len(), profile.types.len());
    assert_eq!(memory.memory_heaps_as_slice()[0].size, profile.heaps[0].size);
    // SAFETY: as above.
    let families = unsafe { instance.get_physical_device_queue_family_properties(physical) };
    assert_eq!(families.len(), profile.queue_families.len());
    // SAFETY: as above.
    let listed = unsafe { instance.enumerate_device_extension_properties(physical) }.unwrap();
    assert_eq!(listed.len(), profile.extensions.len());
    // SAFETY: as above.
    assert_eq!(unsafe { instance.enumerate_physical_devices() }.unwrap(), [physical]);
}
