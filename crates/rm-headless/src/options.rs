//! What a caller may ask of a headless device.

use ash::vk;
use rm_alloc_core::MemoryFeatures;

/// A description of the device to open: the best one present, with validation where it is installed.
#[derive(Clone, Debug)]
#[must_use]
pub struct HeadlessOptions {
    /// Part of "name driver-name driver-info", in any case, or none for the best device.
    pub device: Option<String>,
    /// Whether the validation layer is loaded.
    pub validation: Validation,
    /// Whether the validation layer also looks for missing barriers, where it offers that.
    pub synchronization: bool,
    /// Whether the device has to render: `dynamicRendering` and `synchronization2`, by a queue that draws and computes.
    pub rendering: bool,
    /// Features enabled on top of the recommended ones, such as `PROTECTED`.
    pub with: MemoryFeatures,
    /// Features left out although recommended; wins over `with`.
    pub without: MemoryFeatures,
    /// The highest Vulkan version to use, at least 1.1.
    pub api_version: u32,
}

/// Whether the validation layer is loaded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Validation {
    /// The layer is loaded if it is installed.
    #[default]
    IfInstalled,
    /// The layer is not loaded.
    Off,
    /// Opening fails where the layer is not installed.
    Required,
}

impl HeadlessOptions {
    /// Asks for the device whose "name driver-name driver-info" contains `part`, in any case.
    pub fn device(mut self, part: impl Into<String>) -> Self {
        self.device = Some(part.into());
        self
    }

    /// Chooses whether the validation layer is loaded.
    pub fn validation(mut self, validation: Validation) -> Self {
        self.validation = validation;
        self
    }

    /// Has the validation layer look for missing barriers too, where it offers that.
    pub fn synchronization(mut self) -> Self {
        self.synchronization = true;
        self
    }

    /// Asks for a device that renders, by Vulkan 1.3 with `dynamicRendering` and `synchronization2`; opening fails without.
    pub fn rendering(mut self) -> Self {
        self.rendering = true;
        self
    }

    /// Adds features to the recommended ones; those that the device does not offer fail the opening.
    pub fn with(mut self, features: MemoryFeatures) -> Self {
        self.with |= features;
        self
    }

    /// Leaves features out although they are recommended.
    pub fn without(mut self, features: MemoryFeatures) -> Self {
        self.without |= features;
        self
    }

    /// Caps the Vulkan version; anything below 1.1 counts as 1.1.
    pub fn api_version(mut self, api_version: u32) -> Self {
        self.api_version = api_version;
        self
    }
}

impl Default for HeadlessOptions {
    fn default() -> Self {
        Self {
            device: None,
            validation: Validation::default(),
            synchronization: false,
            rendering: false,
            with: MemoryFeatures::empty(),
            without: MemoryFeatures::empty(),
            api_version: vk::API_VERSION_1_3,
        }
    }
}
