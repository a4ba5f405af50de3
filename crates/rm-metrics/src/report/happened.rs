//! What happened, what was refused, and what was never given back.

use serde::Serialize;

use super::shown;

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportEvent {
    /// Number of the frame it belongs to.
    pub frame: u64,
    /// What kind of thing it is, in a word or two: `over budget`, `block made`.
    #[serde(serialize_with = "shown::line")]
    pub name: String,
    /// The heap it happened in, where that is known.
    pub heap: Option<u32>,
    /// How many bytes it is about, where that is known.
    pub bytes: Option<u64>,
    /// What there is to say of it.
    #[serde(serialize_with = "shown::prose")]
    pub text: String,
}

/// A request that was refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportRefusal {
    /// Number of the frame it belongs to.
    pub frame: u64,
    /// What was asked for: `buffer`, `image`.
    #[serde(serialize_with = "shown::line")]
    pub what: String,
    /// The label of the request.
    #[serde(serialize_with = "shown::maybe_label")]
    pub label: Option<String>,
    /// Bytes that were asked for, where the refusal says so.
    pub requested: Option<u64>,
    /// The reason in one line.
    #[serde(serialize_with = "shown::line")]
    pub reason: String,
    /// The whole explanation, lines and all.
    #[serde(serialize_with = "shown::prose")]
    pub explanation: String,
}

/// Memory that was never given back, of one label and tag; the page joins those that share both.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportLeak {
    /// The label they share.
    #[serde(serialize_with = "shown::maybe_label")]
    pub label: Option<String>,
    /// The tag they share.
    pub tag: Option<u32>,
    /// How many they are.
    pub count: u64,
    /// Bytes they hold together.
    pub bytes: u64,
    /// Number of the frame in which the oldest was made.
    pub since_frame: Option<u64>,
    /// Where one of them was made, if that was recorded.
    #[serde(serialize_with = "shown::maybe_prose")]
    pub backtrace: Option<String>,
}
