//! Planning the next frame: most often nothing has changed, else almost nothing.

use alloc::vec::Vec;

use super::{Planner, group_plan};
use crate::{
    Plan, PlanError, Problem,
    model::NOWHERE,
    portfolio::{Terms, Verdict},
};

/// How a plan came about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// Anew, from the problem alone, or nearly so.
    Planned,
    /// From the last plan, with little moved.
    Repaired,
    /// The problem is the last one, and so is the plan.
    Unchanged,
}

/// What [`Planner::replan`] found.
#[derive(Clone, Copy, Debug)]
pub struct Replanned<'a> {
    /// The plan, which the planner keeps.
    pub plan: &'a Plan,
    /// How it came about.
    pub how: How,
    /// How many items that were there before lie somewhere else now.
    pub moved: usize,
}

/// The last problem and its plan; keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    problem: Problem,
    pub(super) plan: Plan,
    next: Plan,
    /// How many bytes each group has, by ascending group.
    committed: Vec<(u32, u64)>,
    /// Where each item was in the last plan, or [`NOWHERE`].
    pub(super) hints: Vec<u64>,
    /// What is new or different, by index.
    pub(super) changed: Vec<usize>,
}

impl Planner {
    /// Plans a problem that is much like the last one given to this function, moving as little as possible.
    ///
    /// An unchanged problem, compared by content, has the same plan, and nothing is allocated.
    /// Otherwise what did not change stays where it was as long as the peak of its group is at most its lower bound or what
    /// the group has had before, its [committed](Self::committed) bytes, whichever is more. Failing that everything is
    /// planned anew, and searched until it is within these limits or the budget is spent.
    ///
    /// Items are told apart by index; where some were added or taken away at one place, the others are recognised.
    ///
    /// # Errors
    ///
    /// [`PlanError`] if the problem contradicts itself; then the last plan stands.
    pub fn replan(&mut self, problem: &Problem) -> Result<Replanned<'_>, PlanError> {
        if self.memory.problem == *problem && self.memory.plan.reproducible {
            return Ok(Replanned { plan: &self.memory.plan, how: How::Unchanged, moved: 0 });
        }
        problem.check()?;
        self.memory.compare(problem);
        let mut next = core::mem::take(&mut self.memory.next);
        let how = self.next(problem, &mut next);
        self.memory.next = next;
        let how = how?;
        let memory = &mut self.memory;
        core::mem::swap(&mut memory.plan, &mut memory.next);
        memory.problem.copy_from(problem);
        for group in &memory.plan.groups {
            match memory.committed.binary_search_by_key(&group.group, |(group, _)| *group) {
                Ok(at) => memory.committed[at].1 = memory.committed[at].1.max(group.peak),
                Err(at) => memory.committed.insert(at, (group.group, group.peak)),
            }
        }
        let moves = memory.hints.iter().zip(&memory.plan.offsets);
        let moved = moves.filter(|(old, new)| **old != NOWHERE && old != new).count();
        Ok(Replanned { plan: &memory.plan, how, moved })
    }

    /// The most bytes that a group has needed since [`trim`](Self::trim).
    #[must_use]
    pub fn committed(&self, group: u32) -> u64 {
        let committed = &self.memory.committed;
        let found = committed.binary_search_by_key(&group, |(group, _)| *group);
        found.map_or(0, |at| committed[at].1)
    }

    /// Takes what the last plan needs for [committed](Self::committed), and no more: memory was given back.
    pub fn trim(&mut self) {
        let memory = &mut self.memory;
        memory.committed.clear();
        memory.committed.extend(memory.plan.groups.iter().map(|group| (group.group, group.peak)));
    }

    /// Fills the next plan.
    fn next(&mut self, problem: &Problem, next: &mut Plan) -> Result<How, PlanError> {
        next.offsets.clear();
        next.offsets.extend_from_slice(&self.memory.hints);
        next.groups.clear();
        next.nodes = 0;
        next.reproducible = true;
        self.list_groups(problem);
        let same = self.memory.problem.items().len() == problem.items().len();
        let settings = self.memory.same_settings(problem);
        let mut how = How::Repaired;
        for index in 0..self.groups.len() {
            let group = self.groups[index];
            let old = self.memory.plan.groups.binary_search_by_key(&group, |old| old.group);
            let touched =
                self.memory.changed.iter().any(|item| problem.items()[*item].group == group);
            let left = same && self.memory.left(group);
            if let Ok(old) = old
                && !touched
                && !left
                && same
                && settings
            {
                next.groups.push(self.memory.plan.groups[old]);
                continue;
            }
            self.gather(problem, group);
            self.model.build(problem, group, &self.members)?;
            let limit = self.model.bound.max(self.committed(group));
            let limit = problem.capacity.map_or(limit, |capacity| limit.min(capacity));
            let repaired = if old.is_ok() { self.repair(next, limit) } else { None };
            let verdict = repaired.unwrap_or_else(|| {
                how = How::Planned;
                self.anew(problem, next, limit)
            });
            next.nodes += verdict.nodes;
            next.groups.push(group_plan(group, self.model.bound, &verdict));
        }
        Ok(how)
    }

    /// Plans a group anew, and moves items back to where they were if that is free.
    fn anew(&mut self, problem: &Problem, next: &mut Plan, limit: u64) -> Verdict {
        let mut terms = Terms {
            content: limit,
            budget: problem.budget,
            seed: problem.seed,
            round: 0,
            stop: &mut || false,
        };
        let verdict = self.portfolio.solve(&self.model, &mut terms);
        let (model, hints) = (&self.model, &self.memory.hints);
        let hint = |piece: usize| hints[model.pieces[piece].origin as usize];
        self.portfolio.settle(model, verdict.peak, &hint);
        self.write(next);
        verdict
    }
}

impl Memory {
    /// Finds out what changed, and where everything was.
    fn compare(&mut self, problem: &Problem) {
        self.changed.clear();
        self.hints.clear();
        let (old, new) = (self.problem.items().len(), problem.items().len());
        let comparable = self.problem.queues() == problem.queues();
        let equal = |before: usize, now: usize| {
            self.problem.items()[before] == problem.items()[now]
                && self.problem.lifetime(before) == problem.lifetime(now)
        };
        let (mut head, mut tail) = (0, 0);
        if comparable && old != new {
            while head < old.min(new) && equal(head, head) {
                head += 1;
            }
            while tail < old.min(new) - head && equal(old - 1 - tail, new - 1 - tail) {
                tail += 1;
            }
        }
        for item in 0..new {
            let before = if !comparable {
                None
            } else if old == new || item < head {
                Some(item)
            } else if item >= new - tail {
                Some(item + old - new)
            } else {
                None
            };
            self.hints.push(before.map_or(NOWHERE, |before| self.plan.offsets[before]));
            // With another page nobody knows who is in whose way.
            let paged = self.problem.page != problem.page;
            if paged || before.is_none_or(|before| old == new && !equal(before, item)) {
                self.changed.push(item);
            }
        }
    }

    fn same_settings(&self, problem: &Problem) -> bool {
        self.problem.capacity == problem.capacity && self.problem.budget == problem.budget
    }

    /// A changed item was a member of `group` before, with the number of items the same.
    fn left(&self, group: u32) -> bool {
        self.changed.iter().any(|item| self.problem.items()[*item].group == group)
    }
}
