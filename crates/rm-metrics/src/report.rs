//! One page that a person can read: where the memory was, frame by frame and byte by byte.
//!
//! The page is one file without a reference to any other. What the program says travels in it as JSON in which every
//! character that means something to HTML is escaped, the page shows it as text and as nothing else, and its policy lets no
//! script run but its own.

mod blocks;
mod digest;
mod embed;
mod gather;
mod happened;
mod page;
mod series;
mod shown;

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use serde::Serialize;

pub use self::{
    blocks::{RangeKind, ReportBlock, ReportRange},
    happened::{ReportEvent, ReportLeak, ReportRefusal},
    series::{CategorySeries, ChurnSeries, MemorySeries},
    shown::{FigureValue, ReportDevice, ReportFigure},
};
use crate::{MetricsError, OutputFile};

/// Everything that a page shows: plain data, to be filled from whatever the program has.
///
/// What is left empty is shown as empty, with a word on why. Sizes and offsets are bytes. Texts may hold anything: they are
/// cut at a length and shown as text.
///
/// ```
/// use rm_metrics::{MemorySeries, Report};
///
/// let mut report = Report::new("Three frames");
/// report.frames = vec![0, 1, 2];
/// report.memory.push(MemorySeries {
///     used_bytes: vec![0, 64 << 20, 48 << 20],
///     budget_bytes: vec![Some(256 << 20); 3],
///     ..MemorySeries::device()
/// });
/// let mut page = Vec::new();
/// report.render(&mut page)?;
/// assert!(page.starts_with(b"<!doctype html>"));
/// # Ok::<(), rm_metrics::MetricsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The heading.
    #[serde(serialize_with = "shown::line")]
    pub title: String,
    /// When it was made, as text; whatever the program likes to call it.
    #[serde(serialize_with = "shown::line")]
    pub made: String,
    /// What the memory belongs to.
    pub device: ReportDevice,
    /// The numbers of the frames, rising; every series has one value for each, or none.
    pub frames: Vec<u64>,
    /// When each frame ended, in nanoseconds since the first began; or none.
    pub ended_ns: Vec<u64>,
    /// Warning line, in per cent of a limit; 0 for none.
    pub warning_percent: u8,
    /// Memory over time: of the device as a whole, of each heap, in the order in which they are offered.
    pub memory: Vec<MemorySeries>,
    /// What was taken and given back, frame by frame.
    pub churn: ChurnSeries,
    /// Memory objects at the end, and what lies in them.
    pub blocks: Vec<ReportBlock>,
    /// What happened, oldest first.
    pub events: Vec<ReportEvent>,
    /// Requests that were refused, oldest first.
    pub refusals: Vec<ReportRefusal>,
    /// What was never given back.
    pub leaks: Vec<ReportLeak>,
    /// Figures to be listed as they are.
    pub figures: Vec<ReportFigure>,
}

impl Report {
    /// An empty report called `title`.
    pub fn new(title: &str) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Writes the page to `out` as it is made; nothing is kept but the value at hand.
    ///
    /// # Errors
    ///
    /// [`MetricsError::UnevenSeries`] before anything is written; [`MetricsError::Write`] with what `out` answered.
    pub fn render(&self, out: impl Write) -> Result<(), MetricsError> {
        self.check()?;
        let mut out = BufWriter::new(out);
        page::write(&mut out, self)?;
        Ok(out.flush()?)
    }

    /// Every series is as long as there are frames.
    fn check(&self) -> Result<(), MetricsError> {
        let frames = self.frames.len();
        let own = [("ended_ns", self.ended_ns.len())];
        let memory = self.memory.iter().flat_map(MemorySeries::lengths);
        let mut lengths = own.into_iter().chain(memory).chain(self.churn.lengths());
        match lengths.find(|(_, found)| *found != 0 && *found != frames) {
            Some((series, found)) => Err(MetricsError::UnevenSeries { series, found, frames }),
            None => Ok(()),
        }
    }
}

/// Writes `report` as one page to `path`: the whole file, or none, and what was there stays until it is whole.
///
/// # Errors
///
/// [`MetricsError::Unwritable`] with what to do about it, and those of [`Report::render`].
pub fn write_report(path: &Path, report: &Report) -> Result<(), MetricsError> {
    report.check()?;
    let mut file = OutputFile::create(path)?;
    let written = page::write(&mut file, report);
    written.map_err(|source| MetricsError::Unwritable { path: path.into(), source })?;
    file.finish()
}
