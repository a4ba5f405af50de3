//! Why a case is not run.

use std::{error::Error, fmt};

use rm_alloc_core::{AllocatorCapabilities, MemoryError};

/// How a case ends that breaks no promise.
pub type Outcome = Result<(), Skip>;

/// Why a case cannot be run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Skip {
    /// The backend lacks these abilities, and says so.
    Lacks(AllocatorCapabilities),
    /// Only a simulated device can be made to fail, to be lost, or to have other limits.
    NeedsSimulation,
    /// The device has nothing that could go wrong here.
    NotHere(&'static str),
    /// The backend keeps no statistics; one that reports has to.
    NoStatistics,
    /// The backend refuses the device.
    Refused(MemoryError),
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacks(abilities) => write!(f, "the backend lacks {abilities:?}"),
            Self::NeedsSimulation => f.write_str("needs a simulated device"),
            Self::NotHere(why) => f.write_str(why),
            Self::NoStatistics => f.write_str("the backend keeps no statistics"),
            Self::Refused(error) => write!(f, "the backend refuses the device: {error}"),
        }
    }
}

impl Error for Skip {}
