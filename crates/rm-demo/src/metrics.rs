//! What each frame left of memory, as figures and as lines of a file.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process,
};

use resource_management::alloc::FrameDelta;
use serde::{Deserialize, Serialize};

use crate::{budget::Budget, error::DemoError, stream::Tally};

/// The memory of a run at the end of one frame; the names of its fields are the columns of the file.
///
/// Bytes are resource bytes: what was asked for, as granted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FrameMetrics {
    /// Number of the frame, counted from 0; frames that only stream out count on.
    pub frame: u64,
    /// Resources and blocks that exist, those in host memory included, aliases not.
    pub allocation_count: u64,
    /// Resources that exist over memory of others.
    pub aliased_count: u32,
    /// Bytes of everything that `allocation_count` counts.
    pub tracked_bytes: u64,
    /// `used_bytes` ÷ `budget_bytes`.
    pub budget_utilization: f64,
    /// Bytes of staging quota that are taken.
    pub staging_quota_used: u64,
    /// Whether the device or a heap holds more than its limit.
    pub is_over_budget: bool,
    /// Bytes that device memory may have.
    pub budget_bytes: u64,
    /// Bytes of device memory in use.
    pub used_bytes: u64,
    /// Most bytes of device memory that were in use at any time.
    pub peak_bytes: u64,
    /// The part of `used_bytes` that waits for the device.
    pub retiring_bytes: u64,
    /// Bytes charged within the frame.
    pub frame_allocated_bytes: u64,
    /// Bytes given back within the frame.
    pub frame_freed_bytes: u64,
    /// Requests that a limit has refused so far.
    pub refusals: u64,
    /// Resources that have come with less detail than wanted so far.
    pub reduced: u64,
    /// Resources that have not come at all so far.
    pub skipped: u64,
    /// Entries that wait for the device before they are destroyed: buffers, images, pipelines.
    pub retired_waiting: u64,
}

impl FrameMetrics {
    /// The figures at the end of the frame that `delta` is about.
    ///
    /// `retired_waiting` is what the queue says of itself.
    pub(crate) fn new(
        budget: &Budget,
        delta: &FrameDelta,
        tally: &Tally,
        retired_waiting: u64,
    ) -> Self {
        let manager = budget.manager();
        let stats = manager.stats();
        Self {
            frame: delta.frame,
            allocation_count: stats.allocations,
            aliased_count: stats.aliases,
            tracked_bytes: stats.heaps.iter().map(|heap| heap.reserved).sum(),
            budget_utilization: delta.utilisation,
            staging_quota_used: stats.staging_used,
            is_over_budget: manager.is_over_budget(),
            budget_bytes: stats.budget,
            used_bytes: stats.used,
            peak_bytes: stats.peak,
            retiring_bytes: stats.retiring,
            frame_allocated_bytes: delta.allocated_bytes,
            frame_freed_bytes: delta.freed_bytes,
            refusals: budget.refusals(),
            reduced: tally.reduced,
            skipped: tally.skipped,
            retired_waiting,
        }
    }
}

/// A file of [`FrameMetrics`] in the making.
///
/// It grows beside its place and is put there by [`finish`](Self::finish); dropped before, it leaves nothing.
#[derive(Debug)]
pub(crate) struct MetricsFile {
    path: PathBuf,
    partial: Partial,
    lines: csv::Writer<BufWriter<File>>,
}

/// The file beside, removed on drop; by then it has its own name, or nobody wants it.
#[derive(Debug)]
struct Partial(PathBuf);

impl MetricsFile {
    /// Begins a file for `path`, in a folder that is made where it is missing.
    pub(crate) fn create(path: &Path) -> Result<Self, DemoError> {
        let wrong = |reason: &dyn ToString| unwritable(path, reason);
        let name = path.file_name().ok_or_else(|| wrong(&"it names no file"))?;
        if path.is_dir() {
            return Err(wrong(&"it is a folder"));
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| wrong(&error))?;
        }
        // Two runs at a time do not write to one file.
        let mut beside = OsString::from(name);
        beside.push(format!(".{}.partial", process::id()));
        let beside = path.with_file_name(beside);
        let file = File::create(&beside).map_err(|error| wrong(&error))?;
        let lines = csv::Writer::from_writer(BufWriter::new(file));
        Ok(Self { path: path.to_owned(), partial: Partial(beside), lines })
    }

    /// Adds a line; before the first one, the names of the columns.
    pub(crate) fn add(&mut self, metrics: &FrameMetrics) -> Result<(), DemoError> {
        self.lines.serialize(metrics).map_err(|error| unwritable(&self.path, &error))
    }

    /// Puts the whole file in its place.
    pub(crate) fn finish(self) -> Result<(), DemoError> {
        let Self { path, partial, lines } = self;
        let wrong = |reason: &dyn ToString| unwritable(&path, reason);
        let mut file = lines.into_inner().map_err(|error| wrong(&error))?;
        file.flush().map_err(|error| wrong(&error))?;
        drop(file);
        fs::rename(&partial.0, &path).map_err(|error| wrong(&error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone already if it was put in its place.
        fs::remove_file(&self.0).ok();
    }
}

fn unwritable(path: &Path, reason: &dyn ToString) -> DemoError {
    DemoError::Metrics { path: path.to_owned(), reason: reason.to_string() }
}
