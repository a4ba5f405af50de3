//! One allocation under way: who asks, what was tried, and whether others were asked to give memory back.

use super::core::Door;
use crate::{
    Admission, Allocation, AllocationError, AllocatorCapabilities, Category, MemoryBlockRequest,
    MemoryError, MemoryEvent, MemoryRequest, Reason, Refusal, Resource, Shortage, Tag, TypeRefusal,
    allocator::{NoMemory, Placement},
    callback::contained,
    explain,
    ledger::{AccountPath, Charge, Judge, Reservation},
    relief::Ladder,
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
    /// Whether anything could refuse it before the driver does, as it was when it began.
    pub(super) judged: bool,
    // Made when it is first climbed.
    ladder: Option<Ladder>,
    // What is set aside for memory that was taken and is not charged yet; given back if it never is.
    reservation: Option<Reservation<'d>>,
}

impl<'d> Attempt<'d> {
    #[inline]
    pub(super) fn new(door: &'d Door, subject: Subject<'d>) -> Self {
        let judged = door.core.could_refuse();
        Self { door, subject, judged, ladder: None, reservation: None }
    }

    /// The explained error of a request that got no further, told to observers.
    #[cold]
    pub(super) fn refuse(&self, error: MemoryError, bytes: Option<u64>) -> AllocationError {
        self.explain(error.into(), bytes.unwrap_or_else(|| self.subject.least_size()))
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
        // What nobody could help with is not for reliefs.
        let able = placement.check(self.door.allocator.capabilities());
        able.map_err(|error| self.refuse(error, Some(bytes)))?;
        loop {
            let mut types = self.no_room(placement);
            let Some(first) = types.first().map(|refused| refused.reason) else { return Ok(()) };
            if !types.iter().any(|it| self.climb(it.memory_type, bytes, it.reason)) {
                let context = &self.door.core.context;
                types.extend(explain(context.memory_properties(), &placement.query(context)));
                return Err(self.explain(NoMemory { kind: first.into(), types }, bytes));
            }
        }
    }

    /// Why no memory type has room in the budget; empty if one has, or none would do anyway, which is for others to find.
    fn no_room(&self, placement: &Placement<'_>) -> Vec<TypeRefusal> {
        let (core, bytes) = (&self.door.core, placement.requirements.size);
        let judge = core.judge();
        if let Ok(judge) = &judge
            && core.ledger.would_admit_everywhere(bytes, judge.as_ref())
        {
            return Vec::new();
        }
        let mut refused = Vec::new();
        for memory_type in core.context.memory_types(&placement.query(&core.context)) {
            let path = self.path(memory_type);
            let room = judge.as_ref().map_err(|reason| *reason).and_then(|judge| {
                core.check_piece(path.heap.into(), bytes)?;
                core.ledger.would_admit(path, bytes, judge.as_ref())?;
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
            loop {
                match self.try_type(request) {
                    Err(reason) if self.climb(request.memory_type, request.size, reason) => {}
                    done => break done,
                }
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
        if self.judged
            && let Some(reservation) = self.reservation.take()
        {
            return reservation.settle(granted, committed);
        }
        self.door.core.ledger.charge(self.path(allocation.memory_type()), granted, committed)
    }

    /// One memory type: admit, take, admit what was granted beyond.
    #[inline]
    fn try_type(&mut self, request: &MemoryRequest<'_>) -> Result<Allocation, Reason> {
        if self.judged {
            return self.try_admitted(request);
        }
        self.door.allocator.allocate(request).map_err(Reason::Memory)
    }

    #[inline(never)]
    fn try_admitted(&mut self, request: &MemoryRequest<'_>) -> Result<Allocation, Reason> {
        let (core, path) = (&self.door.core, self.path(request.memory_type));
        let heap = u32::from(path.heap);
        core.check_piece(heap, request.size)?;
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

    /// Asks others to give memory back, one step further up; `false` if nobody is left, or no amount would help.
    #[cold]
    fn climb(&mut self, memory_type: u32, bytes: u64, reason: Reason) -> bool {
        let heap = self.door.core.context.heap_of(memory_type);
        let (bytes, scope) = match reason {
            Reason::Budget(over) if over.requested <= over.limit => {
                (over.requested.saturating_sub(over.available), Some(over.scope))
            }
            Reason::Memory(MemoryError::OverHeadroom { size, headroom })
                if size <= self.door.core.driver_budget().budget[heap as usize] =>
            {
                (size.saturating_sub(headroom), None)
            }
            // How much is missing, the driver does not say.
            Reason::Memory(MemoryError::OutOfDeviceMemory | MemoryError::TooManyAllocations) => {
                (bytes, None)
            }
            _ => return false,
        };
        let shortage = Shortage { heap, bytes, scope };
        self.ladder.get_or_insert_default().climb(
            &self.door.core.reliefs,
            &**self.door.allocator,
            shortage,
        )
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
