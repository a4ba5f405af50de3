//! Copies that the queue of a real device executes.

use std::sync::Arc;

use ash::vk;
use rm_headless::HeadlessDevice;

use super::{Batch, Executor};
use crate::{error::DemoError, transfer::Transfer};

/// A command buffer with its pool, and a fence that says when it has been executed.
#[derive(Debug)]
pub(crate) struct QueueExecutor {
    // Invariant: handles are null, or live and of `device`. While `submitted`, the device may use them.
    device: Arc<HeadlessDevice>,
    pool: vk::CommandPool,
    commands: vk::CommandBuffer,
    fence: vk::Fence,
    submitted: bool,
}

impl QueueExecutor {
    /// One for the queue of `device`.
    pub(crate) fn new(device: &Arc<HeadlessDevice>) -> Result<Self, vk::Result> {
        let mut executor = Self {
            device: Arc::clone(device),
            pool: vk::CommandPool::null(),
            commands: vk::CommandBuffer::null(),
            fence: vk::Fence::null(),
            submitted: false,
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
        // SAFETY: the device is live (invariant).
        executor.fence = unsafe { device.create_fence(&vk::FenceCreateInfo::default(), None) }?;
        Ok(executor)
    }

    /// Records `batch` anew.
    ///
    /// # Safety
    ///
    /// - As of [`submit`](Executor::submit).
    unsafe fn record(&self, batch: &Batch<'_>) -> Result<(), vk::Result> {
        let device = self.device.device();
        // SAFETY: the pool is live (invariant), and its commands are not in use (caller).
        unsafe { device.reset_command_pool(self.pool, vk::CommandPoolResetFlags::empty()) }?;
        // SAFETY: just reset, and the queue can transfer (promised by `HeadlessDevice`); the rest is the caller's part.
        let transfer = unsafe { Transfer::begin(device, self.commands) }?;
        for copy in batch.downloads {
            transfer.download(copy.object, batch.read_back.raw(), copy.place, copy.bytes);
        }
        let (staging, read_back) = (batch.staging.raw(), batch.read_back.raw());
        for detour in batch.detours {
            transfer.detour(staging, detour, read_back);
        }
        for copy in batch.uploads {
            transfer.upload(staging, copy.place, copy.bytes, copy.object);
        }
        transfer.end()
    }
}

impl Executor for QueueExecutor {
    unsafe fn submit(&mut self, batch: &Batch<'_>) -> Result<(), DemoError> {
        // SAFETY: the same promises.
        unsafe { self.record(batch) }?;
        let commands = [self.commands];
        let info = vk::SubmitInfo::default().command_buffers(&commands);
        let (device, queue) = (self.device.device(), self.device.queue());
        // SAFETY: commands and fence are live (invariant), recorded and unsignalled; the queue is used by us alone (caller).
        unsafe { device.queue_submit(queue, &[info], self.fence) }?;
        self.submitted = true;
        Ok(())
    }

    fn wait(&mut self) -> Result<(), DemoError> {
        if !self.submitted {
            return Ok(());
        }
        let device = self.device.device();
        // SAFETY: the fence is live (invariant).
        unsafe { device.wait_for_fences(&[self.fence], true, u64::MAX) }?;
        self.submitted = false;
        // SAFETY: the fence is live (invariant), and no submission uses it any more.
        unsafe { device.reset_fences(&[self.fence]) }?;
        Ok(())
    }

    fn halt(&mut self) {
        // A lost device is done with everything as well, hence the ignored answer.
        // SAFETY: the device is live (invariant), and its queue is used on this thread only (promised to `submit`).
        unsafe { self.device.device().device_wait_idle() }.ok();
        self.submitted = false;
    }
}

impl Drop for QueueExecutor {
    fn drop(&mut self) {
        let device = self.device.device();
        // SAFETY: null or live (invariant), and nothing is under way (documented).
        unsafe { device.destroy_fence(self.fence, None) };
        // SAFETY: null or live (invariant), and nothing is under way (documented).
        unsafe { device.destroy_command_pool(self.pool, None) };
    }
}
