//! The planner: groups, offsets, hand-overs.

use ash::vk;
use rm_alias::{HandOver, Item, PlanError, Planner, Problem, Span};
use rm_alloc_core::{Requirements, TilingClass};

use super::{
    Exclusion, FramePlan, Group, Placed, PlanSettings, Transition, cover, exclude,
    group::{self, Member},
    needs,
};
use crate::{
    GraphDescription, GraphError, PassId, ResourceId,
    error::Name,
    graph::{Kind, Order, Resource},
};

/// Plans frames, and leaves what did not change where it was in the frame planned before, as long as no more memory is needed
/// than there was; a new planner packs anew.
///
/// ```
/// use ash::vk::{BufferUsageFlags, PipelineStageFlags2, QueueFlags};
/// use rm_alloc_core::{BufferRequest, Requirements};
/// use rm_rendergraph_bridge::{Access, FramePlanner, GraphDescription, PlanSettings};
///
/// let mut graph = GraphDescription::new();
/// let queue = graph.queue("main", QueueFlags::COMPUTE);
/// let compute = PipelineStageFlags2::COMPUTE_SHADER;
/// let request = BufferRequest::new(1 << 20, BufferUsageFlags::STORAGE_BUFFER);
/// let (first, second) = (graph.buffer(&request), graph.buffer(&request));
/// for buffer in [first, second] {
///     let fill = graph.pass(queue, "fill");
///     graph.access(fill, buffer, Access::storage_write(compute));
///     let sum = graph.pass(queue, "sum");
///     graph.access(sum, buffer, Access::storage_read(compute));
/// }
///
/// // What a device would say.
/// let needs = Requirements::new(1 << 20, 256, 1);
/// let plan = FramePlanner::new().plan(&graph, &[needs, needs], &PlanSettings::new(1))?;
/// assert_eq!((plan.report().unaliased, plan.report().planned), (2 << 20, 1 << 20));
/// let again = graph.passes().nth(2).unwrap();
/// assert_eq!(plan.barriers(again).memory.len(), 1, "the second buffer lies where the first was");
/// # Ok::<(), rm_rendergraph_bridge::GraphError>(())
/// ```
#[derive(Debug, Default)]
pub struct FramePlanner {
    planner: Planner,
}

/// A resource that is planned.
#[derive(Clone, Debug)]
struct Candidate {
    resource: ResourceId,
    needs: Requirements,
    tiling: TilingClass,
    lifetime: Vec<Span>,
}

impl FramePlanner {
    /// A planner without history.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans a frame whose resources require `requirements`, by resource; those of external ones are not looked at.
    ///
    /// # Errors
    ///
    /// A [`GraphError`] if the description is wrong, or a resource too large for the device.
    pub fn plan(
        &mut self,
        graph: &GraphDescription,
        requirements: &[Requirements],
        settings: &PlanSettings,
    ) -> Result<FramePlan, GraphError> {
        let order = Order::new(graph)?;
        let mut plan = FramePlan::default();
        let candidates = collect(graph, &order, requirements, settings, &mut plan)?;
        let mut hand_overs = self.place(graph, &candidates, settings, &mut plan)?;
        let queues = graph.queue_count();
        let mut items: Vec<ResourceId> = candidates.iter().map(|it| it.resource).collect();
        // Whoever shares with nobody takes its bytes over from itself.
        let alone = |it: &ResourceId| {
            plan.place(*it).and_then(Result::err).is_some_and(Exclusion::begins_anew)
        };
        for resource in graph.resources().filter(alone) {
            let (item, size) = (items.len(), 0);
            hand_overs.push(HandOver { after: item, offset: 0, size, before: item, wraps: true });
            items.push(resource);
        }
        let is_image = |resource| graph.entry(resource).is_some_and(|it: Resource| it.is_image());
        let mut needs = needs::list(&order, &items, is_image, &hand_overs);
        plan.semaphores = needs::split_off_semaphores(&order, queues, &mut needs);
        let barriers = cover::cover(&order, queues, &needs);
        let mut barriers = barriers.iter().peekable();
        let mut images = transitions(&order, items.iter().copied().filter(|it| is_image(*it)));
        images.sort_by_key(|(pass, transition)| (*pass, transition.image));
        let mut images = images.iter().peekable();
        for pass in graph.passes() {
            while let Some(it) = barriers.next_if(|it| it.pass == pass) {
                plan.memory.push(it.barrier);
            }
            while let Some((_, transition)) = images.next_if(|(first, _)| *first == pass) {
                plan.images.push(*transition);
            }
            plan.ends.push((plan.memory.len(), plan.images.len()));
        }
        Ok(plan)
    }

    /// Finds groups and offsets; answers who takes over bytes from whom.
    fn place(
        &mut self,
        graph: &GraphDescription,
        candidates: &[Candidate],
        settings: &PlanSettings,
        plan: &mut FramePlan,
    ) -> Result<Vec<HandOver>, GraphError> {
        let members: Vec<Member> = candidates
            .iter()
            .map(|it| Member { bits: it.needs.memory_type_bits, size: it.needs.size })
            .collect();
        let mut chosen = group::by_types(&members, settings.memory_types);
        let items: Vec<ResourceId> = candidates.iter().map(|it| it.resource).collect();
        let mut fresh = false;
        loop {
            let mut groups = describe(candidates, &chosen, settings);
            let problem = problem(graph, candidates, &chosen, &groups, settings);
            let found =
                self.planner.replan(&problem).map_err(|error| refuse(graph, &items, error))?;
            for (group, found) in groups.iter_mut().zip(found.plan.groups()) {
                group.size = found.peak;
                group.lower_bound = found.lower_bound;
                group.proof = found.proof;
            }
            // Each member alone fits at offset zero, so splitting ends; offsets kept from before might let it go on forever.
            if let Some(large) = groups.iter().position(|it| it.size > settings.max_block) {
                if fresh {
                    group::split(&members, &mut chosen, large, groups.len());
                }
                (self.planner, fresh) = (Planner::new(), true);
                continue;
            }
            for ((it, group), offset) in candidates.iter().zip(&chosen).zip(found.plan.offsets()) {
                let placed = Placed { group: *group, offset: *offset, size: it.needs.size };
                plan.places[it.resource.index()] = Ok(placed);
            }
            plan.groups = groups;
            let Ok(hand_overs) = found.plan.hand_overs(&problem, true) else {
                unreachable!("a plan solves the problem that it was made for");
            };
            return Ok(hand_overs);
        }
    }
}

