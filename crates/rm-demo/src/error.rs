//! Why a run ended before it could be judged.

use ash::vk;
use resource_management::{
    alloc::{AllocationError, MemoryError},
    state::StateError,
};
use rm_headless::HeadlessError;

/// The reason why a run was not played to its end; everything it had taken was given back.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// A buffer or an image was refused.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// No device could be opened.
    #[error(transparent)]
    Headless(#[from] HeadlessError),
    /// The host could not write or read memory.
    #[error("the host could not reach the memory: {0}")]
    Memory(#[from] MemoryError),
    /// A resource was not in the state in which the stream must find it.
    #[error("a streamed resource is in the wrong state: {0}")]
    State(#[from] StateError),
    /// Vulkan returned a code that no other variant covers.
    #[error("vulkan returned {0:?}")]
    Vulkan(#[from] vk::Result),
}

impl DemoError {
    /// The code that the process ends with: 2 where nothing could be started, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Headless(_)) { 2 } else { 1 }
    }
}
