//! One allocation under way: who asks, what was tried, and whether others were asked to give memory back.

use super::core::Door;
use crate::{
    Admission, Allocation, AllocationError, AllocatorCapabilities, Category, MemoryBlockRequest,
    MemoryError, MemoryEvent, MemoryRequest, Reason, Refusal, Resource, Shortage, Tag, TypeRefusal,
    allocator::{NoMemory, Placement},
    callback::contained,
    ledger::{AccountPath, Charge, Judge, Reservation},
    resource::AnyRequest,
};

/// What a panic in a judgement counts as.
pub(super) const PANICKED: &str = "the policy panicked";

/// What is asked for: all that accounts, policy and errors need to know.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'r> {
    Resource(AnyRequest<'r>),
    Memory(&'r MemoryBlockRequest<'r>),
}

impl<'r> Subject<'r> {
    fn label(self) -> Option<&'r str> {
        match self {
            Self::Resource(request) => request.label(),
            Self::Memory(request) => request.label,
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Resource(request) => request.what(),
            Self::Memory(_) => "memory",
        }
    }

    /// Bytes that are known to be asked for before the driver has spoken.
    fn least_size(self) -> u64 {
        match self {
            Self::Resource(request) => request.least_size(),
            Self::Memory(request) => request.size,
        }
    }

    #[inline]
    fn accounts(self) -> (Category, Tag) {
        match self {
            Self::Resource(request) => request.accounts(),
            Self::Memory(request) => (request.category, request.tag),
        }
    }
}

/// One allocation on its way.
#[derive(Debug)]
pub(super) struct Attempt<'d> {
    door: &'d Door,
    subject: Subject<'d>,
    // Heaps for which the ladder was climbed, one bit each: once an allocation is enough.
    climbed: u16,
    // What is set aside for memory that was taken and is not charged yet; given back if it never is.
    reservation: Option<Reservation<'d>>,
}

impl<'d> Attempt<'d> {
    #[inline]
    pub(super) fn new(door: &'d Door, subject: Subject<'d>) -> Self {
        Self { door, subject, climbed: 0, reservation: None }
    }

    /// The explained error of a request that got no further, told to observers.
    #[cold]
    pub(super) fn refuse(&self, error: MemoryError) -> AllocationError {
        self.explain(error.into(), self.subject.least_size())
    }

    /// The explained error, told to observers; built on the failure path only.
    #[cold]
    fn explain(&self, none: NoMemory, bytes: u64) -> AllocationError {
        let NoMemory { kind, types } = none;
        let name = contained(|| Box::from(self.door.allocator.name())).unwrap_or_default();
        let (what, label) = (self.subject.what(), self.subject.label());
        let mut refusal = Refusal::new(what, label, bytes, &name).types(types);
        refusal.retiring = self.door.core.ledger.device_figures().retiring;
        let error = AllocationError::new(kind, refusal);
        self.door.core.observers.tell(&MemoryEvent::Refused(&error));
        error
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
        let (core, bytes) = (&self.door.core, placement.requirements.size);
        if let Ok(judge) = core.judge()
            && core.ledger.would_admit_anywhere(bytes, judge.as_ref())
        {
            return Vec::new();
        }
        let mut refused = Vec::new();
        let context = &core.context;
        for memory_type in context.memory_types(&placement.query(context)) {
            let room = core.judge().and_then(|judge| {
                core.ledger.would_admit(self.path(memory_type), bytes, judge.as_ref())?;
                Ok(())
            });
            match room {
                Ok(()) => return Vec::new(),
                Err(reason) => refused.push(TypeRefusal { memory_type, reason }),
            }
        }
        refused
    }

    /// Takes memory of the best type that has some, with its bytes set aside where anything could refuse them.
    #[inline]
    pub(super) fn take(
        &mut self,
        placement: &Placement<'_>,
        resource: Option<Resource>,
    ) -> Result<Allocation, AllocationError> {
        let door = self.door;
        let (context, capabilities) = (&door.core.context, door.allocator.capabilities());
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

    /// Gives memory back that [`take`](Self::take) gave, and its bytes after it.
    ///
    /// # Safety
    ///
    /// - Nothing uses `allocation`.
    pub(super) unsafe fn give_back(&mut self, allocation: Allocation) {
        // SAFETY: it came from there (its only source), and nothing uses it (caller).
        unsafe { self.door.allocator.free(allocation) };
        // Only now: nobody may be let in before the memory is back.
        self.reservation = None;
    }

    /// Charges what [`take`](Self::take) gave; from here on nothing can fail.
    #[inline]
    pub(super) fn settle(&mut self, allocation: &Allocation, committed: u64) -> Charge {
        let granted = allocation.size();
        match self.reservation.take() {
            Some(reservation) => reservation.settle(granted, committed),
            None => {
                let path = self.path(allocation.memory_type());
                self.door.core.ledger.charge(path, granted, committed)
            }
        }
    }

    /// One memory type: admit, take, admit what was granted beyond.
    #[inline]
    fn try_type(&mut self, request: &MemoryRequest<'_>) -> Result<Allocation, Reason> {
        if self.door.core.could_refuse() {
            return self.try_admitted(request);
        }
        self.door.allocator.allocate(request).map_err(Reason::Memory)
    }

    #[inline(never)]
    fn try_admitted(&mut self, request: &MemoryRequest<'_>) -> Result<Allocation, Reason> {
        let (core, path) = (&self.door.core, self.path(request.memory_type));
        let heap = u32::from(path.heap);
        let limit = core.heap_size(heap);
        if request.size > limit {
            return Err(MemoryError::TooLarge { size: request.size, limit }.into());
        }
        let judge = core.judge()?;
        if let Some(judge) = &judge {
            self.hear(request.size, path, judge)?;
        }
        let mut reservation = core.ledger.reserve(path, request.size, judge)?;
        let allocation = if self.is_bounded() {
            let headroom = core.block_headroom(heap);
            self.door.allocator.allocate(&request.clone().headroom(headroom))
        } else {
            self.door.allocator.allocate(request)
        }?;
        let enlarged = reservation.enlarge(allocation.size());
        self.reservation = Some(reservation);
        if let Err(over) = enlarged {
            // SAFETY: it was taken just now, and nothing uses it.
            unsafe { self.give_back(allocation) };
            return Err(over.into());
        }
        Ok(allocation)
    }

    /// What the policy says.
    fn hear(&self, requested: u64, path: AccountPath, judge: &Judge) -> Result<(), Reason> {
        let heap = path.heap.into();
        let admission = Admission {
            requested,
            heap,
            heap_figures: self.door.core.ledger.heap(heap),
            category: path.category,
            tag: path.tag,
            label: self.subject.label(),
        };
        let heard = contained(|| judge.account.policy.before_alloc(&admission));
        heard.unwrap_or(Err(PANICKED)).map_err(Reason::Policy)
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
        let (category, tag) = self.subject.accounts();
        AccountPath { heap: self.door.core.heap_of(memory_type), category, tag }
    }

    /// Whether new blocks have to keep to what the driver leaves: limits are strict, and the backend can.
    fn is_bounded(&self) -> bool {
        self.door.core.ledger.is_strict()
            && self.door.allocator.capabilities().contains(AllocatorCapabilities::HEADROOM)
    }
}
