//! Every block and range of allocators, in the layout of VMA's statistics.

mod assemble;
mod layout;
mod model;

use std::{io::Write, path::Path, sync::Arc, time::Instant};

use ash::vk;
use rm_alloc_core::{
    AllocatorCapabilities, BudgetSnapshot, DeviceBudgetManager, DeviceContext, MemoryAllocator,
    Place, ReportPage, ReportWalk,
};

use self::assemble::Parts;
pub use self::model::{DumpBlock, DumpPool, DumpRange, Fragmentation, Origin};
use crate::{AllocationTracker, MetricsError, OutputFile, json::Json, text};

/// Every block and range, with labels, of any allocator that reports them.
///
/// Written as JSON in the layout that `vmaBuildStatsString` of VMA 3 writes, so that VMA's published visualisers read it:
/// `GpuMemDumpVis.py`, and `VmaDumpVis.py` before it, which leaves dedicated blocks out. The allocator of the manager fills the
/// default pools, others that are [added](Self::add) are custom pools. Ranges in use are of type `UNKNOWN` unless a tracker
/// [describes](Self::describe) them, and the keys that no report fills, such as `MapRefCount`, are left out.
///
/// # What it shows of a program that runs
///
/// The program goes on while a dump is taken. No lock is held for more than [`ReportWalk::NODES`] nodes, where the allocator
/// can go by the page, as ours can. What lives from the beginning of [`take`](Self::take) to its end is there, once.
/// What comes or goes meanwhile is there or not; of two allocations that had the same bytes one after the other at most one is.
/// Ranges of a block never overlap and cover it without gaps, but their sum may differ from any figure of any one moment.
///
/// ```
/// use rm_alloc_core::DeviceBudgetManager;
/// use rm_metrics::{Dump, MetricsError};
///
/// fn dump(manager: &DeviceBudgetManager, path: &std::path::Path) -> Result<(), MetricsError> {
///     Dump::take(manager)?.gpu("NVIDIA H200").save(path)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Dump {
    context: Arc<DeviceContext>,
    budget: BudgetSnapshot,
    // Invariant: never empty; the manager's own allocator comes first.
    pools: Vec<DumpPool>,
    // Invariant: as long as `pools`; when the walk of each began.
    began: Vec<Instant>,
    gpu: Option<Box<str>>,
    most_nodes: usize,
}

impl Dump {
    /// Walks the blocks and ranges of the manager's allocator, a page at a time.
    ///
    /// # Errors
    ///
    /// [`MetricsError::NoReport`] if the allocator cannot list them.
    pub fn take(manager: &DeviceBudgetManager) -> Result<Self, MetricsError> {
        let mut budget = BudgetSnapshot::default();
        let began = vec![Instant::now()];
        let (pool, most_nodes) = walk(&**manager.allocator())?;
        manager.snapshot_into(&mut budget);
        let context = Arc::clone(manager.context());
        Ok(Self { context, budget, pools: vec![pool], began, gpu: None, most_nodes })
    }

    /// Adds the blocks and ranges of another allocator of the same device, as a custom pool under its name.
    ///
    /// # Errors
    ///
    /// [`MetricsError::NoReport`] if the allocator cannot list them; the dump is as before.
    pub fn add(&mut self, allocator: &dyn MemoryAllocator) -> Result<(), MetricsError> {
        let began = Instant::now();
        let (pool, most_nodes) = walk(allocator)?;
        self.pools.push(pool);
        self.began.push(began);
        self.most_nodes = self.most_nodes.max(most_nodes);
        Ok(())
    }

    /// Names the GPU, as Vulkan's `deviceName` does.
    #[must_use]
    pub fn gpu(mut self, name: &str) -> Self {
        self.gpu = Some(text::cut(name).into());
        self
    }

    /// Adds what `tracker` knows of each range: what it was made for, by whom, and when.
    ///
    /// Ranges of blocks without a handle stay as they are, and so does what was freed or allocated since the walk began.
    pub fn describe(&mut self, tracker: &AllocationTracker) {
        let origins = tracker.origins();
        // What was there when the walk began, and is there still, is what the walk has seen.
        let origin = |place, walked| {
            let (since, origin) = origins.get(&place)?;
            (*since <= walked).then_some(*origin)
        };
        for (pool, walked) in self.pools.iter_mut().zip(&self.began) {
            let known = |block: &&mut DumpBlock| block.memory != vk::DeviceMemory::null();
            for block in pool.blocks.iter_mut().filter(known) {
                let memory = block.memory;
                for range in block.ranges.iter_mut().filter(|range| range.used) {
                    range.origin = origin(Place { memory, offset: range.offset }, *walked);
                }
            }
        }
    }

    /// The allocators, that of the manager first.
    pub fn pools(&self) -> &[DumpPool] {
        &self.pools
    }

    /// The blocks of all allocators.
    pub fn blocks(&self) -> impl Iterator<Item = &DumpBlock> + Clone {
        self.pools.iter().flat_map(|pool| &pool.blocks)
    }

    /// How split up the free memory is, of all allocators together, or of one heap alone.
    pub fn fragmentation(&self, heap: Option<u32>) -> Fragmentation {
        let blocks = self.blocks().filter(|block| heap.is_none_or(|heap| block.heap == heap));
        let (mut sum_of_largest, mut most, mut free_bytes, mut free_ranges) = (0, 0, 0, 0);
        for block in blocks {
            let free = block.ranges.iter().filter(|range| !range.used).map(|range| range.size);
            let largest = free.clone().max().unwrap_or(0);
            sum_of_largest = largest.saturating_add(sum_of_largest);
            most = largest.max(most);
            free_ranges += free.clone().count() as u64;
            // An allocator may say anything of its blocks.
            free_bytes = free.fold(free_bytes, u64::saturating_add);
        }
        // A ratio of two counts of bytes: 53 bits are more than enough.
        let split = 1.0 - sum_of_largest as f64 / free_bytes.max(1) as f64;
        let ratio = if free_bytes == 0 { 0.0 } else { split };
        Fragmentation { ratio, largest_free: most, free_bytes, free_ranges }
    }

    /// Most nodes that an allocator looked at while it held a lock.
    pub fn most_nodes(&self) -> usize {
        self.most_nodes
    }

    /// Writes the dump as JSON, as it goes, and gives the sink back.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Write`] if the sink refuses.
    pub fn write<W: Write>(&self, sink: W) -> Result<W, MetricsError> {
        let mut json = Json::new(sink);
        layout::write(self, &mut json)?;
        Ok(json.finish()?)
    }

    /// Writes the dump as JSON to a file, put in its place when it is whole.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Unwritable`] or [`MetricsError::Write`]; nothing has changed then.
    pub fn save(&self, path: &Path) -> Result<(), MetricsError> {
        self.write(OutputFile::create(path)?)?.finish()
    }
}

/// The blocks of `allocator`, page by page, and most nodes under one lock.
fn walk(allocator: &dyn MemoryAllocator) -> Result<(DumpPool, usize), MetricsError> {
    if !allocator.capabilities().contains(AllocatorCapabilities::REPORT) {
        return Err(MetricsError::NoReport { allocator: text::cut(allocator.name()).into() });
    }
    let mut walk = ReportWalk::default();
    let mut page = ReportPage::default();
    let mut parts = Parts::default();
    loop {
        let more = allocator.report_page(&mut walk, &mut page);
        parts.add(&mut page);
        if !more {
            break;
        }
    }
    let allocator = text::cut(allocator.name()).into();
    Ok((DumpPool { allocator, blocks: parts.assemble() }, walk.most_nodes()))
}
