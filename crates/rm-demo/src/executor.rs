//! Executing copies: what a frame in flight asks for, whatever it is that copies.
//!
//! A queue of a real device is one way, the host in the name of a simulated device is another.

mod clock;
mod host;
mod queue;

use std::fmt;

use resource_management::{
    alloc::{BufferAllocation, ImageAllocation, MemoryBlock},
    lifetime::TransientSlice,
};

pub(crate) use self::{clock::Clock, host::HostExecutor, queue::QueueExecutor};
use crate::{error::DemoError, passes::Machine, resource::Part, scene::Texture};

/// A buffer or an image that is copied from or to, whoever owns it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    Buffer(&'a BufferAllocation),
    Image { image: &'a ImageAllocation, texture: Texture },
}

impl Subject<'_> {
    /// Bytes of a buffer as requested, or of an image as the driver requires.
    pub(crate) fn size(self) -> u64 {
        match self {
            Self::Buffer(buffer) => buffer.size(),
            Self::Image { image, .. } => image.size(),
        }
    }
}

/// One object, and the place of its bytes in a buffer that the host shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartCopy<'a> {
    pub(crate) object: Subject<'a>,
    /// Offset in bytes.
    pub(crate) place: u64,
    /// All bytes that the object has to hold.
    pub(crate) bytes: u64,
}

impl<'a> PartCopy<'a> {
    /// The copy of `part`, unless its object is gone.
    pub(crate) fn of(part: &'a Part, place: u64) -> Option<Self> {
        let bytes = part.content().bytes();
        part.object().map(|object| Self { object: object.subject(), place, bytes })
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

/// One step of a pass, which sees what the steps before it have written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// Copies a transient slice to the whole of a new object, which later steps and batches may read.
    Fill { from: TransientSlice, object: Subject<'a> },
    /// Copies a transient slice to the start of a buffer, and from there to a place in the read-back buffer.
    Carry { from: TransientSlice, over: &'a BufferAllocation, to: u64 },
    /// Copies an object that lives on to the read-back buffer; it was filled by a step or an earlier batch.
    Read(PartCopy<'a>),
    /// Runs a program, which does nothing but need its machine.
    Run(&'a Machine),
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
    /// What the passes do, after the detours.
    pub(crate) steps: &'a [Step<'a>],
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

    /// Takes down what `batch` asks for, to be executed by [`submit`](Self::submit).
    ///
    /// From here on handles of what it uses may be dropped: the submission signals what is upcoming on its timeline now.
    ///
    /// # Errors
    ///
    /// Whatever the driver refused.
    ///
    /// # Safety
    ///
    /// - The batch before was waited for.
    /// - The objects and buffers are of the device of this executor, have the usage and the size for their copies, and live
    ///   until the batch was waited for, or the executor halted.
    /// - Downloads are of objects whose uploads were waited for.
    unsafe fn record(&mut self, batch: &Batch<'_>) -> Result<(), DemoError>;

    /// Begins to execute what was recorded; on error nothing is under way.
    ///
    /// # Errors
    ///
    /// Whatever the driver refused.
    ///
    /// # Safety
    ///
    /// - A batch was recorded since the last submission, and no other executor of the line has submitted since.
    /// - What the batch uses is there as promised, and the host does not touch it until it was waited for.
    /// - Nobody but executors of the same line uses the queue of its device meanwhile, and they on one thread only.
    unsafe fn submit(&mut self) -> Result<(), DemoError>;

    /// Waits for the batch under way; returns at once if there is none.
    ///
    /// Executors of a line are waited for in the order of their submissions.
    /// What the batch has written to the read-back buffer is then available to the host.
    ///
    /// # Errors
    ///
    /// Whatever ended the execution early. Then [`halt`](Self::halt) it.
    fn wait(&mut self) -> Result<(), DemoError>;

    /// Returns when nothing is under way any more, whatever has become of it.
    fn halt(&mut self);
}
