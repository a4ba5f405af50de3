//! The core first: search for the items of the fullest sections alone, then lay the others around them.
//!
//! Most items of a frame live where memory is plenty, and get in the way of a search that places by ascending offset. Those
//! that find no room below the cap afterwards join the core, and the search begins again.

use super::{Portfolio, Task, Terms, Verdict};
use crate::{
    fit::complete,
    keys::{self, Key},
    model::{Model, NOWHERE},
    search::{MOST_ITEMS, Outcome, Ranking},
};

/// How far below the fullest section a section is still full, in 1/1024.
const NEARLY_FULL: [u64; 3] = [40, 100, 300];

/// How often those without room join the core.
const JOINS: usize = 4;

impl Portfolio {
    /// Looks for a plan of `task` with a peak of `low` or less, with one key.
    pub(super) fn core(
        &mut self,
        model: &Model,
        task: &Task<'_>,
        low: u64,
        key: Key,
        verdict: &mut Verdict,
        terms: &mut Terms<'_>,
    ) {
        let pieces = task.component.pieces.clone();
        keys::by_breadth(model, task.component, &mut self.sorted);
        self.order.clear();
        self.order.extend(self.sorted.iter().map(|(_, piece)| *piece));
        for below in NEARLY_FULL {
            let full = task.enough - task.enough / 1024 * below;
            self.in_core.clear();
            self.in_core.resize(model.pieces.len(), false);
            for piece in pieces.clone() {
                self.in_core[piece] = model.peak_total(&model.pieces[piece]) >= full;
            }
            for _ in 0..JOINS {
                let in_core = &self.in_core;
                let members = in_core.iter().filter(|member| **member).count();
                if members * 10 > pieces.len() * 9 || members > MOST_ITEMS {
                    break;
                }
                self.search.load(model, task.component, |piece| in_core[piece]);
                let limit = members as u64 * 2 + 64;
                let left = task.budget.saturating_sub(verdict.nodes);
                let ranking = Ranking { key, noise: &[] };
                let outcome = self.search.run(low, &ranking, limit.min(left), terms.stop);
                // Taking boxes over costs as much as searching a while.
                let taken_over = if model.grid.queues > 0 { members as u64 / 4 } else { 1 };
                verdict.nodes += self.search.nodes + taken_over;
                if outcome != Outcome::Found {
                    break;
                }
                self.trial[pieces.clone()].fill(NOWHERE);
                for (piece, offset) in self.search.placed() {
                    self.trial[piece] = offset;
                }
                verdict.nodes += pieces.len() as u64 / 16;
                let peak = complete(model, &mut self.shelf, &self.order, &mut self.trial);
                if peak < verdict.peak {
                    verdict.peak = peak;
                    self.offsets[pieces.clone()].copy_from_slice(&self.trial[pieces.clone()]);
                }
                if verdict.peak <= low {
                    return;
                }
                for piece in pieces.clone() {
                    let above = self.trial[piece] + model.pieces[piece].size > low;
                    self.in_core[piece] |= above;
                }
            }
        }
    }
}
