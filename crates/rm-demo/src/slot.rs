//! One of the frames in flight: what executes its copies, and what the host shares with that.

use resource_management::alloc::{BufferAllocation, MemoryError};

use crate::{
    budget::Budget,
    content::{Content, Difference},
    error::DemoError,
    executor::{Batch, Executor, PartCopy},
    host::{self, HostBuffer},
    resource::{Part, Resident},
    scratch::{Errand, Scratch},
};

/// A resource on its way out, with the places of its parts in the read-back buffer.
#[derive(Debug)]
struct Departure {
    resident: Resident,
    places: Vec<u64>,
}

/// What one frame in flight needs.
///
/// It has no destructor, because only the caller knows what else is under way: call [`close`](Self::close).
#[derive(Debug)]
#[must_use = "a slot owns device memory; it has to be closed"]
pub(crate) struct Slot {
    // Invariant: all memory here is of `budget`, whose device is that of `executor`.
    // While `submitted` holds a frame, the device may use all of it.
    budget: Budget,
    executor: Box<dyn Executor>,
    staging: HostBuffer,
    read_back: HostBuffer,
    scratch: Option<Scratch>,
    // The places in `staging` of the parts that arrive with the next submission.
    arrivals: Vec<u64>,
    errands: Vec<Errand>,
    departures: Vec<Departure>,
    submitted: Option<u32>,
}

impl Slot {
    /// One that owns no memory yet.
    ///
    /// # Safety
    ///
    /// - `executor` is new, and of the device of `budget`.
    pub(crate) unsafe fn new(budget: &Budget, executor: Box<dyn Executor>) -> Self {
        let limit = budget.host_bytes();
        Self {
            budget: budget.clone(),
            executor,
            staging: HostBuffer::staging(limit),
            read_back: HostBuffer::read_back(limit),
            scratch: None,
            arrivals: Vec::new(),
            errands: Vec::new(),
            departures: Vec::new(),
            submitted: None,
        }
    }

    /// Takes the memory that every frame needs, before resources come and take it all.
    ///
    /// Without a limit, buffers for the host grow by need instead.
    pub(crate) fn furnish(&mut self) -> Result<(), DemoError> {
        let budget = &self.budget;
        if budget.is_limited() {
            for buffer in [&mut self.staging, &mut self.read_back] {
                // SAFETY: always the same budget (invariant), and the device has seen nothing yet.
                unsafe { buffer.reserve_all(budget) }?;
            }
        }
        let made = Scratch::new(budget.manager(), |memory| self.executor.expect_aliases(memory));
        self.scratch = Some(made.map_err(|error| budget.explain(error))?);
        Ok(())
    }

    /// Waits until the device is done with the slot, and says which frame that ends, if any.
    ///
    /// Hands `judge` name, content and difference of all that has left with it, frees that, and is ready for the next frame.
    pub(crate) fn settle(
        &mut self,
        mut judge: impl FnMut(&str, Content, Option<Difference>),
    ) -> Result<Option<u32>, DemoError> {
        self.executor.wait()?;
        let done = self.submitted.take();
        if let Some(buffer) = self.read_back.buffer() {
            let passed = self.errands.iter().map(|it| (&*it.name, it.content, it.to));
            let left = self.departures.iter().flat_map(Departure::parts);
            let left = left.map(|(part, place)| (part.name(), part.content(), place));
            for (name, content, place) in passed.chain(left) {
                // SAFETY: the slot is idle, and what executors write is available after a wait (above).
                judge(name, content, unsafe { host::compare(buffer, place, content) }?);
            }
        }
        for departure in self.departures.drain(..) {
            // SAFETY: the slot is idle (waited for above), and nobody else uses it (promised to `depart`).
            unsafe { departure.resident.free(self.budget.manager()) };
        }
        self.errands.clear();
        self.arrivals.clear();
        self.staging.clear();
        self.read_back.clear();
        Ok(done)
    }

    /// Returns when the device is done with the slot, whatever has become of its frame.
    pub(crate) fn halt(&mut self) {
        self.executor.halt();
        self.submitted = None;
    }

    /// Lets scratch memory be used in `frame`, the next one; the slot is settled.
    pub(crate) fn use_scratch(&mut self, frame: u32) {
        if let Some(scratch) = &self.scratch {
            self.errands = scratch.errands(frame, &mut self.staging, &mut self.read_back);
        }
    }

    /// Whether parts of these sizes can still be staged with the next submission.
    pub(crate) fn has_room(&self, sizes: impl Iterator<Item = u64>) -> bool {
        self.staging.has_room(sizes)
    }

    /// Keeps places for the parts of what arrives with the next submission.
    pub(crate) fn stage(&mut self, resident: &Resident) {
        for part in resident.parts() {
            self.arrivals.push(self.staging.place(part.content().bytes()));
        }
    }

