//! Where GPU memory is: a collector of frames, CSV, traces, dumps and leak reports.
//!
//! # What it is
//!
//! - [`MetricsCollector`]: a [`Snapshot`] of everything that is counted, at the end of each frame, in a rolling [`Window`] that
//!   sums up any [`Column`]. Whatever else has figures takes part as a [`MetricsSource`].
//! - [`EventLog`]: what happened meanwhile, refusals with their explanation among it, up to a bound, and counted beyond.
//! - [`CsvFile`], [`TraceFile`], [`Dump`]: tables, traces for Perfetto, and every block and range in VMA's own layout.
//! - [`Report`], [`write_report`]: one page for people, in one file: memory over time, every block to scale, refusals, leaks.
//! - [`AllocationTracker`], [`LeakReport`]: what was never freed, by label and tag, with backtraces on request.
//! - `LiveSocket`, `LiveReader`: each frame to who looks from outside, over a Unix socket that the program opens on request.
//!
//! # What it is not
//!
//! It sends nothing anywhere unless told to, and decides nothing: whoever wants a budget to hold asks the manager.
//!
//! # What it costs
//!
//! A frame costs about a tenth of a microsecond whatever the number of allocations, and no heap allocation once every tag has
//! appeared and the window has been round. The log copies a label an event; a tracker makes a record an allocation.
//! A dump copies every range, outside of locks, none of which it holds for more than 4,096 of them.
//!
//! # Limits
//!
//! Labels are untrusted text: cut at [`MAX_LABEL`] bytes, escaped in JSON, and no formula in any table.
//! Times are those of the collector's clock, which starts with it; they order events and frames, and are no timestamps.
//! An allocator does not know what a range was made for, so that a dump tells buffers from images only where a tracker watched.
//!
//! # Features
//!
//! - `forensics`: [`AllocationTracker`] can remember who called.
//!
//! # Example
//!
//! ```
//! use ash::vk::BufferUsageFlags;
//! use rm_alloc_core::{BufferRequest, DeviceBudgetManager};
//! use rm_metrics::{CsvWriter, Dump, MetricsCollector, MetricsConfig, TraceWriter};
//!
//! fn run(manager: &DeviceBudgetManager) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut metrics = MetricsCollector::new(manager, MetricsConfig::default());
//!     let columns = vec![metrics.column("frame")?, metrics.column("used_bytes")?];
//!     let mut csv = CsvWriter::new(Vec::new(), columns, &[("level", "forest")])?;
//!     let mut trace = TraceWriter::new(Vec::new(), "game", Vec::new())?;
//!     for _ in 0..3 {
//!         metrics.begin_frame();
//!         let request = BufferRequest::new(4096, BufferUsageFlags::STORAGE_BUFFER).label("scratch");
//!         let scratch = manager.allocate_buffer(&request)?;
//!         // Sound: the device never used the buffer.
//!         unsafe { manager.free_buffer(scratch) };
//!         let snapshot = metrics.end_frame();
//!         assert_eq!(snapshot.frame.frame_allocations, 1, "churn is visible");
//!         csv.add(snapshot)?;
//!         trace.frame(snapshot)?;
//!     }
//!     metrics.events().take().iter().try_for_each(|record| trace.event(record))?;
//!     println!("{}", String::from_utf8(csv.finish()?)?);
//!     println!("{}", String::from_utf8(trace.finish()?)?);
//!     println!("{}", String::from_utf8(Dump::take(manager)?.write(Vec::new())?)?);
//!     Ok(())
//! }
//! # let sim = std::sync::Arc::new(rm_vksim::SimDevice::new(rm_vksim::Profile::integrated()).unwrap());
//! # let info = rm_alloc_core::DeviceContextInfo {
//! #     instance: sim.instance(),
//! #     physical_device: sim.physical_device(),
//! #     device: sim.device(),
//! #     api_version: sim.profile().api_version,
//! #     features: rm_alloc_core::MemoryFeatures::empty(),
//! #     keep_alive: Some(sim.clone()),
//! # };
//! # // Sound: the handles belong together, and the context keeps the device alive.
//! # let context = unsafe { rm_alloc_core::DeviceContext::new(info) }.unwrap();
//! # let allocator = std::sync::Arc::new(rm_alloc_direct::DirectAllocator::new(&context));
//! # let manager = DeviceBudgetManager::new(allocator, rm_alloc_core::BudgetConfig::default()).unwrap();
//! # run(&manager).unwrap();
//! ```

#![forbid(unsafe_code)]

mod collector;
mod column;
mod dump;
mod error;
mod event;
mod file;
mod json;
mod leaks;
#[cfg(unix)]
mod live;
mod log;
mod report;
mod snapshot;
mod source;
mod sync;
mod table;
mod text;
mod trace;
mod window;

#[cfg(unix)]
pub use self::live::{LiveFrame, LiveHello, LiveReader, LiveSocket};
pub use self::{
    collector::{MetricsCollector, MetricsConfig},
    column::{Column, Unit, Value},
    dump::{Dump, DumpBlock, DumpPool, DumpRange, Fragmentation, Origin},
    error::MetricsError,
    event::{BlockRecord, Event, EventRecord, EventTotals},
    file::OutputFile,
    leaks::{AllocationTracker, LeakGroup, LeakReport, Misuse, Occurrence},
    log::EventLog,
    report::{
        CategorySeries, ChurnSeries, FigureValue, MemorySeries, RangeKind, Report, ReportBlock,
        ReportDevice, ReportEvent, ReportFigure, ReportLeak, ReportRange, ReportRefusal,
        write_report,
    },
    snapshot::{
        AccountFigures, CategoryFigures, FrameFigures, HeapFigures, Snapshot, TagFigures,
        category_name,
    },
    source::{Figure, Gauges, MetricsSource, SourceId},
    table::{CsvFile, CsvTable, CsvWriter, EVENT_COLUMNS, write_events},
    text::MAX_LABEL,
    trace::{TraceFile, TraceWriter},
    window::{Summary, Window},
};
