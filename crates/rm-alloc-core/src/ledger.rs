//! The ledger: how much is used, by whom, and how much may be.
//!
//! # Protocol
//!
//! One short mutex guards plain figures; no driver call and no callback happens under it.
//! An attempt first *reserves*: check and addition are one critical section, so no interleaving of threads overshoots a
//! limit, and nothing is refused while room is there. It *enlarges* the reservation if more was granted, and *settles*
//! once nothing can fail any more: only then do the bytes count as used, raise a peak, cross a line or appear in a frame.
//! So an attempt that fails leaves no trace, and its drop gives the room back.
//! Where nothing could refuse, nothing is set aside: what was taken is charged, in one critical section instead of two,
//! and limits that become strict meanwhile find it admitted already.
//! Limits only judge: lowering one below what is used makes the account *over*, and frees always succeed.
//!
//! Accounts have two dimensions. Where: the device (memory in device-local heaps) and the heap. What: the category and
//! the user's tag. A charge touches one path in each; reservations count where limits are, on the first.

mod accounts;
mod figures;
#[cfg(all(test, loom))]
mod model;
mod pressure;
#[cfg(all(test, not(loom)))]
mod tests;

use std::sync::{Arc, atomic::Ordering};

use ash::vk;

use self::accounts::Accounts;
pub(crate) use self::pressure::is_near;
pub use self::{
    figures::{BudgetScope, Figures, FrameDelta, OverBudget},
    pressure::Pressure,
};
use crate::{
    BudgetPolicy, BudgetSnapshot, Category, Tag,
    callback::Guarded,
    sync::{AtomicBool, AtomicU64, Mutex, lock},
};

/// The figures, and the limits that judge them.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Ledger {
    // First, so that lock and figures share cache lines as `accounts` says.
    accounts: Mutex<Accounts>,
    // A copy of `Accounts::strict`, relaxed: whoever changes it is not ordered with attempts of other threads anyway.
    strict: AtomicBool,
    // Whether `Accounts` has crossings to tell of; set under the lock, relaxed, because whoever finds it set takes the lock.
    news: AtomicBool,
}

/// Where in the books something is entered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct AccountPath {
    pub(crate) heap: u8,
    pub(crate) category: Category,
    pub(crate) tag: Tag,
}

/// An installed policy, with the bytes that it admitted.
#[derive(Debug)]
pub(crate) struct PolicyAccount {
    pub(crate) policy: Guarded<dyn BudgetPolicy>,
    // Both are changed under the ledger's lock alone, which makes check and addition one; atomic only to be shared.
    bytes: AtomicU64,
    retiring: AtomicU64,
}

impl PolicyAccount {
    pub(crate) fn new(policy: Arc<dyn BudgetPolicy>) -> Self {
        let (bytes, retiring) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { policy: Guarded::new(policy), bytes, retiring }
    }

    /// The account as figures, under `limit`.
    fn figures(&self, limit: Option<u64>) -> Figures {
        let reserved = self.bytes.load(Ordering::Relaxed);
        let retiring = self.retiring.load(Ordering::Relaxed);
        Figures { reserved, retiring, limit, ..Figures::default() }
    }

    fn add(&self, bytes: u64) {
        add(&self.bytes, bytes);
    }

    fn retire(&self, bytes: u64) {
        add(&self.retiring, bytes);
    }
}

