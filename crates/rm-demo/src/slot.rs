//! One of the frames in flight: what executes its copies, and what the host shares with that.

use std::sync::Arc;

use resource_management::alloc::{BoundBuffer, MemoryAllocator, MemoryError};

use crate::{
    content::Difference,
    error::DemoError,
    executor::{Batch, Executor, PartCopy},
    host::{self, HostBuffer},
    resource::{Part, Resident},
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
    // Invariant: all memory here is of `allocator`, whose device is that of `executor`.
    // While `submitted` holds a frame, the device may use all of it.
    allocator: Arc<dyn MemoryAllocator>,
    executor: Box<dyn Executor>,
    staging: HostBuffer,
    read_back: HostBuffer,
    departures: Vec<Departure>,
    submitted: Option<u32>,
}

impl Slot {
    /// One that owns no memory yet.
    ///
    /// # Safety
    ///
    /// - `executor` is new, and of the device of `allocator`.
    pub(crate) unsafe fn new(
        allocator: &Arc<dyn MemoryAllocator>,
        executor: Box<dyn Executor>,
    ) -> Self {
        Self {
            allocator: Arc::clone(allocator),
            executor,
            staging: HostBuffer::staging(),
            read_back: HostBuffer::read_back(),
            departures: Vec::new(),
            submitted: None,
        }
    }

    /// Waits until the device is done with the slot, and says which frame that ends, if any.
    pub(crate) fn wait(&mut self) -> Result<Option<u32>, DemoError> {
        self.executor.wait()?;
        Ok(self.submitted.take())
    }

    /// Returns when the device is done with the slot, whatever has become of its frame.
    pub(crate) fn halt(&mut self) {
        self.executor.halt();
    }

    /// Hands `judge` what came back wrong of each part that has left, and frees all that has left.
    ///
    /// Does nothing before the slot was waited for.
    pub(crate) fn land(
        &mut self,
        mut judge: impl FnMut(&Part, Option<Difference>),
    ) -> Result<(), MemoryError> {
        if self.submitted.is_some() {
            return Ok(());
        }
        for departure in &self.departures {
            let Some(buffer) = self.read_back.buffer() else { continue };
            for (part, place) in departure.parts() {
                // SAFETY: the slot is idle (checked above), and what executors write is available after a wait.
                judge(part, unsafe { host::compare(buffer, place, part.content()) }?);
            }
        }
        for departure in self.departures.drain(..) {
            // SAFETY: it is of `allocator` (promised to `depart`), and the slot is idle (checked above).
            unsafe { departure.resident.free(&*self.allocator) };
        }
        self.read_back.clear();
        Ok(())
    }

    /// Takes charge of a resource that leaves with the next submission.
    ///
    /// # Safety
    ///
    /// - It was created with the allocator of this slot, and its upload was waited for.
    /// - No later submission uses it.
    pub(crate) unsafe fn depart(&mut self, resident: Resident) {
        let parts = resident.parts().iter();
        let places = parts.map(|part| self.read_back.place(part.content().bytes())).collect();
        self.departures.push(Departure { resident, places });
    }

    /// Writes the contents of `arrivals`, and submits their upload and the read-back of what leaves as `frame`.
    ///
    /// # Safety
    ///
    /// - The slot was waited for since it was last submitted.
    /// - `arrivals` are new, were created with the allocator of this slot, and live on until it is waited for again.
    /// - Nobody but slots of this device uses its queue meanwhile, and they on one thread only.
    pub(crate) unsafe fn submit(
        &mut self,
        arrivals: &[&Part],
        frame: u32,
        corrupted: bool,
    ) -> Result<(), DemoError> {
        let allocator = &*self.allocator;
        self.staging.clear();
        let places: Vec<_> =
            arrivals.iter().map(|part| self.staging.place(part.content().bytes())).collect();
        // SAFETY: always the same allocator (invariant), and the slot is idle (caller).
        let staging = unsafe { self.staging.reserve(allocator) }?;
        // SAFETY: always the same allocator (invariant), and the slot is idle (caller).
        let read_back = unsafe { self.read_back.reserve(allocator) }?;
        write(staging, arrivals, &places, corrupted)?;

        let leaving = self.departures.iter().flat_map(Departure::parts);
        let downloads: Vec<_> =
            leaving.filter_map(|(part, place)| PartCopy::of(part, place)).collect();
        let arriving = arrivals.iter().zip(&places);
        let uploads: Vec<_> =
            arriving.filter_map(|(part, place)| PartCopy::of(part, *place)).collect();
        let batch = Batch { staging, uploads: &uploads, read_back, downloads: &downloads };
        // SAFETY: one device (invariant), places within the buffers (reserved above), and a slot that is idle; arrivals
        // live on (caller), and what leaves was waited for (promised to `depart`) and stays here until the next wait.
        unsafe { self.executor.submit(&batch) }?;
        self.submitted = Some(frame);
        Ok(())
    }

    /// Frees all memory that the slot owns, resources on their way out included.
    ///
    /// # Safety
    ///
    /// - The slot was halted, and every other one that may use what is on its way out.
    pub(crate) unsafe fn close(&mut self) {
        for departure in self.departures.drain(..) {
            // SAFETY: it is of `allocator` (promised to `depart`), and unused (caller).
            unsafe { departure.resident.free(&*self.allocator) };
        }
        // SAFETY: it is of `allocator` (invariant), and unused (caller).
        unsafe { self.staging.free(&*self.allocator) };
        // SAFETY: it is of `allocator` (invariant), and unused (caller).
        unsafe { self.read_back.free(&*self.allocator) };
        self.submitted = None;
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
    staging: &mut BoundBuffer,
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