/// Sorts out what is not planned.
fn collect(
    graph: &GraphDescription,
    order: &Order,
    requirements: &[Requirements],
    settings: &PlanSettings,
    plan: &mut FramePlan,
) -> Result<Vec<Candidate>, GraphError> {
    const NOTHING: Requirements = Requirements::new(0, 1, u32::MAX);
    let mut candidates = Vec::new();
    for resource in graph.resources() {
        let Some(entry) = graph.entry(resource) else { continue };
        let touches = order.touches(resource);
        let needs = *requirements.get(resource.index()).unwrap_or(&NOTHING);
        if let Some(why) = exclude::exclude(&entry, touches, &needs, settings) {
            plan.places.push(Err(why));
            continue;
        }
        if needs.size > settings.max_block {
            let (resource, limit) = (graph.name_resource(resource), settings.max_block);
            return Err(GraphError::TooLarge { resource, size: needs.size, limit });
        }
        plan.places.push(Ok(Placed { group: 0, offset: 0, size: needs.size }));
        let lifetime = if settings.aliasing {
            order.lifetime(touches)
        } else {
            vec![Span::from(0..1); graph.queue_count()]
        };
        candidates.push(Candidate { resource, needs, tiling: tiling(&entry.kind), lifetime });
    }
    Ok(candidates)
}

fn tiling(kind: &Kind) -> TilingClass {
    match kind {
        Kind::Image(image) if image.tiling == vk::ImageTiling::OPTIMAL => TilingClass::Optimal,
        Kind::Image(image) if image.tiling != vk::ImageTiling::LINEAR => TilingClass::Mixed,
        _ => TilingClass::Linear,
    }
}

/// What the members of each group have in common.
fn describe(candidates: &[Candidate], chosen: &[usize], settings: &PlanSettings) -> Vec<Group> {
    let count = chosen.iter().max().map_or(0, |last| last + 1);
    let mut groups: Vec<Option<Group>> = vec![None; count];
    for (it, group) in candidates.iter().zip(chosen) {
        let mine = groups[*group].get_or_insert(Group {
            memory_type_bits: u32::MAX,
            size: 0,
            alignment: 1,
            tiling: it.tiling,
            lower_bound: 0,
            proof: rm_alias::Proof::PeakEqualsLowerBound,
        });
        mine.memory_type_bits &= it.needs.memory_type_bits;
        mine.alignment = mine.alignment.max(it.needs.alignment);
        if mine.tiling != it.tiling {
            mine.tiling = TilingClass::Mixed;
            mine.alignment = mine.alignment.max(settings.granularity);
        }
    }
    let mut groups: Vec<Group> = groups.into_iter().flatten().collect();
    for group in &mut groups {
        // Nobody leaves the device where that can be helped.
        let preferred = group.memory_type_bits & settings.memory_types;
        group.memory_type_bits = if preferred == 0 { group.memory_type_bits } else { preferred };
    }
    groups
}

fn problem(
    graph: &GraphDescription,
    candidates: &[Candidate],
    chosen: &[usize],
    groups: &[Group],
    settings: &PlanSettings,
) -> Problem {
    let queues = u32::try_from(graph.queue_count().max(1)).unwrap_or(u32::MAX);
    let mut problem = Problem::of_queues(queues).budget(settings.budget);
    for (it, group) in candidates.iter().zip(chosen) {
        // In memory for anything, neighbours keep to pages of their own.
        let page = match groups[*group].tiling {
            TilingClass::Mixed => settings.granularity,
            TilingClass::Linear | TilingClass::Optimal => 1,
        };
        let item = Item::new(it.needs.size, it.needs.alignment.max(page));
        problem.push_box(item.group(u32::try_from(*group).unwrap_or(u32::MAX)), &it.lifetime);
    }
    problem
}

/// Where each image begins to live.
fn transitions(
    order: &Order,
    images: impl Iterator<Item = ResourceId>,
) -> Vec<(PassId, Transition)> {
    let first = images.filter_map(|image| Some((image, order.touches(image).first()?)));
    first
        .map(|(image, touch)| {
            let (dst_stages, dst_access) = (touch.access.stages, touch.access.access);
            let layout = touch.access.layout;
            (touch.pass, Transition { image, dst_stages, dst_access, layout })
        })
        .collect()
}

/// What the planner said, of the resource it named.
fn refuse(graph: &GraphDescription, items: &[ResourceId], error: PlanError) -> GraphError {
    let item = match error {
        PlanError::Alignment { item, .. }
        | PlanError::CapacityBelowBound { item, .. }
        | PlanError::Overflow { item }
        | PlanError::TooManyItems { item }
        | PlanError::ZeroSize { item } => items.get(item),
        _ => None,
    };
    let nobody = || Name { index: 0, label: "".into() };
    let resource = item.map_or_else(nobody, |it| graph.name_resource(*it));
    GraphError::Plan { resource, error }
}
