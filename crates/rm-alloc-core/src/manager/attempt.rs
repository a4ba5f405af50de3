//! One allocation under way: who asks, what was tried, and whether others were asked to give memory back.

use super::core::Door;
use crate::{
    Admission, Allocation, AllocationError, AllocatorCapabilities, Category, MemoryError,
    MemoryEvent, MemoryRequest, ParcelKind, Reason, Refusal, Resource, Shortage, Tag, TypeRefusal,
    allocator::{NoMemory, Placement},
    callback::contained,
    ledger::{AccountPath, Judge, Reservation},
    resource::AnyRequest,
};

/// What a panic in a judgement counts as.
pub(super) const PANICKED: &str = "the policy panicked";

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
    #[inline]
    pub(super) fn of(request: AnyRequest<'r>) -> Self {
        let (category, tag) = request.accounts();
        let kind = match request {
            AnyRequest::Buffer(_) => ParcelKind::Buffer,
            AnyRequest::Image(_) => ParcelKind::Image,
        };
        let (what, label, bytes) = (request.what(), request.label(), request.least_size());
        Self { what, kind, category, tag, label, bytes }
    }
}

/// One allocation on its way.
#[derive(Debug)]
pub(super) struct Attempt<'d> {
    door: &'d Door,
    pub(super) orders: Orders<'d>,
    // Heaps for which the ladder was climbed, one bit each: once an allocation is enough.
    climbed: u16,
}

impl<'d> Attempt<'d> {
    #[inline]
    pub(super) fn new(door: &'d Door, orders: Orders<'d>) -> Self {
        Self { door, orders, climbed: 0 }
    }

    /// The explained error of a request that got no further, told to observers.
    #[cold]
    pub(super) fn refuse(&self, error: MemoryError) -> AllocationError {
        self.explain(error.into(), self.orders.bytes)
    }

    /// The explained error, told to observers; built on the failure path only.
    #[cold]
    fn explain(&self, none: NoMemory, bytes: u64) -> AllocationError {
        let NoMemory { kind, types } = none;
        let name = contained(|| Box::from(self.door.allocator.name())).unwrap_or_default();
        let Orders { what, label, .. } = self.orders;
        let mut refusal = Refusal::new(what, label, bytes, &name).types(types);
        refusal.retiring = self.door.core.ledger.device().retiring;
        self.door.core.observers.tell(&MemoryEvent::Refused(&refusal));
        AllocationError::new(kind, refusal)
    }

    /// Tells a request that no heap has room for, before anything is made for it.
    pub(super) fn expect_room(&mut self, placement: &Placement<'_>) -> Result<(), AllocationError> {
        let bytes = placement.requirements.size;
        let mut refused = self.no_room(placement);
        while let Some(TypeRefusal { reason, .. }) = refused.first().copied() {
            let climbed = refused.iter().any(|r| self.climb(r.memory_type, bytes, r.reason));
            if !climbed {
                let kind = reason.into();
                return Err(self.explain(NoMemory { kind, types: refused }, bytes));
            }
            refused = self.no_room(placement);
        }
        Ok(())
    }

    /// Why no memory type has room in the budget; empty if one has, or none would do anyway, which is for others to find.
    fn no_room(&self, placement: &Placement<'_>) -> Vec<TypeRefusal> {
        let (context, bytes) = (&self.door.core.context, placement.requirements.size);
        let mut refused = Vec::new();
        for memory_type in context.memory_types(&placement.query(context)) {
            let room = self.door.core.judge().and_then(|judge| {
                let path = self.path(memory_type);
                self.door.core.ledger.would_admit(path, bytes, judge.as_ref())?;
                Ok(())
            });
            match room {
                Ok(()) => return Vec::new(),
                Err(reason) => refused.push(TypeRefusal { memory_type, reason }),
            }
        }
        refused
    }

