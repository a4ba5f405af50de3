//! The lower bound: the most bytes that any moment needs.
//!
//! The sum of the sizes that live at one moment is a bound, whatever the alignments.
//! Where sizes are no multiples of alignments there is a better one: of the items whose alignment is at least `a`, each but
//! the topmost is followed by an offset that is a multiple of `a`, so it takes its size rounded up to `a`.

use super::{Model, Piece};

impl Model {
    pub(super) fn find_bound(&mut self) {
        if self.grid.queues > 0 {
            self.find_depth();
        }
        self.bound = self.totals.iter().copied().max().unwrap_or(0);
        for piece in &self.pieces {
            if let Some(offset) = piece.fixed() {
                self.bound = self.bound.max(offset + piece.size);
            }
        }
        if self.grid.queues > 0 {
            // Which of them live at once is known by cell only, and not worth the time.
            return;
        }
        let mut levels = self.pieces.iter().fold(0, |levels, piece| levels | piece.align);
        // The first level is the greatest alignment that all share; one byte needs no rounding.
        levels &= !1;
        while levels != 0 {
            let level = levels & levels.wrapping_neg();
            levels &= levels - 1;
            let ragged = |piece: &Piece| piece.align >= level && !piece.size.is_multiple_of(level);
            if self.pieces.iter().any(ragged) {
                self.raise_bound(level);
            }
        }
    }

    /// Looks at the items that are aligned to `level` or more.
    fn raise_bound(&mut self, level: u64) {
        let deltas = &mut self.deltas;
        deltas.clear();
        deltas.resize(self.totals.len() + 1, 0);
        for piece in self.pieces.iter().filter(|piece| piece.align >= level) {
            let rounded = piece.size.next_multiple_of(level);
            deltas[piece.lo as usize] = deltas[piece.lo as usize].wrapping_add(rounded);
            deltas[piece.hi as usize] = deltas[piece.hi as usize].wrapping_sub(rounded);
        }
        let mut sum = 0_u64;
        for section in 0..self.totals.len() {
            sum = sum.wrapping_add(self.deltas[section]);
            if sum <= self.bound {
                continue;
            }
            let aligned = self.pieces.iter().filter(|piece| piece.align >= level);
            let live = aligned.filter(|piece| piece.sections().contains(&section));
            let padding = live.map(|piece| piece.size.next_multiple_of(level) - piece.size).max();
            self.bound = self.bound.max(sum - padding.unwrap_or(0));
        }
    }

    /// The depth of the boxes in every section of the first queue.
    fn find_depth(&mut self) {
        self.deltas.clear();
        self.deltas.resize(self.grid.cells, 0);
        let (depths, grid) = (&mut self.deltas, &self.grid);
        self.leaving.clear();
        self.leaving.extend(0..u32::try_from(self.pieces.len()).unwrap_or(u32::MAX));
        let pieces = &self.pieces;
        self.leaving.sort_unstable_by_key(|piece| pieces[*piece as usize].hi);
        let (mut next, mut gone) = (0, 0);
        for (section, total) in self.totals.iter_mut().enumerate() {
            while let Some(&piece) = self.leaving.get(gone) {
                if pieces[piece as usize].hi as usize > section {
                    break;
                }
                let size = pieces[piece as usize].size;
                grid.each_run(piece as usize, |lo, hi| {
                    depths[lo..hi].iter_mut().for_each(|depth| *depth -= size);
                });
                gone += 1;
            }
            while pieces.get(next).is_some_and(|piece| piece.lo as usize == section) {
                grid.each_run(next, |lo, hi| {
                    depths[lo..hi].iter_mut().for_each(|depth| *depth += pieces[next].size);
                });
                next += 1;
            }
            *total = depths.iter().copied().max().unwrap_or(0);
        }
    }
}
