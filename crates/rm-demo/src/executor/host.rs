//! Copies that the host executes in the name of a simulated device, which has no queue.
//!
//! A batch is executed when it is waited for, as late as Vulkan lets a device be: whoever frees memory too early, or
//! writes to a staging buffer again, is found out. From the submission to the wait the oracle knows what is in use.
//!
//! An image holds its bytes as they come, packed from the start of its memory: only this executor reads them again.
//!
//! What cannot show is a forgotten flush or invalidation, since mapped memory is the memory of the simulated device
//! itself; of those, the oracle sees wrong ranges only.

mod bindings;

#[cfg(test)]
mod tests;

use std::{cell::RefCell, mem, rc::Rc, sync::Arc};

use ash::vk::{self, Handle};
use resource_management::alloc::{BufferAllocation, MemoryBlock};
use rm_vksim::SimDevice;

pub(crate) use self::bindings::Bindings;
use super::{Batch, Detour, Executor, PartCopy};
use crate::{error::DemoError, resource::Object};

/// Bytes copied at a time, few enough to stay in the processor's cache.
const CHUNK_BYTES: usize = 64 << 10;

/// Copies between the memory of a simulated device's resources.
#[derive(Debug)]
pub(crate) struct HostExecutor {
    device: Arc<SimDevice>,
    // Of `device`; every executor of the device has the same.
    bindings: Rc<RefCell<Bindings>>,
    // Invariant: empty unless a batch is under way, and `resources` are marked in use as often as they are listed.
    copies: Vec<Move>,
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
    /// One that copies between resources of `device`, which are where its `bindings` say.
    pub(crate) fn new(device: &Arc<SimDevice>, bindings: &Rc<RefCell<Bindings>>) -> Self {
        Self {
            device: Arc::clone(device),
            bindings: Rc::clone(bindings),
            copies: Vec::new(),
            resources: Vec::new(),
        }
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

    /// All copies of `batch` in their order.
    fn moves(&self, batch: &Batch<'_>) -> Result<Vec<Move>, DemoError> {
        let Batch { staging, uploads, read_back, downloads, detours } = *batch;
        let mut bindings = self.bindings.borrow_mut();
        bindings.refresh();
        let buffer = |buffer: &BufferAllocation, offset, bytes| {
            Place::within(&bindings, Resource::Buffer(buffer.raw()), offset, bytes)
        };
        let object = |copy: &PartCopy<'_>| {
            Place::within(&bindings, Resource::of(copy.object), 0, copy.bytes)
        };
        let mut moves = Vec::new();
        for copy in downloads {
            let (from, to) = (object(copy)?, buffer(read_back, copy.place, copy.bytes)?);
            moves.push(Move { from, to, bytes: copy.bytes });
        }
        for detour in detours {
            let Detour { scratch, from, to, bytes } = *detour;
            let over = buffer(scratch, 0, bytes)?;
            moves.push(Move { from: buffer(staging, from, bytes)?, to: over, bytes });
            moves.push(Move { from: over, to: buffer(read_back, to, bytes)?, bytes });
        }
        for copy in uploads {
            let (from, to) = (buffer(staging, copy.place, copy.bytes)?, object(copy)?);
            moves.push(Move { from, to, bytes: copy.bytes });
        }
        Ok(moves)
    }

    fn execute(&self, copy: Move) -> Result<(), DemoError> {
        let Move { from, to, bytes } = copy;
        let mut chunk = vec![0; CHUNK_BYTES];
        for done in (0..bytes).step_by(CHUNK_BYTES) {
            let length =
                usize::try_from(bytes - done).map_or(CHUNK_BYTES, |rest| rest.min(CHUNK_BYTES));
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
        let copies = self.moves(batch)?;
        let Batch { staging, uploads, read_back, downloads, detours } = *batch;
        let copied = downloads.iter().chain(uploads).map(|copy| Resource::of(copy.object));
        let shared = [staging, read_back].into_iter().chain(detours.iter().map(|it| it.scratch));
        let shared = shared.map(|buffer| Resource::Buffer(buffer.raw()));
        self.resources = copied.chain(shared).collect();
        self.copies = copies;
        for resource in &self.resources {
            match *resource {
                Resource::Buffer(buffer) => self.device.mark_in_use(buffer),
                Resource::Image(image) => self.device.mark_in_use(image),
            }
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), DemoError> {
        let copies = mem::take(&mut self.copies);
        let executed = copies.into_iter().try_for_each(|copy| self.execute(copy));
        self.release();
        executed
    }

    fn halt(&mut self) {
        // Nobody will look at what this would have copied.
        self.copies.clear();
        self.release();
    }
}

impl Place {
    /// The place of `bytes` bytes at `offset` of a resource; an error if it is not bound, or smaller than that.
    ///
    /// A profile from a file may size images as it likes, so they may be too small for what they have to hold.
    fn within(
        bindings: &Bindings,
        resource: Resource,
        offset: u64,
        bytes: u64,
    ) -> Result<Self, DemoError> {
        let handle = match resource {
            Resource::Buffer(buffer) => buffer.as_raw(),
            Resource::Image(image) => image.as_raw(),
        };
        let bound = bindings.of(handle);
        let bound = bound.filter(|it| offset.checked_add(bytes).is_some_and(|end| end <= it.size));
        let bound = bound.ok_or(DemoError::Copy { bytes })?;
        let memory = vk::DeviceMemory::from_raw(bound.memory);
        Ok(Self { memory, offset: bound.offset + offset })
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
