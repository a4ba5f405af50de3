//! What an engine records for a planned frame, as data that a test can spoil.

use rm_rendergraph_bridge::{
    Exclusion, FramePlan, GraphDescription, MemoryBarrier, Placed, ResourceId, SemaphorePair,
    Transition,
};

use super::scopes::Scope;

/// A planned frame as it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    /// Where each resource lies; none for those that are not planned.
    pub(crate) places: Vec<Option<Placed>>,
    /// Barriers in front of each pass, in one command.
    pub(crate) memory: Vec<Vec<Barrier>>,
    /// Transitions in front of each pass, in the next command.
    pub(crate) images: Vec<Vec<(Transition, Scope)>>,
    /// What the description does not order.
    pub(crate) semaphores: Vec<(SemaphorePair, Scope)>,
}

/// A memory barrier with its scopes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Barrier {
    pub(crate) said: MemoryBarrier,
    pub(crate) first: Scope,
    pub(crate) second: Scope,
}

impl Recording {
    pub(crate) fn new(graph: &GraphDescription, plan: &FramePlan) -> Self {
        let all = ash::vk::AccessFlags2::MEMORY_READ | ash::vk::AccessFlags2::MEMORY_WRITE;
        let memory = |pass| plan.barriers(pass).memory.iter().copied().map(Barrier::new).collect();
        let images = |pass| {
            let images = plan.barriers(pass).images.iter();
            images.map(|it| (*it, Scope::new(it.dst_stages, it.dst_access))).collect()
        };
        let new = plan.semaphores().iter().filter(|pair| !pair.described);
        Self {
            places: graph.resources().map(|it| place(plan, it)).collect(),
            memory: graph.passes().map(memory).collect(),
            images: graph.passes().map(images).collect(),
            semaphores: new.map(|pair| (*pair, Scope::new(pair.stages, all))).collect(),
        }
    }
}

impl Barrier {
    pub(crate) fn new(said: MemoryBarrier) -> Self {
        let first = Scope::new(said.src_stages, said.src_access);
        let second = Scope::new(said.dst_stages, said.dst_access);
        Self { said, first, second }
    }
}

/// Where a resource lies: in a group of its own if it has memory of its own and is garbage when a frame begins.
fn place(plan: &FramePlan, resource: ResourceId) -> Option<Placed> {
    use Exclusion::{Dedicated, HostVisible, LazilyAllocated, Protected};
    match plan.place(resource)? {
        Ok(placed) => Some(placed),
        Err(Dedicated | HostVisible | LazilyAllocated | Protected) => {
            Some(Placed { group: usize::MAX - resource.index(), offset: 0, size: 1 })
        }
        Err(_) => None,
    }
}
