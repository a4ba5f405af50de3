//! Executing copies: what a frame in flight asks for, whatever it is that copies.
//!
//! A queue of a real device is one way, the host in the name of a simulated device is another.

mod host;
mod queue;

use std::fmt;

use resource_management::alloc::{BufferAllocation, MemoryBlock};

pub(crate) use self::{host::HostExecutor, queue::QueueExecutor};
use crate::{
    error::DemoError,
    resource::{Object, Part},
};

/// One object, and the place of its bytes in a buffer that the host shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartCopy<'a> {
    pub(crate) object: &'a Object,
    /// Offset in bytes.
    pub(crate) place: u64,
    /// All bytes that the object has to hold.
    pub(crate) bytes: u64,
}

impl<'a> PartCopy<'a> {
    /// The copy of `part`, unless its object is gone.
    pub(crate) fn of(part: &'a Part, place: u64) -> Option<Self> {
        part.object().map(|object| Self { object, place, bytes: part.content().bytes() })
    }
}

/// A detour through scratch memory: from the staging buffer into a scratch buffer, and from there to be read back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detour<'a> {
    pub(crate) scratch: &'a BufferAllocation,
    /// Offset in the staging buffer in bytes.
    pub(crate) from: u64,
    /// Offset in the read-back buffer in bytes.
    pub(crate) to: u64,
    /// All bytes of the scratch buffer that are used.
    pub(crate) bytes: u64,
}

/// All copies of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    /// What uploads read.
    pub(crate) staging: &'a BufferAllocation,
    /// Copies from `staging` to the whole of new objects, last of all.
    pub(crate) uploads: &'a [PartCopy<'a>],
    /// What downloads write.
    pub(crate) read_back: &'a BufferAllocation,
    /// Copies from whole objects to `read_back`, first of all.
    pub(crate) downloads: &'a [PartCopy<'a>],
    /// Detours over the same bytes, one right after the other, so that nothing but their own barrier keeps them apart.
    pub(crate) detours: &'a [Detour<'a>],
}

/// Something that executes copies, one batch at a time, while the host goes on.
///
/// It may be dropped when nothing is under way: before the first batch, after [`wait`](Self::wait) has answered, or after
/// [`halt`](Self::halt).
pub(crate) trait Executor: fmt::Debug {
    /// Hears that buffers over `memory` are about to share bytes on purpose.
    ///
    /// A driver needs no word of it.
    fn expect_aliases(&self, _memory: &MemoryBlock) {}

    /// Begins to execute `batch`; on error nothing is under way.
    ///
    /// # Errors
    ///
    /// Whatever the driver refused.
    ///
    /// # Safety
    ///
    /// - The batch before was waited for.
    /// - The objects and buffers are of the device of this executor, have the usage and the size for their copies, and live
    ///   until the batch was waited for; until then the host does not touch them.
    /// - Downloads are of objects whose uploads were waited for.
    /// - Nobody but executors of the same device uses its queue meanwhile, and they on one thread only.
    unsafe fn submit(&mut self, batch: &Batch<'_>) -> Result<(), DemoError>;

    /// Waits for the batch under way; returns at once if there is none.
    ///
    /// What it has written to the read-back buffer is then available to the host.
    ///
    /// # Errors
    ///
    /// Whatever ended the execution early. Then [`halt`](Self::halt) it.
    fn wait(&mut self) -> Result<(), DemoError>;

    /// Returns when nothing is under way any more, whatever has become of it.
    fn halt(&mut self);
}
