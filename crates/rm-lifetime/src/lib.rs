//! When GPU memory may die.
mod callback;
mod point;
mod queue;
mod sync;
mod timeline;
pub use self::{
    point::{Point, Points, RetireAt, TimelineId},
    queue::{
        DeferredDestructionQueue, DrainLimit, Drained, Forgotten, QueueStatistics, Retirer, Stamp,
    },
    timeline::{GpuTimeline, ManualTimeline, TimelineError},
};
