//! Why there is no memory: the small error of backends and the explained one of everything above.

mod refusal;

use ash::vk;

pub use self::refusal::{AllocationError, ErrorKind, Reason, Refusal, TypeRefusal};
use crate::Bytes;

/// The reason a backend gave no memory.
///
/// Callers branch on the variant.
/// On every error nothing has been allocated and nothing has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The heap of the requested memory type is exhausted; freeing memory of that heap may help.
    #[error("out of device memory")]
    OutOfDeviceMemory,
    /// The process is out of host memory.
    #[error("out of host memory")]
    OutOfHostMemory,
    /// The device holds as many memory objects as `maxMemoryAllocationCount` lets it.
    #[error("too many memory objects for this device")]
    TooManyAllocations,
    /// One object of this size is beyond what the device can ever give.
    #[error("{} asked in one piece, the device gives at most {}", Bytes(*.size), Bytes(*.limit))]
    TooLarge {
        /// Bytes asked for.
        size: u64,
        /// Most bytes that one object of that memory type may have.
        limit: u64,
    },
    /// Only a new block could have served, and the request allowed too few new block bytes.
    #[error("a new block of {} is beyond the headroom of {}", Bytes(*.size), Bytes(*.headroom))]
    OverHeadroom {
        /// Bytes of the smallest block that would have served.
        size: u64,
        /// Most new block bytes that the request allowed.
        headroom: u64,
    },
    /// The memory exists but could not be mapped into the host's address space.
    #[error("mapping failed")]
    MappingFailed,
    /// The backend or the device lacks what the request needs.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
    /// The request contradicts itself or the device's rules; retrying cannot help.
    #[error("invalid request: {0}")]
    InvalidRequest(&'static str),
    /// The device is lost; frees still succeed.
    #[error("device lost")]
    DeviceLost,
    /// Vulkan returned a code that no other variant covers.
    #[error("vulkan returned {0:?}")]
    Vulkan(vk::Result),
}

impl MemoryError {
    /// Whether another memory type, or the same one after memory was freed, could still serve.
    pub fn is_shortage(self) -> bool {
        matches!(
            self,
            Self::OutOfDeviceMemory
                | Self::TooManyAllocations
                | Self::TooLarge { .. }
                | Self::OverHeadroom { .. }
                | Self::MappingFailed
        )
    }
}

impl From<vk::Result> for MemoryError {
    fn from(code: vk::Result) -> Self {
        match code {
            vk::Result::ERROR_OUT_OF_DEVICE_MEMORY => Self::OutOfDeviceMemory,
            vk::Result::ERROR_OUT_OF_HOST_MEMORY => Self::OutOfHostMemory,
            vk::Result::ERROR_TOO_MANY_OBJECTS => Self::TooManyAllocations,
            vk::Result::ERROR_MEMORY_MAP_FAILED => Self::MappingFailed,
            vk::Result::ERROR_DEVICE_LOST => Self::DeviceLost,
            other => Self::Vulkan(other),
        }
    }
}