/// Adds under the ledger's lock, so that nothing is lost between load and store.
fn add(sum: &AtomicU64, bytes: u64) {
    sum.store(sum.load(Ordering::Relaxed).wrapping_add(bytes), Ordering::Relaxed);
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
    // Invariant: `bytes` are pending on `path`, and with `judge`, for as long as `self` lives.
    ledger: &'l Ledger,
    path: AccountPath,
    bytes: u64,
    judge: Option<Judge>,
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
    /// A ledger for as many heaps as `local` says of whether they are next to the device.
    pub(crate) fn new(local: &[bool], strict: bool, warning_percent: u8) -> Self {
        Self {
            accounts: Mutex::new(Accounts::new(local, strict, warning_percent)),
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
        let mut accounts = lock(&self.accounts);
        accounts.admit(&path, bytes, judge.as_ref())?;
        accounts.set_aside(&path, bytes, judge.as_ref());
        drop(accounts);
        Ok(Reservation { ledger: self, path, bytes, judge })
    }

    /// Charges `granted` bytes, of which `committed` are really needed, for an attempt that nothing could refuse.
    #[inline]
    pub(crate) fn charge(&self, path: AccountPath, granted: u64, committed: u64) -> Charge {
        let mut accounts = lock(&self.accounts);
        accounts.book(&path, granted, committed);
        self.note_news(&accounts);
        Charge { path, bytes: granted, committed, policy: None }
    }

    /// Whether `bytes` would be admitted now; says nothing about the next moment.
    pub(crate) fn would_admit(
        &self,
        path: AccountPath,
        bytes: u64,
        judge: Option<&Judge>,
    ) -> Result<(), OverBudget> {
        lock(&self.accounts).admit(&path, bytes, judge)
    }

    /// Whether `bytes` would be admitted now, whichever heap they were of.
    pub(crate) fn would_admit_everywhere(&self, bytes: u64, judge: Option<&Judge>) -> bool {
        lock(&self.accounts).admit_everywhere(bytes, judge)
    }

    /// Gives back what was charged.
    #[inline(always)]
    pub(crate) fn release(&self, charge: &Charge, retiring: bool) {
        let Charge { path, bytes, committed, policy } = charge;
        let mut accounts = lock(&self.accounts);
        if retiring {
            accounts.retire(charge, bytes.wrapping_neg());
        }
        if let Some(policy) = policy {
            policy.add(bytes.wrapping_neg());
        }
        accounts.strike(path, *bytes, *committed);
    }

    /// Notes that `charge` now waits for the device; it stays charged.
    pub(crate) fn retire(&self, charge: &Charge) {
        lock(&self.accounts).retire(charge, charge.bytes);
    }

    /// Notes that `charge` is wanted again.
    pub(crate) fn unretire(&self, charge: &Charge) {
        lock(&self.accounts).retire(charge, charge.bytes.wrapping_neg());
    }

    /// Sets the limits of the device and of every heap, in bytes; `None` lifts that of a heap.
    pub(crate) fn set_limits(&self, device: u64, heaps: &[Option<u64>; vk::MAX_MEMORY_HEAPS]) {
        let mut accounts = lock(&self.accounts);
        accounts.set_limits(device, heaps);
        self.note_news(&accounts);
    }

    /// The lines that were crossed upwards since the last call, to be told of outside the lock.
    pub(crate) fn take_crossed(&self) -> Vec<Pressure> {
        let mut accounts = lock(&self.accounts);
        self.news.store(false, Ordering::Relaxed);
        accounts.take_crossed()
    }

    /// Whether [`take_crossed`](Self::take_crossed) is worth a call.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        self.news.load(Ordering::Relaxed)
    }

    pub(crate) fn set_strict(&self, strict: bool) {
        let mut accounts = lock(&self.accounts);
        accounts.strict = strict;
        self.strict.store(strict, Ordering::Relaxed);
    }

    /// Whether limits refuse; says nothing about the next moment.
    #[inline]
    pub(crate) fn is_strict(&self) -> bool {
        self.strict.load(Ordering::Relaxed)
    }

    /// Figures of the device and of every heap, of one moment.
    pub(crate) fn snapshot(&self) -> (Figures, [Figures; vk::MAX_MEMORY_HEAPS]) {
        let accounts = lock(&self.accounts);
        (accounts.device_figures(), accounts.heap_figures())
    }

    pub(crate) fn device_figures(&self) -> Figures {
        lock(&self.accounts).device_figures()
    }

    pub(crate) fn heap(&self, heap: u32) -> Figures {
        lock(&self.accounts).heap(heap)
    }

    pub(crate) fn category(&self, category: Category) -> Figures {
        lock(&self.accounts).category(category)
    }

    pub(crate) fn tag(&self, tag: Tag) -> Figures {
        lock(&self.accounts).tag(tag)
    }

    /// Copies every account.
    pub(crate) fn copy_into(&self, snapshot: &mut BudgetSnapshot) {
        lock(&self.accounts).copy_into(snapshot);
        snapshot.tags.sort_unstable_by_key(|(tag, _)| tag.0);
    }

    /// Begins the figures of the next frame, and returns those of the one that ends, with the accounts of that moment.
    pub(crate) fn turn_frame(&self, snapshot: Option<&mut BudgetSnapshot>) -> FrameDelta {
        let mut accounts = lock(&self.accounts);
        let Some(snapshot) = snapshot else { return accounts.turn_frame() };
        accounts.copy_into(snapshot);
        let delta = accounts.turn_frame();
        drop(accounts);
        snapshot.tags.sort_unstable_by_key(|(tag, _)| tag.0);
        delta
    }

    #[inline]
    fn note_news(&self, accounts: &Accounts) {
        if accounts.has_crossed() {
            self.news.store(true, Ordering::Relaxed);
        }
    }
}

impl Reservation<'_> {
    /// Sets aside what was granted beyond what was asked for, if there is room; nothing changes if not.
    pub(crate) fn enlarge(&mut self, granted: u64) -> Result<(), OverBudget> {
        let surplus = granted.saturating_sub(self.bytes);
        if surplus == 0 {
            return Ok(());
        }
        let mut accounts = lock(&self.ledger.accounts);
        // Told as if all of it were asked for: what will never fit shows by its limit.
        accounts.admit(&self.path, surplus, self.judge.as_ref()).map_err(|over| OverBudget {
            requested: granted,
            available: over.available.saturating_add(self.bytes),
            ..over
        })?;
        accounts.set_aside(&self.path, surplus, self.judge.as_ref());
        self.bytes = granted;
        Ok(())
    }

    /// Charges `granted` bytes, of which `committed` are really needed, in place of what was set aside.
    pub(crate) fn settle(mut self, granted: u64, committed: u64) -> Charge {
        let (path, policy) = (self.path, self.judge.take().map(|judge| judge.account));
        let mut accounts = lock(&self.ledger.accounts);
        accounts.put_back(&path, self.bytes, policy.as_deref());
        if let Some(policy) = &policy {
            policy.add(granted);
        }
        accounts.book(&path, granted, committed);
        self.ledger.note_news(&accounts);
        drop(accounts);
        // Nothing is pending any more.
        std::mem::forget(self);
        Charge { path, bytes: granted, committed, policy }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let policy = self.judge.as_ref().map(|judge| &*judge.account);
        lock(&self.ledger.accounts).put_back(&self.path, self.bytes, policy);
    }
}
