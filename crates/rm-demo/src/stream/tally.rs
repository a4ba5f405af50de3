//! What a stream has come to so far.

use super::pace::Pace;
use crate::{
    content::{Content, Difference},
    passes::PassFigures,
    report::Mismatch,
};

/// What has been streamed so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) meshes: u64,
    pub(crate) textures: u64,
    /// Meshes and textures among them that came with less detail than wanted.
    pub(crate) reduced: u64,
    /// Meshes and textures that did not come.
    pub(crate) skipped: u64,
    /// Resources over memory of others.
    pub(crate) aliased: u32,
    /// Bytes that those save by sharing.
    pub(crate) saved_bytes: u64,
    /// Bytes sent on their way: uploaded, to scratch memory as well, and copied by passes.
    pub(crate) bytes_in: u64,
    /// Bytes read back and compared.
    pub(crate) bytes_out: u64,
    pub(crate) mismatches: Vec<Mismatch>,
    pub(crate) passes: PassFigures,
    pub(crate) pace: Pace,
    /// Entries that the queue has destroyed.
    pub(crate) destroyed: u64,
    /// Most entries that waited in it.
    pub(crate) most_waiting: u64,
}

impl Tally {
    /// Counts what came back, and what is wrong with it.
    pub(super) fn judge(&mut self, name: &str, content: Content, difference: Option<Difference>) {
        let bytes = content.bytes();
        self.bytes_out += bytes;
        if let Some(difference) = difference {
            self.mismatches.push(Mismatch { name: name.to_owned(), bytes, difference });
        }
    }
}
