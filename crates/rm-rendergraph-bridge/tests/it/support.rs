//! Graphs to plan, and an oracle that replays what was planned.

pub(crate) mod draw;
pub(crate) mod oracle;
pub(crate) mod paths;
pub(crate) mod reach;
pub(crate) mod recording;
pub(crate) mod scopes;
mod words;
