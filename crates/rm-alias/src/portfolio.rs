//! One group from items to offsets: quick passes first, search where they do not reach the bound.

mod core;
mod large;
mod prefer;
mod refine;

use alloc::vec::Vec;

use self::prefer::preference;
pub(crate) use self::refine::FIRST_NOISE;
use crate::{
    Budget,
    fit::{Shelf, first_fit},
    guided::Guided,
    keys::{self, Sorted},
    model::{Component, Model, NOWHERE},
    search::{MOST_ITEMS, Search},
};

/// What a pass over a group may do.
pub(crate) struct Terms<'a> {
    /// Peaks up to here are good enough.
    pub(crate) content: u64,
    pub(crate) budget: Budget,
    pub(crate) seed: u64,
    /// The rounds of the search before this one were played already.
    pub(crate) round: u32,
    pub(crate) stop: &'a mut dyn FnMut() -> bool,
}

/// A component to be lowered.
#[derive(Clone, Copy, Debug)]
struct Task<'a> {
    component: &'a Component,
    peak: u64,
    /// A peak that need not be lowered.
    enough: u64,
    budget: u64,
}

/// What is known about a group, or a component.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) peak: u64,
    /// No plan takes less, by whatever proof.
    pub(crate) proven: u64,
    pub(crate) nodes: u64,
}

/// The passes; keeps their buffers.
#[derive(Debug, Default)]
pub(crate) struct Portfolio {
    /// Where each piece of the model lies.
    pub(crate) offsets: Vec<u64>,
    trial: Vec<u64>,
    /// The peak of each component.
    peaks: Vec<u64>,
    pub(crate) shelf: Shelf,
    search: Search,
    guided: Guided,
    sorted: Vec<Sorted>,
    order: Vec<u32>,
    noise: Vec<u64>,
    in_core: Vec<bool>,
}

impl Portfolio {
    /// Finds offsets for the pieces of `model`.
    pub(crate) fn solve(&mut self, model: &Model, terms: &mut Terms<'_>) -> Verdict {
        self.resize(model);
        self.offsets.fill(NOWHERE);
        let enough = model.bound.max(terms.content);
        let prefers = model.pieces.iter().any(|piece| piece.preferred().is_some());
        for component in &model.components {
            if prefers {
                let peak = self.hint(model, component, enough, &preference(model));
                if peak <= enough {
                    self.peaks.push(peak);
                    continue;
                }
            }
            let peak = self.first(model, component);
            self.peaks.push(peak);
        }
        let verdict = self.lower(model, terms);
        if prefers {
            self.settle(model, verdict.peak, &preference(model));
        }
        verdict
    }

    /// Lowers the peak of the offsets that are there.
    pub(crate) fn improve(
        &mut self,
        model: &Model,
        offsets: impl Fn(usize) -> u64,
        terms: &mut Terms<'_>,
    ) -> Verdict {
        self.resize(model);
        for (index, piece) in model.pieces.iter().enumerate() {
            self.offsets[index] = offsets(piece.origin as usize);
        }
        for component in &model.components {
            let peak = self.peak_of(model, component);
            self.peaks.push(peak);
        }
        self.lower(model, terms)
    }

    fn resize(&mut self, model: &Model) {
        self.offsets.resize(model.pieces.len(), NOWHERE);
        self.trial.clear();
        self.trial.resize(model.pieces.len(), NOWHERE);
        self.peaks.clear();
    }

    /// Searches every component that is above what is good enough.
    fn lower(&mut self, model: &Model, terms: &mut Terms<'_>) -> Verdict {
        let mut verdict = Verdict { peak: 0, proven: model.bound, nodes: 0 };
        let mut enough = model.bound.max(terms.content);
        let mut budget = None;
        for index in 0..model.components.len() {
            if self.peaks[index] <= enough {
                continue;
            }
            let component = &model.components[index];
            let left = budget.get_or_insert_with(|| match terms.budget {
                Budget::Automatic => model.worth(),
                Budget::Nodes(nodes) => nodes,
                Budget::Unlimited => u64::MAX,
            });
            let task = Task { component, peak: self.peaks[index], enough, budget: *left };
            let found = if component.pieces.len() > MOST_ITEMS {
                self.descend(model, &task, terms)
            } else {
                self.refine(model, &task, terms)
            };
            *left = left.saturating_sub(found.nodes);
            self.peaks[index] = found.peak;
            verdict.proven = verdict.proven.max(found.proven);
            verdict.nodes += found.nodes;
            // The others need not be better than the worst.
            enough = enough.max(found.peak);
        }
        verdict.peak = self.peaks.iter().copied().max().unwrap_or(0);
        verdict.proven = verdict.proven.min(verdict.peak);
        verdict
    }

    /// A first plan.
    fn first(&mut self, model: &Model, component: &Component) -> u64 {
        let pieces = &model.pieces[component.pieces.clone()];
        let fixed = pieces.iter().any(|piece| piece.fixed().is_some());
        if pieces.len() > MOST_ITEMS && !fixed {
            // First fit takes quadratic time, a descent does not.
            return u64::MAX;
        }
        keys::by_breadth(model, component, &mut self.sorted);
        self.fit(model, component, u64::MAX).unwrap_or(u64::MAX)
    }

    /// First fit in the order of `sorted`, taken over if it ends at `cap` or below.
    fn fit(&mut self, model: &Model, component: &Component, cap: u64) -> Option<u64> {
        self.order.clear();
        self.order.extend(self.sorted.iter().map(|(_, piece)| *piece));
        let peak = first_fit(model, &mut self.shelf, &self.order, cap, &mut self.trial)?;
        let pieces = component.pieces.clone();
        self.offsets[pieces.clone()].copy_from_slice(&self.trial[pieces]);
        Some(peak)
    }

    fn peak_of(&self, model: &Model, component: &Component) -> u64 {
        let pieces = component.pieces.clone();
        pieces.map(|piece| self.offsets[piece] + model.pieces[piece].size).max().unwrap_or(0)
    }
}
