//! Copies that the queue of a real device executes.

use std::sync::Arc;

use ash::vk;
use rm_headless::HeadlessDevice;

use super::{Batch, Clock, Detour, Executor, Step};
use crate::{error::DemoError, passes::Machine, transfer::Transfer};

/// A command buffer with its pool, and the clock that says when it has been executed.
#[derive(Debug)]
pub(crate) struct QueueExecutor {
    // Invariant: handles are null, or live and of `device`, whose clock this is. Until the clock has reached what was
    // `submitted`, the device may use them.
    device: Arc<HeadlessDevice>,
    clock: Clock,
    pool: vk::CommandPool,
    commands: vk::CommandBuffer,
    submitted: Option<u64>,
}

impl QueueExecutor {
    /// One for the queue of `device`.
    ///
    /// # Safety
    ///
    /// - `clock` was made for `device`.
    pub(crate) unsafe fn new(
        device: &Arc<HeadlessDevice>,
        clock: &Clock,
    ) -> Result<Self, vk::Result> {
        let mut executor = Self {
            device: Arc::clone(device),
            clock: clock.clone(),
            pool: vk::CommandPool::null(),
            commands: vk::CommandBuffer::null(),
            submitted: None,
        };
        // On error, what was made goes with `executor`.
        let device = device.device();
        let info = vk::CommandPoolCreateInfo::default()
            .flags(vk::CommandPoolCreateFlags::TRANSIENT)
            .queue_family_index(executor.device.queue_family());
        // SAFETY: the device is live (invariant), and was made with this family.
        executor.pool = unsafe { device.create_command_pool(&info, None) }?;
        let info = vk::CommandBufferAllocateInfo::default()
            .command_pool(executor.pool)
            .command_buffer_count(1);
        // SAFETY: the pool was just made.
        let made = unsafe { device.allocate_command_buffers(&info) }?;
        executor.commands = made.first().copied().ok_or(vk::Result::ERROR_UNKNOWN)?;
        Ok(executor)
    }
}

impl Executor for QueueExecutor {
    unsafe fn record(&mut self, batch: &Batch<'_>) -> Result<(), DemoError> {
        let device = self.device.device();
        // SAFETY: the pool is live (invariant), and its commands are not in use (caller).
        unsafe { device.reset_command_pool(self.pool, vk::CommandPoolResetFlags::empty()) }?;
        // SAFETY: just reset, and the queue can transfer (promised by `HeadlessDevice`); the rest is the caller's part.
        let transfer = unsafe { Transfer::begin(device, self.commands) }?;
        for copy in batch.downloads {
            transfer.download(copy, batch.read_back.raw());
        }
        let (staging, read_back) = (batch.staging.raw(), batch.read_back.raw());
        for detour in batch.detours {
            transfer.detour(staging, detour, read_back);
        }
        for step in batch.steps {
            match step {
                Step::Fill { from, object } => {
                    transfer.upload(from.buffer(), from.offset(), from.size(), *object);
                }
                Step::Carry { from, over, to } => {
                    let detour =
                        Detour { scratch: over, from: from.offset(), to: *to, bytes: from.size() };
                    transfer.detour(from.buffer(), &detour, read_back);
                }
                Step::Read(copy) => transfer.read(copy, read_back),
                Step::Run(Machine::Compute { pipeline, .. }) => transfer.dispatch(pipeline.raw()),
                Step::Run(Machine::StandIn(_) | Machine::Nothing) => {}
            }
        }
        for copy in batch.uploads {
            transfer.upload(staging, copy.place, copy.bytes, copy.object);
        }
        Ok(transfer.end()?)
    }

    unsafe fn submit(&mut self) -> Result<(), DemoError> {
        // SAFETY: the device is the clock's (invariant); the commands are recorded, and the queue used by us alone (caller).
        let value = unsafe { self.clock.submit(&self.device, &self.commands) }?;
        self.submitted = Some(value);
        Ok(())
    }

    fn wait(&mut self) -> Result<(), DemoError> {
        if let Some(value) = self.submitted {
            self.clock.wait(value)?;
            self.submitted = None;
        }
        Ok(())
    }

    fn halt(&mut self) {
        // A lost device is done with everything as well, hence the ignored answer.
        // SAFETY: the device is live (invariant), and its queue is used on this thread only (promised to `submit`).
        unsafe { self.device.device().device_wait_idle() }.ok();
        self.submitted = None;
    }
}

impl Drop for QueueExecutor {
    fn drop(&mut self) {
        let device = self.device.device();
        // SAFETY: null or live (invariant), and nothing is under way (documented).
        unsafe { device.destroy_command_pool(self.pool, None) };
    }
}
