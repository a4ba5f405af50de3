//! Commands that a device has under one of two names, or only with an extension.

use std::ffi::{CStr, CString};

use ash::vk;

use crate::{MemoryError, MemoryFeatures};

/// The optional commands, present where their feature is declared.
pub(crate) struct Commands {
    names: Option<ash::ext::debug_utils::Device>,
    pub(crate) buffer_address: Option<vk::PFN_vkGetBufferDeviceAddress>,
    pub(crate) buffer_requirements: Option<vk::PFN_vkGetDeviceBufferMemoryRequirements>,
    pub(crate) image_requirements: Option<vk::PFN_vkGetDeviceImageMemoryRequirements>,
}

impl Commands {
    /// Loads what `features` stand for.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] if a declared feature has no command behind it: ash would abort the process
    /// at the first call.
    ///
    /// # Safety
    ///
    /// As of [`DeviceContext::new`](crate::DeviceContext::new).
    pub(super) unsafe fn load(
        instance: &ash::Instance,
        device: &ash::Device,
        api_version: u32,
        features: MemoryFeatures,
    ) -> Result<Self, MemoryError> {
        let (is_1_2, is_1_3) =
            (api_version >= vk::API_VERSION_1_2, api_version >= vk::API_VERSION_1_3);
        let address: &CStr =
            if is_1_2 { c"vkGetBufferDeviceAddress" } else { c"vkGetBufferDeviceAddressKHR" };
        let requirements: &CStr = if is_1_3 {
            c"vkGetDeviceBufferMemoryRequirements"
        } else {
            c"vkGetDeviceBufferMemoryRequirementsKHR"
        };
        let probes = [
            (MemoryFeatures::BUFFER_DEVICE_ADDRESS, address),
            (MemoryFeatures::MAINTENANCE4, requirements),
            (MemoryFeatures::EXTERNAL_FD, c"vkGetMemoryFdKHR"),
            (MemoryFeatures::DEBUG_NAMES, c"vkSetDebugUtilsObjectNameEXT"),
            (MemoryFeatures::PAGEABLE, c"vkSetDeviceMemoryPriorityEXT"),
        ];
        for (_, command) in probes.into_iter().filter(|(feature, _)| features.contains(*feature)) {
            // SAFETY: device and instance are live and belong together (caller).
            let found = unsafe { instance.get_device_proc_addr(device.handle(), command.as_ptr()) };
            if found.is_none() {
                return Err(MemoryError::InvalidRequest(
                    "a feature is declared that the device was not created with",
                ));
            }
        }
        let has = |feature| features.contains(feature);
        let buffer_address = has(MemoryFeatures::BUFFER_DEVICE_ADDRESS).then(|| {
            if is_1_2 {
                device.fp_v1_2().get_buffer_device_address
            } else {
                let table = ash::khr::buffer_device_address::Device::new(instance, device);
                table.fp().get_buffer_device_address_khr
            }
        });
        let requirements = has(MemoryFeatures::MAINTENANCE4).then(|| {
            if is_1_3 {
                let table = device.fp_v1_3();
                (
                    table.get_device_buffer_memory_requirements,
                    table.get_device_image_memory_requirements,
                )
            } else {
                let table = ash::khr::maintenance4::Device::new(instance, device);
                (
                    table.fp().get_device_buffer_memory_requirements_khr,
                    table.fp().get_device_image_memory_requirements_khr,
                )
            }
        });
        Ok(Self {
            names: has(MemoryFeatures::DEBUG_NAMES)
                .then(|| ash::ext::debug_utils::Device::new(instance, device)),
            buffer_address,
            buffer_requirements: requirements.map(|(buffer, _)| buffer),
            image_requirements: requirements.map(|(_, image)| image),
        })
    }

    /// Gives `object` the name `label` in captures and validation messages, if there is a label and a way.
    ///
    /// Never fails: a name is not worth a resource. A label ends at its first zero byte.
    ///
    /// # Safety
    ///
    /// - `object` is a live object of the device, and no other thread uses it.
    pub(crate) unsafe fn name<H: vk::Handle>(&self, object: H, label: Option<&str>) {
        let (Some(names), Some(label)) = (&self.names, label) else { return };
        let text = label.split('\0').next().unwrap_or_default();
        let Ok(text) = CString::new(text) else { return };
        let info =
            vk::DebugUtilsObjectNameInfoEXT::default().object_handle(object).object_name(&text);
        // SAFETY: the command was loaded for this device; the object is live and ours alone (caller).
        let _unnamed = unsafe { names.set_debug_utils_object_name(&info) };
    }
}
