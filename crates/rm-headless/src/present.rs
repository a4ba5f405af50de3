//! Which devices there are, and which one is taken.

use std::{cmp::Reverse, ffi::CStr, fmt};

use ash::vk;

use crate::{HeadlessError, HeadlessOptions, Validation, instance::HeadlessInstance};

/// One device that a driver on this machine offers.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PresentDevice {
    /// The device's own name.
    pub name: String,
    /// The driver's name and version, in the driver's words.
    pub driver: String,
    /// Whether it is a discrete, integrated, virtual or software device.
    pub device_type: vk::PhysicalDeviceType,
    /// The highest Vulkan version that it speaks.
    pub api_version: u32,
}

/// Lists the devices that speak Vulkan 1.1, in the order of the loader.
///
/// The list is empty where no driver is installed.
///
/// # Errors
///
/// [`HeadlessError::NoLoader`], or [`HeadlessError::Vulkan`] with what listing them returned.
pub fn devices() -> Result<Vec<PresentDevice>, HeadlessError> {
    let options = HeadlessOptions::default().validation(Validation::Off);
    let found = HeadlessInstance::open(&options).and_then(|instance| candidates(&instance));
    match found {
        Ok(candidates) => Ok(candidates.into_iter().map(|found| found.present).collect()),
        Err(HeadlessError::NoDevice) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

impl PresentDevice {
    /// Whether "name driver" contains `part`, in any case.
    fn matches(&self, part: &str) -> bool {
        format!("{} {}", self.name, self.driver).to_lowercase().contains(&part.to_lowercase())
    }

    /// Sorts better devices first.
    fn rank(&self) -> (u32, Reverse<u32>) {
        let kind = match self.device_type {
            vk::PhysicalDeviceType::DISCRETE_GPU => 0,
            vk::PhysicalDeviceType::INTEGRATED_GPU => 1,
            vk::PhysicalDeviceType::VIRTUAL_GPU => 2,
            vk::PhysicalDeviceType::CPU => 3,
            _ => 4,
        };
        (kind, Reverse(self.api_version))
    }
}

impl fmt::Display for PresentDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.device_type {
            vk::PhysicalDeviceType::DISCRETE_GPU => "discrete",
            vk::PhysicalDeviceType::INTEGRATED_GPU => "integrated",
            vk::PhysicalDeviceType::VIRTUAL_GPU => "virtual",
            vk::PhysicalDeviceType::CPU => "software",
            _ => "other",
        };
        let major = vk::api_version_major(self.api_version);
        let minor = vk::api_version_minor(self.api_version);
        write!(f, "{} [{}, {kind}, Vulkan {major}.{minor}]", self.name, self.driver)
    }
}

/// A device with its handle.
pub(crate) struct Candidate {
    pub(crate) physical_device: vk::PhysicalDevice,
    pub(crate) present: PresentDevice,
}

/// The device that `wanted` names, or else the best one; of equals, the loader's first.
pub(crate) fn choose(
    instance: &HeadlessInstance,
    wanted: Option<&str>,
) -> Result<Candidate, HeadlessError> {
    let mut candidates = candidates(instance)?;
    if let Some(wanted) = wanted
        && !candidates.iter().any(|found| found.present.matches(wanted))
    {
        let present = candidates.into_iter().map(|found| found.present).collect();
        return Err(HeadlessError::UnknownDevice { wanted: wanted.to_owned(), present });
    }
    candidates.retain(|found| wanted.is_none_or(|wanted| found.present.matches(wanted)));
    candidates.into_iter().min_by_key(|found| found.present.rank()).ok_or(HeadlessError::NoDevice)
}

/// Every device from Vulkan 1.1 on; never empty.
fn candidates(instance: &HeadlessInstance) -> Result<Vec<Candidate>, HeadlessError> {
    // SAFETY: the instance is live (invariant of `HeadlessInstance`).
    let found = unsafe { instance.raw().enumerate_physical_devices() };
    let found = match found {
        // Loaders before 1.3 say this where no driver has a device.
        Err(vk::Result::ERROR_INITIALIZATION_FAILED) => Vec::new(),
        found => found?,
    };
    let mut candidates = Vec::with_capacity(found.len());
    for physical_device in found {
        let present = describe(instance, physical_device)?;
        if present.api_version >= vk::API_VERSION_1_1 {
            candidates.push(Candidate { physical_device, present });
        }
    }
    if candidates.is_empty() { Err(HeadlessError::NoDevice) } else { Ok(candidates) }
}

fn describe(
    instance: &HeadlessInstance,
    physical_device: vk::PhysicalDevice,
) -> Result<PresentDevice, HeadlessError> {
    // SAFETY: the handle comes from this live instance.
    let properties = unsafe { instance.raw().get_physical_device_properties(physical_device) };
    let version = properties.driver_version;
    Ok(PresentDevice {
        name: text(properties.device_name_as_c_str()),
        driver: driver(instance, physical_device, properties.api_version)?
            .unwrap_or_else(|| format!("unknown driver {version:#x}")),
        device_type: properties.device_type,
        api_version: properties.api_version,
    })
}

/// The driver's name and version, if the device can tell.
fn driver(
    instance: &HeadlessInstance,
    physical_device: vk::PhysicalDevice,
    api_version: u32,
) -> Result<Option<String>, HeadlessError> {
    if api_version.min(instance.api_version()) < vk::API_VERSION_1_2
        && !instance.offers(physical_device, ash::khr::driver_properties::NAME)?
    {
        return Ok(None);
    }
    let mut driver = vk::PhysicalDeviceDriverProperties::default();
    let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut driver);
    // SAFETY: the handle comes from this live instance, and the device knows the struct (checked above).
    unsafe { instance.raw().get_physical_device_properties2(physical_device, &mut properties) };
    let name = text(driver.driver_name_as_c_str());
    let info = text(driver.driver_info_as_c_str());
    Ok(Some(format!("{name} {info}").trim().to_owned()))
}

fn text<E>(name: Result<&CStr, E>) -> String {
    name.map_or_else(|_| "unnamed".to_owned(), |name| name.to_string_lossy().into_owned())
}
