//! The path of one allocation: check, admit, take memory, settle; or nothing at all.

use super::{
    core::Door,
    deed::Deed,
    resources::{Backing, BufferAllocation, ImageAllocation},
};
use crate::{
    Admission, Allocation, AllocationError, AllocatorCapabilities, BufferRequest, Category,
    DeviceBudgetManager, ErrorKind, EventMask, ImageRequest, MemoryError, MemoryEvent,
    MemoryRequest, Parcel, ParcelKind, Reason, Refusal, Requirements, Resource, Shortage, Tag,
    TypeRefusal,
    allocator::{NoMemory, Placement},
    callback::contained,
    ledger::{AccountPath, Charge, Judge},
    resource::{AnyRequest, Created},
};

/// What a panic in a judgement counts as.
pub(super) const PANICKED: &str = "the policy panicked";

/// A resource that is bound and charged.
pub(super) struct Made {
    pub(super) resource: Resource,
    pub(super) backing: Backing,
}

impl DeviceBudgetManager {
    /// Makes a buffer whose memory is budgeted.
    ///
    /// # Errors
    ///
    /// [`OverBudget`](ErrorKind::OverBudget) or [`Refused`](ErrorKind::Refused) where a limit or the policy says no,
    /// [`InvalidRequest`](ErrorKind::InvalidRequest), [`Unsupported`](ErrorKind::Unsupported) or
    /// [`TooLarge`](ErrorKind::TooLarge) where the request breaks a rule of the device, otherwise what the best memory
    /// type answered; the refusal lists the others.
    /// On error nothing has changed.
    #[doc(alias = "AllocateBuffer")]
    #[doc(alias = "alloc_buffer")]
    pub fn allocate_buffer(
        &self,
        request: &BufferRequest<'_>,
    ) -> Result<BufferAllocation, AllocationError> {
        let made = self.make(AnyRequest::Buffer(request))?;
        // SAFETY: the buffer was just made by this request and bound.
        Ok(unsafe { BufferAllocation::new(made, request) })
    }

    /// Makes an image whose memory is budgeted, at its real requirement.
    ///
    /// # Errors
    ///
    /// As of [`allocate_buffer`](Self::allocate_buffer).
    #[doc(alias = "AllocateImage")]
    #[doc(alias = "alloc_texture")]
    pub fn allocate_image(
        &self,
        request: &ImageRequest<'_>,
    ) -> Result<ImageAllocation, AllocationError> {
        let made = self.make(AnyRequest::Image(request))?;
        // SAFETY: the image was just made by this request and bound.
        Ok(unsafe { ImageAllocation::new(made, request.label) })
    }

    /// Object, memory, charge, and the one bound to the other; or nothing at all.
    fn make(&self, request: AnyRequest<'_>) -> Result<Made, AllocationError> {
        let context = self.context();
        let orders = Orders::of(request);
        let refuse = |error: MemoryError| orders.refuse(&self.door, error.into(), orders.bytes);
        let checked = request.check(context).map_err(refuse)?;
        let mut exact = None;
        if self.door.core.could_refuse() {
            // What is refused by its own size alone costs no driver call, by its exact size no object.
            let least = request.placement(Requirements::at_least(orders.bytes));
            self.door.expect_room(&least, &orders)?;
            exact = checked.ask(context);
            if let Some(requirements) = exact.filter(|exact| exact.size > orders.bytes) {
                self.door.expect_room(&request.placement(requirements), &orders)?;
            }
        }
        let created = checked.create(context).map_err(refuse)?;
        let requirements = exact.unwrap_or_else(|| created.requirements());
        let placement = request.placement(requirements);
        let resource = created.resource();
        let (allocation, charge) = self.door.take(&placement, &orders, Some(resource))?;
        self.door.bind(created, allocation, charge, &orders, request)
    }
}

/// What the accounts, the policy and the errors need to know of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Orders<'r> {
    pub(super) what: &'static str,
    pub(super) kind: ParcelKind,
    pub(super) category: Category,
    pub(super) tag: Tag,
    pub(super) label: Option<&'r str>,
    /// Bytes that are known to be asked for before the driver has spoken.
    pub(super) bytes: u64,
}

impl<'r> Orders<'r> {
    fn of(request: AnyRequest<'r>) -> Self {
        let (category, tag) = request.accounts();
        let kind = match request {
            AnyRequest::Buffer(_) => ParcelKind::Buffer,
            AnyRequest::Image(_) => ParcelKind::Image,
        };
        let (what, label, bytes) = (request.what(), request.label(), request.least_size());
        Self { what, kind, category, tag, label, bytes }
    }

    /// The explained error, told to observers; built on the failure path only.
    #[cold]
    pub(super) fn refuse(&self, door: &Door, kind: ErrorKind, bytes: u64) -> AllocationError {
        self.explain(door, NoMemory { kind, types: Vec::new() }, bytes)
    }

    #[cold]
    pub(super) fn explain(&self, door: &Door, none: NoMemory, bytes: u64) -> AllocationError {
        let NoMemory { kind, types } = none;
        let name = contained(|| Box::from(door.allocator.name())).unwrap_or_default();
        let mut refusal = Refusal::new(self.what, self.label, bytes, &name).types(types);
        refusal.retiring = door.core.ledger.device_figures().retiring;
        door.core.observers.tell(&MemoryEvent::Refused(&refusal));
        AllocationError::new(kind, refusal)
    }
}

impl Door {
    /// Takes admitted and charged memory of the best type that has some.
    pub(super) fn take(
        &self,
        placement: &Placement<'_>,
        orders: &Orders<'_>,
        resource: Option<Resource>,
    ) -> Result<(Allocation, Charge), AllocationError> {
        let (context, capabilities) = (&self.core.context, self.allocator.capabilities());
        let taken = placement.walk(context, capabilities, resource, |request| {
            self.with_relief(request.memory_type, request.size, || self.attempt(request, orders))
        });
        taken.map_err(|none| orders.explain(self, none, placement.requirements.size))
    }

