//! Preferred offsets: kept where they are free and cost no memory.

use super::Portfolio;
use crate::{
    fit::hinted_fit,
    keys,
    model::{Component, Model, NOWHERE},
};

impl Portfolio {
    /// Lays every item at its hint if it can be there below `enough`, then the rest; taken over if it ends at `enough` or below.
    pub(super) fn hint(
        &mut self,
        model: &Model,
        component: &Component,
        enough: u64,
        hints: &impl Fn(usize) -> u64,
    ) -> u64 {
        keys::by_breadth(model, component, &mut self.sorted);
        self.order.clear();
        self.order.extend(self.sorted.iter().map(|(_, piece)| *piece));
        let peak = hinted_fit(model, &mut self.shelf, &self.order, hints, enough, &mut self.trial);
        if peak <= enough {
            let pieces = component.pieces.clone();
            self.offsets[pieces.clone()].copy_from_slice(&self.trial[pieces]);
        }
        peak
    }

    /// Plans near `hints`: `None` if that needs more than `enough`.
    pub(crate) fn keep(
        &mut self,
        model: &Model,
        enough: u64,
        hints: &impl Fn(usize) -> u64,
    ) -> Option<u64> {
        self.resize(model);
        let mut most = 0;
        for component in &model.components {
            let peak = self.hint(model, component, enough, hints);
            if peak > enough {
                return None;
            }
            most = most.max(peak);
        }
        Some(most)
    }

    /// Moves items to their hints if these are free in a finished plan, until no item can be moved any more.
    pub(crate) fn settle(&mut self, model: &Model, peak: u64, hints: &impl Fn(usize) -> u64) {
        for component in &model.components {
            self.shelf.clear();
            for piece in component.pieces.clone() {
                self.shelf.lay(model, piece, self.offsets[piece]);
            }
            // An item that leaves may free another's hint; whoever is at its hint stays, so this ends.
            while self.settle_once(model, component, peak, hints) {}
        }
    }

    /// Whether an item was moved.
    fn settle_once(
        &mut self,
        model: &Model,
        component: &Component,
        peak: u64,
        hints: &impl Fn(usize) -> u64,
    ) -> bool {
        let mut moved = false;
        for index in component.pieces.clone() {
            let (piece, offset, hint) = (&model.pieces[index], self.offsets[index], hints(index));
            let inside = hint < peak
                && piece.size <= peak - hint
                && hint.is_multiple_of(piece.align)
                && piece.fixed().is_none();
            if !inside || hint == offset {
                continue;
            }
            self.shelf.lift(index, offset);
            let free = self.shelf.is_free(model, index, hint);
            self.offsets[index] = if free { hint } else { offset };
            self.shelf.lay(model, index, self.offsets[index]);
            moved |= free;
        }
        moved
    }
}

/// What the caller prefers.
pub(super) fn preference(model: &Model) -> impl Fn(usize) -> u64 {
    |piece| model.pieces[piece].preferred().unwrap_or(NOWHERE)
}
