//! Why a run ended before it could be judged.

use std::path::PathBuf;

use ash::vk;
use resource_management::{
    alloc::{AllocationError, MemoryError},
    lifetime::TimelineError,
    rendergraph::GraphMemoryError,
};
use rm_headless::HeadlessError;

/// The reason why no pictures could be compared; everything that was taken was given back.
///
/// It owns text, as it is shown to a person at a terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A buffer or an image was refused.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// The frame could not be planned, or its memory was refused.
    #[error(transparent)]
    Graph(#[from] GraphMemoryError),
    /// No device could be opened that renders.
    #[error(transparent)]
    Headless(#[from] HeadlessError),
    /// The host could not write or read memory.
    #[error("the host could not reach the memory: {0}")]
    Memory(#[from] MemoryError),
    /// The picture cannot be written.
    #[error("`{}` cannot be written: {reason}", .path.display())]
    Png {
        /// The path that was given.
        path: PathBuf,
        /// What the system or the encoder says.
        reason: String,
    },
    /// Nobody could say how far the device is.
    #[error("the progress of the device is unknown: {0}")]
    Timeline(#[from] TimelineError),
    /// Vulkan returned a code that no other variant covers.
    #[error("vulkan returned {0:?}")]
    Vulkan(#[from] vk::Result),
}

impl FrameError {
    /// The code that the process ends with: 2 where nothing could be started or written, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Headless(_) | Self::Png { .. } => 2,
            _ => 1,
        }
    }
}
