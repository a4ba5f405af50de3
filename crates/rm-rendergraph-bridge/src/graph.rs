//! What a frame does, in words of any engine's graph: queues, passes, resources, and who touches what.

mod access;
mod check;
mod order;
mod record;
mod resource;
mod usage;

use ash::vk;
use rm_alloc_core::{BufferRequest, ImageRequest};

use self::record::{Numbers, Traits, Use, UseNumbers};

pub use self::{access::Access, resource::Described};
pub(crate) use self::{
    access::WRITES,
    order::{Order, Place, Touch},
    record::Kind,
    resource::Resource,
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
#[derive(Clone, Debug, Default)]
pub struct GraphDescription {
    queues: Vec<Queue>,
    passes: Vec<Pass>,
    /// By resource.
    numbers: Vec<Numbers>,
    /// By resource.
    traits: Vec<Traits>,
    // Invariant: where the label, the families and the formats of a resource end, and those of the next begin.
    ends: Vec<[u32; 3]>,
    /// In the order they were added.
    uses: Vec<UseNumbers>,
    waits: Vec<(PassId, PassId)>,
    /// Labels of queues and passes, one behind the other.
    text: String,
    /// Labels of resources.
    names: String,
    families: Vec<u32>,
    formats: Vec<vk::Format>,
}

/// A label in `text`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Label {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Queue {
    label: Label,
    flags: vk::QueueFlags,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Pass {
    label: Label,
    queue: QueueId,
}

impl GraphDescription {
    /// A frame that does nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            queues: Vec::new(),
            passes: Vec::new(),
            numbers: Vec::new(),
            traits: Vec::new(),
            ends: Vec::new(),
            uses: Vec::new(),
            waits: Vec::new(),
            text: String::new(),
            names: String::new(),
            families: Vec::new(),
            formats: Vec::new(),
        }
    }

    /// Forgets everything and keeps the memory it took.
    pub fn clear(&mut self) {
        self.queues.clear();
        self.passes.clear();
        self.numbers.clear();
        self.traits.clear();
        self.ends.clear();
        self.uses.clear();
        self.waits.clear();
        self.text.clear();
        self.names.clear();
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
    ///
    /// Whatever follows on the queue of `pass` relies on it as well, so the engine waits in all stages.
    pub fn wait(&mut self, pass: PassId, earlier: PassId) {
        self.waits.push((pass, earlier));
    }

    /// Adds a buffer whose content lives from its first access in a frame to the last.
    ///
    /// Where it lies, and what it costs, is settled by the plan: category, tag and aliasing of the request have no effect.
    pub fn buffer(&mut self, request: &BufferRequest<'_>) -> ResourceId {
        self.families.extend_from_slice(request.queue_families);
        self.push(record::buffer(request), request.label.unwrap_or_default())
    }

    /// Adds an image whose content lives from its first access in a frame to the last, as of [`buffer`](Self::buffer).
    ///
    /// The first pass that touches it finds garbage, and overwrites or clears whatever is read later on.
    pub fn image(&mut self, request: &ImageRequest<'_>) -> ResourceId {
        self.families.extend_from_slice(request.queue_families);
        self.formats.extend_from_slice(request.view_formats);
        self.push(record::image(request), request.label.unwrap_or_default())
    }

    /// Adds a buffer of the engine's own, which is not planned.
    pub fn external_buffer(&mut self, label: &str) -> ResourceId {
        self.push((record::external(false), record::NO_TRAITS), label)
    }

    /// Adds an image of the engine's own, which is not planned: of a swapchain, imported, sparse.
    pub fn external_image(&mut self, label: &str) -> ResourceId {
        self.push((record::external(true), record::NO_TRAITS), label)
    }

    /// The content of `resource` outlives the frame, so that it shares its bytes with nothing.
    ///
    /// A history, an accumulation: it may be read before it is written.
    /// [`GraphMemory`](crate::GraphMemory) recognises it in the next frame by its description, label included, and resources
    /// described alike by their order; in a frame that does not have it, it may be let go of.
    pub fn persistent(&mut self, resource: ResourceId) {
        if let Some(traits) = self.traits.get_mut(resource.index()) {
            traits.persistent = true;
        }
    }

    /// A pass touches a resource. Several accesses of one pass to one resource are one, of the same layout.
    pub fn access(&mut self, pass: PassId, resource: ResourceId, access: Access) {
        self.uses.push(Use { pass, resource, access }.numbers());
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
        self.numbers.len()
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
        let Some([end, ..]) = self.ends.get(resource.index()) else { return "" };
        let start = resource.index().checked_sub(1).map_or(0, |last| self.ends[last][0]);
        self.names.get(start as usize..*end as usize).unwrap_or_default()
    }

    /// All resources, in the order they were added.
    pub fn resources(&self) -> impl ExactSizeIterator<Item = ResourceId> + use<> {
        (0..count(&self.numbers)).map(ResourceId)
    }

    /// All passes, in the order they were added.
    pub fn passes(&self) -> impl ExactSizeIterator<Item = PassId> + use<> {
        (0..count(&self.passes)).map(PassId)
    }

    /// All accesses, in the order they were added.
    pub fn accesses(&self) -> impl ExactSizeIterator<Item = (PassId, ResourceId, Access)> + '_ {
        self.uses().map(|it| (it.pass, it.resource, it.access))
    }

    /// All waits, in the order they were added: the first waits for the second.
    #[must_use]
    pub fn waits(&self) -> &[(PassId, PassId)] {
        &self.waits
    }

    /// Whether the content of a resource outlives the frame; `false` if there is no such resource.
    #[must_use]
    pub fn is_persistent(&self, resource: ResourceId) -> bool {
        self.traits.get(resource.index()).is_some_and(|traits| traits.persistent)
    }

    pub(crate) fn entry(&self, resource: ResourceId) -> Option<Resource> {
        let (numbers, traits) =
            (self.numbers.get(resource.index())?, self.traits.get(resource.index())?);
        Some(Resource { kind: record::kind(numbers, traits), persistent: traits.persistent })
    }

    pub(crate) fn uses(&self) -> impl ExactSizeIterator<Item = Use> + '_ {
        self.uses.iter().map(Use::read)
    }

    fn push(&mut self, (numbers, traits): (Numbers, Traits), label: &str) -> ResourceId {
        self.names.push_str(label);
        self.numbers.push(numbers);
        self.traits.push(traits);
        self.ends.push([
            small(self.names.len()),
            small(self.families.len()),
            small(self.formats.len()),
        ]);
        ResourceId(count(&self.numbers) - 1)
    }

    fn keep_text(&mut self, text: &str) -> Label {
        let start = small(self.text.len());
        self.text.push_str(text);
        Label { start, end: small(self.text.len()) }
    }

    fn text(&self, label: Label) -> &str {
        self.text.get(label.start as usize..label.end as usize).unwrap_or_default()
    }
}

/// Numbers first, all at once.
impl PartialEq for GraphDescription {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            queues,
            passes,
            numbers,
            traits,
            ends,
            uses,
            waits,
            text,
            names,
            families,
            formats,
        } = self;
        numbers.as_flattened() == other.numbers.as_flattened()
            && uses.as_flattened() == other.uses.as_flattened()
            && ends.as_flattened() == other.ends.as_flattened()
            && *names == other.names
            && *text == other.text
            && *families == other.families
            && *passes == other.passes
            && *traits == other.traits
            && *waits == other.waits
            && *formats == other.formats
            && *queues == other.queues
    }
}

fn count<T>(items: &[T]) -> u32 {
    small(items.len())
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
