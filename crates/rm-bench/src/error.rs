//! Why nothing could be measured.

use std::{io, path::PathBuf};

use ash::vk;
use rm_alloc_core::{AllocationError, MemoryError};
use rm_headless::HeadlessError;
use rm_vksim::ProfileError;

use crate::Refused;

/// The reason a command of the benches did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A backend could not be made, or gave nothing where it must.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// A device was refused, or gave nothing where it must.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// There is no driver or device to run on.
    #[error(transparent)]
    Device(#[from] HeadlessError),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {source}")]
    Json {
        /// Which file.
        path: PathBuf,
        /// What cannot be read.
        source: serde_json::Error,
    },
    /// A picture could not be drawn.
    #[error("drawing {path}: {reason}")]
    Plot {
        /// Which file.
        path: PathBuf,
        /// What the library said.
        reason: String,
    },
    /// A contestant cannot play.
    #[error("refused: {0}")]
    Refused(Refused),
    /// A simulated device cannot be made of its profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The command line names something that is not there.
    #[error("there is no {what} named `{name}`")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The driver answered something else than success.
    #[error("vulkan returned {0}")]
    Vulkan(#[from] vk::Result),
}