    /// Takes memory of the best type that has some, with its bytes set aside.
    #[inline]
    pub(super) fn take(
        &mut self,
        placement: &Placement<'_>,
        resource: Option<Resource>,
    ) -> Result<(Allocation, Reservation<'d>), AllocationError> {
        let (context, capabilities) = (&self.door.core.context, self.door.allocator.capabilities());
        let taken = placement.walk(context, capabilities, resource, |request| {
            match self.try_type(request) {
                Err(reason) if self.climb(request.memory_type, request.size, reason) => {
                    self.try_type(request)
                }
                done => done,
            }
        });
        taken.map_err(|none| self.explain(none, placement.requirements.size))
    }

    /// One memory type: admit, take, admit what was granted beyond.
    #[inline]
    fn try_type(
        &self,
        request: &MemoryRequest<'_>,
    ) -> Result<(Allocation, Reservation<'d>), Reason> {
        let (core, path) = (&self.door.core, self.path(request.memory_type));
        let limit = core.heap_size(path.heap);
        if request.size > limit {
            return Err(MemoryError::TooLarge { size: request.size, limit }.into());
        }
        let judge = self.judge(request.size, path)?;
        let mut reservation = core.ledger.reserve(path, request.size, judge)?;
        let allocation = if self.is_bounded() {
            let headroom = core.block_headroom(path.heap.into());
            self.door.allocator.allocate(&request.clone().headroom(headroom))
        } else {
            self.door.allocator.allocate(request)
        }?;
        match reservation.enlarge(allocation.size()) {
            Ok(()) => Ok((allocation, reservation)),
            Err(over) => {
                // SAFETY: it came from there just now, and nothing uses it.
                unsafe { self.door.allocator.free(allocation) };
                // Its room only now: nobody may be let in before the memory is back.
                drop(reservation);
                Err(over.into())
            }
        }
    }

    /// Asks the policy, if there is one.
    #[inline]
    fn judge(&self, requested: u64, path: AccountPath) -> Result<Option<Judge>, Reason> {
        match self.door.core.judge()? {
            None => Ok(None),
            Some(judge) => self.hear(requested, path, judge).map(Some),
        }
    }

    #[cold]
    fn hear(&self, requested: u64, path: AccountPath, judge: Judge) -> Result<Judge, Reason> {
        let heap = path.heap.into();
        let admission = Admission {
            requested,
            heap,
            heap_figures: self.door.core.ledger.heap(heap),
            category: path.category,
            tag: path.tag,
            label: self.orders.label,
        };
        let heard = contained(|| judge.account.policy.before_alloc(&admission));
        heard.unwrap_or(Err(PANICKED)).map_err(Reason::Policy)?;
        Ok(judge)
    }

    /// Asks others to give memory back, and says whether any did; once a heap, and not for what no amount would help.
    #[cold]
    fn climb(&mut self, memory_type: u32, bytes: u64, reason: Reason) -> bool {
        let Some(short) = reason.relievable() else { return false };
        let heap = self.door.core.context.heap_of(memory_type);
        if self.climbed & (1 << heap) != 0 {
            return false;
        }
        self.climbed |= 1 << heap;
        // A budget knows how much is missing; a driver does not say.
        let missing = match reason {
            Reason::Budget(over) => over.requested.saturating_sub(over.available),
            _ => bytes,
        };
        let shortage = Shortage { heap, bytes: missing };
        self.door.core.reliefs.relieve(&*self.door.allocator, shortage, short)
    }

    /// Where memory of `memory_type` is entered.
    #[inline]
    fn path(&self, memory_type: u32) -> AccountPath {
        // There are 16 heaps at most.
        let heap = u8::try_from(self.door.core.context.heap_of(memory_type)).unwrap_or_default();
        AccountPath { heap, category: self.orders.category, tag: self.orders.tag }
    }

    /// Whether new blocks have to keep to what the driver leaves: limits are strict, and the backend can.
    #[inline]
    fn is_bounded(&self) -> bool {
        self.door.core.ledger.is_strict()
            && self.door.allocator.capabilities().contains(AllocatorCapabilities::HEADROOM)
    }
}
