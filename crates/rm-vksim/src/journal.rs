//! What was called, with which objects, and what came of it.

use ash::vk;

use crate::Call;

/// One call; zero where a field says nothing.
///
/// Questions about the physical device that cannot fail are counted and not written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The command.
    pub call: Call,
    /// The buffer, image or memory object it made, used or destroyed.
    pub object: u64,
    /// The memory object behind it, where a resource is bound.
    pub memory: u64,
    /// Offset in bytes.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// What it answered; `SUCCESS` for commands without a code.
    pub result: vk::Result,
}

/// The part of an entry that the command itself fills in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Note {
    pub(crate) object: u64,
    pub(crate) memory: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Note {
    pub(crate) fn entry(self, call: Call, result: vk::Result) -> JournalEntry {
        let Self { object, memory, offset, size } = self;
        JournalEntry { call, object, memory, offset, size, result }
    }
}
