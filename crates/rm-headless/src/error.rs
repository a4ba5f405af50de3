//! The reasons why no device could be opened.

use std::fmt;

use ash::vk;
use rm_alloc_core::MemoryError;

use crate::PresentDevice;

/// The reason why no headless device could be opened.
///
/// It owns text, unlike the errors of the published crates: it is shown to a person at a terminal.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadlessError {
    /// The core refused the device that was just created.
    #[error("the device context was refused: {0}")]
    Context(MemoryError),
    /// The loader knows no driver with a device that speaks Vulkan 1.1.
    #[error("no Vulkan 1.1 device is present")]
    NoDevice,
    /// The Vulkan loader is missing or too old.
    #[error("no usable Vulkan loader: {0}")]
    NoLoader(String),
    /// The device has no queue family that can copy.
    #[error("the device has no queue family that can transfer")]
    NoQueue,
    /// The device is to render, and cannot.
    #[error("the device cannot render: it has no {0}")]
    NoRendering(&'static str),
    /// Validation is required, and its layer is not installed.
    #[error("the layer VK_LAYER_KHRONOS_validation is not installed")]
    NoValidationLayer,
    /// No device present matches the wanted name.
    #[error("no device matches `{wanted}`; present: {}", List(.present))]
    UnknownDevice {
        /// What was asked for.
        wanted: String,
        /// What there is.
        present: Vec<PresentDevice>,
    },
    /// Vulkan returned a code that no other variant covers.
    #[error("vulkan returned {0:?}")]
    Vulkan(vk::Result),
}

/// Devices on one line.
struct List<'a>(&'a [PresentDevice]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, device) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{device}")?;
        }
        Ok(())
    }
}

impl From<vk::Result> for HeadlessError {
    fn from(code: vk::Result) -> Self {
        match code {
            vk::Result::ERROR_INCOMPATIBLE_DRIVER => Self::NoDevice,
            code => Self::Vulkan(code),
        }
    }
}
