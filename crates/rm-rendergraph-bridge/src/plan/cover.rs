//! Barriers for all needs of one queue each, none of them implied by the others.
//!
//! A barrier orders the stages in its first scope, and whatever an earlier barrier has ordered before these, before the
//! stages in its second scope: dependencies chain where a source stage of the later one is a target stage of the earlier
//! (Vulkan, "Execution and memory dependencies"). Writes are made available by a barrier that names them, for its second scope
//! and what chains behind that, and become visible to what the same or a later barrier of that chain names. Logical order
//! between stages of the pipeline is not counted on. The barriers of one pass are one command: they do not chain.

use ash::vk::{AccessFlags2, PipelineStageFlags2};

use super::{MemoryBarrier, needs::Need};
use crate::{
    PassId,
    graph::{Order, Place, accesses_of_stage, single_accesses, single_stages},
};

/// A barrier in front of a pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) pass: PassId,
    pub(super) barrier: MemoryBarrier,
    /// How many needs asked for it.
    asked: usize,
    /// A barrier that others imply is kept here, and not recorded.
    dropped: bool,
    /// Every single stage of the first scope.
    sources: PipelineStageFlags2,
    /// Every single stage of the second scope.
    targets: PipelineStageFlags2,
}

/// The passes of a queue, in order, with the barriers in front of each.
type Line = Vec<Vec<usize>>;

/// Barriers for `needs`, by pass.
pub(super) fn cover(order: &Order, queues: usize, needs: &[Need]) -> Vec<Planned> {
    let mut planned = merge(needs);
    let mut lines: Vec<Line> = vec![Vec::new(); queues];
    for pass in &order.sorted {
        lines[order.place(*pass).queue.index()].push(Vec::new());
    }
    for (index, it) in planned.iter().enumerate() {
        let Place { queue, index: at } = order.place(it.pass);
        lines[queue.index()][at].push(index);
    }
    let mut candidates: Vec<usize> = (0..planned.len()).collect();
    candidates.sort_by_key(|index| planned[*index].asked);
    for index in candidates {
        let place = order.place(planned[index].pass);
        planned[index].dropped = true;
        let line = &lines[place.queue.index()];
        let concerned = needs.iter().filter(|need| passes_by(order, line.len(), need, place));
        let mut concerned = concerned.map(|need| (need, way(order, line.len(), need)));
        if !concerned.all(|(need, way)| is_met(&planned, line, need, way)) {
            planned[index].dropped = false;
        }
    }
    planned.retain(|it| !it.dropped);
    planned
}

/// One barrier a pass and pair of stages.
fn merge(needs: &[Need]) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    // Needs are sorted by the pass in front of which their barriers are.
    let mut first = 0;
    for need in needs {
        if planned.last().is_some_and(|last| last.pass != need.after) {
            first = planned.len();
        }
        let same = |it: &&mut Planned| {
            (it.barrier.src_stages, it.barrier.dst_stages) == (need.src_stages, need.dst_stages)
        };
        if let Some(known) = planned[first..].iter_mut().find(same) {
            known.barrier.src_access |= need.src_access;
            known.barrier.dst_access |= need.dst_access;
            known.asked += 1;
            continue;
        }
        let Need { src_stages, src_access, dst_stages, dst_access, .. } = *need;
        let barrier = MemoryBarrier { src_stages, src_access, dst_stages, dst_access };
        planned.push(Planned {
            pass: need.after,
            barrier,
            asked: 1,
            dropped: false,
            sources: single_stages(src_stages),
            targets: single_stages(dst_stages),
        });
    }
    planned
}

/// Where barriers for a need may be: positions on its queue, over the last frame and this one.
fn way(order: &Order, length: usize, need: &Need) -> std::ops::RangeInclusive<usize> {
    let frame = if need.wraps { 0 } else { length };
    let (before, after) = (order.place(need.before).index, order.place(need.after).index);
    frame + before + 1..=length + after
}

fn passes_by(order: &Order, length: usize, need: &Need, place: Place) -> bool {
    let way = way(order, length, need);
    let mut there = [place.index, length + place.index].into_iter();
    order.place(need.after).queue == place.queue && there.any(|at| way.contains(&at))
}

/// How far the work of one stage is known to have come.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    /// Stages that run behind it.
    behind: PipelineStageFlags2,
    /// Stages that run behind its writes when these are available.
    settled: PipelineStageFlags2,
}

/// Whether the barriers on the way order all that the need is about.
fn is_met(
    planned: &[Planned],
    line: &Line,
    need: &Need,
    way: std::ops::RangeInclusive<usize>,
) -> bool {
    bits(single_stages(need.src_stages)).all(|stage| {
        let writes = accesses_of_stage(single_accesses(need.src_access), stage);
        let wanted = single_stages(need.dst_stages);
        let mut reach = Reach::default();
        let mut visible = Vec::new();
        way.clone().any(|at| {
            let before = reach;
            for index in &line[at % line.len()] {
                let it = &planned[*index];
                if !it.dropped {
                    pass_barrier(it, stage, &before, &mut reach, &mut visible, writes);
                }
            }
            let found =
                || reach.settled.contains(wanted) && sees(&visible, wanted, need.dst_access);
            reach.behind.contains(wanted) && (writes.is_empty() || found())
        })
    })
}

fn pass_barrier(
    it: &Planned,
    stage: PipelineStageFlags2,
    before: &Reach,
    after: &mut Reach,
    visible: &mut Vec<(PipelineStageFlags2, AccessFlags2)>,
    writes: AccessFlags2,
) {
    let direct = it.sources.contains(stage);
    if !direct && !it.sources.intersects(before.behind) {
        return;
    }
    after.behind |= it.targets;
    let made = direct && single_accesses(it.barrier.src_access).contains(writes);
    if made || it.sources.intersects(before.settled) {
        after.settled |= it.targets;
        visible.push((it.targets, single_accesses(it.barrier.dst_access)));
    }
}

/// Every access that one of `stages` can do of `access` is among what became visible.
fn sees(
    visible: &[(PipelineStageFlags2, AccessFlags2)],
    stages: PipelineStageFlags2,
    access: AccessFlags2,
) -> bool {
    bits(stages).all(|stage| {
        let seen = visible.iter().filter(|(to, _)| to.contains(stage));
        let seen = seen.fold(AccessFlags2::NONE, |all, (_, access)| all | *access);
        seen.contains(accesses_of_stage(single_accesses(access), stage))
    })
}

/// The single bits of a mask.
fn bits(mask: PipelineStageFlags2) -> impl Iterator<Item = PipelineStageFlags2> {
    let mut left = mask.as_raw();
    std::iter::from_fn(move || {
        let lowest = left & left.wrapping_neg();
        left &= left.wrapping_sub(1);
        (lowest != 0).then_some(PipelineStageFlags2::from_raw(lowest))
    })
}
