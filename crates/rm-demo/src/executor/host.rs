//! Copies that the host executes in the name of a simulated device, which has no queue.
//!
//! A batch is executed when it is waited for, as late as Vulkan lets a device be: whoever frees memory too early, or
//! writes to a staging buffer again, is found out. From the submission to the wait the oracle knows what is in use.
//!
//! An image holds its bytes as they come, packed from the start of its memory: only this executor reads them again.
//!
//! What cannot show is a forgotten flush or invalidation, since mapped memory is the memory of the simulated device
//! itself; of those, the oracle sees wrong ranges only.

#[cfg(test)]
mod tests;

use std::{mem, sync::Arc};

use ash::vk;
use resource_management::alloc::{BufferAllocation, MemoryBlock};
use rm_vksim::SimDevice;

use super::{Batch, Detour, Executor, PartCopy};
use crate::{error::DemoError, host, resource::Object};

/// Copies between the memory of a simulated device's resources.
#[derive(Debug)]
pub(crate) struct HostExecutor {
    device: Arc<SimDevice>,
    // Invariant: empty unless a batch is under way, and `resources` are marked in use as often as they are listed.
    moves: Vec<Move>,
    resources: Vec<Resource>,
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
    /// One that copies between resources of `device`.
    pub(crate) fn new(device: &Arc<SimDevice>) -> Self {
        Self { device: Arc::clone(device), moves: Vec::new(), resources: Vec::new() }
    }

    /// Lets the oracle know that nothing is in use any more.
    fn release(&mut self) {
        for resource in self.resources.drain(..) {
            match resource {
                Resource::Buffer(buffer) => self.device.release_use(buffer),
                Resource::Image(image) => self.device.release_use(image),
            }
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

    unsafe fn submit(&mut self, batch: &Batch<'_>) -> Result<(), DemoError> {
        let Batch { staging, uploads, read_back, downloads, detours } = *batch;
        // A profile from a file may size images as it likes; buffers hold what was asked for in any case.
        let small = uploads.iter().chain(downloads).find(|copy| copy.object.size() < copy.bytes);
        if let Some(copy) = small {
            return Err(DemoError::Copy { bytes: copy.bytes });
        }
        let copied = downloads.iter().chain(uploads).map(|copy| Resource::of(copy.object));
        let shared = [staging, read_back].into_iter().chain(detours.iter().map(|it| it.scratch));
        let shared = shared.map(|buffer| Resource::Buffer(buffer.raw()));
        self.resources = copied.chain(shared).collect();
        self.moves = moves(batch);
        for resource in &self.resources {
            match *resource {
                Resource::Buffer(buffer) => self.device.mark_in_use(buffer),
                Resource::Image(image) => self.device.mark_in_use(image),
            }
        }
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
    fn of(object: &Object) -> Self {
        match object {
            Object::Buffer(buffer) => Self::within(buffer, 0),
            Object::Image { image, .. } => {
                Self { memory: image.device_memory(), offset: image.memory_offset() }
            }
        }
    }
}

impl Resource {
    fn of(object: &Object) -> Self {
        match object {
            Object::Buffer(buffer) => Self::Buffer(buffer.raw()),
            Object::Image { image, .. } => Self::Image(image.raw()),
        }
    }
}

/// All that `batch` moves, in its order.
fn moves(batch: &Batch<'_>) -> Vec<Move> {
    let Batch { staging, uploads, read_back, downloads, detours } = *batch;
    let downloads = downloads.iter().map(|copy| {
        let PartCopy { object, place, bytes } = *copy;
        Move { from: Place::of(object), to: Place::within(read_back, place), bytes }
    });
    let detours = detours.iter().flat_map(|detour| {
        let Detour { scratch, from, to, bytes } = *detour;
        let over = Place::within(scratch, 0);
        let there = Move { from: Place::within(staging, from), to: over, bytes };
        [there, Move { from: over, to: Place::within(read_back, to), bytes }]
    });
    let uploads = uploads.iter().map(|copy| {
        let PartCopy { object, place, bytes } = *copy;
        Move { from: Place::within(staging, place), to: Place::of(object), bytes }
    });
    downloads.chain(detours).chain(uploads).collect()
}
