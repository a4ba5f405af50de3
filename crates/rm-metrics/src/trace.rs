//! Traces for Chrome's and Perfetto's viewers.

use std::{
    io::{self, Write},
    path::Path,
};

use crate::{
    Column, Event, EventRecord, MetricsError, OutputFile, Snapshot, category_name, json::Json, text,
};

/// A trace in the JSON format that `chrome://tracing` and Perfetto open: memory over time, beside what happened.
///
/// Frames are slices. Each heap has counters of what is used (what lives and what retires, on top of each other), of blocks,
/// budget and the driver's figure; one counter stacks the categories, and one each shows the columns that are added.
/// Refusals, pressure, leaks and blocks born and dead are instants, with their explanation as argument.
///
/// Streams: nothing is kept but the value at hand. Events and frames may come in any order; the viewers sort.
///
/// ```
/// use rm_metrics::{MetricsCollector, MetricsError, TraceWriter};
///
/// fn trace(metrics: &MetricsCollector) -> Result<Vec<u8>, MetricsError> {
///     let mut trace = TraceWriter::new(Vec::new(), "demo", Vec::new())?;
///     for snapshot in metrics.window().iter() {
///         trace.frame(snapshot)?;
///     }
///     for record in metrics.events().take() {
///         trace.event(&record)?;
///     }
///     trace.finish()
/// }
/// ```
#[derive(Debug)]
pub struct TraceWriter<W: Write> {
    json: Json<W>,
    columns: Vec<Column>,
}

/// A trace in a file, put in its place by [`save`](TraceWriter::save).
pub type TraceFile = TraceWriter<OutputFile>;

/// The one process of a trace.
const PROCESS: u64 = 1;
/// Its rows.
const FRAMES: u64 = 1;
const BLOCKS: u64 = 2;
const EVENTS: u64 = 3;
const ROWS: [(u64, &str); 3] = [(FRAMES, "frames"), (BLOCKS, "blocks"), (EVENTS, "events")];

/// What every event of the format has.
struct Head<'a> {
    name: &'a str,
    category: &'a str,
    /// The letter that says what it is.
    phase: &'a str,
    row: u64,
    at_ns: u64,
}

