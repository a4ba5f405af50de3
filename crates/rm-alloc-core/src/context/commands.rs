//! Commands that a device has under one of two names, or only with an extension.

use std::{
    ffi::{CStr, CString},
    mem,
};

use ash::vk;

use crate::{MemoryError, MemoryFeatures};

/// A command as the device hands it out, without its type.
type Found = unsafe extern "system" fn();

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
    /// at the first call. Some loaders answer for debug names whether they are enabled or not.
    ///
    /// # Safety
    ///
    /// As of [`DeviceContext::new`](crate::DeviceContext::new).
    pub(super) unsafe fn load(
        instance: &ash::Instance,
        device: &ash::Device,
        features: MemoryFeatures,
    ) -> Result<Self, MemoryError> {
        const UNDECLARED: MemoryError = MemoryError::InvalidRequest(
            "a feature is declared that the device was not created with",
        );
        // A command has its extension's name or that of the version that made it core.
        let find = |feature, names: [&CStr; 2]| {
            if !features.contains(feature) {
                return Ok(None);
            }
            let found = names.into_iter().find_map(|name| {
                // SAFETY: device and instance are live and belong together (caller).
                unsafe { instance.get_device_proc_addr(device.handle(), name.as_ptr()) }
            });
            found.map(Some).ok_or(UNDECLARED)
        };
        let address = find(
            MemoryFeatures::BUFFER_DEVICE_ADDRESS,
            [c"vkGetBufferDeviceAddress", c"vkGetBufferDeviceAddressKHR"],
        )?;
        let buffer = find(
            MemoryFeatures::MAINTENANCE4,
            [c"vkGetDeviceBufferMemoryRequirements", c"vkGetDeviceBufferMemoryRequirementsKHR"],
        )?;
        let image = find(
            MemoryFeatures::MAINTENANCE4,
            [c"vkGetDeviceImageMemoryRequirements", c"vkGetDeviceImageMemoryRequirementsKHR"],
        )?;
        find(MemoryFeatures::EXTERNAL_FD, [c"vkGetMemoryFdKHR"; 2])?;
        find(MemoryFeatures::PAGEABLE, [c"vkSetDeviceMemoryPriorityEXT"; 2])?;
        let names = find(MemoryFeatures::DEBUG_NAMES, [c"vkSetDebugUtilsObjectNameEXT"; 2])?;
        Ok(Self {
            names: names.map(|_| ash::ext::debug_utils::Device::new(instance, device)),
            // SAFETY: the specification gives the command of that name this type.
            buffer_address: address.map(|found| unsafe {
                mem::transmute::<Found, vk::PFN_vkGetBufferDeviceAddress>(found)
            }),
            // SAFETY: the specification gives the command of that name this type.
            buffer_requirements: buffer.map(|found| unsafe {
                mem::transmute::<Found, vk::PFN_vkGetDeviceBufferMemoryRequirements>(found)
            }),
            // SAFETY: the specification gives the command of that name this type.
            image_requirements: image.map(|found| unsafe {
                mem::transmute::<Found, vk::PFN_vkGetDeviceImageMemoryRequirements>(found)
            }),
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
