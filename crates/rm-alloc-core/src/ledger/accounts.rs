//! The accounts themselves: plain figures, changed under the ledger's lock.
//!
//! Sums wrap: sizes are checked against their heap before they get here, so none ever does, and if a backend granted
//! nonsense, taking it off again would still be exact.

use std::collections::HashMap;

use ash::vk;

use super::{
    AccountPath, Charge, Figures, FrameDelta, Judge, OverBudget, PolicyAccount, Pressure,
    pressure::Lines,
};
use crate::{Category, Tag};

const CATEGORIES: usize = 5;

#[derive(Debug)]
pub(super) struct Accounts {
    // Invariant: `device` is the sum over the local heaps; heaps, and categories, each sum up to all charges.
    device: Account,
    frame: FrameDelta,
    pub(super) strict: bool,
    /// Heaps next to the device, one bit each: what is entered there counts for the device.
    local_heaps: u16,
    heaps: [Account; vk::MAX_MEMORY_HEAPS],
    categories: [Figures; CATEGORIES],
    tags: HashMap<Tag, Figures>,
    /// Crossings that nobody was told of yet: the last one of each account, so that they do not pile up.
    crossed: Vec<Pressure>,
}

/// Figures with a limit that is watched.
#[derive(Clone, Copy, Debug)]
struct Account {
    figures: Figures,
    lines: Lines,
}

impl Account {
    /// Whether the last change has crossed a line.
    #[inline]
    fn is_news(&self) -> bool {
        self.lines.is_news(self.figures.reserved)
    }
}

impl Accounts {
    pub(super) fn new(local_heaps: u16, strict: bool, warning_percent: u8) -> Self {
        let account = Account { figures: Figures::default(), lines: Lines::new(warning_percent) };
        Self {
            device: account,
            frame: FrameDelta::default(),
            strict,
            local_heaps,
            heaps: [account; vk::MAX_MEMORY_HEAPS],
            categories: [Figures::default(); CATEGORIES],
            tags: HashMap::new(),
            crossed: Vec::new(),
        }
    }

    /// Whether every account on the path has room for `bytes` more.
    pub(super) fn admit(
        &self,
        path: AccountPath,
        bytes: u64,
        judge: Option<&Judge>,
    ) -> Result<(), OverBudget> {
        if let Some(Judge { account, limit: Some(limit) }) = judge {
            let admitted =
                Figures { reserved: account.bytes(), limit: Some(*limit), ..Figures::default() };
            admitted.admit(bytes)?;
        }
        if !self.strict {
            return Ok(());
        }
        if self.is_local(path) {
            self.device.figures.admit(bytes)?;
        }
        self.heaps[usize::from(path.heap)].figures.admit(bytes)
    }

    /// Notes bytes of an attempt under way, which were admitted.
    pub(super) fn set_aside(&mut self, path: AccountPath, bytes: u64, judge: Option<&Judge>) {
        if let Some(judge) = judge {
            judge.account.add(bytes);
        }
        self.each_limited(path, |figures| figures.pending = figures.pending.wrapping_add(bytes));
    }

    /// The reverse of [`set_aside`](Self::set_aside).
    pub(super) fn put_back(
        &mut self,
        path: AccountPath,
        bytes: u64,
        policy: Option<&PolicyAccount>,
    ) {
        if let Some(policy) = policy {
            policy.add(bytes.wrapping_neg());
        }
        self.each_limited(path, |figures| figures.pending = figures.pending.wrapping_sub(bytes));
    }

    /// Enters a charge.
    #[inline]
    pub(super) fn book(&mut self, charge: &Charge) {
        if let Some(policy) = &charge.policy {
            policy.add(charge.bytes);
        }
        self.frame.allocated_bytes = self.frame.allocated_bytes.wrapping_add(charge.bytes);
        self.frame.allocations += 1;
        self.each(charge.path, |figures| {
            figures.reserved = figures.reserved.wrapping_add(charge.bytes);
            figures.committed = figures.committed.wrapping_add(charge.committed);
            figures.count += 1;
            figures.peak = figures.peak.max(figures.reserved);
        });
        self.watch(charge.path);
    }

