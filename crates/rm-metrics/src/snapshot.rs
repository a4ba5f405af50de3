//! One frame's figures: plain data, all of one moment.

mod form;

use rm_alloc_core::{BudgetSnapshot, Category, Figures, FrameDelta, HeapBudget, Tag};
use serde::{Deserialize, Serialize};

/// What memory looked like at the end of one frame.
///
/// The accounts of a snapshot are of one moment, so they add up: heaps and categories each sum to
/// [`tracked_bytes`](FrameFigures::tracked_bytes). Blocks, the driver's word, aliases, quota and sources are of the moment
/// after it.
///
/// Bytes are resource bytes, what was asked for as granted, unless they are called block bytes or the driver's.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The frame, and the device as a whole.
    pub frame: FrameFigures,
    /// The heaps of the device, by index.
    pub heaps: Vec<HeapFigures>,
    /// What each category holds, in the order of [`Category::ALL`].
    pub categories: Vec<CategoryFigures>,
    /// What each tag holds, by number; a tag stays once it was used.
    pub tags: Vec<TagFigures>,
    /// What the sources said, one after the other in the order in which they were attached; see
    /// [`MetricsSource`](crate::MetricsSource).
    pub sources: Vec<u64>,
}

/// The figures of one frame and of the device as a whole.
#[doc(alias = "FrameMetrics")]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FrameFigures {
    /// Number of the frame, counted by the manager from 0.
    pub frame: u64,
    /// When it began, in nanoseconds since the collector was made.
    pub began_ns: u64,
    /// When it ended, in nanoseconds since the collector was made.
    pub ended_ns: u64,
    /// Resources and blocks that exist, those in host memory included, aliases not.
    #[doc(alias = "allocationCount")]
    pub allocation_count: u64,
    /// Resources placed over others' memory that exist.
    #[doc(alias = "aliasedAllocationCount")]
    pub aliased_count: u64,
    /// Bytes of everything that `allocation_count` counts.
    #[doc(alias = "trackedAllocatedBytes")]
    pub tracked_bytes: u64,
    /// Bytes of staging quota that are taken.
    #[doc(alias = "stagingQuotaUsed")]
    pub staging_quota_used: u64,
    /// `used_bytes` ÷ `budget_bytes`: a ratio, 1.0 where the budget is full; infinite where a budget of 0 is used.
    #[doc(alias = "budgetUtilization")]
    #[serde(with = "form::ratio")]
    pub budget_utilization: f64,
    /// Whether the device or a heap holds more than its limit.
    #[doc(alias = "isOverBudget")]
    pub is_over_budget: bool,
    /// Bytes of staging quota in all.
    pub staging_quota_max: u64,
    /// Bytes of device memory in use.
    pub used_bytes: u64,
    /// Bytes that device memory may have.
    pub budget_bytes: u64,
    /// Most bytes of device memory that were in use at any time.
    pub peak_bytes: u64,
    /// The part of `used_bytes` that waits for the device.
    pub retiring_bytes: u64,
    /// Warning line, in per cent of a limit.
    pub warning_percent: u8,
    /// Bytes charged within the frame, in all memory.
    pub frame_allocated_bytes: u64,
    /// Bytes given back within the frame, in all memory.
    pub frame_freed_bytes: u64,
    /// Resources and blocks made within the frame.
    pub frame_allocations: u64,
    /// Resources and blocks freed within the frame.
    pub frame_frees: u64,
    /// Bytes of memory objects, whoever they belong to.
    pub block_bytes: u64,
    /// Memory objects.
    pub block_count: u64,
    /// Memory objects ever made.
    pub blocks_made: u64,
    /// Requests refused since the collector was made.
    pub refusals: u64,
    /// Calls of the driver so far, where somebody counts them; see
    /// [`count_driver_calls`](crate::MetricsCollector::count_driver_calls).
    pub driver_calls: Option<u64>,
}

/// The figures of one heap, in bytes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HeapFigures {
    /// What resources in it hold.
    pub account: AccountFigures,
    /// The limit that holds: the configured one, or the driver's.
    pub budget_bytes: Option<u64>,
    /// Its size.
    pub size_bytes: u64,
    /// Memory objects in it.
    pub block_bytes: u64,
    /// What the driver lets this process use, at the last poll.
    pub driver_budget_bytes: u64,
    /// What the process uses, by the driver's last word and our own blocks since.
    pub driver_usage_bytes: u64,
}

/// The figures of one category.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CategoryFigures {
    /// Which one.
    #[serde(with = "form::category")]
    pub category: Category,
    /// What it holds.
    pub account: AccountFigures,
}

