//! What goes wrong in a frame on purpose, to show that it is found out.

use crate::options::Options;

/// Single bytes that are wrong.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sabotage {
    /// One of what is uploaded.
    pub(crate) upload: bool,
    /// One of the constants of a pass.
    pub(crate) constants: bool,
}

impl Sabotage {
    /// What `options` want to go wrong in `frame`.
    pub(crate) fn of(options: &Options, frame: u32) -> Self {
        Self {
            upload: options.corrupt_frame == Some(frame),
            constants: options.corrupt_constants == Some(frame),
        }
    }
}
