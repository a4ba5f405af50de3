//! The barriers within the life of a resource: what was written before it is read, what was read before it is written.
//!
//! The first access of a frame is not looked at: there the memory may have been somebody else's, and
//! [`crate::memory`] knows whose. Resources that live outside the frame are all ours, so their first access waits for their
//! last of the frame before.

use ash::vk;
use resource_management::rendergraph::MemoryBarrier;

use crate::table::{Access, ResourceId, Table};

/// What has to be seen to before a pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Barriers {
    pub(crate) memory: Vec<MemoryBarrier>,
    pub(crate) images: Vec<Transition>,
}

/// An order between accesses to an image, whose layout changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Transition {
    pub(crate) resource: ResourceId,
    pub(crate) order: MemoryBarrier,
    pub(crate) old_layout: vk::ImageLayout,
    pub(crate) new_layout: vk::ImageLayout,
}

/// What is known of a resource at some point of the frame.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Where it was written last, and what that has to make available.
    writer: (vk::PipelineStageFlags2, vk::AccessFlags2),
    /// Where it was read since.
    readers: vk::PipelineStageFlags2,
    /// Reads that see what was written.
    sees: (vk::PipelineStageFlags2, vk::AccessFlags2),
    layout: vk::ImageLayout,
}

/// The barriers before each pass of `table`.
pub(crate) fn schedule(table: &Table) -> Vec<Barriers> {
    let mut before: Vec<Barriers> = vec![Barriers::default(); table.passes.len()];
    for (resource, what) in table.resources.iter().enumerate() {
        let mut state: Option<State> = None;
        let last = table.accesses_of(resource).last();
        if let (true, Some((_, last))) = (what.external, last) {
            // Its contents are of no use any more.
            state = Some(State { layout: vk::ImageLayout::UNDEFINED, ..State::after(last) });
        }
        for (pass, access) in table.accesses_of(resource) {
            let next = match state {
                None => State::after(access),
                Some(state) => state.then(resource, access, &mut before[pass]),
            };
            state = Some(next);
        }
    }
    before
}

impl State {
    /// After nothing but `access`.
    fn after(access: Access) -> Self {
        let nothing = (vk::PipelineStageFlags2::NONE, vk::AccessFlags2::NONE);
        let writes = !access.writes().is_empty();
        Self {
            writer: if writes { (access.stages, access.writes()) } else { nothing },
            readers: if writes { nothing.0 } else { access.stages },
            sees: if writes { nothing } else { (access.stages, access.access) },
            layout: access.layout,
        }
    }

    /// After `access` as well; what that takes is added to `barriers`.
    fn then(self, resource: ResourceId, access: Access, barriers: &mut Barriers) -> Self {
        let moves = access.layout != self.layout;
        let reads_only = access.writes().is_empty();
        let seen = self.sees.0.contains(access.stages) && self.sees.1.contains(access.access);
        if reads_only && seen && !moves {
            return Self { readers: self.readers | access.stages, ..self };
        }
        let order = MemoryBarrier {
            src_stages: self.writer.0 | self.readers,
            src_access: self.writer.1,
            dst_stages: access.stages,
            dst_access: access.access,
        };
        if moves {
            let (old_layout, new_layout) = (self.layout, access.layout);
            barriers.images.push(Transition { resource, order, old_layout, new_layout });
        } else {
            barriers.memory.push(order);
        }
        if !reads_only {
            return Self::after(access);
        }
        Self {
            readers: self.readers | access.stages,
            sees: (self.sees.0 | access.stages, self.sees.1 | access.access),
            layout: access.layout,
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
