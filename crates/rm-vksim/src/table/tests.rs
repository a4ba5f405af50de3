//! The table is sorted, complete enough for its stubs, and knows what a device has.

use super::*;
use crate::Profile;

#[test]
fn the_table_is_sorted_and_has_a_stub_for_each_row() {
    let commands = Commands::new(&Profile::desktop_rebar());
    assert!(commands.rows.is_sorted_by(|one, other| one.name < other.name));
    assert!(commands.rows.len() > 600, "{} rows", commands.rows.len());
    assert!(commands.rows.len() <= STUBS.len(), "{} rows need more stubs", commands.rows.len());
}

#[test]
fn a_command_comes_with_a_version_or_an_extension() {
    let mut profile = Profile::desktop_rebar();
    profile.api_version = vk::API_VERSION_1_1;
    profile.extensions = vec!["VK_KHR_maintenance4".to_owned()];
    let commands = Commands::new(&profile);
    let available = |name| commands.position(name).unwrap().1.available;
    assert!(available("vkBindBufferMemory2"));
    assert!(available("vkGetDeviceBufferMemoryRequirementsKHR"));
    assert!(available("vkSetDebugUtilsObjectNameEXT"));
    assert!(!available("vkGetDeviceBufferMemoryRequirements"), "core in 1.3 only");
    assert!(!available("vkGetBufferDeviceAddressKHR"));
    assert!(commands.position("vkNonsense").is_none());
}

#[test]
fn everything_in_the_tables_of_ash_is_listed() {
    let commands = Commands::new(&Profile::desktop_rebar());
    let asked = std::cell::RefCell::new(Vec::new());
    let ask = |name: &std::ffi::CStr| {
        asked.borrow_mut().push(name.to_str().unwrap().to_owned());
        std::ptr::null()
    };
    // SAFETY: the tables hold ash's own stand-ins, and nothing is called.
    unsafe { ash::Instance::load_with(ask, vk::Instance::null()) };
    // SAFETY: as above.
    unsafe { ash::Device::load_with(ask, vk::Device::null()) };
    ash::khr::swapchain::DeviceFn::load(ask);
    ash::ext::debug_utils::DeviceFn::load(ask);
    ash::khr::acceleration_structure::DeviceFn::load(ask);
    let asked = asked.into_inner();
    assert!(asked.len() > 200, "{} names", asked.len());
    let missing: Vec<_> = asked.iter().filter(|name| commands.position(name).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