impl<W: Write> TraceWriter<W> {
    /// Begins a trace of the program called `process` in `sink`, with a counter for each of `columns`.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn new(sink: W, process: &str, columns: Vec<Column>) -> Result<Self, MetricsError> {
        let mut trace = Self { json: Json::new(sink), columns };
        trace.begin(&text::cut(process))?;
        Ok(trace)
    }

    /// Adds a frame: a slice, and the counters at its end.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn frame(&mut self, snapshot: &Snapshot) -> Result<(), MetricsError> {
        Ok(self.add_frame(snapshot)?)
    }

    /// Adds what happened, as an instant.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn event(&mut self, record: &EventRecord) -> Result<(), MetricsError> {
        Ok(self.add_event(record)?)
    }

    /// Ends the trace, and gives the sink back.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn finish(self) -> Result<W, MetricsError> {
        Ok(self.json.finish()?)
    }

    fn begin(&mut self, process: &str) -> io::Result<()> {
        self.json.object()?;
        self.json.key_string("displayTimeUnit", "ms")?;
        self.json.key("traceEvents")?;
        self.json.array()?;
        self.name("process_name", FRAMES, process)?;
        ROWS.iter().try_for_each(|(row, name)| self.name("thread_name", *row, name))
    }

    /// Names the process, or one of its rows.
    fn name(&mut self, what: &str, row: u64, name: &str) -> io::Result<()> {
        self.head(&Head { name: what, category: "__metadata", phase: "M", row, at_ns: 0 })?;
        self.json.key_string("name", name)?;
        self.tail()
    }

    fn add_frame(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        let frame = &snapshot.frame;
        let name = format!("frame {}", frame.frame);
        let (began, ended) = (frame.began_ns.min(frame.ended_ns), frame.ended_ns);
        let head = Head { name: &name, category: "frame", phase: "X", row: FRAMES, at_ns: began };
        self.head_of(&head, Some(ended - began))?;
        self.json.key_number("allocated_bytes", frame.frame_allocated_bytes)?;
        self.json.key_number("freed_bytes", frame.frame_freed_bytes)?;
        self.json.key_number("allocations", frame.frame_allocations)?;
        self.json.key_number("frees", frame.frame_frees)?;
        self.json.key("budget_utilization")?;
        self.json.ratio(frame.budget_utilization)?;
        self.tail()?;
        for (index, heap) in snapshot.heaps.iter().enumerate() {
            let (used, retiring) = (heap.account.used_bytes, heap.account.retiring_bytes);
            let lives = used.saturating_sub(retiring);
            let used = [("lives", lives), ("retires", retiring)];
            self.counter(&format!("heap {index} used (bytes)"), ended, &used)?;
            let single = [
                ("blocks", Some(heap.block_bytes)),
                ("budget", heap.budget_bytes),
                ("driver usage", Some(heap.driver_usage_bytes)),
            ];
            for (what, bytes) in single {
                let Some(bytes) = bytes else { continue };
                self.counter(&format!("heap {index} {what} (bytes)"), ended, &[("bytes", bytes)])?;
            }
        }
        let categories: Vec<_> = snapshot
            .categories
            .iter()
            .map(|it| (category_name(it.category), it.account.used_bytes))
            .collect();
        self.counter("categories (bytes)", ended, &categories)?;
        let columns = std::mem::take(&mut self.columns);
        let added = columns.iter().try_for_each(|column| self.column(column, snapshot));
        self.columns = columns;
        added
    }

    /// The counter of one column.
    fn column(&mut self, column: &Column, snapshot: &Snapshot) -> io::Result<()> {
        let value = column.value(snapshot);
        let Some(number) = value.as_f64().filter(|number| number.is_finite()) else {
            return Ok(());
        };
        self.head(&Head {
            name: column.name(),
            category: "column",
            phase: "C",
            row: FRAMES,
            at_ns: snapshot.frame.ended_ns,
        })?;
        self.json.key("value")?;
        match value.as_u64() {
            Some(exact) => self.json.number(exact)?,
            None => self.json.ratio(number)?,
        }
        self.tail()
    }

    fn counter(&mut self, name: &str, at_ns: u64, values: &[(&str, u64)]) -> io::Result<()> {
        self.head(&Head { name, category: "memory", phase: "C", row: FRAMES, at_ns })?;
        for (key, value) in values {
            self.json.key_number(key, *value)?;
        }
        self.tail()
    }

    fn add_event(&mut self, record: &EventRecord) -> io::Result<()> {
        let EventRecord { at_ns, frame, event, .. } = record;
        // What stops somebody is drawn across all rows; blocks come and go on their own.
        let (row, scope) = match event {
            Event::BlockBorn(_) | Event::BlockDied(_) => (BLOCKS, "t"),
            Event::Leaked(_) | Event::Over(_) | Event::Refused(_) => (EVENTS, "g"),
            Event::FrameThreshold(_) | Event::Near(_) => (EVENTS, "p"),
        };
        let (name, at_ns) = (event.name(), *at_ns);
        self.open(&Head { name, category: "event", phase: "i", row, at_ns })?;
        self.json.key_string("s", scope)?;
        self.json.key("args")?;
        self.json.object()?;
        self.json.key_number("frame", *frame)?;
        if let Some(label) = event.label() {
            self.json.key_string("label", label)?;
        }
        if let Some(bytes) = event.bytes() {
            self.json.key_number("bytes", bytes)?;
        }
        if let Some(heap) = event.heap() {
            self.json.key_number("heap", heap.into())?;
        }
        self.json.key_string("detail", &event.to_string())?;
        self.tail()
    }

    /// An event up to its arguments.
    fn head(&mut self, head: &Head<'_>) -> io::Result<()> {
        self.head_of(head, None)
    }

    fn head_of(&mut self, head: &Head<'_>, duration_ns: Option<u64>) -> io::Result<()> {
        self.open(head)?;
        if let Some(duration) = duration_ns {
            self.json.key("dur")?;
            self.json.microseconds(duration)?;
        }
        self.json.key("args")?;
        self.json.object()
    }

    fn open(&mut self, head: &Head<'_>) -> io::Result<()> {
        let Head { name, category, phase, row, at_ns } = *head;
        self.json.line()?;
        self.json.object()?;
        self.json.key_string("name", name)?;
        self.json.key_string("cat", category)?;
        self.json.key_string("ph", phase)?;
        self.json.key("ts")?;
        self.json.microseconds(at_ns)?;
        self.json.key_number("pid", PROCESS)?;
        self.json.key_number("tid", row)
    }

    /// Ends the arguments and the event.
    fn tail(&mut self) -> io::Result<()> {
        self.json.end()?;
        self.json.end()
    }
}

impl TraceFile {
    /// Begins a trace for `path`; as [`new`](Self::new) otherwise.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Unwritable`], as of [`OutputFile::create`].
    pub fn create(path: &Path, process: &str, columns: Vec<Column>) -> Result<Self, MetricsError> {
        let file = OutputFile::create(path)?;
        Self::new(file, process, columns).map_err(|error| error.of(path))
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
