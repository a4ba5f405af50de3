//! The ledger: how much is used, by whom, and how much may be.
//!
//! # Protocol
//!
//! One short mutex guards plain figures; no driver call and no callback happens under it.
//! Checks and additions are one critical section, so no interleaving of threads overshoots a limit, a peak is the
//! true maximum, and nothing is refused while room is there.
//! An attempt reserves what it asks for. If it is granted exactly that, it settles without touching the books again; a
//! surplus is admitted in a critical section of its own. An attempt that fails is refunded.
//! So a pair of allocate and free costs two critical sections.
//! Limits only judge: lowering one below what is used makes the account *over*, and frees always succeed.
//!
//! Accounts have two dimensions. Where: the device (memory in device-local heaps) and the heap. What: the category and
//! the user's tag. A reservation touches one path in each.

mod accounts;
mod figures;
mod pressure;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use ash::vk;

use self::accounts::Accounts;
pub(crate) use self::pressure::is_near;
pub use self::{
    figures::{Figures, FrameDelta, OverBudget},
    pressure::Pressure,
};
use crate::{BudgetPolicy, Category, Tag, sync::lock};

/// The figures, and the limits that judge them.
#[derive(Debug)]
pub(crate) struct Ledger {
    accounts: Mutex<Accounts>,
    // A copy of `Accounts::strict`, relaxed: it only decides whether asking beforehand is worth a lock.
    strict: AtomicBool,
    // Whether `Accounts::crossed` holds anything; set under the lock, relaxed, because whoever finds it set takes the lock.
    news: AtomicBool,
}

/// Where in the book something is booked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct AccountPath {
    pub(crate) heap: u8,
    pub(crate) category: Category,
    pub(crate) tag: Tag,
}

/// An installed policy, with the bytes that it admitted.
#[derive(Debug)]
pub(crate) struct PolicyAccount {
    pub(crate) policy: Arc<dyn BudgetPolicy>,
    // Changed under the ledger's lock alone, which makes check and addition one; atomic only to be shared.
    bytes: AtomicU64,
}

impl PolicyAccount {
    pub(crate) fn new(policy: Arc<dyn BudgetPolicy>) -> Self {
        Self { policy, bytes: AtomicU64::new(0) }
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: u64) {
        self.bytes.store(self.bytes().wrapping_add(bytes), Ordering::Relaxed);
    }
}

/// A policy, and its limit at this moment.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    pub(crate) account: Arc<PolicyAccount>,
    pub(crate) limit: Option<u64>,
}

/// Bytes that an attempt has set aside; given back on drop unless it settles.
#[derive(Debug)]
#[must_use]
pub(crate) struct Reservation<'l> {
    // Invariant: `charge` is booked in `ledger` for as long as `self` lives.
    ledger: &'l Ledger,
    charge: Charge,
    limit: Option<u64>,
    // The frame in which it was booked: a later one must not pay for its failure.
    frame: u64,
}

/// Bytes that are charged, until [`Ledger::release`].
#[derive(Debug)]
#[must_use]
pub(crate) struct Charge {
    pub(crate) path: AccountPath,
    pub(crate) bytes: u64,
    pub(crate) committed: u64,
    pub(crate) policy: Option<Arc<PolicyAccount>>,
}

impl Ledger {
    pub(crate) fn new(local_heaps: u16, strict: bool, warning_percent: u8) -> Self {
        let accounts = Accounts::new(local_heaps, strict, warning_percent);
        Self {
            accounts: Mutex::new(accounts),
            strict: AtomicBool::new(strict),
            news: AtomicBool::new(false),
        }
    }

