//! Who pays and who frees: carried by every resource, inline.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::core::Door;
use crate::{
    Allocation, EventMask, FreedParcel, MemoryEvent, Parcel, ParcelKind, Place,
    callback::contained,
    ledger::{AccountPath, Charge, PolicyAccount},
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

    /// Notes that somebody wants the memory again.
    pub(crate) fn unretire(&self) {
        if self.retiring.swap(false, Ordering::Relaxed) {
            self.door.core.ledger.unretire(&self.charge);
        }
    }

    /// Gives the memory back, then tells: the allocator, the ledger, the policy, the observers.
    ///
    /// # Safety
    ///
    /// - `allocation` is the memory that the deed is for, and nothing uses it any more.
    #[inline(always)]
    pub(crate) unsafe fn release(self, allocation: Allocation) {
        let Self { door, charge, kind, retiring } = self;
        let parcel = FreedParcel { reserved: charge.bytes, committed: charge.committed, kind };
        let place = Place::from(&allocation);
        // The books are set right whatever a backend does.
        contained(|| {
            // SAFETY: it came from there (invariant), and nothing uses it (caller).
            unsafe { door.allocator.free(allocation) };
            door.allocator.notify_freed(parcel);
        });
        door.core.ledger.release(&charge, retiring.into_inner());
        if charge.policy.is_some() || door.core.observers.want(EventMask::FREED) {
            tell_freed(&door, charge, parcel, place);
        }
    }
}

/// What was charged, and the memory it was charged for.
#[derive(Clone, Copy)]
pub(super) struct Taken<'a> {
    pub(super) charge: &'a Charge,
    pub(super) allocation: &'a Allocation,
    pub(super) kind: ParcelKind,
    pub(super) label: Option<&'a str>,
}

/// Tells of a charge: the lines that it crossed, then the policy, observers last.
#[inline]
pub(super) fn tell_allocated(door: &Door, taken: &Taken<'_>) {
    door.core.tell_crossings();
    let Taken { charge, allocation, kind, label } = *taken;
    if charge.policy.is_some() || door.core.observers.want(EventMask::ALLOCATED) {
        let AccountPath { heap, category, tag } = charge.path;
        let (bytes, heap, place) = (charge.bytes, heap.into(), allocation.into());
        let parcel = Parcel { bytes, heap, kind, category, tag, place, label };
        tell_parcel(door, charge.policy.as_deref(), &parcel);
    }
}

#[cold]
fn tell_parcel(door: &Door, policy: Option<&PolicyAccount>, parcel: &Parcel<'_>) {
    if let Some(account) = policy {
        contained(|| account.policy.after_alloc(parcel));
    }
    door.core.observers.tell(&MemoryEvent::Allocated(*parcel));
}

#[cold]
fn tell_freed(door: &Door, charge: Charge, parcel: FreedParcel, place: Place) {
    if let Some(account) = charge.policy {
        // Its last handle may go here, and whatever the policy owns with it.
        contained(move || account.policy.on_freed(parcel));
    }
    door.core.observers.tell(&MemoryEvent::Freed(parcel, place));
}
