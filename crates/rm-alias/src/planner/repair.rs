//! Repairing a plan: new places for what changed, and for what is in its way.

use super::Planner;
use crate::{Plan, model::NOWHERE, portfolio::Verdict};

/// More changes than this are not worth looking at one by one.
const FEW: usize = 16;

impl Planner {
    /// Finds places for what changed in the group of the model, with a peak of `limit` or less.
    pub(super) fn repair(&mut self, next: &mut Plan, limit: u64) -> Option<Verdict> {
        let peak = self.insert(next, limit).or_else(|| {
            let (model, hints) = (&self.model, &self.memory.hints);
            let hint = |piece: usize| {
                let piece = &model.pieces[piece];
                piece.preferred().unwrap_or(hints[piece.origin as usize])
            };
            let peak = self.portfolio.keep(model, limit, &hint)?;
            self.write(next);
            Some(peak)
        })?;
        Some(Verdict { peak, proven: self.model.bound, nodes: 0 })
    }

    /// Leaves everything where it is but what changed; on `None` nothing has changed.
    fn insert(&mut self, next: &mut Plan, limit: u64) -> Option<u64> {
        let (model, memory) = (&self.model, &self.memory);
        if memory.changed.len() > FEW {
            return None;
        }
        let offsets = &mut self.portfolio.offsets;
        offsets.clear();
        offsets.extend(model.pieces.iter().map(|piece| next.offsets[piece.origin as usize]));
        let mut changed = [0; FEW];
        let mut count = 0;
        for (index, piece) in model.pieces.iter().enumerate() {
            // Old places lie below the limit, unless memory was trimmed or the capacity lowered.
            let offset = offsets[index];
            if memory.changed.binary_search(&(piece.origin as usize)).is_ok() {
                changed[count] = index;
                count += 1;
                offsets[index] = NOWHERE;
            } else if offset > limit || piece.size > limit - offset {
                return None;
            }
        }
        let changed = &mut changed[..count];
        changed.sort_unstable_by_key(|index| {
            let piece = &model.pieces[*index];
            (piece.fixed().is_none(), core::cmp::Reverse(piece.size))
        });
        for &index in &*changed {
            let piece = &model.pieces[index];
            let shelf = &mut self.portfolio.shelf;
            shelf.clear();
            for (other, offset) in offsets.iter().enumerate() {
                if *offset != NOWHERE && model.conflict(index, other) {
                    shelf.push(model, other, *offset);
                }
            }
            shelf.sort();
            let fits = |offset: u64| {
                offset.is_multiple_of(piece.align)
                    && offset < limit
                    && piece.size <= limit - offset
                    && shelf.is_free(model, index, offset)
            };
            let wish = piece.preferred().unwrap_or(memory.hints[piece.origin as usize]);
            let offset = match piece.fixed() {
                Some(offset) => offset,
                None if fits(wish) => wish,
                None => shelf.lowest(model, index, 0),
            };
            if !fits(offset) {
                return None;
            }
            offsets[index] = offset;
        }
        self.write(next);
        let tops = self.model.pieces.iter().zip(&self.portfolio.offsets);
        tops.map(|(piece, offset)| offset + piece.size).max()
    }
}