    /// Sets bytes aside, if every account on the path has room or nothing is strict.
    pub(crate) fn reserve(
        &self,
        path: AccountPath,
        bytes: u64,
        judge: Option<Judge>,
    ) -> Result<Reservation<'_>, OverBudget> {
        let (policy, limit) = match judge {
            Some(Judge { account, limit }) => (Some(account), limit),
            None => (None, None),
        };
        let charge = Charge { path, bytes, committed: bytes, policy };
        let mut accounts = lock(&self.accounts);
        accounts.admit(path, bytes, charge.policy.as_deref(), limit)?;
        accounts.book(&charge);
        let frame = accounts.frame.frame;
        self.note_news(&accounts);
        drop(accounts);
        Ok(Reservation { ledger: self, charge, limit, frame })
    }

    /// Whether `bytes` would be admitted now; says nothing about the next moment.
    pub(crate) fn would_admit(
        &self,
        path: AccountPath,
        bytes: u64,
        judge: Option<&Judge>,
    ) -> Result<(), OverBudget> {
        let (policy, limit) = judge.map_or((None, None), |j| (Some(&*j.account), j.limit));
        lock(&self.accounts).admit(path, bytes, policy, limit)
    }

    /// Gives back what was charged.
    pub(crate) fn release(&self, charge: &Charge, retiring: bool) {
        let mut accounts = lock(&self.accounts);
        accounts.frame.freed_bytes = accounts.frame.freed_bytes.wrapping_add(charge.bytes);
        accounts.frame.frees += 1;
        if retiring {
            accounts.each(charge.path, |figures| figures.retiring -= charge.bytes);
        }
        accounts.strike(charge);
    }

    /// Gives back what was charged for something that never came to be.
    pub(crate) fn undo(&self, charge: &Charge) {
        let mut accounts = lock(&self.accounts);
        accounts.strike(charge);
        accounts.frame.allocated_bytes =
            accounts.frame.allocated_bytes.saturating_sub(charge.bytes);
        accounts.frame.allocations = accounts.frame.allocations.saturating_sub(1);
    }

    /// Notes that `charge` now waits for the device; it stays charged.
    pub(crate) fn retire(&self, charge: &Charge) {
        lock(&self.accounts).each(charge.path, |figures| figures.retiring += charge.bytes);
    }

    /// Sets the limit of the device (`None`) or of a heap, in bytes; `None` lifts it.
    pub(crate) fn set_limit(&self, heap: Option<u32>, limit: Option<u64>) {
        let mut accounts = lock(&self.accounts);
        accounts.set_limit(heap, limit);
        self.note_news(&accounts);
    }

    /// The lines that were crossed upwards since the last call, to be told of outside the lock.
    pub(crate) fn take_crossed(&self) -> Vec<Pressure> {
        if !self.news.swap(false, Ordering::Relaxed) {
            return Vec::new();
        }
        std::mem::take(&mut lock(&self.accounts).crossed)
    }

    /// Whether [`take_crossed`](Self::take_crossed) is worth a call.
    pub(crate) fn has_news(&self) -> bool {
        self.news.load(Ordering::Relaxed)
    }

    pub(crate) fn set_strict(&self, strict: bool) {
        let mut accounts = lock(&self.accounts);
        accounts.strict = strict;
        self.strict.store(strict, Ordering::Relaxed);
    }

    /// Whether limits refuse; says nothing about the next moment.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict.load(Ordering::Relaxed)
    }

    pub(crate) fn device_figures(&self) -> Figures {
        lock(&self.accounts).device_figures()
    }

    pub(crate) fn heap(&self, heap: u32) -> Figures {
        let heaps = self.snapshot().1;
        heaps.get(heap as usize).copied().unwrap_or_default()
    }

    /// Figures of the device and of every heap, of one moment.
    pub(crate) fn snapshot(&self) -> (Figures, [Figures; vk::MAX_MEMORY_HEAPS]) {
        let accounts = lock(&self.accounts);
        (accounts.device_figures(), accounts.heaps())
    }

    pub(crate) fn category(&self, category: Category) -> Figures {
        lock(&self.accounts).category(category)
    }

    pub(crate) fn tag(&self, tag: Tag) -> Figures {
        lock(&self.accounts).tag(tag)
    }

    #[inline]
    fn note_news(&self, accounts: &Accounts) {
        if !accounts.crossed.is_empty() {
            self.news.store(true, Ordering::Relaxed);
        }
    }

    /// Begins the figures of the next frame, and returns those of the one that ends.
    pub(crate) fn turn_frame(&self) -> FrameDelta {
        lock(&self.accounts).turn_frame()
    }
}

impl Reservation<'_> {
    /// Turns the reservation into a charge of `granted` bytes; a surplus is admitted or everything is given back.
    pub(crate) fn settle(mut self, granted: u64) -> Result<Charge, OverBudget> {
        if let Some(surplus) = granted.checked_sub(self.charge.bytes).filter(|bytes| *bytes > 0) {
            let mut accounts = lock(&self.ledger.accounts);
            let policy = self.charge.policy.as_deref();
            if let Err(over) = accounts.admit(self.charge.path, surplus, policy, self.limit) {
                drop(accounts);
                return Err(over);
            }
            accounts.enlarge(&self.charge, surplus);
            self.ledger.note_news(&accounts);
            drop(accounts);
            self.charge.bytes = granted;
        }
        let Charge { path, bytes, committed, .. } = self.charge;
        let policy = self.charge.policy.take();
        // It is the charge's from here on.
        std::mem::forget(self);
        Ok(Charge { path, bytes, committed, policy })
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut accounts = lock(&self.ledger.accounts);
        accounts.strike(&self.charge);
        if accounts.frame.frame == self.frame {
            accounts.frame.allocated_bytes =
                accounts.frame.allocated_bytes.wrapping_sub(self.charge.bytes);
            accounts.frame.allocations -= 1;
        }
    }
}
