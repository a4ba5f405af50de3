//! The error of resource creation: a small kind to branch on, and a boxed explanation.

use std::{error::Error, fmt};

use ash::vk;

use crate::{Bytes, MemoryError, OverBudget};

/// What went wrong, for callers that branch.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Every heap that could serve is exhausted.
    #[error("out of device memory")]
    OutOfDeviceMemory,
    /// The process is out of host memory.
    #[error("out of host memory")]
    OutOfHostMemory,
    /// The device holds as many memory objects as `maxMemoryAllocationCount` lets it.
    #[error("too many memory objects for this device")]
    TooManyAllocations,
    /// One object of this size is beyond what the device can ever give.
    #[error("larger than one object of this device may be")]
    TooLarge,
    /// A budget has no room for it.
    #[error("over budget: {} asked, {} available, {} waiting for the device", Bytes(*.requested), Bytes(*.available), Bytes(*.retiring))]
    OverBudget {
        /// Bytes asked for.
        requested: u64,
        /// Bytes that the account which refuses has left.
        available: u64,
        /// Bytes of that account that come back once the device is done with them.
        retiring: u64,
    },
    /// A policy said no, for this reason.
    #[error("refused by policy: {0}")]
    Refused(&'static str),
    /// No memory type has the properties that the location and the resource need together.
    #[error("no suitable memory type")]
    NoSuitableMemoryType,
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
    /// Vulkan returned a code that no other kind covers.
    #[error("vulkan returned {0:?}")]
    Vulkan(vk::Result),
}

impl From<MemoryError> for ErrorKind {
    fn from(error: MemoryError) -> Self {
        match error {
            MemoryError::OutOfDeviceMemory | MemoryError::OverHeadroom { .. } => {
                Self::OutOfDeviceMemory
            }
            MemoryError::OutOfHostMemory => Self::OutOfHostMemory,
            MemoryError::TooManyAllocations => Self::TooManyAllocations,
            MemoryError::TooLarge { .. } => Self::TooLarge,
            MemoryError::MappingFailed => Self::MappingFailed,
            MemoryError::Unsupported(what) => Self::Unsupported(what),
            MemoryError::InvalidRequest(why) => Self::InvalidRequest(why),
            MemoryError::DeviceLost => Self::DeviceLost,
            MemoryError::Vulkan(code) => Self::Vulkan(code),
        }
    }
}

impl From<Reason> for ErrorKind {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Budget(OverBudget { requested, available, retiring, .. }) => {
                Self::OverBudget { requested, available, retiring }
            }
            Reason::Memory(error) => error.into(),
            Reason::Policy(why) => Self::Refused(why),
            Reason::TypeBits | Reason::Lacks(_) | Reason::Reserved(_) => Self::NoSuitableMemoryType,
        }
    }
}

/// A resource was not created; nothing has changed.
///
/// The kind is small and `Copy`.
/// The explanation is built on the failure path only, so that success never pays for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllocationError {
    kind: ErrorKind,
    refusal: Option<Box<Refusal>>,
}

impl AllocationError {
    /// An error with its explanation.
    pub fn new(kind: ErrorKind, refusal: Refusal) -> Self {
        Self { kind, refusal: Some(Box::new(refusal)) }
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Which resource it was and what each memory type answered, where that is known.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_deref()
    }
}

impl From<ErrorKind> for AllocationError {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, refusal: None }
    }
}

impl From<MemoryError> for AllocationError {
    fn from(error: MemoryError) -> Self {
        ErrorKind::from(error).into()
    }
}

impl fmt::Display for AllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refusal {
            Some(refusal) => write!(f, "{refusal}: {}", self.kind)?,
            None => return self.kind.fmt(f),
        }
        for refused in self.refusal.iter().flat_map(|refusal| &refusal.types) {
            write!(f, "; memory type {}: {}", refused.memory_type, refused.reason)?;
        }
        Ok(())
    }
}

impl Error for AllocationError {}

/// The circumstances of an [`AllocationError`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// What was to be created: `"buffer"`, `"image"`, `"memory"`.
    pub what: &'static str,
    /// The label of the request.
    pub label: Option<Box<str>>,
    /// Bytes asked for: the memory the resource needs where that was known, its own size otherwise.
    pub requested: u64,
    /// Bytes on the device's account that come back once the device is done with them.
    pub retiring: u64,
    /// The allocator that was asked, by [`name`](crate::MemoryAllocator::name).
    pub allocator: Box<str>,
    /// Each memory type that was tried or ruled out, and why it did not serve.
    pub types: Vec<TypeRefusal>,
}

impl Refusal {
    /// A refusal that no memory type has answered yet.
    pub fn new(what: &'static str, label: Option<&str>, requested: u64, allocator: &str) -> Self {
        Self {
            what,
            label: label.map(Box::from),
            requested,
            retiring: 0,
            allocator: allocator.into(),
            types: Vec::new(),
        }
    }

    /// The same refusal with what each memory type answered.
    #[must_use]
    pub fn types(mut self, types: Vec<TypeRefusal>) -> Self {
        self.types = types;
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}", self.what)?;
        if let Some(label) = &self.label {
            // A label is anybody's text: no control character of it reaches a terminal or a log.
            write!(f, " `{}`", label.escape_debug())?;
        }
        write!(f, " of {} from allocator `{}`", Bytes(self.requested), self.allocator)
    }
}

/// One memory type that did not serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TypeRefusal {
    /// Index of the type in `VkPhysicalDeviceMemoryProperties`.
    pub memory_type: u32,
    /// Why it did not serve.
    pub reason: Reason,
}

/// Why one memory type did not serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The resource's `memoryTypeBits` leave it out.
    #[error("the resource cannot live there")]
    TypeBits,
    /// It lacks properties that the location requires.
    #[error("lacks {0:?}")]
    Lacks(vk::MemoryPropertyFlags),
    /// It has properties that must be asked for, and were not.
    #[error("has {0:?}, which was not asked for")]
    Reserved(vk::MemoryPropertyFlags),
    /// Its heap, or another account, has no room in the budget.
    #[error("over the budget, {} of {} available", Bytes(.0.available), Bytes(.0.limit))]
    Budget(OverBudget),
    /// It was tried, and the backend answered this.
    #[error("{0}")]
    Memory(MemoryError),
    /// A policy said no.
    #[error("refused by policy: {0}")]
    Policy(&'static str),
}

impl Reason {
    /// Whether another memory type, or the same one after memory was freed, could still serve.
    pub(crate) fn is_shortage(self) -> bool {
        match self {
            Self::Budget(_) => true,
            Self::Memory(error) => error.is_shortage(),
            Self::Lacks(_) | Self::Policy(_) | Self::Reserved(_) | Self::TypeBits => false,
        }
    }
}

impl From<MemoryError> for Reason {
    fn from(error: MemoryError) -> Self {
        Self::Memory(error)
    }
}

impl From<OverBudget> for Reason {
    fn from(over: OverBudget) -> Self {
        Self::Budget(over)
    }
}
