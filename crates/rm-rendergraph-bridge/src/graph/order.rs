//! What runs before what, and who touches a resource when.

use rm_alias::Queues;

use super::{Access, GraphDescription, PassId, QueueId, ResourceId};
use crate::GraphError;

/// A description without mistakes, in order.
#[derive(Debug)]
pub(crate) struct Order {
    /// The passes, each behind all that run before it.
    pub(crate) sorted: Vec<PassId>,
    /// The number of a pass in `queues`, by pass.
    numbers: Vec<usize>,
    /// Where a pass stands on its queue, by pass.
    places: Vec<Place>,
    queues: Queues,
    /// For each pass, what it waits for on other queues.
    pub(crate) waits: Vec<(PassId, PassId)>,
    // Invariant: `ends[r]` is where the touches of resource `r` end, and those of `r + 1` begin.
    touches: Vec<Touch>,
    ends: Vec<usize>,
}

/// Where a pass stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) queue: QueueId,
    /// How many passes of its queue run before it.
    pub(crate) index: usize,
}

/// All that one pass does to one resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch {
    pub(crate) resource: ResourceId,
    pub(crate) pass: PassId,
    pub(crate) access: Access,
    /// Where the pass is in `sorted`.
    rank: usize,
}

impl Order {
    pub(crate) fn new(graph: &GraphDescription) -> Result<Self, GraphError> {
        graph.check_uses()?;
        let sorted = sort(graph)?;
        let mut order = Self {
            numbers: vec![0; sorted.len()],
            places: vec![Place { queue: QueueId(0), index: 0 }; sorted.len()],
            queues: Queues::new(graph.queues.len()),
            waits: Vec::new(),
            touches: Vec::new(),
            ends: Vec::new(),
            sorted,
        };
        let mut lengths = vec![0; graph.queues.len()];
        for pass in graph.passes() {
            let queue = graph.passes[pass.index()].queue;
            order.places[pass.index()] = Place { queue, index: lengths[queue.index()] };
            lengths[queue.index()] += 1;
        }
        let across = |(pass, earlier): &&(PassId, PassId)| {
            order.places[pass.index()].queue != order.places[earlier.index()].queue
        };
        order.waits = graph.waits.iter().filter(across).copied().collect();
        order.waits.sort_unstable();
        order.waits.dedup();
        let mut ranks = vec![0; order.sorted.len()];
        for (rank, pass) in order.sorted.iter().enumerate() {
            ranks[pass.index()] = rank;
            let mine = order.waits_of(*pass).iter();
            let after: Vec<usize> = mine.map(|(_, on)| order.numbers[on.index()]).collect();
            let queue = order.places[pass.index()].queue.index();
            order.numbers[pass.index()] = order.queues.pass(queue, &after);
        }
        order.gather(graph, &ranks)?;
        order.check_resources(graph)?;
        Ok(order)
    }

    /// `first` is complete before `second` begins.
    pub(crate) fn happens_before(&self, first: PassId, second: PassId) -> bool {
        self.queues.happens_before(self.numbers[first.index()], self.numbers[second.index()])
    }

    pub(crate) fn place(&self, pass: PassId) -> Place {
        self.places[pass.index()]
    }

    /// What touches a resource, each behind all that run before it.
    pub(crate) fn touches(&self, resource: ResourceId) -> &[Touch] {
        let end = |index: usize| self.ends.get(index).copied().unwrap_or(self.touches.len());
        let start = resource.index().checked_sub(1).map_or(0, end);
        &self.touches[start..end(resource.index())]
    }

    /// The box in which a resource lives.
    pub(crate) fn lifetime(&self, touches: &[Touch]) -> Vec<rm_alias::Span> {
        let uses: Vec<usize> = touches.iter().map(|it| self.numbers[it.pass.index()]).collect();
        self.queues.lifetime(&uses)
    }

    /// The waits of a pass for passes of other queues.
    pub(crate) fn waits_of(&self, pass: PassId) -> &[(PassId, PassId)] {
        let start = self.waits.partition_point(|(waiting, _)| *waiting < pass);
        let end = self.waits.partition_point(|(waiting, _)| *waiting <= pass);
        &self.waits[start..end]
    }

