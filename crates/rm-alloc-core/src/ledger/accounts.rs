//! The accounts themselves: plain figures, changed under the ledger's lock.
//!
//! Sums wrap: sizes are checked against their heap before they get here, so none ever does, and if a backend granted
//! nonsense, taking it off again would still be exact.
//!
//! What a charge changes lies in three cache lines, because with two threads their way from core to core is the price of
//! the lock: the lock itself with the device and the frame, the heap, and the category.

use std::{collections::HashMap, mem};

use ash::vk;

use super::{
    AccountPath, BudgetScope, Charge, Figures, FrameDelta, Judge, OverBudget, PolicyAccount,
    Pressure,
    pressure::{Lines, Watch},
};
use crate::{BudgetSnapshot, Category, HeapBudget, Tag};

const CATEGORIES: usize = Category::ALL.len();

#[derive(Debug)]
#[repr(C)]
pub(super) struct Accounts {
    // Invariant: the device is the sum over the local heaps; heaps, and categories, each sum up to all charges.
    device: Device,
    frame: Frame,
    heaps: [Account; vk::MAX_MEMORY_HEAPS],
    categories: [Account; CATEGORIES],
    // Seldom written from here on.
    pub(super) strict: bool,
    /// Heaps next to the device, one bit each: what is entered there counts for the device.
    local_heaps: u16,
    heap_count: u8,
    frames: u64,
    device_watch: Watch,
    heap_watches: [Watch; vk::MAX_MEMORY_HEAPS],
    tags: HashMap<Tag, Account>,
    /// Crossings that nobody was told of yet: the last one of each account, so that they do not pile up.
    crossed: Vec<Pressure>,
}

/// What a heap, a category or a tag holds: one cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Account {
    reserved: u64,
    committed: u64,
    count: u64,
    peak: u64,
    lines: Lines,
    retiring: u64,
    pending: u64,
}

/// What cannot be summed up over the heaps when somebody asks.
#[derive(Debug, Default)]
#[repr(C)]
struct Device {
    reserved: u64,
    peak: u64,
    lines: Lines,
}

/// The figures of the frame so far.
#[derive(Debug, Default)]
#[repr(C)]
struct Frame {
    allocated_bytes: u64,
    freed_bytes: u64,
    allocations: u32,
    frees: u32,
}

impl Account {
    fn figures(&self, limit: Option<u64>) -> Figures {
        let Self { reserved, committed, count, peak, retiring, pending, .. } = *self;
        Figures { reserved, committed, retiring, pending, peak, count, limit }
    }

    #[inline]
    fn is_news(&self) -> bool {
        self.lines.is_news(self.reserved)
    }
}

#[cfg(test)]
impl Accounts {
    pub(super) const HEAPS_AT: usize = mem::offset_of!(Self, heaps);
    pub(super) const ACCOUNT_SIZE: usize = size_of::<Account>();
}

impl Accounts {
    /// Accounts of a device that has so many heaps, each of them local or not.
    pub(super) fn new(heaps: &[bool], strict: bool, warning_percent: u8) -> Self {
        let watch = Watch::new(warning_percent);
        // There are 16 heaps at most.
        let heaps = &heaps[..heaps.len().min(vk::MAX_MEMORY_HEAPS)];
        let local = heaps.iter().rev().fold(0, |bits, local| bits << 1 | u16::from(*local));
        Self {
            device: Device::default(),
            frame: Frame::default(),
            heaps: Default::default(),
            categories: Default::default(),
            strict,
            local_heaps: local,
            heap_count: u8::try_from(heaps.len()).unwrap_or_default(),
            frames: 0,
            device_watch: watch,
            heap_watches: [watch; vk::MAX_MEMORY_HEAPS],
            tags: HashMap::new(),
            crossed: Vec::new(),
        }
    }

    /// Whether every account on the path has room for `bytes` more.
    pub(super) fn admit(
        &self,
        path: &AccountPath,
        bytes: u64,
        judge: Option<&Judge>,
    ) -> Result<(), OverBudget> {
        if let Some(Judge { account, limit }) = judge {
            account.figures(*limit).admit(BudgetScope::Policy, bytes)?;
        }
        if !self.strict {
            return Ok(());
        }
        if self.is_local(path) {
            self.device_figures().admit(BudgetScope::Device, bytes)?;
        }
        self.heap(path.heap.into()).admit(BudgetScope::Heap, bytes)
    }

