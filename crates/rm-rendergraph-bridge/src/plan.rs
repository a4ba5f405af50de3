//! From a description to offsets, barriers and figures, without a device.

mod clock;
mod cover;
mod exclude;
mod group;
mod needs;
mod place;
mod report;

use ash::vk;
use rm_alias::Proof;

pub(crate) use self::exclude::is_sparse;
pub use self::{
    exclude::Exclusion,
    place::FramePlanner,
    report::{NamedReport, Report},
};
use crate::{PassId, ResourceId};

/// What planning needs to know of the device, and how to plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct PlanSettings {
    /// Whether resources share bytes; if not, each has bytes of its own, in the same blocks.
    pub aliasing: bool,
    /// Memory types to prefer, one bit each: those that are local to the device.
    pub memory_types: u32,
    /// Memory types whose bytes are allocated lazily, one bit each: attachments that never leave the tile live there, alone.
    pub lazy_types: u32,
    /// Pages in bytes that buffers and images must not share (`bufferImageGranularity`), a power of two.
    pub granularity: u64,
    /// Most bytes of one piece of memory (`maxMemoryAllocationSize`).
    pub max_block: u64,
    /// How much the planner may search.
    pub budget: rm_alias::Budget,
}

impl PlanSettings {
    /// Settings that no device contradicts but by its granularity, `granularity` bytes.
    pub const fn new(granularity: u64) -> Self {
        Self {
            aliasing: true,
            memory_types: u32::MAX,
            lazy_types: 0,
            granularity,
            max_block: u64::MAX,
            budget: rm_alias::Budget::Automatic,
        }
    }

    /// The settings that `context` asks for.
    pub fn of(context: &rm_alloc_core::DeviceContext) -> Self {
        let limits = context.limits();
        let types = |wanted: vk::MemoryPropertyFlags, unwanted: vk::MemoryPropertyFlags| {
            let fits = |index: &u32| {
                let flags = context.type_flags(*index);
                flags.contains(wanted) && !flags.intersects(unwanted)
            };
            let all = 0..context.memory_properties().memory_type_count;
            all.filter(fits).fold(0, |bits, index| bits | 1 << index)
        };
        let (local, protected) =
            (vk::MemoryPropertyFlags::DEVICE_LOCAL, vk::MemoryPropertyFlags::PROTECTED);
        let lazy = vk::MemoryPropertyFlags::LAZILY_ALLOCATED;
        Self {
            memory_types: types(local, lazy | protected),
            lazy_types: types(lazy, protected),
            max_block: limits.max_allocation_size,
            ..Self::new(limits.buffer_image_granularity)
        }
    }

    /// Says whether resources share bytes.
    pub const fn aliasing(mut self, aliasing: bool) -> Self {
        self.aliasing = aliasing;
        self
    }
}

/// Where a planned resource lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Placed {
    /// The group whose memory it is in, an index of [`FramePlan::groups`].
    pub group: usize,
    /// Where it begins there, in bytes.
    pub offset: u64,
    /// Bytes it takes.
    pub size: u64,
}

/// Memory that resources share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Group {
    /// Memory types that all of its resources can live in, one bit each.
    pub memory_type_bits: u32,
    /// Bytes it needs.
    pub size: u64,
    /// Alignment in bytes that its memory must have.
    pub alignment: u64,
    /// What lies there.
    pub tiling: rm_alloc_core::TilingClass,
    /// Bytes it needs at least.
    pub lower_bound: u64,
    /// What is known about its size.
    pub proof: Proof,
}

/// A dependency on whoever had the bytes before: a `VkMemoryBarrier2`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MemoryBarrier {
    /// Stages that touched the bytes last.
    pub src_stages: vk::PipelineStageFlags2,
    /// What they wrote; reads need no more than the stages.
    pub src_access: vk::AccessFlags2,
    /// Stages that touch them next.
    pub dst_stages: vk::PipelineStageFlags2,
    /// What they do; nothing for images, whose [`Transition`] says it.
    pub dst_access: vk::AccessFlags2,
}

/// An image takes its bytes over: a `VkImageMemoryBarrier2` from `UNDEFINED`, over all of its mip levels and layers.
///
/// Its source stages are [`dst_stages`](Self::dst_stages) too, and its source access is none: the chain begins at the memory
/// barriers of the pass, or at a semaphore that these stages wait for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Transition {
    /// The image.
    pub image: ResourceId,
    /// Stages that touch it first.
    pub dst_stages: vk::PipelineStageFlags2,
    /// What they do.
    pub dst_access: vk::AccessFlags2,
    /// The layout they find it in.
    pub layout: vk::ImageLayout,
}

