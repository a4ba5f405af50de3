//! Policies: who judges an allocation beyond the manager's own limits.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use ash::vk;

use crate::{Allocation, Category, Figures, FreedParcel, ParcelKind, Tag};

/// What a policy is asked to judge.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Admission<'a> {
    /// Bytes that will be charged at least.
    pub requested: u64,
    /// Index of the heap they would come from.
    pub heap: u32,
    /// The figures of that heap before this request.
    pub heap_figures: Figures,
    /// The account it belongs to.
    pub category: Category,
    /// The user's own account.
    pub tag: Tag,
    /// The label of the request.
    pub label: Option<&'a str>,
}

/// Memory that was admitted and taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Parcel<'a> {
    /// Bytes charged.
    pub bytes: u64,
    /// Index of the heap they came from.
    pub heap: u32,
    /// What the memory is used for.
    pub kind: ParcelKind,
    /// The account it belongs to.
    pub category: Category,
    /// The user's own account.
    pub tag: Tag,
    /// Where it is.
    pub place: Place,
    /// The label of the request.
    pub label: Option<&'a str>,
}

/// Where memory is, which no other memory of the device is while it lives.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Place {
    /// The memory object.
    pub memory: vk::DeviceMemory,
    /// Bytes from its start.
    pub offset: u64,
}

impl From<&Allocation> for Place {
    fn from(allocation: &Allocation) -> Self {
        Self { memory: allocation.memory(), offset: allocation.offset() }
    }
}

/// A judge of allocations, installed by
/// [`DeviceBudgetManager::set_policy`](crate::DeviceBudgetManager::set_policy).
///
/// Every method is called outside every lock of the library, so a policy may call back. A panic is contained; in
/// [`before_alloc`](Self::before_alloc) it counts as a refusal.
/// The policy that admitted a resource hears of its free, also when another one is installed by then.
#[doc(alias = "set_allocation_policy")]
pub trait BudgetPolicy: fmt::Debug + Send + Sync {
    /// The most bytes that may be charged at a time among what this policy admitted to one manager; `None` for any number.
    ///
    /// Data, not a judgement: the ledger enforces it in the same critical section in which it counts.
    fn limit(&self) -> Option<u64> {
        None
    }

    /// Judges a request before any memory is taken; must not count, because the request may still fail.
    ///
    /// # Errors
    ///
    /// The reason for saying no, shown in the error of whoever asked.
    fn before_alloc(&self, admission: &Admission<'_>) -> Result<(), &'static str> {
        let _any = admission;
        Ok(())
    }

    /// Hears that memory was charged and taken.
    fn after_alloc(&self, parcel: &Parcel<'_>) {
        let _counted_elsewhere = parcel;
    }

    /// Hears that memory went back.
    fn on_freed(&self, parcel: FreedParcel) {
        let _counted_elsewhere = parcel;
    }
}

/// The policy that ships: a limit in bytes, or tracking alone.
///
/// ```
/// use std::sync::Arc;
///
/// use rm_alloc_core::{BudgetLimit, DeviceBudgetManager};
///
/// fn cap(manager: &DeviceBudgetManager) -> Arc<BudgetLimit> {
///     let limit = Arc::new(BudgetLimit::bytes(512 << 20));
///     manager.set_policy(Some(limit.clone()));
///     assert_eq!(limit.allocated_bytes(), 0);
///     limit
/// }
/// ```
#[derive(Debug)]
pub struct BudgetLimit {
    limit: Option<u64>,
    allocated: AtomicU64,
}

impl BudgetLimit {
    /// At most `bytes` at a time, in each manager that it is installed in.
    #[doc(alias = "with_budget")]
    pub fn bytes(bytes: u64) -> Self {
        Self { limit: Some(bytes), allocated: AtomicU64::new(0) }
    }

    /// Any number of bytes; only counts.
    pub fn tracking() -> Self {
        Self { limit: None, allocated: AtomicU64::new(0) }
    }

    /// Bytes that exist now among what this policy admitted.
    pub fn allocated_bytes(&self) -> u64 {
        self.allocated.load(Ordering::Relaxed)
    }
}

impl BudgetPolicy for BudgetLimit {
    fn limit(&self) -> Option<u64> {
        self.limit
    }

    fn after_alloc(&self, parcel: &Parcel<'_>) {
        self.allocated.fetch_add(parcel.bytes, Ordering::Relaxed);
    }

    fn on_freed(&self, parcel: FreedParcel) {
        self.allocated.fetch_sub(parcel.reserved, Ordering::Relaxed);
    }
}
