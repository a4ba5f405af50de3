//! The files of a run: they grow while it plays, and appear in their folder when it has ended.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ash::vk;
use resource_management::{
    alloc::{DeviceBudgetManager, MemoryObserver},
    metrics::{
        AllocationTracker, Column, CsvFile, Dump, LeakReport, MetricsCollector, MetricsError,
        OutputFile, Report, ReportDevice, Snapshot, TraceFile, write_report,
    },
};

use super::{PROGRAM, SOURCE, unwritable};
use crate::{budget, error::DemoError, platform::Identity};

/// A line a frame, with every figure.
const TABLE: &str = "metrics.csv";

/// The same over time, and what happened.
const TRACE: &str = "trace.json";

/// Every block and range when the stream was in full flow.
const DUMP: &str = "dump.json";

/// All of it on one page, to be looked at.
const PAGE: &str = "report.html";

/// What did not come back, if anything did not.
const LEAKS: &str = "leaks.txt";

/// The files of a run in the making; dropped before they are finished, they leave nothing.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    identity: Identity,
    table: CsvFile,
    trace: TraceFile,
    tracker: Arc<AllocationTracker>,
    dump: Option<Dump>,
}

impl Files {
    /// Begins the files of `folder`, which is made where it is missing.
    pub(super) fn create(
        folder: &Path,
        collector: &MetricsCollector,
        identity: &Identity,
    ) -> Result<Self, DemoError> {
        let wrong = |error| unwritable(folder, error);
        fs::create_dir_all(folder)
            .map_err(|source| wrong(MetricsError::Unwritable { path: folder.into(), source }))?;
        let Identity { device, driver, .. } = identity;
        let about = [("program", PROGRAM), ("device", device), ("driver", driver)];
        let tags = budget::TAGS.into_iter().flat_map(Column::of_tag);
        let columns: Vec<_> = collector.columns().into_iter().chain(tags).collect();
        let shown = columns.iter().filter(|column| is_of_stream(column)).cloned().collect();
        let tracker = Arc::new(AllocationTracker::new());
        let observer: Arc<dyn MemoryObserver> = tracker.clone();
        collector.manager().observe(&observer);
        Ok(Self {
            folder: folder.to_owned(),
            identity: identity.clone(),
            table: CsvFile::create(&folder.join(TABLE), columns, &about).map_err(wrong)?,
            trace: TraceFile::create(&folder.join(TRACE), PROGRAM, shown).map_err(wrong)?,
            tracker,
            dump: None,
        })
    }

    /// Adds a frame.
    pub(super) fn add(&mut self, snapshot: &Snapshot) -> Result<(), DemoError> {
        let Self { folder, table, trace, .. } = self;
        let added = table.add(snapshot).and_then(|()| trace.frame(snapshot));
        added.map_err(|error| unwritable(folder, error))
    }

    /// Looks at every block that `manager` has now.
    pub(super) fn survey(&mut self, manager: &DeviceBudgetManager) -> Result<(), DemoError> {
        let taken = Dump::take(manager).map_err(|error| unwritable(&self.folder, error))?;
        let mut dump = taken.gpu(&self.identity.device);
        dump.describe(&self.tracker);
        self.dump = Some(dump);
        Ok(())
    }

    /// Puts everything in its place, and answers where that is.
    pub(super) fn finish(self, collector: &MetricsCollector) -> Result<Vec<PathBuf>, DemoError> {
        let folder = self.folder.clone();
        self.save(collector).map_err(|error| unwritable(&folder, error))
    }

    /// One more file is one more entry here.
    fn save(self, collector: &MetricsCollector) -> Result<Vec<PathBuf>, MetricsError> {
        let Self { folder, identity, table, mut trace, tracker, dump } = self;
        let events = collector.events().records();
        let leaks = tracker.report();
        let mut written = Vec::new();
        let mut place = |name| {
            written.push(folder.join(name));
            folder.join(name)
        };
        place(TABLE);
        table.save()?;
        place(TRACE);
        events.iter().try_for_each(|record| trace.event(record))?;
        trace.save()?;
        if let Some(dump) = &dump {
            dump.save(&place(DUMP))?;
        }
        let mut report = page(collector, &identity);
        report.add_events(&events);
        if let Some(dump) = &dump {
            report.add_blocks(dump);
        }
        report.add_leaks(&leaks);
        write_report(&place(PAGE), &report)?;
        // The report of an earlier run would be taken for one of this.
        fs::remove_file(folder.join(LEAKS)).ok();
        if !leaks.is_empty() {
            save_leaks(&place(LEAKS), &leaks)?;
        }
        Ok(written)
    }
}

/// What the frames that are remembered say, and who says it.
fn page(collector: &MetricsCollector, identity: &Identity) -> Report {
    let Identity { device, driver, api_version, .. } = identity;
    let (major, minor) = (vk::api_version_major(*api_version), vk::api_version_minor(*api_version));
    let mut report = Report {
        title: "Streaming meshes and textures".into(),
        device: ReportDevice {
            name: device.clone(),
            driver: driver.clone(),
            api: format!("{major}.{minor}"),
            backend: collector.manager().allocator().name().into(),
            program: format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")),
        },
        ..Report::default()
    };
    report.set_frames(collector.window());
    report.add_figures(collector.window(), &collector.columns());
    report
}

fn save_leaks(path: &Path, leaks: &LeakReport) -> Result<(), MetricsError> {
    use std::io::Write;

    let mut file = OutputFile::create(path)?;
    write!(file, "{leaks}")?;
    file.finish()
}

fn is_of_stream(column: &Column) -> bool {
    column.name().strip_prefix(SOURCE).is_some_and(|rest| rest.starts_with('.'))
}
