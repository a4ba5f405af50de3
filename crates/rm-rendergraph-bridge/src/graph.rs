//! What a frame does, in words of any engine's graph: queues, passes, resources, and who touches what.

mod access;
mod check;
mod order;
mod resource;
mod usage;

use ash::vk;
use rm_alloc_core::{BufferRequest, ImageRequest};

pub use self::{access::Access, resource::Described};
pub(crate) use self::{
    access::WRITES,
    order::{Order, Place, Touch},
    resource::{Kind, Resource},
    usage::{accesses_of_stage, single_accesses, single_stages},
};
use crate::GraphError;

/// A queue of a [`GraphDescription`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct QueueId(pub(crate) u32);

/// A pass of a [`GraphDescription`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PassId(pub(crate) u32);

/// A resource of a [`GraphDescription`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ResourceId(pub(crate) u32);

macro_rules! indices {
    ($($id:ident)*) => {$(
        impl $id {
            /// How many were added before it.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

indices! { PassId QueueId ResourceId }

/// A frame as its passes see it.
///
/// Passes run on their queue in the order they are added; passes of different queues run at the same time unless one
/// [waits](Self::wait) for the other. Ids belong to the description that gave them.
///
/// [`clear`](Self::clear) keeps the memory it took, so that describing the next frame takes none.
/// Mistakes are found when the frame is planned, or by [`check`](Self::check).
///
/// ```
/// use ash::vk::{Format, ImageUsageFlags, PipelineStageFlags2, QueueFlags};
/// use rm_alloc_core::ImageRequest;
/// use rm_rendergraph_bridge::{Access, GraphDescription};
///
/// let mut graph = GraphDescription::new();
/// let main = graph.queue("main", QueueFlags::GRAPHICS | QueueFlags::COMPUTE);
/// let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
/// let albedo = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 1920, 1080, usage).label("albedo");
/// let albedo = graph.image(&albedo);
/// let picture = graph.external_image("picture");
///
/// let geometry = graph.pass(main, "geometry");
/// graph.access(geometry, albedo, Access::COLOR_ATTACHMENT);
/// let lighting = graph.pass(main, "lighting");
/// graph.access(lighting, albedo, Access::sampled(PipelineStageFlags2::FRAGMENT_SHADER));
/// graph.access(lighting, picture, Access::COLOR_ATTACHMENT);
/// graph.check()?;
/// # Ok::<(), rm_rendergraph_bridge::GraphError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphDescription {
    queues: Vec<Queue>,
    passes: Vec<Pass>,
    resources: Vec<Resource>,
    /// In the order they were added.
    uses: Vec<Use>,
    waits: Vec<(PassId, PassId)>,
    /// Labels, one behind the other.
    text: String,
    families: Vec<u32>,
    formats: Vec<vk::Format>,
}

/// A range of an arena.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Part {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Queue {
    label: Part,
    flags: vk::QueueFlags,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Pass {
    label: Part,
    queue: QueueId,
}

/// A pass touches a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Use {
    pub(crate) pass: PassId,
    pub(crate) resource: ResourceId,
    pub(crate) access: Access,
}

impl GraphDescription {
    /// A frame that does nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            queues: Vec::new(),
            passes: Vec::new(),
            resources: Vec::new(),
            uses: Vec::new(),
            waits: Vec::new(),
            text: String::new(),
            families: Vec::new(),
            formats: Vec::new(),
        }
    }

    /// Forgets everything and keeps the memory it took.
    pub fn clear(&mut self) {
        self.queues.clear();
        self.passes.clear();
        self.resources.clear();
        self.uses.clear();
        self.waits.clear();
        self.text.clear();
        self.families.clear();
        self.formats.clear();
    }

    /// Adds a queue that can do what `flags` say.
    ///
    /// Queues that draw or compute can transfer, whether or not they say so.
    pub fn queue(&mut self, label: &str, flags: vk::QueueFlags) -> QueueId {
        let label = self.keep_text(label);
        self.queues.push(Queue { label, flags });
        QueueId(count(&self.queues) - 1)
    }

    /// Adds a pass behind those of its queue.
    pub fn pass(&mut self, queue: QueueId, label: &str) -> PassId {
        let label = self.keep_text(label);
        self.passes.push(Pass { label, queue });
        PassId(count(&self.passes) - 1)
    }

    /// Lets `pass` begin when `earlier` is complete: on another queue by a semaphore, which the engine signals and waits for.
    pub fn wait(&mut self, pass: PassId, earlier: PassId) {
        self.waits.push((pass, earlier));
    }

    /// Adds a buffer whose content lives from its first access in a frame to the last.
    ///
    /// Where it lies, and what it costs, is settled by the plan: category, tag and aliasing of the request have no effect.
    pub fn buffer(&mut self, request: &BufferRequest<'_>) -> ResourceId {
        let label = request.label.map(|label| self.keep_text(label));
        let families = keep(&mut self.families, request.queue_families);
        let kind = Kind::Buffer(resource::plain_buffer(request));
        self.push(Resource { label, families, kind, ..Resource::NOTHING })
    }

    /// Adds an image whose content lives from its first access in a frame to the last, as of [`buffer`](Self::buffer).
    ///
    /// The first pass that touches it finds garbage, and overwrites or clears whatever is read later on.
    pub fn image(&mut self, request: &ImageRequest<'_>) -> ResourceId {
        let label = request.label.map(|label| self.keep_text(label));
        let families = keep(&mut self.families, request.queue_families);
        let formats = keep(&mut self.formats, request.view_formats);
        let kind = resource::plain_image(request).map_or(Kind::CreateInfo, Kind::Image);
        self.push(Resource { label, families, formats, kind, ..Resource::NOTHING })
    }

    /// Adds a buffer of the engine's own, which is not planned.
    pub fn external_buffer(&mut self, label: &str) -> ResourceId {
        let label = Some(self.keep_text(label));
        self.push(Resource { label, kind: Kind::ExternalBuffer, ..Resource::NOTHING })
    }

    /// Adds an image of the engine's own, which is not planned: of a swapchain, imported, sparse.
    pub fn external_image(&mut self, label: &str) -> ResourceId {
        let label = Some(self.keep_text(label));
        self.push(Resource { label, kind: Kind::ExternalImage, ..Resource::NOTHING })
    }

    /// The content of `resource` outlives the frame, so that it shares its bytes with nothing.
    ///
    /// A history, an accumulation: it may be read before it is written.
    pub fn persistent(&mut self, resource: ResourceId) {
        if let Some(resource) = self.resources.get_mut(resource.index()) {
            resource.persistent = true;
        }
    }

    /// A pass touches a resource. Several accesses of one pass to one resource are one, of the same layout.
    pub fn access(&mut self, pass: PassId, resource: ResourceId, access: Access) {
        self.uses.push(Use { pass, resource, access });
    }

    /// Finds mistakes: what planning the frame would find, short of asking a device.
    ///
    /// # Errors
    ///
    /// The first [`GraphError`] found; it names pass and resource.
    pub fn check(&self) -> Result<(), GraphError> {
        Order::new(self).map(drop)
    }

    /// How many passes there are.
    #[must_use]
    pub const fn pass_count(&self) -> usize {
        self.passes.len()
    }

    /// How many queues there are.
    #[must_use]
    pub const fn queue_count(&self) -> usize {
        self.queues.len()
    }

    /// How many resources there are.
    #[must_use]
    pub const fn resource_count(&self) -> usize {
        self.resources.len()
    }

    /// The name of a pass; empty if there is no such pass.
    #[must_use]
    pub fn pass_label(&self, pass: PassId) -> &str {
        self.passes.get(pass.index()).map_or("", |pass| self.text(pass.label))
    }

    /// The name of a queue; empty if there is no such queue.
    #[must_use]
    pub fn queue_label(&self, queue: QueueId) -> &str {
        self.queues.get(queue.index()).map_or("", |queue| self.text(queue.label))
    }

    /// The queue of a pass; `None` if there is no such pass.
    #[must_use]
    pub fn queue_of(&self, pass: PassId) -> Option<QueueId> {
        self.passes.get(pass.index()).map(|pass| pass.queue)
    }

    /// The name of a resource; empty if it has none, or there is no such resource.
    #[must_use]
    pub fn resource_label(&self, resource: ResourceId) -> &str {
        let label = self.resources.get(resource.index()).and_then(|resource| resource.label);
        label.map_or("", |label| self.text(label))
    }

    /// What a resource was described as; `None` if there is no such resource.
    #[must_use]
    pub fn resource(&self, resource: ResourceId) -> Option<Described<'_>> {
        self.resources.get(resource.index()).map(|resource| self.describe(resource))
    }

    /// All resources, in the order they were added.
    pub fn resources(&self) -> impl ExactSizeIterator<Item = ResourceId> + use<> {
        (0..count(&self.resources)).map(ResourceId)
    }

    /// All passes, in the order they were added.
    pub fn passes(&self) -> impl ExactSizeIterator<Item = PassId> + use<> {
        (0..count(&self.passes)).map(PassId)
    }

    /// All accesses, in the order they were added.
    pub fn accesses(&self) -> impl ExactSizeIterator<Item = (PassId, ResourceId, Access)> + '_ {
        self.uses.iter().map(|it| (it.pass, it.resource, it.access))
    }

    /// All waits, in the order they were added: the first waits for the second.
    #[must_use]
    pub fn waits(&self) -> &[(PassId, PassId)] {
        &self.waits
    }

    pub(crate) fn entry(&self, resource: ResourceId) -> Option<&Resource> {
        self.resources.get(resource.index())
    }

    fn push(&mut self, resource: Resource) -> ResourceId {
        self.resources.push(resource);
        ResourceId(count(&self.resources) - 1)
    }

    fn keep_text(&mut self, text: &str) -> Part {
        let start = small(self.text.len());
        self.text.push_str(text);
        Part { start, end: small(self.text.len()) }
    }

    fn text(&self, part: Part) -> &str {
        self.text.get(part.start as usize..part.end as usize).unwrap_or_default()
    }
}

/// Copies `items` to the end of an arena.
fn keep<T: Copy>(arena: &mut Vec<T>, items: &[T]) -> Part {
    let start = small(arena.len());
    arena.extend_from_slice(items);
    Part { start, end: small(arena.len()) }
}

fn count<T>(items: &[T]) -> u32 {
    small(items.len())
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
