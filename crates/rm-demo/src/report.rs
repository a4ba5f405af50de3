//! What a run came to: plain figures, and what is wrong with them.

mod table;

use std::{fmt, path::PathBuf, time::Duration};

use resource_management::alloc::{Bytes, DeviceMemoryStats};

use crate::{
    budget::Budget, content::Difference, options::Options, platform::Identity, stream::Tally,
};

/// Findings of a kind that are printed; more of them say nothing new.
const MOST_FINDINGS: usize = 10;

/// What a run came to. Its `Display` is a table.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The device's own name.
    pub device: String,
    /// The driver's name and version.
    pub driver: String,
    /// The Vulkan version in use.
    pub api_version: u32,
    /// Who watched.
    pub checker: Checker,
    /// What memory came from, by [`name`](resource_management::alloc::MemoryAllocator::name).
    pub allocator: String,
    /// Frames that streamed something in.
    pub frames: u32,
    /// Meshes streamed in and out.
    pub meshes: u64,
    /// Textures streamed in and out.
    pub textures: u64,
    /// Bytes uploaded, or copied by a pass.
    pub bytes_in: u64,
    /// Bytes read back and compared.
    pub bytes_out: u64,
    /// The budget of device memory that was asked for, in bytes; 0 for what the driver says.
    pub configured_budget: u64,
    /// The budget of device memory that held at the end, in bytes.
    pub budget_bytes: u64,
    /// Whether the budget refused.
    pub strict: bool,
    /// Most bytes of device memory that resources had at any time, judged by the budget.
    pub peak_bytes: u64,
    /// Requests that a limit refused.
    pub refusals: u64,
    /// Meshes and textures that came with less detail than wanted, for want of room.
    pub reduced: u64,
    /// Meshes and textures that did not come at all, for want of room.
    pub skipped: u64,
    /// Resources over memory of others.
    pub aliased: u32,
    /// Bytes that those would have cost on top with memory of their own.
    pub saved_bytes: u64,
    /// Hot reloads: programs that took the place of another while frames that use it were in flight.
    pub reloads: u64,
    /// The longest frame with a hot reload, on the host, from its begin to its submission.
    pub longest_reload_frame: Duration,
    /// The longest of all other frames.
    pub longest_other_frame: Duration,
    /// The median of all frames, those at the end included.
    pub median_frame: Duration,
    /// Slices of transient memory that passes took.
    pub transient_slices: u64,
    /// Bytes of these slices.
    pub transient_bytes: u64,
    /// Blocks that were made for them.
    pub transient_blocks: u64,
    /// Entries that the queue of garbage has destroyed, those of the end included.
    pub deferred: u64,
    /// Most entries that waited in it at any time.
    pub most_deferred: u64,
    /// Most bytes taken from the driver, summed over the heaps.
    pub driver_peak_bytes: u64,
    /// Calls of `vkAllocateMemory` that succeeded.
    pub driver_allocations: u64,
    /// The files that were written, if some were asked for.
    pub files: Vec<PathBuf>,
    /// What came back wrong.
    pub mismatches: Vec<Mismatch>,
    /// What whoever watched had to say.
    pub messages: Vec<String>,
    /// Bytes that were still taken from the driver, or granted to resources, when everything had been freed.
    pub lost_bytes: u64,
    /// Memory objects and allocations that were still out by then.
    pub lost_objects: u64,
    /// Time from the first frame until everything had been freed.
    pub elapsed: Duration,
}

/// Who watches that the rules of Vulkan are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Checker {
    /// Nobody, as the validation layer is not installed.
    Absent,
    /// The validation layer.
    Layer,
    /// The simulated device itself.
    Oracle,
}

/// A part of a resource that came back with other bytes than it was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mismatch {
    /// What the part is called.
    pub name: String,
    /// Bytes that it has.
    pub bytes: u64,
    /// Which of them differ.
    pub difference: Difference,
}

