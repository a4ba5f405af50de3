//! What each frame left of memory, and the files that say so.

mod files;

use std::path::{Path, PathBuf};

#[cfg(unix)]
use resource_management::metrics::LiveSocket;
use resource_management::metrics::{
    Figure, MetricsCollector, MetricsConfig, MetricsError, MetricsSource, Snapshot, SourceId, Unit,
};

use self::files::Files;
use crate::{
    budget::Budget, error::DemoError, options::Options, platform::Identity, stream::StreamFigures,
};

/// What the figures of the stream are called, in front of their own names.
const SOURCE: &str = "stream";

/// Blocks, and other events, that the log keeps for the trace: those of some thousand frames.
const EVENTS: usize = 1 << 16;

/// Most frames that the page shows: the last ones of a long run.
const MOST_FRAMES: usize = 10_000;

/// What files and socket call the program.
const PROGRAM: &str = "rm-demo";

/// Who looks at the memory of a run at the end of each frame, and writes down what there is to see.
#[derive(Debug)]
pub(crate) struct Metrics {
    collector: MetricsCollector,
    stream: SourceId,
    // Present if somebody wants files.
    files: Option<Files>,
    // Present if somebody wants to look meanwhile.
    #[cfg(unix)]
    live: Option<LiveSocket>,
}

impl Metrics {
    /// Begins to look at the memory of `budget`, and begins the files that `options` ask for.
    ///
    /// # Errors
    ///
    /// [`DemoError::Metrics`] if a file cannot be written, or a socket not opened.
    pub(crate) fn new(
        budget: &Budget,
        options: &Options,
        identity: &Identity,
    ) -> Result<Self, DemoError> {
        // A run streams out for some frames more than it streams in.
        let frames = usize::try_from(options.frames).unwrap_or(MOST_FRAMES).saturating_add(1_000);
        let config = MetricsConfig::default().events(EVENTS).window(frames.min(MOST_FRAMES));
        let mut collector = MetricsCollector::new(budget.manager(), config);
        let stream = collector.register(SOURCE, &StreamFigures::default());
        let folder = options.output.as_deref();
        let files = folder.map(|folder| Files::create(folder, &collector, identity)).transpose()?;
        Ok(Self {
            #[cfg(unix)]
            live: options.live.as_deref().map(|path| open(path, &collector)).transpose()?,
            collector,
            stream,
            files,
        })
    }

    /// Begins a frame.
    pub(crate) fn begin_frame(&mut self) {
        self.collector.begin_frame();
    }

    /// Ends the frame, of which the stream says `figures`.
    pub(crate) fn end_frame(&mut self, figures: StreamFigures) -> Result<&Snapshot, DemoError> {
        self.collector.record(self.stream, &figures);
        let snapshot = self.collector.end_frame();
        #[cfg(unix)]
        if let Some(live) = &mut self.live {
            live.publish(snapshot);
        }
        if let Some(files) = &mut self.files {
            files.add(snapshot)?;
        }
        Ok(snapshot)
    }

    /// Looks at every block, now that as much is there as there will be.
    pub(crate) fn survey(&mut self) -> Result<(), DemoError> {
        let manager = self.collector.manager();
        self.files.as_mut().map_or(Ok(()), |files| files.survey(manager))
    }

    /// Puts the files in their places, when all memory should have come back; answers which there are.
    pub(crate) fn finish(self) -> Result<Vec<PathBuf>, DemoError> {
        self.files.map_or_else(|| Ok(Vec::new()), |files| files.finish(&self.collector))
    }
}

/// Opens the socket at `path`.
#[cfg(unix)]
fn open(path: &Path, collector: &MetricsCollector) -> Result<LiveSocket, DemoError> {
    LiveSocket::bind(path, PROGRAM, collector).map_err(|error| unwritable(path, error))
}

/// The error of a file, or of something at `path`.
fn unwritable(path: &Path, error: MetricsError) -> DemoError {
    match error {
        MetricsError::Unwritable { path, source } | MetricsError::Socket { path, source } => {
            DemoError::Metrics { path: path.into(), reason: source.to_string() }
        }
        other => DemoError::Metrics { path: path.to_owned(), reason: other.to_string() },
    }
}

impl MetricsSource for StreamFigures {
    fn figures(&self) -> &[Figure] {
        const {
            &[
                Figure::new("refused", Unit::Count),
                Figure::new("reduced", Unit::Count),
                Figure::new("skipped", Unit::Count),
                Figure::new("retired_waiting", Unit::Count),
            ]
        }
    }

    fn read(&self, values: &mut [u64]) {
        let Self { refused, reduced, skipped, retired_waiting } = *self;
        let new = [refused, reduced, skipped, retired_waiting];
        values.iter_mut().zip(new).for_each(|(value, new)| *value = new);
    }
}