    /// Makes one touch of all accesses of a pass to a resource.
    fn gather(&mut self, graph: &GraphDescription, ranks: &[usize]) -> Result<(), GraphError> {
        let touches = graph.uses().map(|it| Touch {
            resource: it.resource,
            pass: it.pass,
            access: it.access,
            rank: ranks[it.pass.index()],
        });
        let mut sorted: Vec<Touch> = touches.collect();
        sorted.sort_by_key(|touch| (touch.resource, touch.rank));
        for touch in sorted {
            let last = self.touches.last_mut();
            match last.filter(|it| it.resource == touch.resource && it.pass == touch.pass) {
                Some(last) if last.access.layout != touch.access.layout => {
                    return Err(GraphError::Layouts {
                        pass: graph.name_pass(touch.pass),
                        resource: graph.name_resource(touch.resource),
                        first: last.access.layout,
                        second: touch.access.layout,
                    });
                }
                Some(last) => {
                    last.access.stages |= touch.access.stages;
                    last.access.access |= touch.access.access;
                }
                None => self.touches.push(touch),
            }
        }
        let end = |resource: ResourceId| self.touches.partition_point(|it| it.resource <= resource);
        self.ends = graph.resources().map(end).collect();
        Ok(())
    }

    /// Reads before writes, and races.
    fn check_resources(&self, graph: &GraphDescription) -> Result<(), GraphError> {
        for resource in graph.resources() {
            let touches = self.touches(resource);
            let Some(described) = graph.entry(resource) else { continue };
            let (Some(first), false) = (touches.first(), described.is_external()) else { continue };
            if !first.access.writes() && !described.persistent {
                let (pass, resource) = (graph.name_pass(first.pass), graph.name_resource(resource));
                return Err(GraphError::ReadBeforeWrite { pass, resource });
            }
            for (index, second) in touches.iter().enumerate() {
                let races = |first: &&Touch| {
                    let harmless = !first.access.writes()
                        && !second.access.writes()
                        && first.access.layout == second.access.layout;
                    !harmless && !self.happens_before(first.pass, second.pass)
                };
                if let Some(first) = touches[..index].iter().find(races) {
                    return Err(GraphError::Race {
                        first: graph.name_pass(first.pass),
                        second: graph.name_pass(second.pass),
                        resource: graph.name_resource(resource),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Passes behind whatever they wait for; of those that may come next, the one added first.
fn sort(graph: &GraphDescription) -> Result<Vec<PassId>, GraphError> {
    let passes = graph.passes.len();
    let mut behind = Vec::with_capacity(passes + graph.waits.len());
    let mut last: Vec<Option<PassId>> = vec![None; graph.queues.len()];
    for pass in graph.passes() {
        let last = &mut last[graph.passes[pass.index()].queue.index()];
        behind.extend(last.map(|earlier| (earlier, pass)));
        *last = Some(pass);
    }
    behind.extend(graph.waits.iter().map(|(pass, earlier)| (*earlier, *pass)));
    behind.sort_unstable();
    behind.dedup();
    let mut open = vec![0_usize; passes];
    behind.iter().for_each(|(_, pass)| open[pass.index()] += 1);
    let mut ready: std::collections::BinaryHeap<_> =
        graph.passes().filter(|it| open[it.index()] == 0).map(std::cmp::Reverse).collect();
    let mut sorted = Vec::with_capacity(passes);
    while let Some(std::cmp::Reverse(pass)) = ready.pop() {
        sorted.push(pass);
        let start = behind.partition_point(|(earlier, _)| *earlier < pass);
        for (_, next) in behind[start..].iter().take_while(|(earlier, _)| *earlier == pass) {
            open[next.index()] -= 1;
            if open[next.index()] == 0 {
                ready.push(std::cmp::Reverse(*next));
            }
        }
    }
    if sorted.len() == passes {
        return Ok(sorted);
    }
    let (pass, earlier) = cycle(graph, &behind, &open);
    Err(GraphError::Cycle { pass: graph.name_pass(pass), earlier: graph.name_pass(earlier) })
}

/// A wait of a cycle, among the passes that are still `open`.
fn cycle(
    graph: &GraphDescription,
    behind: &[(PassId, PassId)],
    open: &[usize],
) -> (PassId, PassId) {
    let left = |pass: PassId| open[pass.index()] > 0;
    let back = |pass: PassId| {
        let found = behind.iter().find(|(earlier, later)| *later == pass && left(*earlier));
        found.map_or(pass, |(earlier, _)| *earlier)
    };
    // Whoever is left waits for somebody who is left: going back often enough ends on a cycle, and goes round it.
    let mut pass = graph.passes().find(|pass| left(*pass)).unwrap_or(PassId(0));
    for _ in 0..open.len() {
        pass = back(pass);
    }
    for _ in 0..open.len() {
        let earlier = back(pass);
        if graph.waits.contains(&(pass, earlier)) {
            return (pass, earlier);
        }
        pass = earlier;
    }
    (pass, back(pass))
}
