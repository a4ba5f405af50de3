//! Taking a component over from the model, and starting a search of it.

use super::{NONE, Part, Ranking, Search};
use crate::model::{Component, Model};

/// The most items of a component that the search takes.
pub(crate) const MOST_ITEMS: usize = 2500;

/// The most words that the sets of all cliques take; beyond, nothing is known about cliques but that a plan ends below the cap.
const MOST_WORDS: usize = 1 << 20;

impl Search {
    /// Takes the free items of a component over that are wanted.
    pub(crate) fn load(
        &mut self,
        model: &Model,
        component: &Component,
        wanted: impl Fn(usize) -> bool,
    ) {
        self.size.clear();
        self.align.clear();
        self.tiling.clear();
        self.lo.clear();
        self.hi.clear();
        self.piece.clear();
        self.page = model.page;
        let first = u32::try_from(component.sections.start).unwrap_or(NONE);
        for index in component.pieces.clone() {
            let piece = &model.pieces[index];
            if piece.fixed().is_none() && wanted(index) {
                self.size.push(piece.size);
                self.align.push(piece.align);
                self.tiling.push(if model.page == 1 { 0 } else { piece.tiling as u8 });
                self.lo.push(piece.lo - first);
                self.hi.push(piece.hi - first);
                self.piece.push(u32::try_from(index).unwrap_or(NONE));
            }
        }
        self.words = self.size.len().div_ceil(64).max(1);
        self.load_cliques(model, component.sections.len());
        self.load_neighbours(model);
        self.load_obstacles(model, component);
        let (neighbours, words) = (&self.neighbours, self.words);
        self.features.collect(model, &self.piece, |local| {
            let row = &neighbours[local * words..(local + 1) * words];
            row.iter().map(|word| u64::from(word.count_ones())).sum()
        });
    }

    fn load_cliques(&mut self, model: &Model, sections: usize) {
        self.run_ends.clear();
        self.runs.clear();
        self.cells = model.grid.cells.max(1);
        let known = sections.saturating_mul(self.cells).saturating_mul(self.words) <= MOST_WORDS;
        if !known {
            self.cells = 0;
        }
        let cells = self.cells;
        let cliques = sections * cells;
        self.members.clear();
        self.members.resize(cliques * self.words, 0);
        for item in 0..self.size.len() {
            if known && model.grid.queues == 0 {
                self.runs.push((self.lo[item], self.hi[item]));
            } else if known {
                for section in self.lo[item] as usize..self.hi[item] as usize {
                    let runs = &mut self.runs;
                    model.grid.each_run(self.piece[item] as usize, |lo, hi| {
                        let clique = |cell| u32::try_from(section * cells + cell).unwrap_or(NONE);
                        runs.push((clique(lo), clique(hi)));
                    });
                }
            }
            self.run_ends.push(u32::try_from(self.runs.len()).unwrap_or(NONE));
            for run in self.runs_of(item) {
                for clique in self.runs[run].0 as usize..self.runs[run].1 as usize {
                    self.members[clique * self.words + item / 64] |= 1 << (item % 64);
                }
            }
        }
        self.drop_cliques(sections);
        self.totals.clear();
        self.totals.resize(self.members.len() / self.words, 0);
        for item in 0..self.size.len() {
            for run in self.runs_of(item) {
                let cliques = self.runs[run].0 as usize..self.runs[run].1 as usize;
                self.totals[cliques].iter_mut().for_each(|total| *total += self.size[item]);
            }
        }
    }

    /// Drops cliques that are part of one beside them, in time or on the grid, and numbers the others anew.
    fn drop_cliques(&mut self, sections: usize) {
        let (words, cells) = (self.words, self.cells);
        let cliques = sections * cells;
        let row = |clique: usize| clique * words..(clique + 1) * words;
        self.renamed.clear();
        let mut kept = 0;
        for clique in 0..cliques {
            self.renamed.push(kept);
            let mine = &self.members[row(clique)];
            let inside = |other: usize| {
                let other_row = &self.members[row(other)];
                let part = mine.iter().zip(other_row).all(|(mine, other)| mine & !other == 0);
                part && (other < clique || mine != other_row)
            };
            let left = !clique.is_multiple_of(cells) && inside(clique - 1);
            let right = !(clique + 1).is_multiple_of(cells) && inside(clique + 1);
            let before = clique >= cells && inside(clique - cells);
            let after = clique + cells < cliques && inside(clique + cells);
            let empty = mine.iter().all(|word| *word == 0);
            if !(left || right || before || after || empty) {
                self.kept.push(u32::try_from(clique).unwrap_or(NONE));
                kept += 1;
            }
        }
        self.renamed.push(kept);
        for (new, old) in self.kept.drain(..).enumerate() {
            // The new place is never behind the old one.
            self.members.copy_within(old as usize * words..(old as usize + 1) * words, new * words);
        }
        self.members.truncate(kept as usize * words);
        for (lo, hi) in &mut self.runs {
            (*lo, *hi) = (self.renamed[*lo as usize], self.renamed[*hi as usize]);
        }
        self.first_clique.clear();
        self.first_clique.extend((0..=sections).map(|section| self.renamed[section * cells]));
    }

