//! Components too large for the search: a guided descent, the core by search, other keys, a little more room.

use super::{Portfolio, Task, Terms, Verdict};
use crate::{
    keys::{self, Feature, KEYS, Key},
    model::Model,
};

/// The keys of descents, and between them the keys with which the core is searched.
const STEPS: [(Key, &[Key]); 4] = {
    use Feature::{Area as A, Bytes as B, Cuts as C, Total as T, Width as W};
    [
        ([T, W, A], KEYS.split_at(2).0),
        ([T, C, B], &[]),
        ([A, T, W], KEYS.split_at(2).1.split_at(3).0),
        ([C, B, T], &[]),
    ]
};

/// Parts of the bound that a plan may be above it when the bound itself is not reached.
const NEARLY: [u64; 3] = [250, 100, 50];

impl Portfolio {
    /// Lowers the peak of a large component.
    pub(super) fn descend(
        &mut self,
        model: &Model,
        task: &Task<'_>,
        terms: &mut Terms<'_>,
    ) -> Verdict {
        let mut verdict = Verdict { peak: task.peak, proven: 0, nodes: 0 };
        let pieces = task.component.pieces.clone();
        let fixed = model.pieces[pieces].iter().any(|piece| piece.fixed().is_some());
        if !fixed {
            self.guided.load(model, task.component);
        }
        for (number, (key, core_keys)) in STEPS.iter().enumerate() {
            if !fixed && !self.is_over(task, &verdict, terms) {
                self.descend_once(model, task, *key, &mut verdict);
            }
            for key in *core_keys {
                if !self.is_over(task, &verdict, terms) {
                    self.core(model, task, task.enough, *key, &mut verdict, terms);
                }
            }
            // What does not go at the bound goes a little above, most likely.
            for part in NEARLY.iter().filter(|_| number == 0) {
                let near = task.enough + task.enough / part;
                for key in &KEYS[..2] {
                    if verdict.peak > near && !self.is_over(task, &verdict, terms) {
                        self.core(model, task, near, *key, &mut verdict, terms);
                    }
                }
            }
        }
        verdict
    }

    /// Nothing is left to be done, or nothing to do it with; the first plan is made in any case.
    fn is_over(&self, task: &Task<'_>, verdict: &Verdict, terms: &mut Terms<'_>) -> bool {
        let spent = verdict.nodes >= task.budget || (terms.stop)();
        verdict.peak <= task.enough || (spent && verdict.peak < u64::MAX)
    }

    fn descend_once(&mut self, model: &Model, task: &Task<'_>, key: Key, verdict: &mut Verdict) {
        let pieces = task.component.pieces.clone();
        keys::by_key(model, task.component, key, &mut self.sorted);
        self.order.clear();
        let first = pieces.start;
        let local = |piece: u32| u32::try_from(piece as usize - first).unwrap_or(0);
        self.order.extend(self.sorted.iter().map(|(_, piece)| local(*piece)));
        verdict.nodes += pieces.len() as u64;
        if self.guided.run(&self.order, task.enough, verdict.peak - 1).is_some() {
            self.offsets[pieces.clone()].copy_from_slice(&self.guided.offsets);
            verdict.peak = self.peak_of(model, task.component);
        }
    }
}
