//! Replays a recorded frame three times on a byte map: who has which bytes, what they hold, which layout images are in.
//!
//! Passes run one after the other, in an order that the description allows. Whoever touches a byte that somebody else had is
//! noted as a take-over, and [`paths`](super::paths) asks what lets it happen after everything that the other one did.
//! Should two passes that touch a byte be at liberty to run at the same time, then there is a take-over without a path.
//! Between the accesses of one life the engine has barriers of its own, which are ideal; contents are worthless after it.

use rm_rendergraph_bridge::{Described, GraphDescription, PassId, ResourceId};

use super::{draw::Drawn, reach::Reach, recording::Recording, scopes::Scope};

/// How often the frame is replayed; the last time is like any later one.
const FRAMES: usize = 3;

/// A description as the oracle reads it.
#[derive(Debug)]
pub(crate) struct Oracle {
    /// All passes, one after the other.
    pub(crate) row: Vec<PassId>,
    /// The queue of each pass.
    pub(crate) queues: Vec<usize>,
    pub(crate) queue_count: usize,
    /// Waits for passes of other queues: who waits, for whom.
    pub(crate) waits: Vec<(PassId, PassId)>,
    /// What touches each resource, in the order of the row.
    pub(crate) touches: Vec<Vec<Touch>>,
    pub(crate) is_image: Vec<bool>,
    /// Bytes that buffers and images must not share, where a group has both.
    granularity: u64,
    linear: Vec<bool>,
    ids: Vec<ResourceId>,
}

/// All that a pass does to a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch {
    pub(crate) pass: PassId,
    pub(crate) scope: Scope,
    pub(crate) layout: ash::vk::ImageLayout,
}

/// Bytes go from one life of a resource to another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct TakeOver {
    pub(crate) before: ResourceId,
    pub(crate) after: ResourceId,
    /// `before` had the bytes in the frame before.
    pub(crate) wraps: bool,
}

/// What is wrong with a recorded frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Violation {
    /// An image is in another layout.
    Layout(ResourceId, PassId),
    /// A read finds what somebody else has left there.
    Lost(ResourceId, PassId),
    /// A resource begins to live while another one has the bytes and is not done.
    Shared(ResourceId, ResourceId),
    /// The first touch does not wait until the bytes are free.
    Early(TakeOver),
    /// The first touch finds a write on its way to memory.
    Unavailable(TakeOver),
    /// The first touch does not see what has been written.
    Invisible(TakeOver),
}

/// A maximal range of bytes with the same users.
#[derive(Clone, Debug)]
struct Cell {
    users: Vec<ResourceId>,
    /// Who lives there: a resource, and the frame it began in.
    tenant: Option<(ResourceId, usize)>,
    /// Whose bytes these are; none for garbage.
    content: Option<(ResourceId, usize)>,
}