    /// Whether `bytes` more would find room whichever heap they were of: a quick yes, and no more than a doubt otherwise.
    pub(super) fn admit_everywhere(&self, bytes: u64, judge: Option<&Judge>) -> bool {
        let fits = |limit: Option<u64>, taken: u64| {
            limit.is_none_or(|limit| bytes <= limit.saturating_sub(taken))
        };
        let policy = judge.map(|judge| judge.account.figures(judge.limit));
        let admitted = policy.is_none_or(|policy| fits(policy.limit, policy.reserved));
        if !admitted || !self.strict {
            return admitted;
        }
        let taken = |account: &Account| account.reserved.saturating_add(account.pending);
        let mut heaps = self.heaps().zip(&self.heap_watches);
        let device = self.device.reserved.saturating_add(self.device_pending());
        fits(self.device_watch.limit, device)
            && heaps.all(|(account, watch)| fits(watch.limit, taken(account)))
    }

    /// Notes bytes of an attempt under way, which were admitted.
    pub(super) fn set_aside(&mut self, path: &AccountPath, bytes: u64, judge: Option<&Judge>) {
        if let Some(judge) = judge {
            judge.account.add(bytes);
        }
        let pending = &mut self.heaps[usize::from(path.heap)].pending;
        *pending = pending.wrapping_add(bytes);
    }

    /// The reverse of [`set_aside`](Self::set_aside).
    pub(super) fn put_back(
        &mut self,
        path: &AccountPath,
        bytes: u64,
        policy: Option<&PolicyAccount>,
    ) {
        if let Some(policy) = policy {
            policy.add(bytes.wrapping_neg());
        }
        let pending = &mut self.heaps[usize::from(path.heap)].pending;
        *pending = pending.wrapping_sub(bytes);
    }

    /// Enters `bytes`, of which `committed` are really needed, as charged.
    #[inline(always)]
    pub(super) fn book(&mut self, path: &AccountPath, bytes: u64, committed: u64) {
        self.frame.allocated_bytes = self.frame.allocated_bytes.wrapping_add(bytes);
        self.frame.allocations = self.frame.allocations.wrapping_add(1);
        if self.is_local(path) {
            self.device.reserved = self.device.reserved.wrapping_add(bytes);
            self.device.peak = self.device.peak.max(self.device.reserved);
        }
        self.each(path, |account| {
            account.reserved = account.reserved.wrapping_add(bytes);
            account.committed = account.committed.wrapping_add(committed);
            account.count = account.count.wrapping_add(1);
            account.peak = account.peak.max(account.reserved);
        });
        self.watch(path);
    }

    /// The reverse of [`book`](Self::book).
    #[inline(always)]
    pub(super) fn strike(&mut self, path: &AccountPath, bytes: u64, committed: u64) {
        self.frame.freed_bytes = self.frame.freed_bytes.wrapping_add(bytes);
        self.frame.frees = self.frame.frees.wrapping_add(1);
        if self.is_local(path) {
            self.device.reserved = self.device.reserved.wrapping_sub(bytes);
        }
        self.each(path, |account| {
            account.reserved = account.reserved.wrapping_sub(bytes);
            account.committed = account.committed.wrapping_sub(committed);
            account.count = account.count.wrapping_sub(1);
        });
        self.watch(path);
    }

    /// Shows `bytes` of a charge as waiting for the device, or its negative as wanted again.
    pub(super) fn retire(&mut self, charge: &Charge, bytes: u64) {
        if let Some(policy) = &charge.policy {
            policy.retire(bytes);
        }
        self.each(&charge.path, |account| account.retiring = account.retiring.wrapping_add(bytes));
    }

    pub(super) fn set_limits(&mut self, device: u64, heaps: &[Option<u64>; vk::MAX_MEMORY_HEAPS]) {
        self.device_watch.limit = Some(device);
        self.look(None);
        for (index, limit) in (0..).zip(heaps) {
            self.heap_watches[usize::from(index)].limit = *limit;
            self.look(Some(index));
        }
    }

    pub(super) fn turn_frame(&mut self) -> FrameDelta {
        let Frame { allocated_bytes, freed_bytes, allocations, frees } = mem::take(&mut self.frame);
        self.frames += 1;
        FrameDelta {
            frame: self.frames - 1,
            allocated_bytes,
            freed_bytes,
            allocations: allocations.into(),
            frees: frees.into(),
            utilisation: self.device_figures().utilisation(),
        }
    }

    pub(super) fn take_crossed(&mut self) -> Vec<Pressure> {
        mem::take(&mut self.crossed)
    }

    #[inline]
    pub(super) fn has_crossed(&self) -> bool {
        !self.crossed.is_empty()
    }

