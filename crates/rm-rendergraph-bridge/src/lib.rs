//! Passes share memory.
mod error;
mod graph;
mod memory;
mod plan;

pub use self::{
    error::{GraphError, GraphMemoryError, Name},
    graph::{Access, Described, GraphDescription, PassId, QueueId, ResourceId},
    memory::{GraphFrame, GraphMemory, GraphMemoryConfig},
    plan::{
        Exclusion, FramePlan, FramePlanner, Group, MemoryBarrier, PassBarriers, Placed,
        PlanSettings, Report, SemaphorePair, Transition,
    },
};
