//! One of the frames in flight: its commands, its fence, and what the host shares with it.

use ash::vk;
use resource_management::alloc::{BoundBuffer, MemoryAllocator};

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
#[derive(Debug)]
#[must_use = "a slot owns Vulkan objects; it has to be closed"]
pub(crate) struct Slot {
    // Invariant: the handles are null, or live and of the device that every call names. While `submitted` holds
    // a frame, the device may use all that is here.
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
    pub(crate) fn new() -> Self {
        Self {
            pool: vk::CommandPool::null(),
            commands: vk::CommandBuffer::null(),
            fence: vk::Fence::null(),
            staging: HostBuffer::staging(),
            read_back: HostBuffer::read_back(),
            departures: Vec::new(),
            submitted: None,
        }
    }

    /// Makes the Vulkan objects; on error those that were made are left to [`close`](Self::close).
    ///
    /// # Safety
    ///
    /// - The slot is new, and every later call names the same live `device` or an allocator of it.
    /// - `queue_family` is one of its families that can transfer.
    pub(crate) unsafe fn open(
        &mut self,
        device: &ash::Device,
        queue_family: u32,
    ) -> Result<(), vk::Result> {
        let info = vk::CommandPoolCreateInfo::default()
            .flags(vk::CommandPoolCreateFlags::TRANSIENT)
            .queue_family_index(queue_family);
        // SAFETY: the device is live and has the family (caller).
        self.pool = unsafe { device.create_command_pool(&info, None) }?;
        let info = vk::CommandBufferAllocateInfo::default()
            .command_pool(self.pool)
            .command_buffer_count(1);
        // SAFETY: the pool was just made.
        let made = unsafe { device.allocate_command_buffers(&info) }?;
        self.commands = made.first().copied().ok_or(vk::Result::ERROR_UNKNOWN)?;
        // SAFETY: the device is live (caller).
        self.fence = unsafe { device.create_fence(&vk::FenceCreateInfo::default(), None) }?;
        Ok(())
    }

    /// Waits until the device is done with the slot, and says which frame that ends, if any.
    pub(crate) fn wait(&mut self, device: &ash::Device) -> Result<Option<u32>, vk::Result> {
        let Some(frame) = self.submitted else { return Ok(None) };
        // SAFETY: the fence is live (invariant).
        unsafe { device.wait_for_fences(&[self.fence], true, u64::MAX) }?;
        self.submitted = None;
        // SAFETY: the fence is live (invariant), and no submission uses it any more.
        unsafe { device.reset_fences(&[self.fence]) }?;
        // SAFETY: the pool is live (invariant), and its commands have been executed.
        unsafe { device.reset_command_pool(self.pool, vk::CommandPoolResetFlags::empty()) }?;
        self.staging.clear();
        Ok(Some(frame))
    }

    /// Compares what has left with what it should be, tells `judge`, and frees it.
    ///
    /// Waits for nothing: the slot must be idle, or nothing happens.
    pub(crate) fn land(
        &mut self,
        allocator: &dyn MemoryAllocator,
        mut judge: impl FnMut(&Part, Option<Difference>),
    ) -> Result<(), DemoError> {
        if self.submitted.is_some() {
            return Ok(());
        }
        for departure in &self.departures {
            let Some(buffer) = self.read_back.buffer() else { continue };
            for (part, place) in departure.resident.parts().iter().zip(&departure.places) {
                // SAFETY: the slot is idle (checked above), and its commands end with a barrier to the host.
                judge(part, unsafe { host::compare(buffer, *place, part.content()) }?);
            }
        }
        for departure in self.departures.drain(..) {
            // SAFETY: it is of this device's allocator (promised to `open`), and the slot is idle (checked above).
            unsafe { departure.resident.free(allocator) };
        }
        self.read_back.clear();
        Ok(())
    }

    /// Takes charge of a resource that is to leave with the next submission.
    pub(crate) fn depart(&mut self, resident: Resident) {
        let places = resident.parts().iter().map(|part| self.read_back.place(part.content().bytes()));
        let places = places.collect();
        self.departures.push(Departure { resident, places });
    }

    /// Writes the contents of `arrivals`, and records their upload and the read-back of what leaves.
    ///
    /// # Safety
    ///
    /// - The slot was opened and waited for.
    /// - The objects of `arrivals` are live, and stay so until the slot has been submitted and waited for again.
    pub(crate) unsafe fn record(
        &mut self,
        allocator: &dyn MemoryAllocator,
        arrivals: &[&Part],
        corrupted: bool,
    ) -> Result<(), DemoError> {
        let device = allocator.context().device();
        let places: Vec<_> =
            arrivals.iter().map(|part| self.staging.place(part.content().bytes())).collect();
        // SAFETY: the slot is idle, and every call names an allocator of the one device (caller, promised to `open`).
        let staging = unsafe { self.staging.reserve(allocator) }?;
        // SAFETY: the same holds for the read-back buffer.
        let read_back = unsafe { self.read_back.reserve(allocator) }?.raw();

        // SAFETY: the pool was reset when the slot was waited for, and its family can transfer (promised to `open`); objects
        // that arrive live on (caller), and those that leave are kept here until the slot is idle.
        let transfer = unsafe { Transfer::begin(device, self.commands) }?;
        for departure in &self.departures {
            for (part, place) in departure.resident.parts().iter().zip(&departure.places) {
                if let Some(object) = part.object() {
                    transfer.download(object, read_back, *place, part.content().bytes());
                }
            }
        }
        for (part, place) in arrivals.iter().zip(&places) {
            if let Some(object) = part.object() {
                transfer.upload(staging.raw(), *place, part.content().bytes(), object);
            }
        }
        transfer.end()?;
        write_all(staging, arrivals, &places)?;
        if corrupted && let (Some(part), Some(place)) = (arrivals.first(), places.first()) {
            host::corrupt(staging, *place, part.content())?;
        }
        Ok(())
    }

    /// Submits what was recorded as `frame`.
    ///
    /// # Safety
    ///
    /// - The slot was recorded since it was last waited for, without error.
    /// - `queue` is one of `device`, of the family named to [`open`](Self::open), and nobody else uses it meanwhile.
    pub(crate) unsafe fn submit(
        &mut self,
        device: &ash::Device,
        queue: vk::Queue,
        frame: u32,
    ) -> Result<(), vk::Result> {
        let commands = [self.commands];
        let info = vk::SubmitInfo::default().command_buffers(&commands);
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
    pub(crate) unsafe fn close(&mut self, allocator: &dyn MemoryAllocator) {
        let device = allocator.context().device();
        for departure in self.departures.drain(..) {
            // SAFETY: it is of this device's allocator (promised to `open`), and unused (caller).
            unsafe { departure.resident.free(allocator) };
        }
        // SAFETY: every call names the one allocator (promised to `open`), and the device is done with it (caller).
        unsafe { self.staging.free(allocator) };
        // SAFETY: the same holds for the read-back buffer.
        unsafe { self.read_back.free(allocator) };
        // SAFETY: null or live (invariant), and unused (caller).
        unsafe { device.destroy_fence(self.fence, None) };
        // SAFETY: null or live (invariant), and its commands are unused (caller).
        unsafe { device.destroy_command_pool(self.pool, None) };
        *self = Self::new();
    }
}

fn write_all(
    staging: &mut BoundBuffer,
    arrivals: &[&Part],
    places: &[u64],
) -> Result<(), DemoError> {
    for (part, place) in arrivals.iter().zip(places) {
        host::write(staging, *place, part.content())?;
    }
    Ok(())
}