impl Summary {
    /// Sums up a run whose resources have all been freed; messages, files and the time it took come later.
    pub(crate) fn new(
        identity: Identity,
        options: &Options,
        budget: &Budget,
        tally: &Tally,
    ) -> Self {
        let (manager, allocator) = (budget.manager(), budget.manager().allocator());
        let blocks = manager.context().blocks();
        let granted = allocator.stats().total();
        let held = blocks.heaps.iter().map(|heap| heap.bytes).sum::<u64>();
        let stats = manager.stats();
        let charged = charged_bytes(&stats);
        let Identity { device, driver, api_version, checker } = identity;
        Self {
            device,
            driver,
            api_version,
            checker,
            allocator: allocator.name().to_owned(),
            frames: options.frames,
            meshes: tally.meshes,
            textures: tally.textures,
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
            configured_budget: options.budget,
            budget_bytes: stats.budget,
            strict: options.strict,
            peak_bytes: stats.peak,
            refusals: budget.refusals(),
            reduced: tally.reduced,
            skipped: tally.skipped,
            aliased: tally.aliased,
            saved_bytes: tally.saved_bytes,
            reloads: tally.passes.reloads,
            longest_reload_frame: tally.pace.longest_reload(),
            longest_other_frame: tally.pace.longest_other(),
            median_frame: tally.pace.median(),
            transient_slices: tally.passes.slices,
            transient_bytes: tally.passes.slice_bytes,
            transient_blocks: tally.passes.blocks,
            deferred: tally.destroyed,
            most_deferred: tally.most_waiting,
            driver_peak_bytes: blocks.peak_bytes,
            driver_allocations: blocks.made,
            files: Vec::new(),
            mismatches: tally.mismatches.clone(),
            messages: Vec::new(),
            lost_bytes: held.max(granted.block_bytes).max(granted.used_bytes).max(charged),
            lost_objects: u64::from(blocks.count.max(granted.blocks).max(granted.allocations))
                .max(stats.allocations + u64::from(stats.aliases)),
            elapsed: Duration::ZERO,
        }
    }

    /// How many median frames the longest one with a hot reload took; 0 without any.
    pub fn reload_ratio(&self) -> f64 {
        self.in_medians(self.longest_reload_frame)
    }

    /// `time` ÷ the median frame.
    fn in_medians(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.median_frame.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Whether all that went in came out as it was, whoever watched was silent, all memory came back and a strict budget
    /// was kept.
    pub fn is_clean(&self) -> bool {
        self.mismatches.is_empty()
            && self.bytes_in == self.bytes_out
            && self.messages.is_empty()
            && self.lost_bytes == 0
            && self.lost_objects == 0
            && !self.broke_budget()
    }

    /// Whether a budget that was to refuse let more in than it has.
    ///
    /// The driver's word is not held against anyone, as it may shrink under what is there.
    fn broke_budget(&self) -> bool {
        self.strict && self.configured_budget > 0 && self.peak_bytes > self.configured_budget
    }

    /// What is wrong, a line each: at most ten mismatches and ten messages.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        let mismatches = self.mismatches.iter().take(MOST_FINDINGS).map(Mismatch::to_string);
        let unread = self.bytes_in.abs_diff(self.bytes_out);
        let unread = (unread > 0).then(|| format!("{} were not compared", Bytes(unread)));
        let (bytes, objects) = (self.lost_bytes, self.lost_objects);
        let lost = (bytes > 0 || objects > 0)
            .then(|| format!("{} in {objects} objects did not come back", Bytes(bytes)));
        let (peak, budget) = (self.peak_bytes, self.configured_budget);
        let broken = self.broke_budget().then(|| {
            format!("the peak of {peak} bytes is beyond the strict budget of {budget} bytes")
        });
        let messages = self.messages.iter().take(MOST_FINDINGS).cloned();
        mismatches.chain(unread).chain(lost).chain(broken).chain(messages)
    }
}

/// All that a manager still counts: bytes of resources, and quota.
fn charged_bytes(stats: &DeviceMemoryStats) -> u64 {
    let heaps = stats.heaps.iter().map(|heap| heap.reserved.max(heap.retiring)).sum::<u64>();
    heaps.max(stats.used).max(stats.retiring).max(stats.staging_used)
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { count, first } = self.difference;
        let Self { name, bytes, .. } = self;
        write!(f, "{name}: {count} of {bytes} bytes differ, the first at {first}")
    }
}
