//! What has to be ordered: the last touches of whoever had bytes, and the first touch of whoever has them next.

use ash::vk;
use rm_alias::HandOver;

use super::{SemaphorePair, clock::Clock};
use crate::{
    PassId, ResourceId,
    graph::{Order, Touch, WRITES},
};

/// One touch that must wait for another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Need {
    pub(super) after: PassId,
    pub(super) before: PassId,
    /// `before` is of the previous frame.
    pub(super) wraps: bool,
    pub(super) src_stages: vk::PipelineStageFlags2,
    pub(super) src_access: vk::AccessFlags2,
    pub(super) dst_stages: vk::PipelineStageFlags2,
    pub(super) dst_access: vk::AccessFlags2,
}

/// All needs of these hand-overs between `items`, each once.
pub(super) fn list(
    order: &Order,
    items: &[ResourceId],
    is_image: impl Fn(ResourceId) -> bool,
    hand_overs: &[HandOver],
) -> Vec<Need> {
    let mut needs = Vec::new();
    for it in hand_overs {
        let (before, after) = (items[it.before], items[it.after]);
        let Some(head) = order.touches(after).first() else { continue };
        // What an image does first is up to its transition, which finds all that has been made available.
        let dst_access = match is_image(after) {
            true => vk::AccessFlags2::NONE,
            false => head.access.access,
        };
        needs.extend(tail(order.touches(before)).iter().map(|last| Need {
            after: head.pass,
            before: last.pass,
            wraps: it.wraps,
            src_stages: last.access.stages,
            src_access: last.access.access & WRITES,
            dst_stages: head.access.stages,
            dst_access,
        }));
    }
    needs.sort_unstable();
    needs.dedup();
    needs
}

/// The touches that nothing of the resource itself comes after: the last write, or the reads behind it in one layout.
fn tail(touches: &[Touch]) -> &[Touch] {
    let Some(last) = touches.last() else { return &[] };
    if last.access.writes() {
        return &touches[touches.len() - 1..];
    }
    let reads =
        |touch: &&Touch| !touch.access.writes() && touch.access.layout == last.access.layout;
    let reads = touches.iter().rev().take_while(reads).count();
    &touches[touches.len() - reads..]
}

/// Takes out of `needs` what is between queues, or what semaphores order anyway.
pub(super) fn split_off_semaphores(
    order: &Order,
    queues: usize,
    needs: &mut Vec<Need>,
) -> Vec<SemaphorePair> {
    let described = Clock::new(order, queues, &[]);
    let across = |need: &Need| order.place(need.before).queue != order.place(need.after).queue;
    let mut pairs: Vec<SemaphorePair> = Vec::new();
    for need in needs.iter().filter(|need| across(need)) {
        let pair = SemaphorePair {
            before: need.before,
            after: need.after,
            wraps: need.wraps,
            described: described.orders(order, before(need), need.after),
            stages: need.dst_stages,
        };
        let same = |it: &&mut SemaphorePair| {
            (it.before, it.after, it.wraps) == (pair.before, pair.after, pair.wraps)
        };
        match pairs.iter_mut().find(same) {
            Some(known) => known.stages |= pair.stages,
            None => pairs.push(pair),
        }
    }
    let mut wraps = new_semaphores(&pairs);
    // One that the others imply is not asked for.
    let mut index = 0;
    while index < wraps.len() {
        let one = wraps.remove(index);
        let clock = Clock::new(order, queues, &wraps);
        let mut asked = pairs.iter().filter(|pair| !pair.described);
        if !asked.all(|pair| clock.orders(order, (0, pair.before), pair.after)) {
            wraps.insert(index, one);
            index += 1;
        }
    }
    let clock = Clock::new(order, queues, &wraps);
    pairs.retain(|pair| pair.described || wraps.contains(&(pair.before, pair.after)));
    let (ordered, rest) =
        needs.drain(..).partition(|need| clock.orders(order, before(need), need.after));
    *needs = rest;
    widen(order, &mut pairs, &ordered);
    pairs.sort_unstable();
    pairs
}

/// A pass that relies on a semaphore which an earlier one of its queue waits for is stopped by it in its own stages, too.
fn widen(order: &Order, pairs: &mut [SemaphorePair], ordered: &[Need]) {
    for pair in pairs {
        let from = order.place(pair.after);
        let relies = |need: &&Need| {
            let there = order.place(need.after);
            // What was waited for in the frame before holds from the beginning of this one.
            let behind = there.index >= from.index || (pair.described && need.wraps);
            there.queue == from.queue && behind
        };
        let stages = ordered.iter().filter(relies).map(|need| need.dst_stages);
        pair.stages = stages.fold(pair.stages, |all, stages| all | stages);
    }
}

fn new_semaphores(pairs: &[SemaphorePair]) -> Vec<(PassId, PassId)> {
    pairs.iter().filter(|pair| !pair.described).map(|pair| (pair.before, pair.after)).collect()
}

/// The earlier pass of a need, and the frame it is of: 1 is this one.
fn before(need: &Need) -> (usize, PassId) {
    (usize::from(!need.wraps), need.before)
}