    /// Takes a charge off every account of its path.
    #[inline]
    pub(super) fn strike(&mut self, charge: &Charge, retiring: bool) {
        if let Some(policy) = &charge.policy {
            policy.add(charge.bytes.wrapping_neg());
        }
        self.frame.freed_bytes = self.frame.freed_bytes.wrapping_add(charge.bytes);
        self.frame.frees += 1;
        let retired = if retiring { charge.bytes } else { 0 };
        self.each(charge.path, |figures| {
            figures.reserved = figures.reserved.wrapping_sub(charge.bytes);
            figures.committed = figures.committed.wrapping_sub(charge.committed);
            figures.retiring = figures.retiring.wrapping_sub(retired);
            figures.count -= 1;
        });
        self.watch(charge.path);
    }

    /// Shows a charge as waiting for the device.
    pub(super) fn retire(&mut self, charge: &Charge) {
        self.each(charge.path, |figures| {
            figures.retiring = figures.retiring.wrapping_add(charge.bytes);
        });
    }

    pub(super) fn set_limits(
        &mut self,
        device: Option<u64>,
        heaps: &[Option<u64>; vk::MAX_MEMORY_HEAPS],
    ) {
        self.device.figures.limit = device;
        self.look(None);
        for (index, limit) in (0..).zip(heaps) {
            self.heaps[usize::from(index)].figures.limit = *limit;
            self.look(Some(index));
        }
    }

    pub(super) fn turn_frame(&mut self) -> FrameDelta {
        let utilisation = self.device.figures.utilisation();
        let next = FrameDelta { frame: self.frame.frame + 1, ..FrameDelta::default() };
        FrameDelta { utilisation, ..std::mem::replace(&mut self.frame, next) }
    }

    pub(super) fn take_crossed(&mut self) -> Vec<Pressure> {
        std::mem::take(&mut self.crossed)
    }

    #[inline]
    pub(super) fn has_crossed(&self) -> bool {
        !self.crossed.is_empty()
    }

    pub(super) fn device(&self) -> Figures {
        self.device.figures
    }

    pub(super) fn heaps(&self) -> [Figures; vk::MAX_MEMORY_HEAPS] {
        self.heaps.map(|heap| heap.figures)
    }

    /// Zeros if there is no such heap.
    pub(super) fn heap(&self, heap: u32) -> Figures {
        self.heaps.get(heap as usize).map(|heap| heap.figures).unwrap_or_default()
    }

    pub(super) fn category(&self, category: Category) -> Figures {
        self.categories[slot(category)]
    }

    pub(super) fn tag(&self, tag: Tag) -> Figures {
        self.tags.get(&tag).copied().unwrap_or_default()
    }

    #[inline]
    fn is_local(&self, path: AccountPath) -> bool {
        self.local_heaps & (1 << path.heap) != 0
    }

    /// Every set of figures on the path that has a limit.
    #[inline]
    fn each_limited(&mut self, path: AccountPath, change: impl Fn(&mut Figures)) {
        if self.is_local(path) {
            change(&mut self.device.figures);
        }
        change(&mut self.heaps[usize::from(path.heap)].figures);
    }

    /// Every set of figures on the path.
    #[inline]
    fn each(&mut self, path: AccountPath, change: impl Fn(&mut Figures)) {
        self.each_limited(path, &change);
        change(&mut self.categories[slot(path.category)]);
        if path.tag != Tag(0) {
            change(self.tags.entry(path.tag).or_default());
        }
    }

    /// Looks whether the last change along `path` has crossed a line.
    #[inline]
    fn watch(&mut self, path: AccountPath) {
        if self.device.is_news() || self.heaps[usize::from(path.heap)].is_news() {
            self.look(None);
            self.look(Some(path.heap));
        }
    }

    /// Looks at the lines of one account.
    #[cold]
    fn look(&mut self, heap: Option<u8>) {
        let account = match heap {
            None => &mut self.device,
            Some(heap) => &mut self.heaps[usize::from(heap)],
        };
        let crossed = account.lines.cross(&account.figures, heap.map(u32::from));
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
