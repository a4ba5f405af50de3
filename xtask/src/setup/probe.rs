//! Asking the Vulkan loader what it sees, in a process of its own: the environment decides which
//! drivers a loader finds, and it is read once a process.

use std::{
    env,
    ffi::{CStr, OsString},
    process::Command,
};

use ash::vk;

use super::Device;
use crate::failure::Failure;

const VALIDATION: &CStr = c"VK_LAYER_KHRONOS_validation";

/// What a loader said.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Report {
    pub(crate) loader: Option<String>,
    pub(crate) validation: Option<String>,
    pub(crate) devices: Vec<Device>,
}

impl Report {
    /// Runs the probe with `environment` added to our own. A probe that dies (a broken driver may
    /// take it along) has found what it printed until then.
    pub(crate) fn of(environment: &[(String, OsString)]) -> Result<Self, Failure> {
        let program = env::current_exe()
            .map_err(|error| Failure::prerequisite("finding this program", error))?;
        let output = Command::new(program)
            .arg("probe")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output()
            .map_err(|error| Failure::prerequisite("starting the probe", error))?;
        Ok(Self::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    fn parse(printed: &str) -> Self {
        let mut report = Self::default();
        for (what, rest) in printed.lines().filter_map(|line| line.split_once('\t')) {
            match what {
                "loader" => report.loader = Some(rest.to_owned()),
                "validation" => report.validation = Some(rest.to_owned()),
                "device" => report.devices.extend(Device::parse(rest)),
                _ => {}
            }
        }
        report
    }
}

/// `cargo xtask probe`: one line with tabs for the loader, the validation layer and each device.
///
/// # Errors
///
/// [`Failure::Prerequisite`] if there is no loader, or none of its drivers works.
pub(crate) fn print() -> Result<(), Failure> {
    // SAFETY: loading runs the loader's initialisers; `entry` outlives everything made from it.
    let entry = unsafe { ash::Entry::load() }
        .map_err(|error| Failure::prerequisite("no Vulkan loader", error))?;
    // SAFETY: the loader is loaded (line above) and this call has no other demand.
    let version = unsafe { entry.try_enumerate_instance_version() };
    let version = version.ok().flatten().unwrap_or(vk::API_VERSION_1_0);
    println!("loader\t{}", dotted(version));
    // SAFETY: as above.
    let layers = unsafe { entry.enumerate_instance_layer_properties() }.unwrap_or_default();
    let validation = layers.iter().find(|it| it.layer_name_as_c_str() == Ok(VALIDATION));
    if let Some(layer) = validation {
        println!("validation\t{}", dotted(layer.spec_version));
    }
    let instance = create_instance(&entry, version)
        .map_err(|error| Failure::prerequisite("no working Vulkan driver", error))?;
    // SAFETY: `instance` is live until the end of this function.
    let devices = unsafe { instance.enumerate_physical_devices() }.unwrap_or_default();
    for device in devices {
        println!("device\t{}", describe(&instance, version, device).line());
    }
    // SAFETY: nothing made from `instance` is left, and this thread alone has it.
    unsafe { instance.destroy_instance(None) };
    Ok(())
}

fn create_instance(entry: &ash::Entry, version: u32) -> Result<ash::Instance, vk::Result> {
    // SAFETY: the loader is loaded, which is all that this call demands.
    let known = unsafe { entry.enumerate_instance_extension_properties(None) }?;
    let portability = ash::khr::portability_enumeration::NAME;
    let portable = known.iter().any(|it| it.extension_name_as_c_str() == Ok(portability));
    let names = if portable { vec![portability.as_ptr()] } else { Vec::new() };
    let flags = if portable {
        vk::InstanceCreateFlags::ENUMERATE_PORTABILITY_KHR
    } else {
        vk::InstanceCreateFlags::empty()
    };
    let application = vk::ApplicationInfo::default().api_version(version);
    let info = vk::InstanceCreateInfo::default()
        .application_info(&application)
        .enabled_extension_names(&names)
        .flags(flags);
    // SAFETY: `info` and all it points at live until the call returns.
    unsafe { entry.create_instance(&info, None) }
}

fn describe(instance: &ash::Instance, version: u32, device: vk::PhysicalDevice) -> Device {
    // SAFETY: `device` belongs to `instance`, which is live (caller).
    let properties = unsafe { instance.get_physical_device_properties(device) };
    let mut driver = vk::PhysicalDeviceDriverProperties::default();
    if version >= vk::API_VERSION_1_1 && knows_driver(instance, device, properties.api_version) {
        let mut all = vk::PhysicalDeviceProperties2::default().push_next(&mut driver);
        // SAFETY: instance and device know 1.1 and the chained structure (checked above).
        unsafe { instance.get_physical_device_properties2(device, &mut all) };
    }
    let text = |name: Option<&CStr>| name.map(CStr::to_string_lossy).unwrap_or_default().into();
    let kind = match properties.device_type {
        vk::PhysicalDeviceType::DISCRETE_GPU => "discrete",
        vk::PhysicalDeviceType::INTEGRATED_GPU => "integrated",
        vk::PhysicalDeviceType::VIRTUAL_GPU => "virtual",
        vk::PhysicalDeviceType::CPU => "cpu",
        _ => "other",
    };
    Device {
        name: text(properties.device_name_as_c_str().ok()),
        kind: kind.into(),
        driver: text(driver.driver_name_as_c_str().ok()),
        info: text(driver.driver_info_as_c_str().ok()),
        driver_version: properties.driver_version,
        api: parts(properties.api_version),
    }
}

/// Driver properties are core in 1.2 and an extension before.
fn knows_driver(instance: &ash::Instance, device: vk::PhysicalDevice, api: u32) -> bool {
    if api >= vk::API_VERSION_1_2 {
        return true;
    }
    // SAFETY: `device` belongs to `instance`, which is live (caller).
    let known = unsafe { instance.enumerate_device_extension_properties(device) };
    let name = ash::khr::driver_properties::NAME;
    let named = |it: &vk::ExtensionProperties| it.extension_name_as_c_str() == Ok(name);
    api >= vk::API_VERSION_1_1 && known.unwrap_or_default().iter().any(named)
}

fn parts(version: u32) -> [u32; 3] {
    [vk::api_version_major(version), vk::api_version_minor(version), vk::api_version_patch(version)]
}

fn dotted(version: u32) -> String {
    parts(version).map(|part| part.to_string()).join(".")
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn a_report_reads_what_the_probe_prints_and_skips_the_rest() {
        let report = Report::parse(
            "loader\t1.3.239\nnoise of a driver\nvalidation\t1.3.239\n\
             device\tcard\tcpu\tacme\tACME 1.2\t7\t1.3.230\ndevice\tbroken\n",
        );
        assert_eq!(report.loader.as_deref(), Some("1.3.239"));
        assert_eq!(report.validation.as_deref(), Some("1.3.239"));
        assert_eq!(report.devices.len(), 1);
        assert_eq!(report.devices[0].info, "ACME 1.2");
        assert_eq!(Report::parse(""), Report::default());
    }
}
