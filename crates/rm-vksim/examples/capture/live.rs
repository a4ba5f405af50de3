//! An open device, and choosing it.

use std::ffi::CStr;

use ash::vk;

/// A device with everything that makes it answer; destroyed on drop.
pub(crate) struct Live {
    // Invariant: all three are live and belong together; nothing made from `device` outlives a call.
    pub(crate) instance: ash::Instance,
    pub(crate) physical: vk::PhysicalDevice,
    pub(crate) device: ash::Device,
    /// What instance and device both speak, 1.1 at least.
    pub(crate) version: u32,
    /// Device extensions that the device lists.
    pub(crate) extensions: Vec<String>,
    /// `bufferDeviceAddress` is enabled.
    pub(crate) address: bool,
    _entry: ash::Entry,
}

impl Live {
    /// Opens the device called `name`, or the best one. An error is what to tell the user.
    pub(crate) fn open(name: Option<&str>) -> Result<Self, String> {
        // SAFETY: loading runs the loader's initialisers; `entry` is kept beside all that is made from it.
        let entry = unsafe { ash::Entry::load() }
            .map_err(|error| format!("no Vulkan loader here: {error}"))?;
        // SAFETY: the loader is loaded, which is all that this call demands.
        let version = unsafe { entry.try_enumerate_instance_version() };
        let version = version.ok().flatten().unwrap_or(vk::API_VERSION_1_0);
        if version < vk::API_VERSION_1_1 {
            return Err("this Vulkan loader is older than 1.1".into());
        }
        // The newest version that the structures used here are of.
        let version = version.min(vk::API_VERSION_1_3);
        let application = vk::ApplicationInfo::default().api_version(version);
        let info = vk::InstanceCreateInfo::default().application_info(&application);
        // SAFETY: `info` and all it points at live until the call returns.
        let instance = unsafe { entry.create_instance(&info, None) }
            .map_err(|error| format!("no Vulkan driver works here: {error}"))?;
        let opened = choose(&instance, name).and_then(|physical| {
            let extensions = extensions(&instance, physical)?;
            // SAFETY: `physical` belongs to `instance`, which is live.
            let properties = unsafe { instance.get_physical_device_properties(physical) };
            let version = version.min(properties.api_version);
            let (device, address) = create(&instance, physical, version)?;
            Ok((physical, extensions, version, device, address))
        });
        match opened {
            Ok((physical, extensions, version, device, address)) => {
                Ok(Self { instance, physical, device, version, extensions, address, _entry: entry })
            }
            Err(message) => {
                // SAFETY: nothing made from `instance` is left.
                unsafe { instance.destroy_instance(None) };
                Err(message)
            }
        }
    }

    /// Whether the device lists the extension or speaks the version that made it core.
    pub(crate) fn knows(&self, extension: &CStr, core: u32) -> bool {
        self.version >= core
            || self.extensions.iter().any(|it| it.as_bytes() == extension.to_bytes())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // SAFETY: `device` is live and nothing made from it is left (invariant).
        unsafe { self.device.destroy_device(None) };
        // SAFETY: `instance` is live, and its only device is gone (line above).
        unsafe { self.instance.destroy_instance(None) };
    }
}

/// The first device that answers to `name`; without a name real hardware first, then the newer version.
fn choose(instance: &ash::Instance, name: Option<&str>) -> Result<vk::PhysicalDevice, String> {
    // SAFETY: `instance` is live (caller).
    let devices = unsafe { instance.enumerate_physical_devices() }
        .map_err(|error| format!("the devices cannot be listed: {error}"))?;
    let mut best: Option<((u8, u32), vk::PhysicalDevice)> = None;
    let mut seen = Vec::new();
    for device in devices {
        let mut driver = vk::PhysicalDeviceDriverProperties::default();
        let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut driver);
        // SAFETY: both are live; a driver that does not know the chained structure leaves it alone.
        unsafe { instance.get_physical_device_properties2(device, &mut properties) };
        let properties = properties.properties;
        let full = [
            properties.device_name_as_c_str().ok(),
            driver.driver_name_as_c_str().ok(),
            driver.driver_info_as_c_str().ok(),
        ]
        .map(|part| part.unwrap_or_default().to_string_lossy().into_owned())
        .join(" ");
        let wanted = name.is_none_or(|it| full.to_lowercase().contains(&it.to_lowercase()));
        let kind = match properties.device_type {
            vk::PhysicalDeviceType::DISCRETE_GPU => 4,
            vk::PhysicalDeviceType::INTEGRATED_GPU => 3,
            vk::PhysicalDeviceType::VIRTUAL_GPU => 2,
            vk::PhysicalDeviceType::CPU => 1,
            _ => 0,
        };
        let rank = (kind, properties.api_version);
        if wanted
            && properties.api_version >= vk::API_VERSION_1_1
            && best.is_none_or(|(other, _)| rank > other)
        {
            best = Some((rank, device));
        }
        seen.push(full);
    }
    let none = || match name {
        Some(name) => format!("no device answers to `{name}`; seen: {seen:?}"),
        None => format!("no device of Vulkan 1.1 or later; seen: {seen:?}"),
    };
    best.map(|(_, device)| device).ok_or_else(none)
}

fn extensions(
    instance: &ash::Instance,
    physical: vk::PhysicalDevice,
) -> Result<Vec<String>, String> {
    // SAFETY: `physical` belongs to `instance`, which is live (caller).
    let listed = unsafe { instance.enumerate_device_extension_properties(physical) }
        .map_err(|error| format!("the device does not list its extensions: {error}"))?;
    let names = listed.iter().filter_map(|it| it.extension_name_as_c_str().ok());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// A device with what the table of questions needs: compressed formats and device addresses.
fn create(
    instance: &ash::Instance,
    physical: vk::PhysicalDevice,
    version: u32,
) -> Result<(ash::Device, bool), String> {
    let mut address = vk::PhysicalDeviceBufferDeviceAddressFeatures::default();
    let mut known = vk::PhysicalDeviceFeatures2::default();
    if version >= vk::API_VERSION_1_2 {
        known = known.push_next(&mut address);
    }
    // SAFETY: both are live (caller); the chained structure is core in this version.
    unsafe { instance.get_physical_device_features2(physical, &mut known) };
    let features = vk::PhysicalDeviceFeatures {
        texture_compression_bc: known.features.texture_compression_bc,
        texture_compression_etc2: known.features.texture_compression_etc2,
        texture_compression_astc_ldr: known.features.texture_compression_astc_ldr,
        ..Default::default()
    };
    let has_address = address.buffer_device_address == vk::TRUE;
    let mut address =
        vk::PhysicalDeviceBufferDeviceAddressFeatures::default().buffer_device_address(has_address);
    let queues = [vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0])];
    let mut info =
        vk::DeviceCreateInfo::default().queue_create_infos(&queues).enabled_features(&features);
    if version >= vk::API_VERSION_1_2 {
        info = info.push_next(&mut address);
    }
    // SAFETY: both are live (caller), every device has a family 0, and the features are supported ones.
    let device = unsafe { instance.create_device(physical, &info, None) }
        .map_err(|error| format!("the device cannot be opened: {error}"))?;
    Ok((device, has_address))
}
