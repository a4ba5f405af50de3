//! What a mock writes down.

use std::fmt;

use rm_alloc_core::{Bytes, MemoryError, MemoryRequest};

/// One thing that happened to a mock.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Entry {
    /// Memory was given.
    Allocated {
        /// Size in bytes.
        size: u64,
        /// Index of the memory type.
        memory_type: u32,
        /// The label of the request.
        label: Option<String>,
    },
    /// Memory came back.
    Freed {
        /// Size in bytes.
        size: u64,
        /// Index of the memory type.
        memory_type: u32,
        /// The label of the request.
        label: Option<String>,
    },
    /// A request was refused, by the script or by the device.
    Refused {
        /// Size in bytes.
        size: u64,
        /// Index of the memory type.
        memory_type: u32,
        /// The label of the request.
        label: Option<String>,
        /// The answer.
        error: MemoryError,
    },
}

impl Entry {
    pub(crate) fn allocated(what: &Leak) -> Self {
        let Leak { size, memory_type, label } = what.clone();
        Self::Allocated { size, memory_type, label }
    }

    pub(crate) fn refused(what: &Leak, error: MemoryError) -> Self {
        let Leak { size, memory_type, label } = what.clone();
        Self::Refused { size, memory_type, label, error }
    }
}

/// Memory that was not given back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Leak {
    /// Size in bytes.
    pub size: u64,
    /// Index of the memory type.
    pub memory_type: u32,
    /// The label of the request.
    pub label: Option<String>,
}

impl Leak {
    pub(crate) fn of(request: &MemoryRequest<'_>) -> Self {
        let label = request.label.map(str::to_owned);
        Self { size: request.size, memory_type: request.memory_type, label }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.label.as_deref().unwrap_or("unlabelled");
        write!(f, "`{label}`, {} of memory type {}", Bytes(self.size), self.memory_type)
    }
}
