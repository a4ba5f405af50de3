//! One of the frames in flight: what executes its copies, and what the host shares with that.

use resource_management::{alloc::MemoryError, lifetime::OwnedBuffer};

use crate::{
    content::{Content, Difference},
    error::DemoError,
    executor::{Batch, Executor, PartCopy, Step},
    host::{self, HostBuffer},
    passes::Passes,
    resource::{Part, Resident},
    sabotage::Sabotage,
    scratch::{Errand, Scratch},
    supply::Supply,
};

/// A resource on its way out, with the places of its parts in the read-back buffer.
#[derive(Debug)]
struct Departure {
    resident: Resident,
    places: Vec<u64>,
}

/// Something that comes back, and what it has to be.
#[derive(Debug)]
struct Check {
    name: String,
    content: Content,
    /// Offset in the read-back buffer in bytes.
    place: u64,
}

/// What one frame in flight needs.
///
/// Its memory retires when it is dropped or [closed](Self::close); its executor has to be idle by then.
#[derive(Debug)]
pub(crate) struct Slot {
    // Invariant: all memory here is of `supply`, whose device is that of `executor`.
    // While `submitted` holds a frame, the device may use all of it.
    supply: Supply,
    executor: Box<dyn Executor>,
    staging: HostBuffer,
    read_back: HostBuffer,
    scratch: Option<Scratch>,
    // The places in `staging` of the parts that arrive with the next submission.
    arrivals: Vec<u64>,
    errands: Vec<Errand>,
    departures: Vec<Departure>,
    // What comes back with the submission that is next or under way.
    checks: Vec<Check>,
    // Whether resources leave with that.
    leaving: bool,
    submitted: Option<u32>,
}

impl Slot {
    /// One that owns no memory yet.
    ///
    /// # Safety
    ///
    /// - `executor` is new, and of the device of `supply`, whose queue waits for its timeline.
    pub(crate) unsafe fn new(supply: &Supply, executor: Box<dyn Executor>) -> Self {
        let limit = supply.budget().host_bytes();
        Self {
            supply: supply.clone(),
            executor,
            staging: HostBuffer::staging(limit),
            // What the passes read back comes on top: whatever fits in when it comes must fit when it leaves.
            read_back: HostBuffer::read_back(limit + Passes::READ_BACK_BYTES),
            scratch: None,
            arrivals: Vec::new(),
            errands: Vec::new(),
            departures: Vec::new(),
            checks: Vec::new(),
            leaving: false,
            submitted: None,
        }
    }

    /// Takes the memory that every frame needs, before resources come and take it all.
    ///
    /// Without a limit, buffers for the host grow by need instead.
    pub(crate) fn furnish(&mut self) -> Result<(), DemoError> {
        let supply = &self.supply;
        if supply.budget().is_limited() {
            for buffer in [&mut self.staging, &mut self.read_back] {
                buffer.reserve_all(supply)?;
            }
        }
        let made = Scratch::new(supply, |memory| self.executor.expect_aliases(memory));
        self.scratch = Some(made.map_err(|error| supply.budget().explain(error))?);
        Ok(())
    }

    /// Waits until the device is done with the slot, and says which frame that ends, if any.
    ///
    /// Hands `judge` name, content and difference of all that has come back with it, and is ready for the next frame.
    pub(crate) fn settle(
        &mut self,
        mut judge: impl FnMut(&str, Content, Option<Difference>),
    ) -> Result<Option<u32>, DemoError> {
        self.executor.wait()?;
        let done = self.submitted.take();
        if let Some(buffer) = self.read_back.buffer() {
            for Check { name, content, place } in self.checks.drain(..) {
                // SAFETY: the slot is idle, and what executors write is available after a wait (above).
                judge(&name, content, unsafe { host::compare(buffer, place, content) }?);
            }
        }
        self.leaving = false;
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
        let check = |errand: &Errand| {
            let Errand { ref name, content, to, .. } = *errand;
            Check { name: name.clone(), content, place: to }
        };
        self.checks.extend(self.errands.iter().map(check));
    }

    /// Keeps a place in the read-back buffer for something that a pass copies there with the next submission.
    pub(crate) fn expect(&mut self, name: String, content: Content) -> u64 {
        let place = self.read_back.place(content.bytes());
        self.checks.push(Check { name, content, place });
        place
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
        self.leaving
    }

