//! The accounts themselves: plain figures, changed under the ledger's lock.

use std::collections::HashMap;

use ash::vk;

use super::{
    AccountPath, Charge, Figures, FrameDelta, OverBudget, PolicyAccount, Pressure, pressure::Lines,
};
use crate::{Category, Tag};

const CATEGORIES: usize = 5;

#[derive(Debug)]
pub(super) struct Accounts {
    // Invariant: `device` is the sum over the local heaps; heaps, and categories, each sum up to all charges.
    device: Account,
    heaps: [Account; vk::MAX_MEMORY_HEAPS],
    categories: [Figures; CATEGORIES],
    tags: HashMap<Tag, Figures>,
    /// Heaps next to the device, one bit each: what is booked there counts for the device.
    local_heaps: u16,
    pub(super) strict: bool,
    pub(super) frame: FrameDelta,
    /// Lines that were crossed upwards and nobody was told of yet.
    pub(super) crossed: Vec<Pressure>,
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
            heaps: [account; vk::MAX_MEMORY_HEAPS],
            categories: [Figures::default(); CATEGORIES],
            tags: HashMap::new(),
            local_heaps,
            strict,
            frame: FrameDelta::default(),
            crossed: Vec::new(),
        }
    }

    /// Whether every account on the path has room for `bytes` more.
    pub(super) fn admit(
        &self,
        path: AccountPath,
        bytes: u64,
        policy: Option<&PolicyAccount>,
        limit: Option<u64>,
    ) -> Result<(), OverBudget> {
        if let (Some(account), Some(limit)) = (policy, limit) {
            let available = limit.saturating_sub(account.bytes());
            if bytes > available {
                return Err(OverBudget { requested: bytes, available, retiring: 0 });
            }
        }
        let heap = &self.heaps[usize::from(path.heap)].figures;
        let device = &self.device.figures;
        // Counting is never allowed to wrap, strict or not; the device holds no less than a local heap.
        let most = heap.reserved.max(device.reserved);
        if most.checked_add(bytes).is_none() {
            return Err(OverBudget { requested: bytes, available: 0, retiring: heap.retiring });
        }
        if !self.strict {
            return Ok(());
        }
        let tightest = if self.is_local(path) && device.available() < heap.available() {
            device
        } else {
            heap
        };
        let available = tightest.available();
        if bytes > available {
            return Err(OverBudget { requested: bytes, available, retiring: tightest.retiring });
        }
        Ok(())
    }

    /// Books a charge that was admitted.
    #[inline]
    pub(super) fn book(&mut self, charge: &Charge) {
        self.frame.allocated_bytes = self.frame.allocated_bytes.wrapping_add(charge.bytes);
        self.frame.allocations += 1;
        if let Some(policy) = &charge.policy {
            policy.add(charge.bytes);
        }
        self.each(charge.path, |figures| {
            figures.reserved += charge.bytes;
            figures.committed += charge.committed;
            figures.count += 1;
            figures.peak = figures.peak.max(figures.reserved);
        });
        self.watch(charge.path);
    }

    /// Adds an admitted surplus to a charge.
    pub(super) fn enlarge(&mut self, charge: &Charge, surplus: u64) {
        self.frame.allocated_bytes = self.frame.allocated_bytes.wrapping_add(surplus);
        if let Some(policy) = &charge.policy {
            policy.add(surplus);
        }
        self.each(charge.path, |figures| {
            figures.reserved += surplus;
            figures.peak = figures.peak.max(figures.reserved);
        });
        self.watch(charge.path);
    }

    /// Takes a charge off every account of its path.
    #[inline]
    pub(super) fn strike(&mut self, charge: &Charge) {
        if let Some(policy) = &charge.policy {
            policy.add(charge.bytes.wrapping_neg());
        }
        self.each(charge.path, |figures| {
            figures.reserved -= charge.bytes;
            figures.committed -= charge.committed;
            figures.count -= 1;
        });
        self.watch(charge.path);
    }

    /// Every set of figures on the path.
    #[inline]
    pub(super) fn each(&mut self, path: AccountPath, change: impl Fn(&mut Figures)) {
        if self.is_local(path) {
            change(&mut self.device.figures);
        }
        change(&mut self.heaps[usize::from(path.heap)].figures);
        change(&mut self.categories[slot(path.category)]);
        if path.tag != Tag(0) {
            change(self.tags.entry(path.tag).or_default());
        }
    }

    /// Looks whether the last change along `path` has crossed a line.
    #[inline]
    fn watch(&mut self, path: AccountPath) {
        if self.device.is_news() || self.heaps[usize::from(path.heap)].is_news() {
            self.note(None);
            self.note(Some(path.heap.into()));
        }
    }

    /// Looks at the lines of the device or a heap, and notes one that was crossed upwards.
    #[cold]
    fn note(&mut self, heap: Option<u32>) {
        let account = match heap {
            None => Some(&mut self.device),
            Some(heap) => self.heaps.get_mut(heap as usize),
        };
        let crossed = account.and_then(|account| account.lines.cross(&account.figures, heap));
        self.crossed.extend(crossed);
    }

    pub(super) fn set_limit(&mut self, heap: Option<u32>, limit: Option<u64>) {
        let account = match heap {
            None => Some(&mut self.device),
            Some(heap) => self.heaps.get_mut(heap as usize),
        };
        if let Some(account) = account {
            account.figures.limit = limit;
            self.note(heap);
        }
    }

    pub(super) fn turn_frame(&mut self) -> FrameDelta {
        let utilisation = self.device.figures.utilisation();
        let next = FrameDelta { frame: self.frame.frame + 1, ..FrameDelta::default() };
        FrameDelta { utilisation, ..std::mem::replace(&mut self.frame, next) }
    }

    pub(super) fn device_figures(&self) -> Figures {
        self.device.figures
    }

    pub(super) fn heaps(&self) -> [Figures; vk::MAX_MEMORY_HEAPS] {
        self.heaps.map(|heap| heap.figures)
    }

    pub(super) fn category(&self, category: Category) -> Figures {
        self.categories[slot(category)]
    }

    pub(super) fn tag(&self, tag: Tag) -> Figures {
        self.tags.get(&tag).copied().unwrap_or_default()
    }

    fn is_local(&self, path: AccountPath) -> bool {
        self.local_heaps & (1 << path.heap) != 0
    }
}

fn slot(category: Category) -> usize {
    match category {
        Category::Buffer => 0,
        Category::Image => 1,
        Category::Staging => 2,
        Category::Transient => 3,
        Category::Other => 4,
    }
}
