//! What is to be planned: items, their lifetimes, and what the search may cost.

mod check;

use alloc::vec::Vec;
use core::ops::Range;

/// When something lives: the half-open interval `[start, end)` of sections of one queue.
///
/// A section is whatever the caller counts in: passes, batches, ticks.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Span {
    /// The first section.
    pub start: u32,
    /// The section after the last.
    pub end: u32,
}

impl Span {
    /// The sections that two spans have in common are some.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl From<Range<u32>> for Span {
    fn from(range: Range<u32>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// How texels or bytes lie in memory: Vulkan keeps the two apart by `bufferImageGranularity`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Tiling {
    /// Buffers and linear images.
    Linear,
    /// Images of optimal tiling.
    #[default]
    Optimal,
}

/// Where an item may lie.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Placement {
    /// Anywhere.
    #[default]
    Anywhere,
    /// At this offset in bytes and nowhere else.
    Fixed(u64),
    /// At this offset in bytes if that is free and costs no memory.
    Preferred(u64),
}

/// One resource that wants a place, all but its lifetime.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[must_use]
pub struct Item {
    /// Size in bytes, not padded. Never zero.
    pub size: u64,
    /// What the offset is a multiple of, in bytes. A power of two.
    pub alignment: u64,
    /// Where it may lie.
    pub placement: Placement,
    /// Items of different groups share no memory: each group has offsets of its own, from zero.
    pub group: u32,
    /// What it shares no granularity page with: live items of the other tiling.
    pub tiling: Tiling,
}

impl Item {
    /// An item of group 0, of optimal tiling, that may lie anywhere; `size` and `alignment` in bytes.
    pub const fn new(size: u64, alignment: u64) -> Self {
        Self { size, alignment, placement: Placement::Anywhere, group: 0, tiling: Tiling::Optimal }
    }

    /// Puts it into another group.
    pub const fn group(mut self, group: u32) -> Self {
        self.group = group;
        self
    }

    /// Says how it lies in memory.
    pub const fn tiling(mut self, tiling: Tiling) -> Self {
        self.tiling = tiling;
        self
    }

    /// Wants it at `offset` bytes, and nowhere else.
    pub const fn fixed(mut self, offset: u64) -> Self {
        self.placement = Placement::Fixed(offset);
        self
    }

    /// Wants it at `offset` bytes if that is free and costs no memory.
    pub const fn preferred(mut self, offset: u64) -> Self {
        self.placement = Placement::Preferred(offset);
        self
    }
}

/// How much may be searched, in nodes: places tried for an item. About half a microsecond each.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Budget {
    /// What pays for a problem of this size and tightness; below a millisecond for a frame.
    #[default]
    Automatic,
    /// This many, in every group.
    Nodes(u64),
    /// As many as it takes to prove the best peak: for a few dozen items.
    Unlimited,
}

/// Items and their lifetimes, and how to plan them.
///
/// Two equal problems have equal plans.
///
/// ```
/// use rm_alias::{Item, Problem};
///
/// let mut problem = Problem::new();
/// let shadow = problem.push(Item::new(64 << 20, 64 << 10), 0..4);
/// let bloom = problem.push(Item::new(16 << 20, 64 << 10), 4..9);
/// let plan = rm_alias::plan(&problem)?;
/// assert_eq!((plan.offset(shadow), plan.offset(bloom)), (Some(0), Some(0)));
/// assert_eq!(plan.peak(), 64 << 20);
/// # Ok::<(), rm_alias::PlanError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[must_use]
pub struct Problem {
    /// The most bytes a group may take. The search is content once it needs no more.
    pub capacity: Option<u64>,
    /// The granularity page in bytes, a power of two: live items of different tiling do not share one.
    pub page: u64,
    /// How much may be searched.
    pub budget: Budget,
    /// What the restarts of the search follow from.
    pub seed: u64,
    /// How many queues each lifetime names.
    queues: u32,
    items: Vec<Item>,
    // Invariant: `ends[i]` is where the spans of item `i` end, and those of `i + 1` begin.
    spans: Vec<Span>,
    ends: Vec<u32>,
}