    pub(super) fn device_figures(&self) -> Figures {
        let Device { reserved, peak, .. } = self.device;
        let limit = self.device_watch.limit;
        let pending = self.device_pending();
        let mut sum = Figures { reserved, peak, pending, limit, ..Figures::default() };
        for heap in self.local_heaps() {
            sum.committed = sum.committed.wrapping_add(heap.committed);
            sum.retiring = sum.retiring.wrapping_add(heap.retiring);
            sum.count = sum.count.wrapping_add(heap.count);
        }
        sum
    }

    pub(super) fn heap_figures(&self) -> [Figures; vk::MAX_MEMORY_HEAPS] {
        std::array::from_fn(|index| self.heaps[index].figures(self.heap_watches[index].limit))
    }

    /// Copies every account; tags in no particular order.
    pub(super) fn copy_into(&self, snapshot: &mut BudgetSnapshot) {
        snapshot.frame = self.frames;
        snapshot.device = self.device_figures();
        snapshot.heaps.resize(self.heap_count.into(), HeapBudget::default());
        let heaps = self.heaps().zip(&self.heap_watches);
        for (heap, (account, watch)) in snapshot.heaps.iter_mut().zip(heaps) {
            heap.figures = account.figures(watch.limit);
        }
        snapshot.categories.clear();
        let categories = Category::ALL.iter().map(|category| (*category, self.category(*category)));
        snapshot.categories.extend(categories);
        snapshot.tags.clear();
        let tags = self.tags.iter().map(|(tag, account)| (*tag, account.figures(None)));
        snapshot.tags.extend(tags);
    }

    /// Zeros if there is no such heap.
    pub(super) fn heap(&self, heap: u32) -> Figures {
        let account = self.heaps.get(heap as usize).zip(self.heap_watches.get(heap as usize));
        account.map(|(account, watch)| account.figures(watch.limit)).unwrap_or_default()
    }

    pub(super) fn category(&self, category: Category) -> Figures {
        self.categories[slot(category)].figures(None)
    }

    pub(super) fn tag(&self, tag: Tag) -> Figures {
        self.tags.get(&tag).map(|account| account.figures(None)).unwrap_or_default()
    }

    /// The heaps that the device has.
    fn heaps(&self) -> impl Iterator<Item = &Account> {
        self.heaps.iter().take(self.heap_count.into())
    }

    /// Those next to it.
    fn local_heaps(&self) -> impl Iterator<Item = &Account> {
        let local = |at: &u32| self.local_heaps & (1 << at) != 0;
        (0..).zip(self.heaps()).filter(move |(at, _)| local(at)).map(|(_, heap)| heap)
    }

    fn device_pending(&self) -> u64 {
        self.local_heaps().fold(0, |sum, heap| sum.wrapping_add(heap.pending))
    }

    #[inline]
    fn is_local(&self, path: &AccountPath) -> bool {
        self.local_heaps & (1 << path.heap) != 0
    }

    /// Every account on the path but the device.
    #[inline(always)]
    fn each(&mut self, path: &AccountPath, change: impl Fn(&mut Account)) {
        change(&mut self.heaps[usize::from(path.heap)]);
        change(&mut self.categories[slot(path.category)]);
        if path.tag != Tag(0) {
            change(self.tags.entry(path.tag).or_default());
        }
    }

    /// Looks whether the last change along `path` has crossed a line.
    #[inline]
    fn watch(&mut self, path: &AccountPath) {
        let device = self.device.lines.is_news(self.device.reserved);
        if device || self.heaps[usize::from(path.heap)].is_news() {
            self.look(None);
            self.look(Some(path.heap));
        }
    }

    /// Looks at the lines of one account.
    #[cold]
    fn look(&mut self, heap: Option<u8>) {
        let (reserved, lines, watch) = match heap {
            None => (self.device.reserved, &mut self.device.lines, &mut self.device_watch),
            Some(heap) => {
                let heap = usize::from(heap);
                let account = &mut self.heaps[heap];
                (account.reserved, &mut account.lines, &mut self.heap_watches[heap])
            }
        };
        let crossed = watch.cross(reserved, heap.map(u32::from));
        *lines = watch.lines();
        let Some(pressure) = crossed else { return };
        match self.crossed.iter_mut().find(|known| known.heap == pressure.heap) {
            Some(known) => *known = pressure,
            None => self.crossed.push(pressure),
        }
    }
}

#[inline]
fn slot(category: Category) -> usize {
    match category {
        Category::Buffer => 0,
        Category::Image => 1,
        Category::Staging => 2,
        Category::Transient => 3,
        Category::Other => 4,
    }
}
