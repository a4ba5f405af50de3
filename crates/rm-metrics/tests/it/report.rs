//! The page: what is in it, what it refuses, and how a browser shows it.

mod absurd;
#[expect(clippy::cast_possible_truncation, reason = "pixels and frames are few")]
mod browser;
mod crowd;
mod driver;
mod gathered;
mod hostile;
mod palette;
mod pictures;
pub(crate) mod sample;
mod written;
