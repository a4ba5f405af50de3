//! What a frame is recorded with.

use ash::vk::{AccessFlags2, PipelineStageFlags2};
use rm_lifetime::{SharedBuffer, SharedImage};

use super::arrangement::{Arrangement, Object};
use crate::{FramePlan, MemoryBarrier, PassBarriers, PassId, Report, ResourceId, SemaphorePair};

/// The resources of a frame, and the barriers it needs.
#[derive(Clone, Copy, Debug)]
pub struct GraphFrame<'a> {
    arrangement: &'a Arrangement,
    switched: bool,
}

impl<'a> GraphFrame<'a> {
    pub(super) const fn new(arrangement: &'a Arrangement, switched: bool) -> Self {
        Self { arrangement, switched }
    }

    /// The buffer of a resource; `None` if it is external, unused, an image, or not there.
    #[must_use]
    pub fn buffer(&self, resource: ResourceId) -> Option<&'a SharedBuffer> {
        match self.arrangement.object(resource)? {
            Object::Buffer(buffer) => Some(buffer),
            Object::Image(_) => None,
        }
    }

    /// The image of a resource; `None` if it is external, unused, sparse, a buffer, or not there.
    #[must_use]
    pub fn image(&self, resource: ResourceId) -> Option<&'a SharedImage> {
        match self.arrangement.object(resource)? {
            Object::Image(image) => Some(image),
            Object::Buffer(_) => None,
        }
    }

    /// A number that changes when an object is another one: views and descriptors are to be made anew.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.arrangement.generation
    }

    /// A barrier to record before the first pass of every queue: the last frame used the same bytes in another way.
    ///
    /// With several queues, each also waits for what the others submitted for that frame.
    /// It is told once; where this frame is not submitted after all, [`GraphMemory::not_submitted`](crate::GraphMemory::not_submitted)
    /// has it told again.
    #[must_use]
    pub fn switch(&self) -> Option<MemoryBarrier> {
        self.switched.then_some(MemoryBarrier {
            src_stages: PipelineStageFlags2::ALL_COMMANDS,
            src_access: AccessFlags2::MEMORY_WRITE,
            dst_stages: PipelineStageFlags2::ALL_COMMANDS,
            dst_access: AccessFlags2::from_raw(
                AccessFlags2::MEMORY_READ.as_raw() | AccessFlags2::MEMORY_WRITE.as_raw(),
            ),
        })
    }

    /// What to record before a pass; nothing if there is no such pass.
    #[must_use]
    pub fn barriers(&self, pass: PassId) -> PassBarriers<'a> {
        self.arrangement.plan.barriers(pass)
    }

    /// Where bytes go from one queue to another.
    #[must_use]
    pub fn semaphores(&self) -> &'a [SemaphorePair] {
        self.arrangement.plan.semaphores()
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &'a FramePlan {
        &self.arrangement.plan
    }

    /// The figures.
    #[must_use]
    pub fn report(&self) -> Report {
        self.arrangement.plan.report()
    }
}
