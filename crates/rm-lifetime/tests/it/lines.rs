//! Managers, buffers that a real queue may write, and timelines that the oracle knows of.

use std::{sync::Arc, time::Duration};

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    BudgetConfig, BufferAllocation, BufferRequest, DeviceBudgetManager, DeviceContext,
};
use rm_lifetime::{GpuTimeline, TimelineError};
use rm_vksim::{Profile, SimDevice, SimTimeline};

use crate::support;

/// A manager over the pass-through backend of `context`, without a budget.
pub(crate) fn manager_of(context: &Arc<DeviceContext>) -> DeviceBudgetManager {
    support::manager(context, BudgetConfig::default())
}

/// The same on a simulated discrete GPU.
pub(crate) fn manager() -> (DeviceBudgetManager, Arc<SimDevice>) {
    let (context, sim) = support::simulated(Profile::desktop_rebar());
    (manager_of(&context), sim)
}

/// A device-local buffer of `size` bytes.
pub(crate) fn buffer(manager: &DeviceBudgetManager, size: u64) -> BufferAllocation {
    let request = BufferRequest::new(size, BufferUsageFlags::TRANSFER_DST);
    manager.allocate_buffer(&request).unwrap()
}

/// A timeline of a simulated device, moved by the test.
#[derive(Debug)]
pub(crate) struct SimLine(pub(crate) SimTimeline);

// SAFETY: the test says when the simulated work is done, and the oracle watches whether that is kept.
unsafe impl GpuTimeline for SimLine {
    fn completed(&self) -> u64 {
        self.0.completed()
    }

    fn upcoming(&self) -> u64 {
        self.0.submitted() + 1
    }

    fn wait(&self, value: u64, _at_most: Duration) -> Result<bool, TimelineError> {
        Ok(self.0.completed() >= value.min(self.0.submitted()))
    }
}