impl Oracle {
    pub(crate) fn new(drawn: &Drawn) -> Self {
        let graph = &drawn.graph;
        let row = Reach::new(graph).in_a_row(graph);
        let queues: Vec<usize> =
            graph.passes().map(|pass| graph.queue_of(pass).unwrap().index()).collect();
        let across = |(a, b): &&(PassId, PassId)| queues[a.index()] != queues[b.index()];
        let described = |it| graph.resource(it).unwrap();
        let image = |it| matches!(it, Described::Image(_) | Described::ExternalImage);
        let linear = |it: &Described<'_>| match it {
            Described::Image(image) => image.tiling == ash::vk::ImageTiling::LINEAR,
            _ => true,
        };
        Self {
            waits: graph.waits().iter().filter(across).copied().collect(),
            touches: graph.resources().map(|it| touches(graph, &row, it)).collect(),
            is_image: graph.resources().map(|it| image(described(it))).collect(),
            linear: graph.resources().map(|it| linear(&described(it))).collect(),
            ids: graph.resources().collect(),
            granularity: drawn.settings.granularity,
            queue_count: graph.queue_count(),
            queues,
            row,
        }
    }

    /// Finds everything that is wrong with contents and layouts, and who takes bytes over from whom in a frame like any other.
    pub(crate) fn replay(&self, recording: &Recording) -> Result<Vec<TakeOver>, Violation> {
        let mut cells = self.cells(recording);
        let mut layouts = vec![ash::vk::ImageLayout::UNDEFINED; self.touches.len()];
        let mut found = Vec::new();
        for frame in 0..FRAMES {
            for &pass in &self.row {
                for (transition, _) in &recording.images[pass.index()] {
                    let image = transition.image;
                    layouts[image.index()] = transition.layout;
                    let mine = cells.iter_mut().filter(|cell| cell.users.contains(&image));
                    mine.for_each(|cell| cell.content = None);
                }
                for (resource, touches) in self.touches.iter().enumerate() {
                    let Some(at) = touches.iter().position(|it| it.pass == pass) else { continue };
                    if recording.places[resource].is_none() {
                        continue;
                    }
                    let touch = Step { resource, at, frame };
                    self.check_layout(recording, touch, &mut layouts)?;
                    self.touch_cells(touch, &mut cells, &mut found)?;
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn check_layout(
        &self,
        recording: &Recording,
        step: Step,
        layouts: &mut [ash::vk::ImageLayout],
    ) -> Result<(), Violation> {
        if !self.is_image[step.resource] {
            return Ok(());
        }
        let touch = &self.touches[step.resource][step.at];
        let id = self.id(step.resource);
        if step.at > 0 {
            // The engine's own transition.
            layouts[step.resource] = touch.layout;
            return Ok(());
        }
        let here = recording.images[touch.pass.index()].iter().filter(|(it, _)| it.image == id);
        let mut wide = here.filter(|(_, scope)| scope.contains(touch.scope));
        match (wide.next(), wide.next()) {
            (Some(_), None) if layouts[step.resource] == touch.layout => Ok(()),
            _ => Err(Violation::Layout(id, touch.pass)),
        }
    }

    fn touch_cells(
        &self,
        step: Step,
        cells: &mut [Cell],
        found: &mut Vec<TakeOver>,
    ) -> Result<(), Violation> {
        let Step { resource, at, frame } = step;
        let touch = &self.touches[resource][at];
        let id = self.id(resource);
        let me = Some((id, frame));
        for cell in cells.iter_mut().filter(|cell| cell.users.contains(&id)) {
            match cell.tenant.filter(|_| cell.tenant != me) {
                Some((other, _)) if at > 0 => return Err(Violation::Shared(other, id)),
                Some((before, then)) if frame + 1 == FRAMES => {
                    found.push(TakeOver { before, after: id, wraps: then < frame });
                }
                _ => {}
            }
            if at > 0 && touch.scope.reads() && cell.content != me {
                return Err(Violation::Lost(id, touch.pass));
            }
            cell.tenant = me;
            if touch.scope.writes() {
                cell.content = me;
            }
        }
        Ok(())
    }

    /// All bytes of all groups, cut where somebody begins or ends; then once more, by whole pages, where tilings are mixed.
    fn cells(&self, recording: &Recording) -> Vec<Cell> {
        let places =
            || self.ids.iter().zip(&recording.places).filter_map(|(r, it)| Some((*r, (*it)?)));
        let mut groups: Vec<usize> = places().map(|(_, it)| it.group).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut cells = Vec::new();
        for group in groups {
            let here = places().filter(|(_, it)| it.group == group);
            let here: Vec<(ResourceId, u64, u64)> =
                here.map(|(resource, it)| (resource, it.offset, it.offset + it.size)).collect();
            cells.extend(cut(&here));
            let linear = here.iter().filter(|(resource, ..)| self.linear[resource.index()]).count();
            if linear > 0 && linear < here.len() {
                let page = self.granularity;
                let pages = here.iter().map(|(resource, start, end)| {
                    (*resource, start / page * page, end.next_multiple_of(page))
                });
                cells.extend(cut(&pages.collect::<Vec<_>>()));
            }
        }
        cells
    }

    fn id(&self, resource: usize) -> ResourceId {
        self.ids[resource]
    }
}

/// Ranges of bytes with the same users.
fn cut(ranges: &[(ResourceId, u64, u64)]) -> impl Iterator<Item = Cell> {
    let mut edges: Vec<u64> = ranges.iter().flat_map(|(_, start, end)| [*start, *end]).collect();
    edges.sort_unstable();
    edges.dedup();
    let users = |at: u64| {
        let here = ranges.iter().filter(move |(_, start, end)| *start <= at && at < *end);
        here.map(|(resource, ..)| *resource).collect::<Vec<_>>()
    };
    let cells = edges.iter().map(|at| Cell { users: users(*at), tenant: None, content: None });
    cells.filter(|cell| !cell.users.is_empty()).collect::<Vec<_>>().into_iter()
}

/// A touch in a frame.
#[derive(Clone, Copy, Debug)]
struct Step {
    resource: usize,
    /// How many touches come before it.
    at: usize,
    frame: usize,
}

/// What touches a resource; several accesses of one pass are one.
fn touches(graph: &GraphDescription, row: &[PassId], resource: ResourceId) -> Vec<Touch> {
    let touch = |pass: &PassId| {
        let mine = graph.accesses().filter(|(by, what, _)| by == pass && *what == resource);
        let one = mine.map(|(.., access)| access).reduce(|mut all, more| {
            all.stages |= more.stages;
            all.access |= more.access;
            all
        })?;
        let scope = Scope::new(one.stages, one.access);
        Some(Touch { pass: *pass, scope, layout: one.layout })
    };
    row.iter().filter_map(touch).collect()
}
