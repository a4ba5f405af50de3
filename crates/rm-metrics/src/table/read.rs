//! Reading a table back.

use std::io::Read;

use super::{REMARK, SUMMARY, SUMMARY_CELLS, unline};
use crate::{MetricsError, Summary, Value, text};

/// A table of frames, as it was written.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CsvTable {
    /// What it says of itself, as key and value.
    pub metadata: Vec<(String, String)>,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its frames: a value a column.
    pub rows: Vec<Vec<Value>>,
    /// What the columns come to, by name.
    pub summaries: Vec<(String, Summary)>,
}

impl CsvTable {
    /// Reads what a [`CsvWriter`](crate::CsvWriter) wrote.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Malformed`] with the line if it is something else or cannot be read.
    pub fn read(source: impl Read) -> Result<Self, MetricsError> {
        let mut lines =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source);
        let mut table = Self::default();
        for record in lines.records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(0, csv::Position::line);
                MetricsError::Malformed { line, what: "it is not text in cells" }
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<&str> = record.iter().collect();
            table.add(&cells).map_err(|what| MetricsError::Malformed { line, what })?;
        }
        if table.columns.is_empty() {
            return Err(MetricsError::Malformed { line: 0, what: "it has no columns" });
        }
        Ok(table)
    }

    /// The place of the column called `name`.
    ///
    /// # Errors
    ///
    /// [`MetricsError::UnknownColumn`], with all that there are.
    pub fn column(&self, name: &str) -> Result<usize, MetricsError> {
        self.columns.iter().position(|column| column == name).ok_or_else(|| {
            let known = self.columns.iter().map(|column| column.as_str().into()).collect();
            MetricsError::UnknownColumn { name: text::cut(name).into(), known }
        })
    }

    fn add(&mut self, cells: &[&str]) -> Result<(), &'static str> {
        match cells {
            [mark, key, value] if *mark == REMARK && self.columns.is_empty() => {
                self.metadata.push((unline(key), unline(value)));
            }
            [mark, what, names @ ..] if *mark == REMARK && *what == SUMMARY => {
                if names != SUMMARY_CELLS {
                    self.summaries.push(summary(names).ok_or("this is no summary")?);
                }
            }
            [mark, ..] if *mark == REMARK => return Err("this remark is none of ours"),
            names if self.columns.is_empty() => {
                self.columns.extend(names.iter().map(|name| text::uncell(name).to_owned()));
            }
            values if values.len() == self.columns.len() => {
                let values: Result<Vec<Value>, _> = values.iter().map(|it| it.parse()).collect();
                self.rows.push(values.map_err(|_| "a cell holds no number")?);
            }
            _ => return Err("it has not as many cells as there are columns"),
        }
        Ok(())
    }
}

/// The column of a line, and what it comes to.
fn summary(cells: &[&str]) -> Option<(String, Summary)> {
    let &[name, count, sum, min, max, mean, last] = cells else { return None };
    let value = |cell: &str| cell.parse::<Value>().ok();
    let summary = Summary {
        count: count.parse().ok()?,
        sum: sum.parse().ok()?,
        mean: mean.parse().ok()?,
        min: value(min)?,
        max: value(max)?,
        last: value(last)?,
    };
    Some((text::uncell(name).to_owned(), summary))
}
