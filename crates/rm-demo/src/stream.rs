//! The stream itself: resources come in frame by frame, live for a while, and leave in the order they came.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use ash::vk;
use resource_management::alloc::{MemoryAllocator, MemoryError};
use rm_headless::HeadlessDevice;

use crate::{
    error::DemoError,
    report::Mismatch,
    resource::{Part, Resident},
    scene::{Asset, Scene},
    slot::Slot,
};

/// Frames that the host may be ahead of the device.
const FRAMES_IN_FLIGHT: usize = 2;

/// Resources that stay when a frame has brought its own: what a level keeps loaded.
const WORKING_SET: usize = 48;

/// Resources that leave in a frame once nothing comes in any more.
const LEAVING_AT_THE_END: usize = 3;

/// What has been streamed so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) meshes: u64,
    pub(crate) textures: u64,
    /// Bytes uploaded.
    pub(crate) bytes_in: u64,
    /// Bytes read back and compared.
    pub(crate) bytes_out: u64,
    pub(crate) mismatches: Vec<Mismatch>,
}

/// A stream of resources through one device.
///
/// It has no destructor, because the end has to wait for the device: call [`close`](Self::close), also after an error.
#[derive(Debug)]
#[must_use = "a stream owns device memory; it has to be closed"]
pub(crate) struct Stream {
    // Invariant: every slot and resource is of `allocator`, whose device owns `queue` of `queue_family`.
    allocator: Arc<dyn MemoryAllocator>,
    device: Arc<HeadlessDevice>,
    slots: [Slot; FRAMES_IN_FLIGHT],
    // From the oldest to the youngest.
    live: VecDeque<Resident>,
    scene: Scene,
    tally: Tally,
    // The next frame.
    frame: u32,
}

impl Stream {
    /// An empty stream of resources from `allocator`.
    pub(crate) fn new(
        device: &Arc<HeadlessDevice>,
        allocator: Arc<dyn MemoryAllocator>,
    ) -> Result<Self, DemoError> {
        if allocator.context().device().handle() != device.device().handle() {
            let why = "the allocator belongs to another device";
            return Err(MemoryError::InvalidRequest(why).into());
        }
        Ok(Self {
            allocator,
            device: Arc::clone(device),
            slots: [const { () }; FRAMES_IN_FLIGHT].map(|()| Slot::new()),
            live: VecDeque::new(),
            scene: Scene::new(),
            tally: Tally::default(),
            frame: 0,
        })
    }
}
