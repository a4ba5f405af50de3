//! Who pays and who frees: carried by every resource, inline.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::core::Door;
use crate::{
    Allocation, EventMask, FreedParcel, MemoryEvent, Parcel, ParcelKind, callback::contained,
    ledger::Charge,
};

/// The title to a piece of charged memory.
#[derive(Debug)]
pub(crate) struct Deed {
    // Invariant: `charge` is charged in the ledger of `door`, and the memory came from the allocator of `door`.
    pub(crate) door: Arc<Door>,
    pub(crate) charge: Charge,
    pub(crate) kind: ParcelKind,
    // Set once, by whoever retires the resource; relaxed, because the ledger's lock orders what depends on it.
    retiring: AtomicBool,
}

impl Deed {
    #[inline]
    pub(crate) fn new(door: &Arc<Door>, charge: Charge, kind: ParcelKind) -> Self {
        Self { door: Arc::clone(door), charge, kind, retiring: AtomicBool::new(false) }
    }

    /// Notes, once, that the memory waits for the device.
    pub(crate) fn retire(&self) {
        if !self.retiring.swap(true, Ordering::Relaxed) {
            self.door.core.ledger.retire(&self.charge);
        }
    }

    /// Tells of the charge: the policy first, observers last.
    #[inline]
    pub(crate) fn tell_allocated(&self, label: Option<&str>) {
        self.door.core.tell_crossings();
        if self.charge.policy.is_some() || self.door.core.observers.want(EventMask::ALLOCATED) {
            self.tell_parcel(label);
        }
    }

    #[cold]
    fn tell_parcel(&self, label: Option<&str>) {
        let (bytes, heap) = (self.charge.bytes, self.charge.path.heap.into());
        let parcel = Parcel { bytes, heap, kind: self.kind, label };
        if let Some(account) = &self.charge.policy {
            contained(|| account.policy.after_alloc(&parcel));
        }
        self.door.core.observers.tell(&MemoryEvent::Allocated(parcel));
    }

    /// Gives the memory back, then tells: the allocator, the ledger, the policy, the observers.
    ///
    /// # Safety
    ///
    /// - `allocation` is the memory that the deed is for, and nothing uses it any more.
    #[inline]
    pub(crate) unsafe fn release(self, allocation: Allocation) {
        let Self { door, charge, kind, retiring } = self;
        let parcel = FreedParcel { reserved: charge.bytes, committed: charge.committed, kind };
        // SAFETY: it came from there (invariant), and nothing uses it (caller).
        unsafe { door.allocator.free(allocation) };
        contained(|| door.allocator.notify_freed(parcel));
        door.core.ledger.release(&charge, retiring.into_inner());
        if charge.policy.is_some() || door.core.observers.want(EventMask::FREED) {
            tell_freed(&door, charge, parcel);
        }
    }
}

#[cold]
fn tell_freed(door: &Door, charge: Charge, parcel: FreedParcel) {
    if let Some(account) = charge.policy {
        // Its last handle may go here, and whatever the policy owns with it.
        contained(move || account.policy.on_freed(parcel));
    }
    door.core.observers.tell(&MemoryEvent::Freed(parcel));
}