    /// Tells a request that no heap has room for, before anything is made for it.
    pub(super) fn expect_room(
        &self,
        placement: &Placement<'_>,
        orders: &Orders<'_>,
    ) -> Result<(), AllocationError> {
        let (core, bytes) = (&self.core, placement.requirements.size);
        let context = &core.context;
        let mut types: Vec<TypeRefusal> = Vec::new();
        for memory_type in context.memory_types(&placement.query(context)) {
            let room = || {
                let (path, judge) = (self.path(memory_type, orders), core.judge()?);
                core.ledger.would_admit(path, bytes, judge.as_ref()).map_err(Reason::Budget)
            };
            match self.with_relief(memory_type, bytes, room) {
                Ok(()) => return Ok(()),
                Err(reason) => types.push(TypeRefusal { memory_type, reason }),
            }
        }
        // No type at all is for the exact requirements to find out.
        let Some(first) = types.first().map(|refused| refused.reason) else { return Ok(()) };
        Err(orders.explain(self, NoMemory { kind: first.into(), types }, bytes))
    }

    /// Tries, and once more after others gave memory back.
    fn with_relief<T>(
        &self,
        memory_type: u32,
        bytes: u64,
        mut attempt: impl FnMut() -> Result<T, Reason>,
    ) -> Result<T, Reason> {
        let refused = match attempt() {
            Err(reason) if reason.is_shortage() => reason,
            done => return done,
        };
        // A budget knows how much is missing; a driver does not say.
        let missing = match refused {
            Reason::Budget(over) => over.requested.saturating_sub(over.available),
            _ => bytes,
        };
        let shortage = Shortage { heap: self.core.context.heap_of(memory_type), bytes: missing };
        if self.core.reliefs.relieve(&*self.allocator, shortage) { attempt() } else { Err(refused) }
    }

    /// One memory type: admit, take, settle.
    fn attempt(
        &self,
        request: &MemoryRequest<'_>,
        orders: &Orders<'_>,
    ) -> Result<(Allocation, Charge), Reason> {
        let core = &self.core;
        let path = self.path(request.memory_type, orders);
        let heap = u32::from(path.heap);
        let judge = core.judge()?;
        if let Some(Judge { account, .. }) = &judge {
            let admission = Admission {
                requested: request.size,
                heap,
                heap_figures: core.ledger.heap(heap),
                category: orders.category,
                tag: orders.tag,
                label: orders.label,
            };
            contained(|| account.policy.before_alloc(&admission))
                .unwrap_or(Err(PANICKED))
                .map_err(Reason::Policy)?;
        }
        let reservation = core.ledger.reserve(path, request.size, judge).map_err(Reason::Budget)?;
        let allocation = if self.is_bounded() {
            let headroom = core.block_headroom(heap);
            self.allocator.allocate(&request.clone().headroom(headroom))
        } else {
            self.allocator.allocate(request)
        };
        let allocation = allocation.map_err(Reason::Memory)?;
        match reservation.settle(allocation.size()) {
            Ok(charge) => {
                core.tell_crossings();
                Ok((allocation, charge))
            }
            Err(over) => {
                // SAFETY: it came from there just now, and nothing uses it.
                unsafe { self.allocator.free(allocation) };
                Err(Reason::Budget(over))
            }
        }
    }

    /// Where memory of `memory_type` is booked.
    fn path(&self, memory_type: u32, orders: &Orders<'_>) -> AccountPath {
        // There are 16 heaps at most.
        let heap = u8::try_from(self.core.context.heap_of(memory_type)).unwrap_or_default();
        AccountPath { heap, category: orders.category, tag: orders.tag }
    }

    /// Whether new blocks have to keep to what the driver leaves: limits are strict, and the backend can.
    fn is_bounded(&self) -> bool {
        self.core.ledger.is_strict()
            && self.allocator.capabilities().contains(AllocatorCapabilities::HEADROOM)
    }

    /// Gives `created` its memory and tells of it; on error everything is undone.
    fn bind(
        self: &std::sync::Arc<Self>,
        created: Created<'_>,
        allocation: Allocation,
        charge: Charge,
        orders: &Orders<'_>,
        request: AnyRequest<'_>,
    ) -> Result<Made, AllocationError> {
        // SAFETY: a backend's allocation satisfies its request, which was made from the object's requirements.
        let resource = match unsafe { created.bind(&allocation) } {
            Ok(resource) => resource,
            Err(error) => {
                // SAFETY: it came from there, and the object that should have used it is destroyed.
                unsafe { self.allocator.free(allocation) };
                self.core.ledger.undo(&charge);
                return Err(orders.refuse(self, error.into(), charge.committed));
            }
        };
        let deed = Deed::new(self, charge, orders.kind);
        self.tell_allocated(&deed, orders.label);
        let backing = Backing::new(allocation, deed, request.is_aliasable());
        Ok(Made { resource, backing })
    }

    /// Policy first, observers last.
    pub(super) fn tell_allocated(&self, deed: &Deed, label: Option<&str>) {
        let observed = self.core.observers.want(EventMask::ALLOCATED);
        if deed.charge.policy.is_none() && !observed {
            return;
        }
        let (bytes, heap) = (deed.charge.bytes, deed.charge.path.heap.into());
        let parcel = Parcel { bytes, heap, kind: deed.kind, label };
        if let Some(account) = &deed.charge.policy {
            contained(|| account.policy.after_alloc(&parcel));
        }
        self.core.observers.tell(&MemoryEvent::Allocated(parcel));
    }
}
