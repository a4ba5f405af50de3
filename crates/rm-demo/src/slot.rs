//! One of the frames in flight: its commands, its fence, and what the host shares with it.

use std::sync::Arc;

use ash::vk;
use resource_management::alloc::{BoundBuffer, MemoryAllocator, MemoryError};

use crate::{
    content::Difference,
    error::DemoError,
    host::{self, HostBuffer},
    resource::{Part, Resident},
    transfer::Transfer,
};

/// A resource on its way out, with the places of its parts in the read-back buffer.
#[derive(Debug)]
struct Departure {
    resident: Resident,
    places: Vec<u64>,
}

/// What one frame in flight needs; empty until [`open`](Self::open).
///
/// It has no destructor, because only the caller knows when the device is done: call [`close`](Self::close).
#[derive(Debug)]
#[must_use = "a slot owns Vulkan objects; it has to be closed"]
pub(crate) struct Slot {
    // Invariant: handles are null, or live and of the device of `allocator`; all memory here is of `allocator`.
    // While `submitted` holds a frame, the device may use all of it.
    allocator: Arc<dyn MemoryAllocator>,
    pool: vk::CommandPool,
    commands: vk::CommandBuffer,
    fence: vk::Fence,
    staging: HostBuffer,
    read_back: HostBuffer,
    departures: Vec<Departure>,
    submitted: Option<u32>,
}

impl Slot {
    /// One that owns nothing yet.
    pub(crate) fn new(allocator: &Arc<dyn MemoryAllocator>) -> Self {
        Self {
            allocator: Arc::clone(allocator),
            pool: vk::CommandPool::null(),
            commands: vk::CommandBuffer::null(),
            fence: vk::Fence::null(),
            staging: HostBuffer::staging(),
            read_back: HostBuffer::read_back(),
            departures: Vec::new(),
            submitted: None,
        }
    }

    /// Makes the Vulkan objects, once; on error those that were made are left to [`close`](Self::close).
    ///
    /// # Safety
    ///
    /// - The device was made with a queue of `queue_family`, which can transfer.
    pub(crate) unsafe fn open(&mut self, queue_family: u32) -> Result<(), vk::Result> {
        let device = self.allocator.context().device();
        let info = vk::CommandPoolCreateInfo::default()
            .flags(vk::CommandPoolCreateFlags::TRANSIENT)
            .queue_family_index(queue_family);
        // SAFETY: the context keeps the device alive, and the device has the family (caller).
        self.pool = unsafe { device.create_command_pool(&info, None) }?;
        let info = vk::CommandBufferAllocateInfo::default()
            .command_pool(self.pool)
            .command_buffer_count(1);
        // SAFETY: the pool was just made.
        let made = unsafe { device.allocate_command_buffers(&info) }?;
        self.commands = made.first().copied().ok_or(vk::Result::ERROR_UNKNOWN)?;
        // SAFETY: the context keeps the device alive.
        self.fence = unsafe { device.create_fence(&vk::FenceCreateInfo::default(), None) }?;
        Ok(())
    }

    /// Waits until the device is done with the slot, and says which frame that ends, if any.
    pub(crate) fn wait(&mut self) -> Result<Option<u32>, vk::Result> {
        let Some(frame) = self.submitted else { return Ok(None) };
        let device = self.allocator.context().device();
        // SAFETY: the fence is live (invariant).
        unsafe { device.wait_for_fences(&[self.fence], true, u64::MAX) }?;
        // SAFETY: the fence is live (invariant), and no submission uses it any more.
        unsafe { device.reset_fences(&[self.fence]) }?;
        self.submitted = None;
        Ok(Some(frame))
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
            for (part, place) in departure.resident.parts().iter().zip(&departure.places) {
                // SAFETY: the slot is idle (checked above), and each read-back ends with a barrier to the host.
                judge(part, unsafe { host::compare(buffer, *place, part.content()) }?);
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
    /// - It was created with the allocator of this slot, and uploaded by an earlier submission to the same queue.
    /// - No later submission uses it.
    pub(crate) unsafe fn depart(&mut self, resident: Resident) {
        let parts = resident.parts().iter();
        let places = parts.map(|part| self.read_back.place(part.content().bytes())).collect();
        self.departures.push(Departure { resident, places });
    }

    /// Writes the contents of `arrivals`, and records their upload and the read-back of what leaves.
    ///
    /// # Safety
    ///
    /// - The slot was opened, and waited for since it was last submitted.
    /// - `arrivals` were created with the allocator of this slot, and live on until it is waited for again.
    pub(crate) unsafe fn record(
        &mut self,
        arrivals: &[&Part],
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

        let device = allocator.context().device();
        // SAFETY: the pool is live (invariant), and its commands are not in use (caller).
        unsafe { device.reset_command_pool(self.pool, vk::CommandPoolResetFlags::empty()) }?;
        // SAFETY: just reset, and the family can transfer (promised to `open`); arrivals live on (caller), and what
        // leaves is kept here until the slot is idle.
        let transfer = unsafe { Transfer::begin(device, self.commands) }?;
        for departure in &self.departures {
            for (part, place) in departure.resident.parts().iter().zip(&departure.places) {
                if let Some(object) = part.object() {
                    transfer.download(object, read_back.raw(), *place, part.content().bytes());
                }
            }
        }
        for (part, place) in arrivals.iter().zip(&places) {
            if let Some(object) = part.object() {
                transfer.upload(staging.raw(), *place, part.content().bytes(), object);
            }
        }
        Ok(transfer.end()?)
    }

    /// Submits what was recorded as `frame`.
    ///
    /// # Safety
    ///
    /// - The slot was recorded without error since it was last waited for.
    /// - `queue` is one of the device, of the family named to [`open`](Self::open).
    /// - Nobody else uses it meanwhile.
    pub(crate) unsafe fn submit(&mut self, queue: vk::Queue, frame: u32) -> Result<(), vk::Result> {
        let commands = [self.commands];
        let info = vk::SubmitInfo::default().command_buffers(&commands);
        let device = self.allocator.context().device();
        // SAFETY: commands and fence are live (invariant), recorded and unsignalled; the queue is ours alone (caller).
        unsafe { device.queue_submit(queue, &[info], self.fence) }?;
        self.submitted = Some(frame);
        Ok(())
    }

    /// Frees all that the slot owns, resources on their way out included.
    ///
    /// # Safety
    ///
    /// - The device uses nothing of the slot any more.
    pub(crate) unsafe fn close(&mut self) {
        for departure in self.departures.drain(..) {
            // SAFETY: it is of `allocator` (promised to `depart`), and unused (caller).
            unsafe { departure.resident.free(&*self.allocator) };
        }
        // SAFETY: it is of `allocator` (invariant), and unused (caller).
        unsafe { self.staging.free(&*self.allocator) };
        // SAFETY: it is of `allocator` (invariant), and unused (caller).
        unsafe { self.read_back.free(&*self.allocator) };
        let device = self.allocator.context().device();
        // SAFETY: null or live (invariant), and unused (caller).
        unsafe { device.destroy_fence(self.fence, None) };
        // SAFETY: null or live (invariant), and its commands are unused (caller).
        unsafe { device.destroy_command_pool(self.pool, None) };
        *self = Self::new(&self.allocator);
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
