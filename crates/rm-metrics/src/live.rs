//! A view from outside while the program runs, over a socket that the program opens when it wants one.
//!
//! The protocol: whoever connects gets lines of JSON. The first is a [`LiveHello`], each one after it a [`LiveFrame`].
//! Nothing that a reader writes is ever read. Lines, because any tool can show them, and because a reader that got lost would
//! find the next one; JSON, because [`Snapshot`] has that form for every other file.

mod place;
mod reader;
mod socket;

use serde::{Deserialize, Serialize};

pub use self::{reader::LiveReader, socket::LiveSocket};
use crate::Snapshot;

/// What the first line says it is.
const FORMAT: &str = "rm-live";

/// The version of the lines; another one is another format.
const VERSION: u32 = 1;

/// Most bytes of a line: room for some ten thousand tags.
const MAX_LINE: usize = 4 << 20;

/// The first line: who speaks, and what the figures of its sources are called.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LiveHello {
    /// Always `rm-live`.
    pub format: String,
    /// Version of the lines that follow.
    pub version: u32,
    /// The program, by its own word.
    pub program: String,
    /// The names of [`Snapshot::sources`], in their order; those that were attached later have none.
    pub sources: Vec<String>,
}

/// Every other line: one frame.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[non_exhaustive]
pub struct LiveFrame {
    /// Frames so far that this reader was too slow for.
    pub lost: u64,
    /// What memory looked like.
    pub snapshot: Snapshot,
}