    /// Whether `resident` can still be read back with the next submission.
    pub(crate) fn can_depart(&self, resident: &Resident) -> bool {
        self.read_back.has_room(resident.parts().iter().map(|part| part.content().bytes()))
    }

    /// Whether anything is on its way out.
    pub(crate) fn has_departures(&self) -> bool {
        !self.departures.is_empty()
    }

    /// Takes charge of a resource that leaves with the next submission.
    ///
    /// # Safety
    ///
    /// - Its upload was waited for.
    /// - No later submission uses it.
    pub(crate) unsafe fn depart(&mut self, resident: Resident) {
        resident.mark_retiring(self.budget.manager());
        let parts = resident.parts().iter();
        let places = parts.map(|part| self.read_back.place(part.content().bytes())).collect();
        self.departures.push(Departure { resident, places });
    }

    /// Writes the contents of `arrivals`, and submits their upload and the read-back of what leaves as `frame`.
    ///
    /// Returns the bytes that are on their way through scratch memory.
    ///
    /// # Safety
    ///
    /// - The slot was settled since it was last submitted.
    /// - `arrivals` are new, were [staged](Self::stage) since then, in this order, and live on until it is settled again.
    /// - Nobody but slots of this device uses its queue meanwhile, and they on one thread only.
    pub(crate) unsafe fn submit(
        &mut self,
        arrivals: &[&Part],
        frame: u32,
        corrupted: bool,
    ) -> Result<u64, DemoError> {
        // SAFETY: always the same budget (invariant), and the slot is idle (caller).
        let staging = unsafe { self.staging.reserve(&self.budget) }?;
        // SAFETY: always the same budget (invariant), and the slot is idle (caller).
        let read_back = unsafe { self.read_back.reserve(&self.budget) }?;
        for errand in &self.errands {
            host::write(staging, errand.from, errand.content)?;
        }
        write(staging, arrivals, &self.arrivals, corrupted)?;

        let leaving = self.departures.iter().flat_map(Departure::parts);
        let downloads: Vec<_> =
            leaving.filter_map(|(part, place)| PartCopy::of(part, place)).collect();
        let arriving = arrivals.iter().zip(&self.arrivals);
        let uploads: Vec<_> =
            arriving.filter_map(|(part, place)| PartCopy::of(part, *place)).collect();
        let detours: Vec<_> =
            self.scratch.iter().flat_map(|it| it.detours(&self.errands)).collect();
        let batch = Batch {
            staging,
            uploads: &uploads,
            read_back,
            downloads: &downloads,
            detours: &detours,
        };
        // SAFETY: one device (invariant), places within the buffers (reserved above), and a slot that is idle; arrivals
        // live on (caller), and what leaves was waited for (promised to `depart`) and stays here until then.
        unsafe { self.executor.submit(&batch) }?;
        self.submitted = Some(frame);
        Ok(detours.iter().map(|detour| detour.bytes).sum())
    }

    /// Bytes that scratch buffers of their own would cost on top.
    pub(crate) fn saved_bytes(&self) -> u64 {
        self.scratch.as_ref().map_or(0, Scratch::saved_bytes)
    }

    /// Frees all memory that the slot owns, resources on their way out included.
    ///
    /// # Safety
    ///
    /// - The slot was halted, and every other one that may use what is on its way out.
    pub(crate) unsafe fn close(&mut self) {
        let manager = self.budget.manager();
        for departure in self.departures.drain(..) {
            // SAFETY: unused (caller).
            unsafe { departure.resident.free(manager) };
        }
        if let Some(scratch) = self.scratch.take() {
            // SAFETY: unused (caller).
            unsafe { scratch.free(manager) };
        }
        for buffer in [&mut self.staging, &mut self.read_back] {
            // SAFETY: always the same budget (invariant), and unused (caller).
            unsafe { buffer.free(&self.budget) };
        }
    }
}

impl Departure {
    /// Each part with its place.
    fn parts(&self) -> impl Iterator<Item = (&Part, u64)> {
        self.resident.parts().iter().zip(self.places.iter().copied())
    }
}

/// Writes the contents of `parts` to their places; if `corrupted`, with one wrong byte.
fn write(
    staging: &mut BufferAllocation,
    parts: &[&Part],
    places: &[u64],
    corrupted: bool,
) -> Result<(), MemoryError> {
    for (part, place) in parts.iter().zip(places) {
        host::write(staging, *place, part.content())?;
    }
    match (parts.first(), places.first()) {
        (Some(part), Some(place)) if corrupted => host::corrupt(staging, *place, part.content()),
        _ => Ok(()),
    }
}
