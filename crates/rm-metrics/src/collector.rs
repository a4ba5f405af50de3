//! The collector: one snapshot a frame.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use rm_alloc_core::{
    BudgetSnapshot, Category, DeviceBudgetManager, EventMask, FrameDelta, MemoryObserver,
};

use crate::{
    Column, Dump, EventLog, Fragmentation, MetricsError, MetricsSource, Snapshot, SourceId, Window,
    snapshot::Circumstances, text,
};

/// How a collector is set up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct MetricsConfig {
    /// Frames that the window holds; at least one.
    pub window: usize,
    /// Most blocks, and most other events, that the log keeps.
    pub events: usize,
    /// What the log listens to; without [`EventMask::REFUSED`], [`refusals`](crate::FrameFigures::refusals) stays 0.
    pub mask: EventMask,
}

impl MetricsConfig {
    /// Frames that the window holds, unless set: ten seconds at 60 a second.
    pub const WINDOW: usize = 600;

    /// Blocks, and other events, that the log keeps, unless set.
    pub const EVENTS: usize = 4096;

    /// Sets how many frames the window holds.
    pub fn window(mut self, frames: usize) -> Self {
        self.window = frames;
        self
    }

    /// Sets how many blocks, and how many other events, the log keeps.
    pub fn events(mut self, records: usize) -> Self {
        self.events = records;
        self
    }

    /// Sets what the log listens to.
    pub fn mask(mut self, mask: EventMask) -> Self {
        self.mask = mask;
        self
    }
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { window: Self::WINDOW, events: Self::EVENTS, mask: EventLog::MASK }
    }
}

/// Takes a snapshot of a manager, and of whatever else has figures, at the end of each frame.
///
/// A frame costs a few copies, whatever the number of allocations, and no heap allocation once every tag has appeared and
/// the window has been round.
///
/// ```
/// use rm_alloc_core::DeviceBudgetManager;
/// use rm_lifetime::{DeferredDestructionQueue, DrainLimit};
/// use rm_metrics::{MetricsCollector, MetricsConfig, MetricsError};
///
/// fn run(manager: &DeviceBudgetManager, queue: &DeferredDestructionQueue) -> Result<(), MetricsError> {
///     let mut metrics = MetricsCollector::new(manager, MetricsConfig::default());
///     let source = metrics.register("queue", queue);
///     for _ in 0..3 {
///         metrics.begin_frame();
///         queue.drain(DrainLimit::default());
///         // ... work ...
///         metrics.record(source, queue);
///         let snapshot = metrics.end_frame();
///         assert!(snapshot.frame.budget_utilization <= 1.0);
///     }
///     let used = metrics.column("used_bytes")?;
///     assert_eq!(metrics.window().summary(&used).map(|it| it.count), Some(3));
///     Ok(())
/// }
/// ```
pub struct MetricsCollector {
    manager: DeviceBudgetManager,
    log: Arc<EventLog>,
    budget: BudgetSnapshot,
    window: Window,
    sources: Vec<Source>,
    // Invariant: as long as the figures of all sources together, which have their places in `sources`.
    values: Vec<u64>,
    driver_calls: Option<Box<dyn Fn() -> u64 + Send + Sync>>,
    // When the open frame began, and when the last one ended.
    began_ns: Option<u64>,
    ended_ns: u64,
}

struct Source {
    columns: Vec<Column>,
    first: usize,
    reader: Option<Weak<dyn MetricsSource + Send + Sync>>,
}

impl MetricsCollector {
    /// A collector of what `manager` counts.
    #[doc(alias = "SetBudgetManager")]
    pub fn new(manager: &DeviceBudgetManager, config: MetricsConfig) -> Self {
        let log = Arc::new(EventLog::with_mask(config.events, config.mask));
        let mut budget = BudgetSnapshot::default();
        manager.snapshot_into(&mut budget);
        // Frames may have ended before.
        log.set_frame(budget.frame);
        let observer: Arc<dyn MemoryObserver> = Arc::clone(&log) as _;
        manager.observe(&observer);
        manager.context().observe(&observer);
        Self {
            manager: manager.clone(),
            log,
            budget,
            window: Window::new(config.window),
            sources: Vec::new(),
            values: Vec::new(),
            driver_calls: None,
            began_ns: None,
            ended_ns: 0,
        }
    }

    /// Adds a source that is read at the end of each frame, called `name` in columns; held weakly.
    ///
    /// Once it is gone, its figures stay as they were last.
    pub fn attach(
        &mut self,
        name: &str,
        source: &Arc<dyn MetricsSource + Send + Sync>,
    ) -> SourceId {
        self.add(name, &**source, Some(Arc::downgrade(source)))
    }

    /// Adds a source that nobody shares, called `name` in columns; tell its figures by [`record`](Self::record).
    pub fn register(&mut self, name: &str, source: &dyn MetricsSource) -> SourceId {
        self.add(name, source, None)
    }

    /// Notes what `source` says now, for the frame that ends next.
    ///
    /// Does nothing for a source of another collector.
    pub fn record(&mut self, id: SourceId, source: &dyn MetricsSource) {
        let Some(it) = self.sources.get(id.0) else { return };
        let places = it.first..it.first + it.columns.len();
        if let Some(values) = self.values.get_mut(places) {
            source.read(values);
        }
    }