/// What to record before a pass: `memory` in one `vkCmdPipelineBarrier2`, then `images` in a second one.
///
/// In one command they would not be ordered, and an image could be initialised before the last writes to its bytes are done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PassBarriers<'a> {
    /// The memory barriers, no two of the same stages.
    pub memory: &'a [MemoryBarrier],
    /// The images that begin to live here.
    pub images: &'a [Transition],
}

/// Bytes go from a pass of one queue to a pass of another.
///
/// A semaphore is signalled behind all of `before`; it stands for whatever runs earlier there, and later on the queue of `after`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SemaphorePair {
    /// The pass that has them last.
    pub before: PassId,
    /// The pass that has them next, and waits in at least [`stages`](Self::stages).
    pub after: PassId,
    /// `before` is of the previous frame.
    pub wraps: bool,
    /// The waits of the description order the two already; if not, the engine adds this one.
    pub described: bool,
    /// Stages in which `after`, and passes behind it that rely on this semaphore as well, touch bytes first.
    pub stages: vk::PipelineStageFlags2,
}

/// A planned frame: plain data, for a frame that comes again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FramePlan {
    /// By resource.
    places: Vec<Result<Placed, Exclusion>>,
    groups: Vec<Group>,
    memory: Vec<MemoryBarrier>,
    images: Vec<Transition>,
    /// Where the barriers of a pass end, by pass: of `memory`, of `images`.
    ends: Vec<(usize, usize)>,
    semaphores: Vec<SemaphorePair>,
}

impl MemoryBarrier {
    /// The words of Vulkan for it.
    pub fn to_vk(self) -> vk::MemoryBarrier2<'static> {
        vk::MemoryBarrier2::default()
            .src_stage_mask(self.src_stages)
            .src_access_mask(self.src_access)
            .dst_stage_mask(self.dst_stages)
            .dst_access_mask(self.dst_access)
    }
}

impl Transition {
    /// The words of Vulkan for it, where `image` is the object of the resource and `aspects` are all that its format has.
    ///
    /// ```
    /// use ash::vk::{DependencyInfo, ImageAspectFlags};
    /// use rm_rendergraph_bridge::{GraphFrame, PassId};
    ///
    /// fn record(frame: &GraphFrame<'_>, pass: PassId, aspects: ImageAspectFlags) {
    ///     let barriers = frame.barriers(pass);
    ///     let memory: Vec<_> = barriers.memory.iter().map(|it| it.to_vk()).collect();
    ///     let images = barriers.images.iter();
    ///     let images = images.filter_map(|it| Some(it.to_vk(frame.image(it.image)?.raw(), aspects)));
    ///     let images: Vec<_> = images.collect();
    ///     // Two commands, because the barriers of one are not ordered with each other; none for none.
    ///     let first = DependencyInfo::default().memory_barriers(&memory);
    ///     let second = DependencyInfo::default().image_memory_barriers(&images);
    /// #   let _ = (first, second);
    /// }
    /// ```
    pub fn to_vk(
        self,
        image: vk::Image,
        aspects: vk::ImageAspectFlags,
    ) -> vk::ImageMemoryBarrier2<'static> {
        let all = vk::ImageSubresourceRange::default()
            .aspect_mask(aspects)
            .level_count(vk::REMAINING_MIP_LEVELS)
            .layer_count(vk::REMAINING_ARRAY_LAYERS);
        vk::ImageMemoryBarrier2::default()
            .image(image)
            .subresource_range(all)
            .old_layout(vk::ImageLayout::UNDEFINED)
            .new_layout(self.layout)
            .src_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
            .dst_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
            .src_stage_mask(self.dst_stages)
            .dst_stage_mask(self.dst_stages)
            .dst_access_mask(self.dst_access)
    }
}

impl FramePlan {
    /// Where a resource lies, or why it is not planned; `None` if there is no such resource.
    #[must_use]
    pub fn place(&self, resource: ResourceId) -> Option<Result<Placed, Exclusion>> {
        self.places.get(resource.index()).copied()
    }

    /// The pieces of memory that are shared.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// What to record before a pass; nothing if there is no such pass.
    #[must_use]
    pub fn barriers(&self, pass: PassId) -> PassBarriers<'_> {
        let Some(end) = self.ends.get(pass.index()) else { return PassBarriers::default() };
        let start = pass.index().checked_sub(1).map_or((0, 0), |last| self.ends[last]);
        PassBarriers { memory: &self.memory[start.0..end.0], images: &self.images[start.1..end.1] }
    }

    /// Where bytes go from one queue to another, in the frame and from each frame to the next.
    #[must_use]
    pub fn semaphores(&self) -> &[SemaphorePair] {
        &self.semaphores
    }

    /// The figures.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::new(self)
    }
}
