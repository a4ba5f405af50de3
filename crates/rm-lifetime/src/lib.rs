//! When GPU memory may die.
mod callback;
mod handle;
mod point;
mod queue;
mod scope;
mod sync;
#[cfg(all(test, loom))]
mod tests;
mod timeline;
pub use self::{
    handle::{
        Backed, BufferRange, DestroyCommand, Object, Owned, OwnedBuffer, OwnedImage, OwnedObject,
        Raw, Resource, Shared, SharedBuffer, SharedBufferView, SharedImage, SharedImageView,
        SharedObject, SharedResourceFactory, View, Weak, WeakBuffer, WeakImage,
    },
    point::{Point, Points, RetireAt, TimelineId},
    queue::{
        DeferredDestructionQueue, DrainLimit, Drained, Forgotten, QueueStatistics, Retirer, Stamp,
    },
    scope::{Kept, LifetimeScope, LifetimeScopeManager, ScopeGuard, ScopeHandle},
    timeline::{GpuTimeline, ManualTimeline, TimelineError},
};