impl Problem {
    /// A problem of one queue without items.
    pub const fn new() -> Self {
        Self::of_queues(1)
    }

    /// A problem whose lifetimes are boxes over `queues` queues.
    pub const fn of_queues(queues: u32) -> Self {
        Self {
            capacity: None,
            page: 1,
            budget: Budget::Automatic,
            seed: 0,
            queues,
            items: Vec::new(),
            spans: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Limits every group to `bytes`.
    pub const fn capacity(mut self, bytes: u64) -> Self {
        self.capacity = Some(bytes);
        self
    }

    /// Keeps linear and optimal items `bytes` apart, as `bufferImageGranularity` asks.
    pub const fn page(mut self, bytes: u64) -> Self {
        self.page = bytes;
        self
    }

    /// Says how much may be searched.
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Says what the restarts of the search follow from.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds an item that lives from `lifetime.start` up to, not including, `lifetime.end`; returns its index.
    pub fn push(&mut self, item: Item, lifetime: impl Into<Span>) -> usize {
        self.push_box(item, &[lifetime.into()])
    }

    /// Adds an item whose lifetime is a box: one span a queue, outside of which it is known not to be used.
    ///
    /// Two items share no bytes if their spans overlap on every queue; [`Queues`](crate::Queues) makes such boxes.
    pub fn push_box(&mut self, item: Item, lifetime: &[Span]) -> usize {
        self.items.push(item);
        self.spans.extend_from_slice(lifetime);
        self.ends.push(u32::try_from(self.spans.len()).unwrap_or(u32::MAX));
        self.items.len() - 1
    }

    /// Forgets the items and keeps the memory they took.
    pub fn clear(&mut self) {
        self.items.clear();
        self.spans.clear();
        self.ends.clear();
    }

    /// Replaces an item and keeps its lifetime; `false` if there is no such item.
    pub fn replace(&mut self, index: usize, item: Item) -> bool {
        self.items.get_mut(index).map(|old| *old = item).is_some()
    }

    /// Replaces the lifetime of an item by one that names as many queues; `false` if that is not so.
    pub fn replace_lifetime(&mut self, index: usize, lifetime: &[Span]) -> bool {
        let range = self.range(index);
        let Some(old) = self.spans.get_mut(range) else { return false };
        if self.ends.len() <= index || old.len() != lifetime.len() {
            return false;
        }
        old.copy_from_slice(lifetime);
        true
    }

    /// How many queues each lifetime names.
    pub const fn queues(&self) -> u32 {
        self.queues
    }

    /// The items, in the order they were added.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The lifetime of an item: one span a queue. Empty if there is no such item.
    pub fn lifetime(&self, index: usize) -> &[Span] {
        if index >= self.ends.len() {
            return &[];
        }
        self.spans.get(self.range(index)).unwrap_or_default()
    }

    /// Two items live at the same time, or nobody can tell: their spans overlap on every queue.
    pub fn overlap(&self, first: usize, second: usize) -> bool {
        let (first, second) = (self.lifetime(first), self.lifetime(second));
        first.iter().zip(second).all(|(a, b)| a.overlaps(*b))
    }

    /// All spans of a checked problem, `queues` an item.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Becomes `other` without giving its memory back.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.capacity = other.capacity;
        self.page = other.page;
        self.budget = other.budget;
        self.seed = other.seed;
        self.queues = other.queues;
        self.items.clone_from(&other.items);
        self.spans.clone_from(&other.spans);
        self.ends.clone_from(&other.ends);
    }

    fn range(&self, index: usize) -> Range<usize> {
        let end = |index: usize| self.ends.get(index).map_or(self.spans.len(), |end| *end as usize);
        let start = if index == 0 { 0 } else { end(index - 1) };
        start..end(index)
    }
}

impl Default for Problem {
    fn default() -> Self {
        Self::new()
    }
}
