//! What a plan saves.

use std::fmt;

use rm_alias::Proof;
use rm_alloc_core::Bytes;

use super::{Exclusion, FramePlan};
use crate::{GraphDescription, ResourceId};

/// What a plan saves, in bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// What the planned resources would take if each had bytes of its own.
    pub unaliased: u64,
    /// What they take together.
    pub planned: u64,
    /// What they take at least.
    pub lower_bound: u64,
    /// What is known about [`planned`](Self::planned).
    pub proof: Proof,
    /// How many resources are planned.
    pub resources: usize,
    /// Who is not planned, and why.
    pub excluded: Vec<(ResourceId, Exclusion)>,
}

impl Report {
    pub(super) fn new(plan: &FramePlan) -> Self {
        let placed = plan.places.iter().flatten();
        let weakest = |all: Proof, group: &super::Group| match (all, group.proof) {
            (Proof::BudgetSpent { gap }, Proof::BudgetSpent { gap: more }) => {
                Proof::BudgetSpent { gap: gap + more }
            }
            (spent @ Proof::BudgetSpent { .. }, _) | (_, spent @ Proof::BudgetSpent { .. }) => {
                spent
            }
            (Proof::Exhausted, _) | (_, Proof::Exhausted) => Proof::Exhausted,
            (Proof::PeakEqualsLowerBound, Proof::PeakEqualsLowerBound) => all,
        };
        let excluded = (0..).map(ResourceId).zip(&plan.places);
        Self {
            unaliased: placed.clone().map(|placed| placed.size).sum(),
            planned: plan.groups.iter().map(|group| group.size).sum(),
            lower_bound: plan.groups.iter().map(|group| group.lower_bound).sum(),
            proof: plan.groups.iter().fold(Proof::PeakEqualsLowerBound, weakest),
            resources: placed.count(),
            excluded: excluded.filter_map(|(id, place)| Some((id, place.err()?))).collect(),
        }
    }
}

impl Report {
    /// The figures and, a line each, who is not planned and why.
    #[must_use]
    pub const fn named<'a>(&'a self, graph: &'a GraphDescription) -> NamedReport<'a> {
        NamedReport { report: self, graph }
    }
}

/// A [`Report`] that knows names.
#[derive(Clone, Copy, Debug)]
pub struct NamedReport<'a> {
    report: &'a Report,
    graph: &'a GraphDescription,
}

impl fmt::Display for NamedReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        for (resource, why) in &self.report.excluded {
            write!(f, "\n  {} {why}", self.graph.name_resource(*resource))?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unaliased, planned, lower_bound, resources, excluded, .. } = self;
        let word = match self.proof {
            Proof::PeakEqualsLowerBound | Proof::Exhausted => "optimal",
            Proof::BudgetSpent { .. } => "best found",
        };
        write!(
            f,
            "{resources} resources of {} in {} ({word}, at least {}), {} not planned",
            Bytes(*unaliased),
            Bytes(*planned),
            Bytes(*lower_bound),
            excluded.len()
        )
    }
}
