//! Copies that the host executes in the name of a simulated device, which has no queue.
//!
//! A batch is executed when it is waited for, as late as Vulkan lets a device be: whoever frees memory too early, or
//! writes to a staging buffer again, is found out. From the recording to the wait the oracle knows what is in use.
//! A timeline that is moved by hand says when a batch has been executed.
//!
//! An image holds its bytes as they come, packed from the start of its memory: only this executor reads them again.
//!
//! What cannot show is a forgotten flush or invalidation, since mapped memory is the memory of the simulated device
//! itself; of those, the oracle sees wrong ranges only.

#[cfg(test)]
mod tests;

use std::{mem, sync::Arc};

use ash::vk;
use resource_management::{
    alloc::{BufferAllocation, MemoryBlock},
    lifetime::{ManualTimeline, TransientSlice},
};
use rm_vksim::SimDevice;

use super::{Batch, Detour, Executor, PartCopy, Step, Subject};
use crate::{error::DemoError, host, passes::Machine};

/// Copies between the memory of a simulated device's resources.
#[derive(Debug)]
pub(crate) struct HostExecutor {
    device: Arc<SimDevice>,
    timeline: Arc<ManualTimeline>,
    // Invariant: empty unless a batch is recorded or under way, and `resources` are marked in use as often as they are listed.
    moves: Vec<Move>,
    resources: Vec<Resource>,
    // The value that `timeline` reaches when the batch under way has been executed.
    submitted: Option<u64>,
}

/// Bytes on their way from one place to another.
#[derive(Clone, Copy, Debug)]
struct Move {
    from: Place,
    to: Place,
    bytes: u64,
}

/// A place in a memory object, its offset in bytes.
#[derive(Clone, Copy, Debug)]
struct Place {
    memory: vk::DeviceMemory,
    offset: u64,
}

/// What the oracle is told of.
#[derive(Clone, Copy, Debug)]
enum Resource {
    Buffer(vk::Buffer),
    Image(vk::Image),
}

impl HostExecutor {
    /// One that copies between resources of `device`, and moves `timeline`, which nobody else does but others like it.
    pub(crate) fn new(device: &Arc<SimDevice>, timeline: &Arc<ManualTimeline>) -> Self {
        Self {
            device: Arc::clone(device),
            timeline: Arc::clone(timeline),
            moves: Vec::new(),
            resources: Vec::new(),
            submitted: None,
        }
    }

    /// Lets the oracle and whoever waits know that nothing is in use any more.
    fn release(&mut self) {
        for resource in self.resources.drain(..) {
            match resource {
                Resource::Buffer(buffer) => self.device.release_use(buffer),
                Resource::Image(image) => self.device.release_use(image),
            }
        }
        if let Some(value) = self.submitted.take() {
            self.timeline.complete(value);
        }
    }

    fn execute(&self, it: Move) -> Result<(), DemoError> {
        let Move { from, to, bytes } = it;
        let mut chunk = vec![0; host::CHUNK_BYTES];
        for (done, length) in host::chunks(bytes) {
            let chunk = &mut chunk[..length];
            let moved = self.device.read_bytes(from.memory, from.offset + done, chunk)
                && self.device.write_bytes(to.memory, to.offset + done, chunk);
            if !moved {
                return Err(DemoError::Copy { bytes });
            }
        }
        Ok(())
    }
}

impl Executor for HostExecutor {
    fn expect_aliases(&self, memory: &MemoryBlock) {
        self.device.allow_alias(memory.raw(), memory.offset()..memory.offset() + memory.size());
    }

    unsafe fn record(&mut self, batch: &Batch<'_>) -> Result<(), DemoError> {
        let Batch { staging, uploads, read_back, downloads, detours, steps } = *batch;
        // A profile from a file may size images as it likes; buffers hold what was asked for in any case.
        let small = uploads.iter().chain(downloads).find(|copy| copy.object.size() < copy.bytes);
        if let Some(copy) = small {
            return Err(DemoError::Copy { bytes: copy.bytes });
        }
        let moves = self.moves_of(batch)?;
        let copied = downloads.iter().chain(uploads).map(|copy| Resource::of(copy.object));
        let shared = [staging, read_back].into_iter().chain(detours.iter().map(|it| it.scratch));
        let shared = shared.map(|buffer| Resource::Buffer(buffer.raw()));
        let of_passes = steps.iter().flat_map(Resource::of_step);
        self.resources = copied.chain(shared).chain(of_passes).collect();
        self.moves = moves;
        for resource in &self.resources {
            match *resource {
                Resource::Buffer(buffer) => self.device.mark_in_use(buffer),
                Resource::Image(image) => self.device.mark_in_use(image),
            }
        }
        Ok(())
    }

