//! Why a run ended before it could be judged.

use std::path::PathBuf;

use ash::vk;
use resource_management::{
    alloc::{AllocationError, Bytes, MemoryError},
    lifetime::{TimelineError, TransientError},
    state::StateError,
};
use rm_headless::HeadlessError;
use rm_vksim::Profile;

/// The reason why a run was not played to its end; everything it had taken was given back.
///
/// It owns text, as it is shown to a person at a terminal.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// A buffer or an image was refused.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// The budget has no room for something that nothing smaller can take the place of, and nothing is left to wait for.
    #[error("a budget of {} has no room for `{label}` of {}", Bytes(*.budget), Bytes(*.bytes))]
    BudgetTooSmall {
        /// What it is called.
        label: String,
        /// Bytes that were asked for.
        bytes: u64,
        /// Bytes of the budget.
        budget: u64,
    },
    /// The simulated device could not copy what it was to copy.
    #[error("the simulated device could not copy {}", Bytes(*.bytes))]
    Copy {
        /// Bytes of the copy.
        bytes: u64,
    },
    /// No device could be opened.
    #[error(transparent)]
    Headless(#[from] HeadlessError),
    /// The host could not write or read memory.
    #[error("the host could not reach the memory: {0}")]
    Memory(#[from] MemoryError),
    /// A file of figures cannot be written.
    #[error("`{}` cannot be written: {reason}", .path.display())]
    Metrics {
        /// The path that was given.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file of a profile cannot be used.
    #[error("the profile `{wanted}` cannot be used: {reason}")]
    Profile {
        /// The path that was given.
        wanted: String,
        /// What the system or the profile's own check says.
        reason: String,
    },
    /// The staging quota is taken.
    #[error("no staging quota is left for {}", Bytes(*.bytes))]
    StagingQuota {
        /// Bytes that were to be staged.
        bytes: u64,
    },
    /// A resource was not in the state in which the stream must find it.
    #[error("a streamed resource is in the wrong state: {0}")]
    State(#[from] StateError),
    /// Nobody could say how far the device is.
    #[error("the progress of the device is unknown: {0}")]
    Timeline(#[from] TimelineError),
    /// Transient memory was refused.
    #[error(transparent)]
    Transient(#[from] TransientError),
    /// There is no built-in profile of that name, and it is no path to a file.
    #[error("no profile is called `{wanted}`; there are {}, and JSON files", Profile::names().join(", "))]
    UnknownProfile {
        /// What was asked for.
        wanted: String,
    },
    /// Vulkan returned a code that no other variant covers.
    #[error("vulkan returned {0:?}")]
    Vulkan(#[from] vk::Result),
}

impl DemoError {
    /// The code that the process ends with: 2 where nothing could be started, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Headless(_)
            | Self::Metrics { .. }
            | Self::Profile { .. }
            | Self::UnknownProfile { .. } => 2,
            _ => 1,
        }
    }
}
