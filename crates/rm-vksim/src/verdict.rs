//! What the oracle found.

use std::{backtrace::Backtrace, fmt, sync::Arc};

/// A rule of Vulkan that the oracle watches.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Rule {
    /// Two resources in non-coherent host-visible memory share an atom, so that flushing one disturbs the other.
    AtomShared,
    /// A memory object made for one resource is used in another way.
    Dedicated,
    /// A device address without the feature, the usage bit, the memory flag or the memory.
    DeviceAddress,
    /// A resource is bound a second time.
    DoubleBind,
    /// An object is destroyed a second time.
    DoubleFree,
    /// A memory object is mapped while it is mapped.
    DoubleMap,
    /// A flushed or invalidated range is not whole atoms of mapped memory.
    FlushRange,
    /// A linear and an optimal resource share a page of `bufferImageGranularity`.
    GranularityPage,
    /// An object is destroyed while it is marked in use.
    InUse,
    /// A limit of the device is exceeded.
    Limit,
    /// A mapped range leaves the memory object.
    MapRange,
    /// A resource is bound to a memory type outside its requirements, or a type does not exist.
    MemoryType,
    /// An offset is not a multiple of the required alignment.
    Misaligned,
    /// Memory that the host cannot see is mapped.
    NotHostVisible,
    /// Memory that is not mapped is unmapped, flushed or invalidated.
    NotMapped,
    /// A resource leaves the memory object.
    OutOfBlock,
    /// Two resources that nobody declared as aliases overlap.
    Overlap,
    /// Protected and unprotected objects are mixed, or protected memory is not enabled.
    Protected,
    /// The simulator itself failed: a defect of this crate.
    Simulator,
    /// A command that is not simulated, or that the device does not have.
    Unsupported,
    /// A parameter that Vulkan forbids.
    Usage,
    /// An object is used after it was destroyed, or after its memory was freed.
    UseAfterFree,
    /// A handle is of another kind, or was never handed out.
    WrongHandle,
    /// A size or an extent is zero.
    ZeroSize,
}

/// One broken rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The name of the command that broke it.
    pub command: &'static str,
    /// What happened, with labels where objects have some.
    pub message: String,
    /// From where, if `RUST_BACKTRACE` asks for it.
    pub backtrace: Arc<Backtrace>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}: {}", self.command, self.rule, self.message)
    }
}

/// An object that outlived its device.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Leak {
    /// `"buffer"`, `"image"` or `"memory object"`.
    pub kind: &'static str,
    /// The handle.
    pub handle: u64,
    /// The name it was given through `VK_EXT_debug_utils`.
    pub label: Option<String>,
    /// Size in bytes.
    pub size: u64,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.label.as_deref().unwrap_or("unlabelled");
        write!(f, "leaked: {} `{label}` ({:#x}) of {} bytes", self.kind, self.handle, self.size)
    }
}

/// Everything that is wrong with how a device was used.
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct Verdict {
    /// Broken rules in the order of their calls; later ones may follow from earlier ones.
    pub violations: Vec<Violation>,
    /// Objects that were alive when the verdict was asked for.
    pub leaks: Vec<Leak>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} violations, {} leaks", self.violations.len(), self.leaks.len())?;
        for violation in &self.violations {
            write!(f, "\n  {violation}")?;
            if violation.backtrace.status() == std::backtrace::BacktraceStatus::Captured {
                write!(f, "\n{}", violation.backtrace)?;
            }
        }
        self.leaks.iter().try_for_each(|leak| write!(f, "\n  {leak}"))
    }
}

impl std::error::Error for Verdict {}