    /// Sets who knows how often the driver was called: a layer, a simulated device, a counter of one's own.
    pub fn count_driver_calls(&mut self, count: impl Fn() -> u64 + Send + Sync + 'static) {
        self.driver_calls = Some(Box::new(count));
    }

    /// Begins a frame: the manager's, and the time it took.
    pub fn begin_frame(&mut self) {
        self.began_ns = Some(self.log.now_ns());
        self.manager.begin_frame();
    }

    /// Ends the frame, the manager's too, and answers the picture of that moment.
    pub fn end_frame(&mut self) -> &Snapshot {
        let delta = self.manager.end_frame_into(&mut self.budget);
        self.take(&delta)
    }

    /// Takes the picture of a frame that somebody else has ended, whose `delta` this is.
    ///
    /// What other threads have allocated since is in the figures and not in the delta.
    pub fn collect(&mut self, delta: &FrameDelta) -> &Snapshot {
        self.manager.snapshot_into(&mut self.budget);
        self.take(delta)
    }

    /// The last frames.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// The picture of the last frame.
    pub fn latest(&self) -> Option<&Snapshot> {
        self.window.latest()
    }

    /// What happened, as an observer saw it.
    pub fn events(&self) -> &Arc<EventLog> {
        &self.log
    }

    /// Whose figures they are.
    pub fn manager(&self) -> &DeviceBudgetManager {
        &self.manager
    }

    /// Every column: of the frame, of each heap and category, of the tags used so far, of the sources.
    pub fn columns(&self) -> Vec<Column> {
        let mut now = BudgetSnapshot::default();
        self.manager.snapshot_into(&mut now);
        let heaps = (0..now.heaps.len()).flat_map(Column::of_heap);
        let categories = Category::ALL.iter().copied().flat_map(Column::of_category);
        let tags = now.tags.iter().flat_map(|(tag, _)| Column::of_tag(*tag));
        let sources = self.sources.iter().flat_map(|source| source.columns.iter().cloned());
        Column::of_frame()
            .into_iter()
            .chain(heaps)
            .chain(categories)
            .chain(tags)
            .chain(sources)
            .collect()
    }

    /// The names of all that sources say, in their order.
    #[cfg(unix)]
    pub(crate) fn source_names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().flat_map(|source| source.columns.iter().map(Column::name))
    }

    /// The column called `name`.
    ///
    /// # Errors
    ///
    /// [`MetricsError::UnknownColumn`], with all that there are.
    pub fn column(&self, name: &str) -> Result<Column, MetricsError> {
        let mut columns = self.columns();
        if let Some(at) = columns.iter().position(|column| column.name() == name) {
            return Ok(columns.swap_remove(at));
        }
        let known = columns.iter().map(|column| column.name().into()).collect();
        Err(MetricsError::UnknownColumn { name: text::cut(name).into(), known })
    }

    /// How split up the free memory of the allocator is; walks all of it, so it is for asking and not for every frame.
    ///
    /// # Errors
    ///
    /// [`MetricsError::NoReport`] if the allocator cannot list its blocks.
    pub fn fragmentation(&self) -> Result<Fragmentation, MetricsError> {
        Ok(Dump::take(&self.manager)?.fragmentation(None))
    }

    fn add(
        &mut self,
        name: &str,
        source: &dyn MetricsSource,
        reader: Option<Weak<dyn MetricsSource + Send + Sync>>,
    ) -> SourceId {
        let (name, first) = (text::cut(name), self.values.len());
        let columns: Vec<_> = (first..)
            .zip(source.figures())
            .map(|(place, figure)| {
                Column::of_source(&format!("{name}.{}", figure.name), figure.unit, place)
            })
            .collect();
        self.values.resize(first + columns.len(), 0);
        self.sources.push(Source { columns, first, reader });
        SourceId(self.sources.len() - 1)
    }

    fn take(&mut self, delta: &FrameDelta) -> &Snapshot {
        for source in &self.sources {
            let reader = source.reader.as_ref().and_then(Weak::upgrade);
            let places = source.first..source.first + source.columns.len();
            if let Some((reader, values)) = reader.zip(self.values.get_mut(places)) {
                reader.read(values);
            }
        }
        let ended_ns = self.log.now_ns();
        let circumstances = Circumstances {
            began_ns: self.began_ns.take().unwrap_or(self.ended_ns),
            ended_ns,
            refusals: self.log.refused(),
            driver_calls: self.driver_calls.as_ref().map(|count| count()),
        };
        self.ended_ns = ended_ns;
        self.log.set_frame(delta.frame.saturating_add(1));
        let snapshot = self.window.next();
        snapshot.fill(delta, &self.budget, circumstances, &self.values);
        snapshot
    }
}

impl fmt::Debug for MetricsCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsCollector")
            .field("frames", &self.window.len())
            .field("sources", &self.sources.len())
            .field("events", &self.log)
            .finish_non_exhaustive()
    }
}
