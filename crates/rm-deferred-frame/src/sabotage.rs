//! What goes wrong in a frame on purpose, to show that it is found out.

use crate::{
    options::Options,
    table::{Kind, ResourceId, Table},
};

/// What is wrong.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sabotage {
    /// The sun is elsewhere.
    pub(crate) odd_sun: bool,
    /// Buffers are written when their time is over.
    pub(crate) late_write: bool,
}

impl Sabotage {
    /// What `options` want to go wrong in `frame`.
    pub(crate) fn of(options: &Options, frame: u32) -> Self {
        Self { odd_sun: options.corrupt_frame == Some(frame), late_write: options.late_write }
    }
}

/// The buffers within the frame whose last use was in a pass before `number`.
pub(crate) fn over_before(table: &Table, number: usize) -> impl Iterator<Item = ResourceId> {
    let inner = table.resources.iter().enumerate().filter(|(_, it)| !it.external);
    let buffers = inner.filter(|(_, it)| matches!(it.kind, Kind::Buffer { .. }));
    buffers.map(|(resource, _)| resource).filter(move |resource| {
        let last = table.accesses_of(*resource).map(|(pass, _)| pass).max();
        last.is_some_and(|last| last < number)
    })
}
