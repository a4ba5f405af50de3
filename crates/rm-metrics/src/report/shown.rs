//! What is shown as it is: the device, single figures, and texts cut to a length.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::text;

/// Most bytes of an explanation or a backtrace.
const MAX_PROSE: usize = 16 << 10;

/// What the memory belongs to. What is empty is left out.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ReportDevice {
    /// The name of the device.
    #[serde(serialize_with = "line")]
    pub name: String,
    /// The driver, with its version.
    #[serde(serialize_with = "line")]
    pub driver: String,
    /// The version of Vulkan.
    #[serde(serialize_with = "line")]
    pub api: String,
    /// The backend that hands memory out.
    #[serde(serialize_with = "line")]
    pub backend: String,
    /// The program, with its version.
    #[serde(serialize_with = "line")]
    pub program: String,
}

/// One figure of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportFigure {
    /// What it is called.
    #[serde(serialize_with = "line")]
    pub name: String,
    /// The value at the end.
    pub last: FigureValue,
    /// The least of all frames.
    pub min: FigureValue,
    /// The mean of all frames.
    pub mean: FigureValue,
    /// The greatest of all frames.
    pub max: FigureValue,
}

/// The value of a figure, with its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FigureValue {
    /// A number of bytes.
    Bytes(u64),
    /// A number of things.
    Count(u64),
    /// Yes or no.
    Flag(bool),
    /// Not known.
    #[default]
    None,
    /// A ratio, 1.0 for the whole.
    #[serde(serialize_with = "ratio")]
    Ratio(f64),
    /// Nanoseconds.
    Nanoseconds(u64),
}

/// A name or a line of text.
pub(super) fn line<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text::cut(text))
}

/// A label.
pub(super) fn label<S: Serializer>(label: &str, to: S) -> Result<S::Ok, S::Error> {
    line(label, to)
}

pub(super) fn maybe_label<S: Serializer>(it: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    it.as_deref().map(text::cut).serialize(to)
}

/// Text of several lines.
pub(super) fn prose<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&cut_prose(text))
}

pub(super) fn maybe_prose<S: Serializer>(it: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    it.as_deref().map(cut_prose).serialize(to)
}

/// As a number, or by name where JSON has none for it.
fn ratio<S: Serializer>(ratio: &f64, to: S) -> Result<S::Ok, S::Error> {
    match ratio {
        ratio if ratio.is_finite() => to.serialize_f64(*ratio),
        ratio if ratio.is_nan() => to.serialize_str("not a number"),
        ratio if *ratio > 0.0 => to.serialize_str("infinite"),
        _ => to.serialize_str("minus infinite"),
    }
}

fn cut_prose(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_PROSE {
        return text.into();
    }
    let mut end = MAX_PROSE;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… [{} bytes more]", &text[..end], text.len() - end).into()
}
