//! Tables as files of comma-separated values: frames, and events.

mod events;
mod read;

use std::{
    io::{self, Write},
    path::Path,
};

pub use self::{
    events::{EVENT_COLUMNS, write_events},
    read::CsvTable,
};
use crate::{Column, MetricsError, OutputFile, Snapshot, Summary, Value, text, window::Sum};

/// The first cell of lines that are no frames: what the file says of itself, and what its columns come to.
const REMARK: &str = "#";
/// The second cell of lines that sum up a column.
const SUMMARY: &str = "summary";
/// The cells of such a line after that.
const SUMMARY_CELLS: [&str; 7] = ["column", "count", "sum", "min", "max", "mean", "last"];

/// Frames as comma-separated values, a line each, in columns of one's own choice.
///
/// Lines that begin with `#` come before and after: `#,key,value` for what the file says of itself, then the names of the
/// columns and the frames, and `#,summary,column,count,sum,min,max,mean,last` for what each column comes to.
/// Numbers are exact; whatever a figure does not know stays empty. No cell is a formula to a spreadsheet, whatever labels say.
///
/// ```
/// use rm_metrics::{CsvTable, CsvWriter, MetricsCollector, MetricsError};
///
/// fn table(metrics: &MetricsCollector) -> Result<Vec<u8>, MetricsError> {
///     let columns = vec![metrics.column("frame")?, metrics.column("used_bytes")?];
///     let mut csv = CsvWriter::new(Vec::new(), columns, &[("program", "demo")])?;
///     for snapshot in metrics.window().iter() {
///         csv.add(snapshot)?;
///     }
///     let text = csv.finish()?;
///     assert_eq!(CsvTable::read(&*text)?.rows.len(), metrics.window().len());
///     Ok(text)
/// }
/// ```
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    columns: Vec<Column>,
    sums: Vec<Option<Sum>>,
    lines: csv::Writer<W>,
    // What one line is made of, kept for its room.
    cell: String,
}

/// A file of frames, put in its place by [`save`](CsvWriter::save).
pub type CsvFile = CsvWriter<OutputFile>;

impl<W: Write> CsvWriter<W> {
    /// Begins a table of `columns` in `sink`, which says `metadata` of itself, as key and value.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn new(
        sink: W,
        columns: Vec<Column>,
        metadata: &[(&str, &str)],
    ) -> Result<Self, MetricsError> {
        let mut lines = csv::WriterBuilder::new().flexible(true).from_writer(sink);
        for (key, value) in metadata {
            record(&mut lines, [REMARK, &line(key), &line(value)])?;
        }
        let names: Vec<_> = columns.iter().map(|column| text::cell(column.name())).collect();
        record(&mut lines, names.iter().map(|name| name.as_bytes()))?;
        let sums = vec![None; columns.len()];
        Ok(Self { columns, sums, lines, cell: String::new() })
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn add(&mut self, snapshot: &Snapshot) -> Result<(), MetricsError> {
        for (column, sum) in self.columns.iter().zip(&mut self.sums) {
            let value = column.value(snapshot);
            Sum::add(sum, value);
            self.cell.clear();
            // Writing to a string does not fail.
            std::fmt::Write::write_fmt(&mut self.cell, format_args!("{value}")).ok();
            self.lines.write_field(&self.cell).map_err(refused)?;
        }
        self.lines.write_record(None::<&[u8]>).map_err(refused)
    }

    /// Writes what the columns come to, and gives the sink back.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn finish(self) -> Result<W, MetricsError> {
        let Self { columns, sums, mut lines, .. } = self;
        record(&mut lines, [REMARK, SUMMARY].iter().chain(&SUMMARY_CELLS))?;
        for (column, sum) in columns.iter().zip(sums) {
            let Some(sum) = sum else { continue };
            let Summary { count, sum, mean, min, max, last } = sum.summary();
            let name = text::cell(column.name());
            let [count, sum] = [count.to_string(), sum.to_string()];
            let [min, max, last] = [min, max, last].map(|value| value.to_string());
            let mean = Value::Ratio(mean).to_string();
            record(&mut lines, [REMARK, SUMMARY, &name, &count, &sum, &min, &max, &mean, &last])?;
        }
        let sink = lines.into_inner().map_err(|error| error.into_error())?;
        Ok(sink)
    }
}

impl CsvFile {
    /// Begins a file for `path`; as [`new`](Self::new) otherwise.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Unwritable`], as of [`OutputFile::create`].
    pub fn create(
        path: &Path,
        columns: Vec<Column>,
        metadata: &[(&str, &str)],
    ) -> Result<Self, MetricsError> {
        let file = OutputFile::create(path)?;
        Self::new(file, columns, metadata).map_err(|error| error.of(path))
    }

    /// Puts the whole file in its place.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Unwritable`] or [`MetricsError::Write`]; nothing has changed then.
    pub fn save(self) -> Result<(), MetricsError> {
        self.finish()?.finish()
    }
}

/// Writes one line.
fn record<W: Write>(
    lines: &mut csv::Writer<W>,
    cells: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> Result<(), MetricsError> {
    lines.write_record(cells).map_err(refused)
}

/// What the sink answered; by itself `csv` hides its kind, and with it what to do.
fn refused(error: csv::Error) -> MetricsError {
    MetricsError::Write(match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        other => io::Error::other(format!("{other:?}")),
    })
}

/// `text` as a cell of a line that is one line, cut to a length.
fn line(text: &str) -> String {
    let escaped = text::cut(text).replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    text::cell(&escaped).into_owned()
}

/// The text of a cell of [`line`].
fn unline(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut rest = text::uncell(cell).chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        text.push(match escaped {
            Some('n') => '\n',
            Some('r') => '\r',
            Some(other) => other,
            None => c,
        });
    }
    text
}