    unsafe fn submit(&mut self) -> Result<(), DemoError> {
        self.submitted = Some(self.timeline.submit());
        Ok(())
    }

    fn wait(&mut self) -> Result<(), DemoError> {
        let moves = mem::take(&mut self.moves);
        let executed = moves.into_iter().try_for_each(|it| self.execute(it));
        self.release();
        executed
    }

    fn halt(&mut self) {
        // Nobody will look at what this would have moved.
        self.moves.clear();
        self.release();
    }
}

impl Place {
    /// The place `offset` bytes into `buffer`.
    fn within(buffer: &BufferAllocation, offset: u64) -> Self {
        Self { memory: buffer.device_memory(), offset: buffer.memory_offset() + offset }
    }

    /// Where `object` begins.
    fn of(object: Subject<'_>) -> Self {
        match object {
            Subject::Buffer(buffer) => Self::within(buffer, 0),
            Subject::Image { image, .. } => {
                Self { memory: image.device_memory(), offset: image.memory_offset() }
            }
        }
    }
}

impl Resource {
    fn of(object: Subject<'_>) -> Self {
        match object {
            Subject::Buffer(buffer) => Self::Buffer(buffer.raw()),
            Subject::Image { image, .. } => Self::Image(image.raw()),
        }
    }

    /// What `step` uses, the read-back buffer aside.
    fn of_step(step: &Step<'_>) -> impl Iterator<Item = Self> {
        let (one, other) = match *step {
            Step::Fill { from, object } => {
                (Some(Self::Buffer(from.buffer())), Some(Self::of(object)))
            }
            Step::Carry { from, over, .. } => {
                (Some(Self::Buffer(from.buffer())), Some(Self::Buffer(over.raw())))
            }
            Step::Read(copy) => (Some(Self::of(copy.object)), None),
            Step::Run(Machine::StandIn(object)) => (Some(Self::Buffer(object.raw())), None),
            Step::Run(Machine::Compute { .. } | Machine::Nothing) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

impl HostExecutor {
    /// All that `batch` moves, in its order.
    fn moves_of(&self, batch: &Batch<'_>) -> Result<Vec<Move>, DemoError> {
        let Batch { staging, uploads, read_back, downloads, detours, steps } = *batch;
        let download = |copy: &PartCopy<'_>| {
            let PartCopy { object, place, bytes } = *copy;
            Move { from: Place::of(object), to: Place::within(read_back, place), bytes }
        };
        let mut moves: Vec<_> = downloads.iter().map(download).collect();
        let over = |from: Place, over: Place, to: u64, bytes: u64| {
            let there = Move { from, to: over, bytes };
            [there, Move { from: over, to: Place::within(read_back, to), bytes }]
        };
        moves.extend(detours.iter().flat_map(|detour| {
            let Detour { scratch, from, to, bytes } = *detour;
            over(Place::within(staging, from), Place::within(scratch, 0), to, bytes)
        }));
        for step in steps {
            match *step {
                Step::Fill { from, object } => moves.push(Move {
                    from: self.place_of(from)?,
                    to: Place::of(object),
                    bytes: from.size(),
                }),
                Step::Carry { from, over: buffer, to } => {
                    let (start, bytes) = (self.place_of(from)?, from.size());
                    moves.extend(over(start, Place::within(buffer, 0), to, bytes));
                }
                Step::Read(copy) => moves.push(download(&copy)),
                Step::Run(_) => {}
            }
        }
        moves.extend(uploads.iter().map(|copy| {
            let PartCopy { object, place, bytes } = *copy;
            Move { from: Place::within(staging, place), to: Place::of(object), bytes }
        }));
        Ok(moves)
    }

    /// Where `slice` begins, of which the slice says the buffer alone.
    fn place_of(&self, slice: TransientSlice) -> Result<Place, DemoError> {
        let found = self.device.memory_of(slice.buffer());
        let (memory, offset) = found.ok_or(DemoError::Copy { bytes: slice.size() })?;
        Ok(Place { memory, offset: offset + slice.offset() })
    }
}