/// The figures of one tag.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TagFigures {
    /// Which one.
    #[serde(with = "form::tag")]
    pub tag: Tag,
    /// What it holds.
    pub account: AccountFigures,
}

/// What an account holds, in bytes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AccountFigures {
    /// What resources and blocks were granted.
    pub used_bytes: u64,
    /// The part of it that they really need.
    pub committed_bytes: u64,
    /// The part of it that waits for the device.
    pub retiring_bytes: u64,
    /// Most that was ever used.
    pub peak_bytes: u64,
    /// Number of resources and blocks.
    pub count: u64,
}

/// What only the collector knows of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) began_ns: u64,
    pub(crate) ended_ns: u64,
    pub(crate) refusals: u64,
    pub(crate) driver_calls: Option<u64>,
}

impl Snapshot {
    /// The figures of `category`.
    pub fn category(&self, category: Category) -> AccountFigures {
        let found = self.categories.iter().find(|figures| figures.category == category);
        found.map(|figures| figures.account).unwrap_or_default()
    }

    /// The figures of `tag`; zeros if it was never used.
    pub fn tag(&self, tag: Tag) -> AccountFigures {
        let found = self.tags.binary_search_by_key(&tag.0, |figures| figures.tag.0);
        found.map(|at| self.tags[at].account).unwrap_or_default()
    }

    /// Becomes a picture of `budget`; allocates nothing once the lists have grown.
    pub(crate) fn fill(
        &mut self,
        delta: &FrameDelta,
        budget: &BudgetSnapshot,
        circumstances: Circumstances,
        sources: &[u64],
    ) {
        self.frame = FrameFigures::new(delta, budget, circumstances);
        self.heaps.clear();
        self.heaps.extend(budget.heaps.iter().map(HeapFigures::from));
        self.categories.clear();
        let categories = budget.categories.iter();
        self.categories.extend(categories.map(|(category, figures)| CategoryFigures {
            category: *category,
            account: figures.into(),
        }));
        self.tags.clear();
        let tags = budget.tags.iter();
        self.tags
            .extend(tags.map(|(tag, figures)| TagFigures { tag: *tag, account: figures.into() }));
        self.sources.clear();
        self.sources.extend_from_slice(sources);
    }
}

impl FrameFigures {
    fn new(delta: &FrameDelta, budget: &BudgetSnapshot, circumstances: Circumstances) -> Self {
        let Circumstances { began_ns, ended_ns, refusals, driver_calls } = circumstances;
        Self {
            frame: delta.frame,
            began_ns,
            ended_ns,
            allocation_count: budget.allocations(),
            aliased_count: budget.aliases.into(),
            tracked_bytes: budget.bytes(),
            staging_quota_used: budget.staging_used,
            budget_utilization: budget.device.utilisation(),
            is_over_budget: budget.is_over_budget(),
            staging_quota_max: budget.staging_max,
            used_bytes: budget.device.used(),
            budget_bytes: budget.device.limit.unwrap_or(u64::MAX),
            peak_bytes: budget.device.peak,
            retiring_bytes: budget.device.retiring,
            warning_percent: budget.warning_percent,
            frame_allocated_bytes: delta.allocated_bytes,
            frame_freed_bytes: delta.freed_bytes,
            frame_allocations: delta.allocations,
            frame_frees: delta.frees,
            block_bytes: budget.blocks.bytes,
            block_count: budget.blocks.count.into(),
            blocks_made: budget.blocks.made,
            refusals,
            driver_calls,
        }
    }
}

impl From<&HeapBudget> for HeapFigures {
    fn from(heap: &HeapBudget) -> Self {
        Self {
            account: (&heap.figures).into(),
            budget_bytes: heap.figures.limit,
            size_bytes: heap.size,
            block_bytes: heap.block_bytes,
            driver_budget_bytes: heap.driver_budget,
            driver_usage_bytes: heap.driver_usage,
        }
    }
}

impl From<&Figures> for AccountFigures {
    fn from(figures: &Figures) -> Self {
        Self {
            used_bytes: figures.reserved,
            committed_bytes: figures.committed,
            retiring_bytes: figures.retiring,
            peak_bytes: figures.peak,
            count: figures.count,
        }
    }
}

/// What columns, traces and pages call `category`.
pub fn category_name(category: Category) -> &'static str {
    match category {
        Category::Buffer => "buffer",
        Category::Image => "image",
        Category::Staging => "staging",
        Category::Transient => "transient",
        // The list may grow.
        _ => "other",
    }
}