    /// Takes charge of a resource that leaves with the next submission.
    ///
    /// # Safety
    ///
    /// - Its upload was waited for.
    pub(crate) unsafe fn depart(&mut self, resident: Resident) {
        resident.mark_retiring(self.supply.manager());
        let expected = |part: &Part| self.expect(part.name().to_owned(), part.content());
        let places = resident.parts().iter().map(expected).collect();
        self.departures.push(Departure { resident, places });
        self.leaving = true;
    }

    /// Lets go of buffers that have become too small for the next submission, and says whether there are any.
    ///
    /// # Safety
    ///
    /// - The slot was settled since it was last submitted.
    pub(crate) unsafe fn outgrow(&mut self) -> bool {
        // SAFETY: waited for (caller).
        let staging = unsafe { self.staging.outgrow() };
        // SAFETY: waited for (caller).
        let read_back = unsafe { self.read_back.outgrow() };
        staging || read_back
    }

    /// Writes the contents of `arrivals`, and records their upload, `steps`, and the read-back of what leaves.
    ///
    /// What leaves retires here: the next submission of the line is the last that uses it.
    /// Returns the bytes that are on their way through scratch memory.
    ///
    /// # Safety
    ///
    /// - The slot was settled since it was last submitted.
    /// - `arrivals` are new, and were [staged](Self::stage) since then, in this order.
    /// - `steps` are of the device of the slot, and write where they are [expected](Self::expect).
    /// - All of them live on until the slot is settled again.
    pub(crate) unsafe fn record(
        &mut self,
        arrivals: &[&Part],
        steps: &[Step<'_>],
        sabotage: Sabotage,
    ) -> Result<u64, DemoError> {
        let staging = self.staging.reserve(&self.supply)?;
        let read_back = self.read_back.reserve(&self.supply)?;
        for errand in &self.errands {
            host::write(staging, errand.from, errand.content)?;
        }
        write(staging, arrivals, &self.arrivals, sabotage)?;

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
            steps,
        };
        // SAFETY: one device (invariant), places within the buffers (reserved above), and a slot that is idle; what arrives
        // and what passes use lives on (caller), and what leaves was waited for (promised to `depart`) and retires below.
        unsafe { self.executor.record(&batch) }?;
        let bytes = detours.iter().map(|detour| detour.bytes).sum();
        self.departures.clear();
        Ok(bytes)
    }

    /// Submits what was recorded, as `frame`.
    ///
    /// # Safety
    ///
    /// - It was [recorded](Self::record) since the last submission of any slot.
    /// - Nobody but slots of this device uses its queue meanwhile, and they on one thread only.
    pub(crate) unsafe fn submit(&mut self, frame: u32) -> Result<(), DemoError> {
        // SAFETY: recorded, and the queue is ours (caller); the host waits before it touches the buffers again (`settle`).
        unsafe { self.executor.submit() }?;
        self.submitted = Some(frame);
        Ok(())
    }

    /// Bytes that scratch buffers of their own would cost on top.
    pub(crate) fn saved_bytes(&self) -> u64 {
        self.scratch.as_ref().map_or(0, Scratch::saved_bytes)
    }

    /// Lets go of all memory that the slot owns, resources on their way out included.
    pub(crate) fn close(&mut self) {
        self.departures.clear();
        self.scratch = None;
        self.staging.close();
        self.read_back.close();
    }
}

impl Departure {
    /// Each part with its place.
    fn parts(&self) -> impl Iterator<Item = (&Part, u64)> {
        self.resident.parts().iter().zip(self.places.iter().copied())
    }
}

/// Writes the contents of `parts` to their places, with one wrong byte if that is wanted.
fn write(
    staging: &mut OwnedBuffer,
    parts: &[&Part],
    places: &[u64],
    sabotage: Sabotage,
) -> Result<(), MemoryError> {
    for (part, place) in parts.iter().zip(places) {
        host::write(staging, *place, part.content())?;
    }
    match (parts.first(), places.first()) {
        (Some(part), Some(place)) if sabotage.upload => {
            host::corrupt(staging, *place, part.content())
        }
        _ => Ok(()),
    }
}
