//! The planner: one call for everything.

mod repair;
mod replan;

use alloc::vec::Vec;

pub use self::replan::{How, Replanned};
use crate::{
    Budget, GroupPlan, Plan, PlanError, Problem, Proof,
    model::Model,
    portfolio::{FIRST_NOISE, Portfolio, Terms, Verdict},
};

/// Plans a problem.
///
/// # Errors
///
/// [`PlanError`] if the problem contradicts itself.
pub fn plan(problem: &Problem) -> Result<Plan, PlanError> {
    Planner::new().plan(problem)
}

/// Plans problems and keeps its buffers in between; also remembers the last problem it [replanned](Self::replan).
///
/// ```
/// use rm_alias::{How, Item, Planner, Problem};
///
/// let mut problem = Problem::new();
/// let depth = problem.push(Item::new(8 << 20, 64 << 10), 0..9);
/// let blur = problem.push(Item::new(4 << 20, 64 << 10), 3..5);
///
/// let mut planner = Planner::new();
/// let before = planner.replan(&problem)?.plan.offset(depth);
/// assert_eq!(planner.replan(&problem)?.how, How::Unchanged);
///
/// problem.replace(blur, Item::new(2 << 20, 64 << 10));
/// let repaired = planner.replan(&problem)?;
/// assert_eq!(repaired.how, How::Repaired);
/// assert_eq!(repaired.plan.offset(depth), before, "what did not change stays");
/// # Ok::<(), rm_alias::PlanError>(())
/// ```
#[derive(Debug, Default)]
pub struct Planner {
    model: Model,
    portfolio: Portfolio,
    members: Vec<u32>,
    groups: Vec<u32>,
    memory: replan::Memory,
}

impl Planner {
    /// A planner without history.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans a problem, as [`plan`](plan()) does: what was planned before has no influence.
    ///
    /// # Errors
    ///
    /// [`PlanError`] if the problem contradicts itself.
    pub fn plan(&mut self, problem: &Problem) -> Result<Plan, PlanError> {
        let mut plan = Plan::default();
        self.make(problem, &mut plan, &mut || false)?;
        Ok(plan)
    }

    /// As [`plan`](Self::plan), but ends soon after `stop` says so, which it is asked every few dozen microseconds.
    ///
    /// The plan says that it is not [reproducible](Plan::is_reproducible).
    ///
    /// # Errors
    ///
    /// [`PlanError`] if the problem contradicts itself.
    pub fn plan_until(
        &mut self,
        problem: &Problem,
        mut stop: impl FnMut() -> bool,
    ) -> Result<Plan, PlanError> {
        let mut plan = Plan::default();
        self.make(problem, &mut plan, &mut stop)?;
        plan.reproducible = false;
        Ok(plan)
    }

    /// Searches `nodes` more, in every group that is not proven optimal; `true` if the peak of one became lower.
    ///
    /// Goes on where the search for `plan` ended, so calling it twice is better than calling it twice for the same plan.
    ///
    /// # Errors
    ///
    /// [`PlanError`] if the problem contradicts itself or is not the one of the plan; then nothing has changed.
    pub fn improve(
        &mut self,
        problem: &Problem,
        plan: &mut Plan,
        nodes: u64,
    ) -> Result<bool, PlanError> {
        plan.verify(problem).map_err(|_| PlanError::OtherProblem)?;
        let mut better = false;
        for index in 0..plan.groups.len() {
            let before = plan.groups[index];
            if before.proof.is_optimal() {
                continue;
            }
            self.gather(problem, before.group);
            self.model.build(problem, before.group, &self.members)?;
            let mut terms = Terms {
                content: problem.capacity.unwrap_or(0),
                budget: Budget::Nodes(nodes),
                seed: problem.seed ^ plan.nodes.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                round: FIRST_NOISE,
                stop: &mut || false,
            };
            let offsets = &plan.offsets;
            let verdict = self.portfolio.improve(&self.model, |item| offsets[item], &mut terms);
            self.write(plan);
            plan.nodes += verdict.nodes;
            let after = group_plan(before.group, self.model.bound, &verdict);
            better |= after.peak < before.peak;
            plan.groups[index] = tighter(before, after);
        }
        Ok(better)
    }

    fn make(
        &mut self,
        problem: &Problem,
        plan: &mut Plan,
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<(), PlanError> {
        problem.check()?;
        plan.offsets.clear();
        plan.offsets.resize(problem.items().len(), 0);
        plan.groups.clear();
        plan.nodes = 0;
        plan.reproducible = true;
        self.list_groups(problem);
        for index in 0..self.groups.len() {
            let group = self.groups[index];
            self.gather(problem, group);
            self.model.build(problem, group, &self.members)?;
            let mut terms = Terms {
                content: problem.capacity.unwrap_or(0),
                budget: problem.budget,
                seed: problem.seed,
                round: 0,
                stop,
            };
            let verdict = self.portfolio.solve(&self.model, &mut terms);
            self.write(plan);
            plan.nodes += verdict.nodes;
            plan.groups.push(group_plan(group, self.model.bound, &verdict));
        }
        Ok(())
    }

    fn list_groups(&mut self, problem: &Problem) {
        self.groups.clear();
        for item in problem.items() {
            if self.groups.last() != Some(&item.group) {
                self.groups.push(item.group);
            }
        }
        self.groups.sort_unstable();
        self.groups.dedup();
    }

    /// Finds the members of a group.
    fn gather(&mut self, problem: &Problem, group: u32) {
        self.members.clear();
        let indices = (0_u32..).zip(problem.items());
        let members = indices.filter(|(_, item)| item.group == group);
        self.members.extend(members.map(|(index, _)| index));
    }

    /// Writes the offsets of the current model into a plan.
    fn write(&self, plan: &mut Plan) {
        for (piece, offset) in self.model.pieces.iter().zip(&self.portfolio.offsets) {
            plan.offsets[piece.origin as usize] = *offset;
        }
    }
}

fn group_plan(group: u32, lower_bound: u64, verdict: &Verdict) -> GroupPlan {
    let proof = if verdict.peak == lower_bound {
        Proof::PeakEqualsLowerBound
    } else if verdict.peak == verdict.proven {
        Proof::Exhausted
    } else {
        Proof::BudgetSpent { gap: verdict.peak - verdict.proven }
    };
    GroupPlan { group, peak: verdict.peak, lower_bound, proof }
}

/// The plan found later, with what was proven before.
fn tighter(before: GroupPlan, mut after: GroupPlan) -> GroupPlan {
    if let (Proof::BudgetSpent { gap: before_gap }, Proof::BudgetSpent { gap }) =
        (before.proof, after.proof)
    {
        let proven = (before.peak - before_gap).max(after.peak - gap);
        after.proof = match after.peak.saturating_sub(proven) {
            0 => Proof::Exhausted,
            gap => Proof::BudgetSpent { gap },
        };
    }
    after
}
