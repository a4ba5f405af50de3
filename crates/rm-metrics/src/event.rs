//! What happened, as records that outlive the moment.

use std::fmt;

use rm_alloc_core::{AllocationError, BlockInfo, Bytes, FrameDelta, Pressure, Refusal};

use crate::text;

/// Something that happened to memory, and when.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventRecord {
    /// Its number among all events of the log, counted from 0; where numbers are missing, records were lost.
    pub sequence: u64,
    /// When, in nanoseconds since the collector was made.
    pub at_ns: u64,
    /// Frames that had ended by then: the number of the frame it belongs to.
    pub frame: u64,
    /// What happened.
    pub event: Event,
}

/// What happened to memory.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A memory object was made.
    BlockBorn(BlockRecord),
    /// A memory object went back to the driver.
    BlockDied(BlockRecord),
    /// A frame took more than the configured threshold.
    FrameThreshold(FrameDelta),
    /// An allocator was dropped while this memory was still out.
    Leaked(BlockRecord),
    /// An account came to its warning line.
    Near(Pressure),
    /// An account came to hold more than its limit.
    Over(Pressure),
    /// A request was refused; what the caller got, with the explanation.
    Refused(AllocationError),
}

/// One memory object, or a piece of one that leaked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct BlockRecord {
    /// The allocator it belongs to, by name.
    pub allocator: Box<str>,
    /// The label of the request, cut at [`MAX_LABEL`](crate::MAX_LABEL) bytes.
    pub label: Option<Box<str>>,
    /// Size in bytes.
    pub size: u64,
    /// Index of its memory type.
    pub memory_type: u32,
    /// Index of its heap.
    pub heap: u32,
}

/// How often each kind of event has happened; nothing is ever missing here.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct EventTotals {
    /// [`Event::BlockBorn`].
    pub blocks_born: u64,
    /// [`Event::BlockDied`].
    pub blocks_died: u64,
    /// [`Event::FrameThreshold`].
    pub thresholds: u64,
    /// [`Event::Leaked`].
    pub leaked: u64,
    /// [`Event::Near`].
    pub near: u64,
    /// [`Event::Over`].
    pub over: u64,
    /// [`Event::Refused`].
    pub refused: u64,
    /// Records that fell out of the log because there was no room.
    pub lost: u64,
}

impl Event {
    /// What columns, traces and pages call this kind of event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BlockBorn(_) => "block born",
            Self::BlockDied(_) => "block died",
            Self::FrameThreshold(_) => "frame threshold",
            Self::Leaked(_) => "leaked",
            Self::Near(_) => "near",
            Self::Over(_) => "over",
            Self::Refused(_) => "refused",
        }
    }

    /// The label of what it happened to, where there is one.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::BlockBorn(block) | Self::BlockDied(block) | Self::Leaked(block) => {
                block.label.as_deref()
            }
            Self::Refused(error) => error.refusal()?.label.as_deref(),
            Self::FrameThreshold(_) | Self::Near(_) | Self::Over(_) => None,
        }
    }

    /// The bytes it is about: of the block, of the account, of the request, of the frame.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::BlockBorn(block) | Self::BlockDied(block) | Self::Leaked(block) => {
                Some(block.size)
            }
            Self::FrameThreshold(delta) => Some(delta.allocated_bytes),
            Self::Near(pressure) | Self::Over(pressure) => Some(pressure.used),
            Self::Refused(error) => Some(error.refusal()?.requested),
        }
    }

    /// The heap it happened in, where that is known.
    pub fn heap(&self) -> Option<u32> {
        match self {
            Self::BlockBorn(block) | Self::BlockDied(block) | Self::Leaked(block) => {
                Some(block.heap)
            }
            Self::Near(pressure) | Self::Over(pressure) => pressure.heap,
            Self::FrameThreshold(_) | Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlockBorn(block) | Self::BlockDied(block) | Self::Leaked(block) => {
                write!(f, "{}: {block}", self.name())
            }
            Self::FrameThreshold(delta) => {
                let (frame, bytes) = (delta.frame, Bytes(delta.allocated_bytes));
                write!(f, "frame {frame} took {bytes}")
            }
            Self::Near(pressure) | Self::Over(pressure) => {
                let (used, limit) = (Bytes(pressure.used), Bytes(pressure.limit));
                match pressure.heap {
                    Some(heap) => write!(f, "heap {heap} {}: {used} of {limit}", self.name()),
                    None => write!(f, "device {}: {used} of {limit}", self.name()),
                }
            }
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for BlockRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { allocator, label, size, memory_type, .. } = self;
        let label = label.as_deref().unwrap_or("unlabelled").escape_debug();
        let size = Bytes(*size);
        write!(f, "`{label}`, {size} of memory type {memory_type}, allocator `{allocator}`")
    }
}

impl From<&BlockInfo<'_>> for BlockRecord {
    fn from(block: &BlockInfo<'_>) -> Self {
        Self {
            allocator: text::cut(block.allocator).into(),
            label: block.label.map(|label| text::cut(label).into()),
            size: block.size,
            memory_type: block.memory_type,
            heap: block.heap,
        }
    }
}

/// `error` for the log: whole, but for a label that is cut.
pub(crate) fn keep(error: &AllocationError) -> AllocationError {
    let Some(refusal) = error.refusal() else { return error.kind().into() };
    let label = refusal.label.as_deref().map(text::cut);
    let mut kept = Refusal::new(
        refusal.what,
        label.as_deref(),
        refusal.requested,
        &text::cut(&refusal.allocator),
    );
    kept.retiring = refusal.retiring;
    AllocationError::new(error.kind(), kept.types(refusal.types.clone()))
}
