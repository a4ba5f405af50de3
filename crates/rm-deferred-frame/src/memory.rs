//! Where the resources of a frame live, and what it takes to move in: the bridge, told by the table.

use ash::vk;
use resource_management::{
    alias::Proof,
    alloc::{AllocationError, BufferRequest, ImageRequest},
    lifetime::{SharedBuffer, SharedImage, SharedResourceFactory},
    rendergraph::{
        self, GraphDescription, GraphFrame, GraphMemory, GraphMemoryConfig, MemoryBarrier, PassId,
    },
};

use crate::{
    error::FrameError,
    options::Size,
    schedule::{Barriers, Transition},
    table::{Kind, ResourceId, Table},
};

/// Whether resources that are never in use at the same time may have the same bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sharing {
    Off,
    On,
}

/// The realised resources of a table.
#[derive(Debug)]
pub(crate) struct Transients {
    graph: Graph,
    memory: GraphMemory,
    /// What lives on after the frame, by resource.
    external: Vec<Option<Object>>,
    hand_overs: Vec<Barriers>,
    report: MemoryReport,
}

/// A table in the words of the bridge.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) description: GraphDescription,
    pub(crate) resources: Vec<rendergraph::ResourceId>,
    pub(crate) passes: Vec<PassId>,
}

#[derive(Debug)]
enum Object {
    Buffer(SharedBuffer),
    Image(SharedImage),
}

/// What the resources of a frame cost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemoryReport {
    /// Bytes of all resources, each on its own.
    pub unaliased_bytes: u64,
    /// Bytes that they have together.
    pub planned_bytes: u64,
    /// Bytes that no plan can be below: what is in use at the same time.
    pub lower_bound_bytes: u64,
    /// What is known about the planned bytes.
    pub proof: Proof,
    /// Memory barriers of all hand-overs.
    pub barriers: usize,
}

impl Transients {
    /// Creates what `table` lists.
    pub(crate) fn new(
        factory: &SharedResourceFactory,
        table: &Table,
        sharing: Sharing,
    ) -> Result<Self, FrameError> {
        let graph = Graph::new(table);
        let config = GraphMemoryConfig::new().aliasing(sharing == Sharing::On);
        let mut memory = GraphMemory::new(factory, config);
        let frame = memory.update(&graph.description)?;
        let hand_overs: Vec<_> =
            graph.passes.iter().map(|pass| hand_over(&graph, &frame, *pass)).collect();
        let report = MemoryReport::new(&frame, &hand_overs);
        let resources = 0..table.resources.len();
        let external = resources.map(|it| Object::external(factory, table, it));
        let external = external.collect::<Result<_, _>>()?;
        Ok(Self { graph, memory, external, hand_overs, report })
    }

    /// Another frame, which is like the one before: everything stays where it is.
    pub(crate) fn begin_frame(&mut self) -> Result<(), FrameError> {
        self.memory.update(&self.graph.description)?;
        Ok(())
    }

    /// The image, if that is what `resource` is.
    pub(crate) fn image(&self, resource: ResourceId) -> Option<&SharedImage> {
        match self.external.get(resource)? {
            Some(Object::Image(image)) => Some(image),
            Some(Object::Buffer(_)) => None,
            None => self.memory.frame()?.image(self.graph.resources[resource]),
        }
    }

    /// The buffer, if that is what `resource` is.
    pub(crate) fn buffer(&self, resource: ResourceId) -> Option<&SharedBuffer> {
        match self.external.get(resource)? {
            Some(Object::Buffer(buffer)) => Some(buffer),
            Some(Object::Image(_)) => None,
            None => self.memory.frame()?.buffer(self.graph.resources[resource]),
        }
    }

    /// What has to happen before resources are first used in the pass of that number: the memory barriers, and after those
    /// the transitions.
    pub(crate) fn hand_over(&self, pass: usize) -> &Barriers {
        &self.hand_overs[pass]
    }

