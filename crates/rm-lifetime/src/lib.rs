//! When GPU memory may die: timelines, deferred destruction, handles, scopes, transients and pools.
//!
//! # What it is
//!
//! - [`GpuTimeline`]: how far the device is. Over a Vulkan semaphore, over fences, by frames, or moved by hand.
//! - [`DeferredDestructionQueue`]: whatever goes in dies when the device is done with it, and not before.
//! - [`Owned`], [`Shared`]: handles of buffers, images and any Vulkan object, which retire when they are dropped;
//!   [`SharedResourceFactory`] makes them, [`View`]s keep their host alive.
//! - [`LifetimeScope`], [`LifetimeScopeManager`]: who belongs together and is released as one.
//! - [`EpochTransient`], [`BumpTransient`], [`FreeListTransient`]: data of a frame, at the price of an addition.
//! - [`BufferPool`], [`TexturePool`]: the same description gets the same object again.
//!
//! # What it is not
//!
//! It submits nothing, records nothing and waits for nothing, [`DeferredDestructionQueue::shutdown`] excepted.
//! Handles never change their resource: moving and evicting belong elsewhere.
//!
//! # Who promises what
//!
//! Dropping a handle is safe, because its resource outlives everything that is in flight or being recorded on the timelines
//! attached to its queue. So whoever submits work, which is `unsafe` in Vulkan, promises that an attached timeline signals
//! what was upcoming while it was recorded. Telling more, to let memory die earlier, is `unsafe` too: [`Points::new`],
//! [`Shared::used`].
//!
//! # Limits
//!
//! Handles of 64 bits, which is all of Vulkan's but devices, queues and command buffers.
//! Up to four attached timelines cost nothing; from the fifth on, an entry costs a heap allocation.
//! 2^32 entries at a time.
//!
//! # Example
//!
//! ```
//! use ash::vk::BufferUsageFlags;
//! use rm_alloc_core::{AllocationError, BufferRequest, DeviceBudgetManager};
//! use rm_lifetime::{
//!     DeferredDestructionQueue, DrainLimit, LifetimeScope, ManualTimeline, SharedResourceFactory,
//! };
//!
//! fn run(manager: &DeviceBudgetManager) -> Result<(), AllocationError> {
//!     let queue = DeferredDestructionQueue::new(manager);
//!     // Sound: what is submitted signals the values of `submit`, and `complete` follows the device.
//!     let timeline = std::sync::Arc::new(unsafe { ManualTimeline::new() });
//!     queue.attach(timeline.clone());
//!     let factory = SharedResourceFactory::new(manager, &queue);
//!     let request = BufferRequest::new(4096, BufferUsageFlags::STORAGE_BUFFER).label("particles");
//!     let particles = factory.create_buffer(&request)?;
//!
//!     for _ in 0..3 {
//!         manager.begin_frame();
//!         queue.drain(DrainLimit::default());
//!         let mut pass = LifetimeScope::new("simulation", &factory);
//!         let scratch = pass.create_buffer(&request)?;
//!         // ... record work that uses `particles.raw()` and `scratch.raw()` ...
//!         let value = timeline.submit();
//!         // ... submit it, to signal `value` ...
//!         drop(pass); // the scratch buffer lives on until the device is done
//!         manager.end_frame();
//!         timeline.complete(value);
//!     }
//!     drop(particles);
//!     queue.shutdown(std::time::Duration::from_secs(1)).ok();
//!     assert_eq!(manager.stats().used, 0);
//!     Ok(())
//! }
//! # let sim = std::sync::Arc::new(rm_vksim::SimDevice::new(rm_vksim::Profile::integrated()).unwrap());
//! # let info = rm_alloc_core::DeviceContextInfo {
//! #     instance: sim.instance(),
//! #     physical_device: sim.physical_device(),
//! #     device: sim.device(),
//! #     api_version: sim.profile().api_version,
//! #     features: rm_alloc_core::MemoryFeatures::empty(),
//! #     keep_alive: Some(sim.clone()),
//! # };
//! # // Sound: the handles belong together, and the context keeps the device alive.
//! # let context = unsafe { rm_alloc_core::DeviceContext::new(info) }.unwrap();
//! # let allocator = std::sync::Arc::new(rm_alloc_direct::DirectAllocator::new(&context));
//! # let manager = DeviceBudgetManager::new(allocator, rm_alloc_core::BudgetConfig::default()).unwrap();
//! # run(&manager).unwrap();
//! ```

mod background;
mod callback;
mod frame_queue;
mod handle;
mod point;
mod pool;
mod queue;
mod scope;
mod spares;
mod sync;
mod tally;
#[cfg(all(test, loom))]
mod tests;
mod timeline;
mod transient;
mod uses;

pub use self::{
    background::BackgroundDrainer,
    frame_queue::FrameDestructionQueue,
    handle::{
        Backed, BufferRange, DestroyCommand, Object, Owned, OwnedBuffer, OwnedImage, OwnedObject,
        Raw, Resource, Shared, SharedBuffer, SharedBufferView, SharedImage, SharedImageView,
        SharedObject, SharedResourceFactory, View, Weak, WeakBuffer, WeakImage,
    },
    point::{Point, Points, RetireAt, TimelineId},
    pool::{BufferPool, PoolConfig, PoolStatistics, PooledBuffer, PooledTexture, TexturePool},
    queue::{
        DeferredDestructionQueue, DrainLimit, Drained, Forgotten, QueueStatistics, Retirer, Stamp,
    },
    scope::{Kept, LifetimeScope, LifetimeScopeManager, ScopeGuard, ScopeHandle},
    tally::Tally,
    timeline::{
        FenceSubmission, FenceTimeline, FrameTimeline, GpuTimeline, ManualTimeline,
        SemaphoreTimeline, TimelineError,
    },
    transient::{
        BumpTransient, EpochTransient, FreeListTransient, TransientAllocator, TransientConfig,
        TransientError, TransientSlice, TransientStatistics,
    },
};
