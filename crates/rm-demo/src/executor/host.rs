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
use resource_management::alloc::Allocation;
use rm_vksim::SimDevice;

use super::{Batch, Executor};
use crate::{error::DemoError, resource::Object};

/// Bytes copied at a time, few enough to stay in the processor's cache.
const CHUNK_BYTES: usize = 64 << 10;

/// Copies between the memory of a simulated device's resources.
#[derive(Debug)]
pub(crate) struct HostExecutor {
    device: Arc<SimDevice>,
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
    /// One that copies between resources of `device`.
    pub(crate) fn new(device: &Arc<SimDevice>) -> Self {
        Self { device: Arc::clone(device), copies: Vec::new(), resources: Vec::new() }
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
    unsafe fn submit(&mut self, batch: &Batch<'_>) -> Result<(), DemoError> {
        let Batch { staging, uploads, read_back, downloads } = *batch;
        // A profile from a file may size images as it likes; buffers hold what was asked for in any case.
        let small = uploads.iter().chain(downloads).find(|copy| copy.object.size() < copy.bytes);
        if let Some(copy) = small {
            return Err(DemoError::Copy { bytes: copy.bytes });
        }
        let copied = downloads.iter().chain(uploads).map(|copy| Resource::of(copy.object));
        let shared = [staging, read_back].map(|buffer| Resource::Buffer(buffer.raw()));
        self.resources = copied.chain(shared).collect();
        let downloads = downloads.iter().map(|copy| Move {
            from: Place::of(copy.object.allocation(), 0),
            to: Place::of(read_back.allocation(), copy.place),
            bytes: copy.bytes,
        });
        let uploads = uploads.iter().map(|copy| Move {
            from: Place::of(staging.allocation(), copy.place),
            to: Place::of(copy.object.allocation(), 0),
            bytes: copy.bytes,
        });
        self.copies = downloads.chain(uploads).collect();
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
    /// The place `offset` bytes into `allocation`.
    fn of(allocation: &Allocation, offset: u64) -> Self {
        Self { memory: allocation.memory(), offset: allocation.offset() + offset }
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