    /// What they cost.
    pub(crate) fn report(&self) -> MemoryReport {
        self.report
    }
}

impl Graph {
    /// Describes `table` as a frame of one queue.
    pub(crate) fn new(table: &Table) -> Self {
        let mut graph = GraphDescription::new();
        let queue = graph.queue("main", vk::QueueFlags::GRAPHICS | vk::QueueFlags::COMPUTE);
        let resources =
            table.resources.iter().enumerate().map(|(resource, what)| match what.kind {
                Kind::Buffer { .. } if what.external => graph.external_buffer(&what.label),
                Kind::Image { .. } if what.external => graph.external_image(&what.label),
                Kind::Buffer { bytes } => {
                    let request = BufferRequest::new(bytes, table.buffer_usage(resource));
                    graph.buffer(&request.label(&what.label))
                }
                Kind::Image { format, extent } => {
                    let usage = table.image_usage(resource);
                    let request = ImageRequest::new_2d(format, extent.width, extent.height, usage);
                    graph.image(&request.label(&what.label))
                }
            });
        let resources: Vec<_> = resources.collect();
        let mut passes = Vec::new();
        for pass in &table.passes {
            let id = graph.pass(queue, &pass.label);
            passes.push(id);
            for (resource, access) in pass.accesses() {
                let crate::table::Access { stages, access, layout } = access;
                let access = rendergraph::Access { stages, access, layout };
                graph.access(id, resources[resource], access);
            }
        }
        Self { description: graph, resources, passes }
    }
}

/// The frame of that size as the bridge is told of it.
pub fn describe(size: Size) -> GraphDescription {
    Graph::new(&Table::deferred(size)).description
}

impl Object {
    /// Makes what lives on after the frame; the rest is up to the bridge.
    fn external(
        factory: &SharedResourceFactory,
        table: &Table,
        resource: ResourceId,
    ) -> Result<Option<Self>, AllocationError> {
        let what = &table.resources[resource];
        if !what.external {
            return Ok(None);
        }
        Ok(Some(match what.kind {
            Kind::Buffer { bytes } => {
                let request = BufferRequest::new(bytes, table.buffer_usage(resource));
                Self::Buffer(factory.create_buffer(&request.label(&what.label))?)
            }
            Kind::Image { format, extent } => {
                let usage = table.image_usage(resource);
                let request = ImageRequest::new_2d(format, extent.width, extent.height, usage);
                Self::Image(factory.create_image(&request.label(&what.label))?)
            }
        }))
    }
}

/// What the bridge wants before a pass, in the words of the schedule.
fn hand_over(graph: &Graph, frame: &GraphFrame<'_>, pass: PassId) -> Barriers {
    let barriers = frame.barriers(pass);
    let images = barriers.images.iter().filter_map(|it| {
        let order = MemoryBarrier {
            src_stages: it.dst_stages,
            src_access: vk::AccessFlags2::NONE,
            dst_stages: it.dst_stages,
            dst_access: it.dst_access,
        };
        let resource = graph.resources.iter().position(|resource| *resource == it.image)?;
        let old_layout = vk::ImageLayout::UNDEFINED;
        Some(Transition { resource, order, old_layout, new_layout: it.layout })
    });
    Barriers { memory: barriers.memory.to_vec(), images: images.collect() }
}

impl MemoryReport {
    fn new(frame: &GraphFrame<'_>, hand_overs: &[Barriers]) -> Self {
        let report = frame.report();
        Self {
            unaliased_bytes: report.unaliased,
            planned_bytes: report.planned,
            lower_bound_bytes: report.lower_bound,
            proof: report.proof,
            barriers: hand_overs.iter().map(|it| it.memory.len()).sum(),
        }
    }

    /// The share of the bytes that sharing saves, in per cent.
    pub fn saved_percent(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
        let share = self.planned_bytes as f64 / self.unaliased_bytes.max(1) as f64;
        (1.0 - share) * 100.0
    }
}
