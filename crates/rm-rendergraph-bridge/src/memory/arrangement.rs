//! A frame with its objects.

use std::collections::HashSet;

use ash::vk::Handle;
use rm_alloc_core::{AliasedBufferRequest, AliasedImageRequest, AllocationError, Requirements};
use rm_lifetime::{SharedBuffer, SharedImage, SharedResourceFactory};

use super::blocks::Block;
use crate::{
    Described, FramePlan, GraphDescription, PlanSettings, ResourceId,
    plan::{Placed, is_sparse},
};

/// A frame, its plan, and the objects that it is made of.
#[derive(Debug)]
pub(super) struct Arrangement {
    pub(super) graph: GraphDescription,
    pub(super) plan: FramePlan,
    pub(super) generation: u64,
    pub(super) requirements: Vec<Requirements>,
    /// By group of the plan.
    pub(super) blocks: Vec<Block>,
    /// By resource; none for external and unused ones.
    pub(super) objects: Vec<Option<Object>>,
    /// The frame.
    pub(super) last_used: u64,
}

/// Where everything is to lie.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) plan: FramePlan,
    /// By group of the plan.
    pub(super) blocks: Vec<Block>,
    pub(super) generation: u64,
}

/// An object of a frame.
#[derive(Clone, Debug)]
pub(super) enum Object {
    Buffer(SharedBuffer),
    Image(SharedImage),
}

impl Object {
    /// What tells two live objects apart: whether it is an image, and the handle.
    fn key(&self) -> (bool, u64) {
        match self {
            Self::Buffer(buffer) => (false, buffer.raw().as_raw()),
            Self::Image(image) => (true, image.raw().as_raw()),
        }
    }
}

impl Arrangement {
    /// Makes the objects that none of `others` has in the same place.
    pub(super) fn new(
        factory: &SharedResourceFactory,
        graph: &GraphDescription,
        requirements: Vec<Requirements>,
        layout: Layout,
        others: &[Self],
    ) -> Result<Self, AllocationError> {
        let mut made = Self {
            graph: graph.clone(),
            plan: layout.plan,
            generation: layout.generation,
            requirements,
            blocks: layout.blocks,
            objects: Vec::new(),
            last_used: 0,
        };
        // Arrangements share objects, so that one and the same may be found in several of them.
        let mut taken = HashSet::new();
        for resource in graph.resources() {
            let object = match made.find(resource, others, &taken) {
                Some(known) => Some(known),
                None => made.make(factory, resource)?,
            };
            taken.extend(object.as_ref().map(Object::key));
            made.objects.push(object);
        }
        Ok(made)
    }

    pub(super) fn object(&self, resource: ResourceId) -> Option<&Object> {
        self.objects.get(resource.index())?.as_ref()
    }

    pub(super) fn uses(&self, block: u64) -> bool {
        self.blocks.iter().any(|it| it.id == block)
    }

    /// Bytes of a block that this frame needs at least.
    pub(super) fn needs_of(&self, block: u64) -> u64 {
        let groups = self.plan.groups().iter().zip(&self.blocks);
        groups
            .filter(|(_, it)| it.id == block)
            .map(|(group, _)| group.lower_bound)
            .max()
            .unwrap_or(0)
    }

    /// Where a resource lies; `None` if it has memory of its own, or none.
    fn spot(&self, resource: ResourceId) -> Option<(u64, u64)> {
        let Placed { group, offset, .. } = self.plan.place(resource)?.ok()?;
        Some((self.blocks[group].id, offset))
    }

    /// The object of another arrangement that is described alike, lies in the same place, and is not `taken`.
    ///
    /// Persistent resources alike are told apart by their order, so that no content changes places.
    fn find(
        &self,
        resource: ResourceId,
        others: &[Self],
        taken: &HashSet<(bool, u64)>,
    ) -> Option<Object> {
        let (described, spot) = (self.graph.resource(resource)?, self.spot(resource));
        let persistent = self.graph.is_persistent(resource);
        // Most often it is the same one, so that one is tried first.
        let first = (!persistent).then_some(resource);
        let found = others.iter().find_map(|other| {
            let mut all = first.into_iter().chain(other.graph.resources());
            all.find_map(|it| {
                let alike = other.spot(it) == spot
                    && other.graph.is_persistent(it) == persistent
                    && other.graph.resource(it).as_ref() == Some(&described);
                other.object(it).filter(|object| alike && !taken.contains(&object.key()))
            })
        });
        found.cloned()
    }

    fn make(
        &self,
        factory: &SharedResourceFactory,
        resource: ResourceId,
    ) -> Result<Option<Object>, AllocationError> {
        let place = self.plan.place(resource);
        if matches!(place, None | Some(Err(crate::Exclusion::Unused | crate::Exclusion::Sparse))) {
            return Ok(None);
        }
        let placed = place.and_then(Result::ok);
        let memory = placed.map(|placed| (&self.blocks[placed.group].memory, placed.offset));
        Ok(match self.graph.resource(resource) {
            Some(Described::Buffer(buffer)) => {
                Some(Object::Buffer(match memory {
                    Some((memory, offset)) => factory
                        .create_aliased_buffer(&AliasedBufferRequest { memory, offset, buffer })?,
                    None => factory.create_buffer(&buffer)?,
                }))
            }
            Some(Described::Image(image)) => Some(Object::Image(match memory {
                Some((memory, offset)) => {
                    factory.create_aliased_image(&AliasedImageRequest { memory, offset, image })?
                }
                None => factory.create_image(&image)?,
            })),
            _ => None,
        })
    }
}

/// What each resource needs of memory; the driver is asked only about those that no arrangement knows.
pub(super) fn requirements(
    factory: &SharedResourceFactory,
    graph: &GraphDescription,
    others: &[Arrangement],
    settings: &PlanSettings,
) -> Result<Vec<Requirements>, AllocationError> {
    let manager = factory.manager();
    let context = manager.context();
    let mut all = Vec::with_capacity(graph.resource_count());
    for resource in graph.resources() {
        let described = graph.resource(resource);
        let known = others.iter().find(|it| it.graph.resource(resource) == described);
        let needs = match (known, &described) {
            (Some(known), _) => known.requirements[resource.index()],
            (None, Some(Described::Buffer(buffer))) => {
                let mut needs = manager.buffer_requirements(buffer)?;
                needs.alignment = needs.alignment.max(buffer.min_alignment);
                needs
            }
            (None, Some(Described::Image(image))) if !is_sparse(image) => {
                manager.image_requirements(image)?
            }
            _ => Requirements::new(0, 1, u32::MAX),
        };
        all.push(needs);
    }
    // Neighbours in memory that has to be flushed never share an atom.
    let types = 0..context.memory_properties().memory_type_count;
    let flushed = types.filter(|index| context.is_non_coherent(*index));
    let flushed = flushed.fold(0_u32, |bits, index| bits | 1 << index) & settings.memory_types;
    for needs in all.iter_mut().filter(|needs| needs.memory_type_bits & flushed != 0) {
        needs.alignment = needs.alignment.max(context.limits().non_coherent_atom_size);
    }
    Ok(all)
}