    fn load_neighbours(&mut self, model: &Model) {
        let (items, words) = (self.size.len(), self.words);
        self.neighbours.clear();
        self.neighbours.resize(items * words, 0);
        for item in 0..items {
            let own = item * words;
            if model.grid.queues == 0 && self.cells > 0 {
                for run in self.runs_of(item) {
                    for clique in self.runs[run].0 as usize..self.runs[run].1 as usize {
                        let members = &self.members[clique * words..(clique + 1) * words];
                        let row = &mut self.neighbours[own..own + words];
                        row.iter_mut().zip(members).for_each(|(row, word)| *row |= word);
                    }
                }
                self.neighbours[own + item / 64] &= !(1 << (item % 64));
                continue;
            }
            for other in item + 1..items {
                if self.lo[other] >= self.hi[item] {
                    break;
                }
                if model.conflict(self.piece[item] as usize, self.piece[other] as usize) {
                    self.neighbours[own + other / 64] |= 1 << (other % 64);
                    self.neighbours[other * words + item / 64] |= 1 << (item % 64);
                }
            }
        }
    }

    fn load_obstacles(&mut self, model: &Model, component: &Component) {
        self.obstacle_ends.clear();
        self.obstacles.clear();
        let fixed = component.pieces.clone().filter(|piece| model.pieces[*piece].fixed().is_some());
        if fixed.clone().next().is_none() {
            self.obstacle_ends.resize(self.size.len(), 0);
            return;
        }
        for item in 0..self.size.len() {
            let mine = &model.pieces[self.piece[item] as usize];
            let first = self.obstacles.len();
            for other in fixed.clone() {
                let there = &model.pieces[other];
                let Some(offset) = there.fixed() else { continue };
                if !model.conflict(self.piece[item] as usize, other) {
                    continue;
                }
                let top = model.floor(offset + there.size, there.tiling, mine.tiling);
                // Ending at most at `offset` and ending there after rounding up to a page are the same below the page of `offset`.
                let apart = model.page > 1 && there.tiling != mine.tiling;
                let end = if apart { offset - offset % model.page } else { offset };
                self.obstacles.push((end, top));
            }
            self.obstacles[first..].sort_unstable();
            self.obstacle_ends.push(u32::try_from(self.obstacles.len()).unwrap_or(NONE));
        }
    }

    /// Puts every item on the ground; `false` if that alone shows that there is no plan.
    pub(super) fn reset(&mut self, cap: u64, ranking: &Ranking<'_>) -> bool {
        let items = self.size.len();
        self.cap = cap;
        self.unplaced.clear();
        self.unplaced.resize(self.words, 0);
        self.floor.clear();
        self.floor.resize(items, 0);
        self.left.clone_from(&self.totals);
        self.witness.clear();
        self.witness.resize(self.totals.len(), NONE);
        self.witnessed.clear();
        self.witnessed.resize(items, 0);
        let sections = self.hi.iter().copied().max().unwrap_or(0) as usize;
        self.crossing.clear();
        self.crossing.resize(sections + 1, 0);
        self.trail.clear();
        self.candidates.clear();
        self.lists.clear();
        self.frames.clear();
        self.pending.clear();
        for item in 0..items {
            self.unplaced[item / 64] |= 1 << (item % 64);
            self.floor[item] = self.lift(item, 0);
            if self.floor[item] + self.size[item] > cap {
                return false;
            }
            let inner = self.lo[item] as usize + 1..self.hi[item] as usize;
            self.crossing[inner].iter_mut().for_each(|count| *count += 1);
        }
        if self.left.iter().any(|left| *left > cap) {
            return false;
        }
        for clique in 0..self.left.len() {
            if self.left[clique] > 0 && !self.find_witness(clique) {
                return false;
            }
        }
        if items > 0 {
            let all = u32::try_from(items).unwrap_or(NONE);
            self.ranked.clear();
            self.ranked.extend(0..all);
            self.rank(ranking, false);
            self.lists.extend_from_slice(&self.ranked);
            self.pending.push(Part {
                start: 0,
                end: items,
                left: items,
                lo: 0,
                hi: sections,
                offset: 0,
                position: 0,
                parent: NONE,
            });
        }
        true
    }
}
