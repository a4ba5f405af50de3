//! Passes of a frame share memory: lifetimes from any render graph, planned memory, the barriers of every hand-over.
//!
//! # What it is
//!
//! - [`GraphDescription`]: a frame in words of any engine's graph. Its mistakes are [errors](GraphError) that name pass and resource.
//! - [`FramePlanner`]: from a description to a [`FramePlan`], without a device: offsets, the barriers in front of each pass,
//!   semaphores between queues, and a [`Report`] of what is saved.
//! - [`GraphMemory`]: the plan made real. One block of memory a group, objects at their offsets, kept from frame to frame.
//! - [`BudgetBridge`]: what a graph holds of a [`DeviceBudgetManager`](rm_alloc_core::DeviceBudgetManager). Everything that it
//!   allocates is charged, and [`PendingUpload`]s hold staging quota until the device has really read them.
//! - [`KeyedCache`]: one value a key, created once however many threads ask.
//!
//! # What it is not
//!
//! - A render graph: it orders, culls, records and submits nothing. Barriers within the life of a resource are the engine's.
//! - A keeper of contents: a transient resource begins as garbage in every frame.
//!
//! `docs/rendergraph.md` of the repository says who is responsible for what, and how it works.
//!
//! # Limits
//!
//! Resources are described as a whole, not by mip level or layer. Barriers are in the words of synchronization2; a device
//! without it has the same stages under their older names.
//! Quota of uploads that the device has finished with comes back when somebody looks: [`BudgetBridge::collect`] once a frame,
//! or an upload that finds no room.
//!
//! # Example
//!
//! ```
//! use ash::vk::{Format, ImageUsageFlags, PipelineStageFlags2, QueueFlags};
//! use rm_alloc_core::{ImageRequest, Requirements};
//! use rm_rendergraph_bridge::{Access, FramePlanner, GraphDescription, PlanSettings};
//!
//! let mut graph = GraphDescription::new();
//! let queue = graph.queue("main", QueueFlags::GRAPHICS);
//! let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
//! let mut last = None;
//! for label in ["light", "blur", "sharpen", "tone"] {
//!     let image = ImageRequest::new_2d(Format::R16G16B16A16_SFLOAT, 1920, 1080, usage);
//!     let image = graph.image(&image.label(label));
//!     let pass = graph.pass(queue, label);
//!     graph.access(pass, image, Access::COLOR_ATTACHMENT);
//!     if let Some(last) = last.replace(image) {
//!         graph.access(pass, last, Access::sampled(PipelineStageFlags2::FRAGMENT_SHADER));
//!     }
//! }
//!
//! // What the device says of each image; `GraphMemory` asks it.
//! let requirements = vec![Requirements::new(16 << 20, 64 << 10, 1); 4];
//! let plan = FramePlanner::new().plan(&graph, &requirements, &PlanSettings::new(1))?;
//! let report = plan.report();
//! assert_eq!((report.unaliased, report.planned), (64 << 20, 32 << 20), "two live at a time");
//! # Ok::<(), rm_rendergraph_bridge::GraphError>(())
//! ```

mod bridge;
mod cache;
mod error;
mod graph;
mod memory;
mod plan;
mod sync;
#[cfg(all(test, loom))]
mod tests;

pub use self::{
    bridge::{BudgetBridge, PendingUpload, PendingUploads, UploadError, UploadRequest},
    cache::{CreateError, KeyedCache},
    error::{GraphError, GraphMemoryError, Name},
    graph::{Access, Described, GraphDescription, PassId, QueueId, ResourceId},
    memory::{GraphFrame, GraphMemory, GraphMemoryConfig},
    plan::{
        Exclusion, FramePlan, FramePlanner, Group, MemoryBarrier, NamedReport, PassBarriers,
        Placed, PlanSettings, Report, SemaphorePair, Transition,
    },
};
