//! One group of a problem in the terms that the search uses: items sorted by start, time cut into sections.
//!
//! A section is a maximal set of items that live at once; a lifetime is a range of sections.
//! Where no item lives the group falls apart into components, which share nothing but the peak.
//! With several queues the sections are those of the first, and [`Grid`] knows the others.

mod bound;
mod grid;
mod sections;

use alloc::vec::Vec;
use core::ops::Range;

pub(crate) use self::grid::Grid;
use crate::{Placement, PlanError, Problem, Tiling};

/// No offset.
pub(crate) const NOWHERE: u64 = u64::MAX;

/// One item of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) size: u64,
    pub(crate) align: u64,
    /// The first section.
    pub(crate) lo: u32,
    /// The section after the last.
    pub(crate) hi: u32,
    pub(crate) tiling: Tiling,
    /// The index in the problem.
    pub(crate) origin: u32,
    /// How long it lives in the caller's sections.
    pub(crate) width: u32,
    pub(crate) placement: Placement,
}

impl Piece {
    pub(crate) const fn fixed(&self) -> Option<u64> {
        match self.placement {
            Placement::Fixed(offset) => Some(offset),
            Placement::Anywhere | Placement::Preferred(_) => None,
        }
    }

    pub(crate) const fn preferred(&self) -> Option<u64> {
        match self.placement {
            Placement::Preferred(offset) => Some(offset),
            Placement::Anywhere | Placement::Fixed(_) => None,
        }
    }

    pub(crate) const fn sections(&self) -> Range<usize> {
        self.lo as usize..self.hi as usize
    }
}

/// Items and sections between two moments at which nothing lives.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub(crate) pieces: Range<usize>,
    pub(crate) sections: Range<usize>,
}

/// A group.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) group: u32,
    /// By first section.
    pub(crate) pieces: Vec<Piece>,
    /// The most bytes live at once in each section.
    pub(crate) totals: Vec<u64>,
    pub(crate) components: Vec<Component>,
    pub(crate) grid: Grid,
    /// Live items of different tiling share no page of so many bytes; 1 if there is but one tiling.
    pub(crate) page: u64,
    /// No plan takes less.
    pub(crate) bound: u64,
    events: sections::Events,
    deltas: Vec<u64>,
    leaving: Vec<u32>,
}

impl Model {
    /// Becomes the group of `problem` that has `members`, which is checked.
    pub(crate) fn build(
        &mut self,
        problem: &Problem,
        group: u32,
        members: &[u32],
    ) -> Result<(), PlanError> {
        self.group = group;
        let queues = problem.queues() as usize;
        let (items, spans) = (problem.items(), problem.spans());
        self.pieces.clear();
        let mut tilings = [false; 2];
        self.events.order(members, |member| spans[member as usize * queues]);
        for &origin in self.events.by_start() {
            let (item, span) = (&items[origin as usize], spans[origin as usize * queues]);
            tilings[usize::from(item.tiling == Tiling::Linear)] = true;
            self.pieces.push(Piece {
                size: item.size,
                align: item.alignment,
                lo: 0,
                hi: 0,
                tiling: item.tiling,
                origin,
                width: span.end - span.start,
                placement: item.placement,
            });
        }
        self.page = if tilings == [true, true] { problem.page } else { 1 };
        self.events.cut(&mut self.pieces, &mut self.totals, &mut self.components, |piece| {
            spans[piece.origin as usize * queues]
        });
        self.grid.build(problem, &self.pieces);
        self.find_bound();
        self.check_fixed()?;
        let needed = self.bound;
        match problem.capacity {
            Some(capacity) if capacity < needed => Err(PlanError::CapacityBelowBound {
                item: self.heaviest(),
                group,
                needed,
                capacity,
            }),
            _ => Ok(()),
        }
    }

    /// Two pieces may not share bytes.
    pub(crate) fn conflict(&self, first: usize, second: usize) -> bool {
        let (a, b) = (&self.pieces[first], &self.pieces[second]);
        a.lo < b.hi && b.lo < a.hi && self.grid.overlap(first, second)
    }

    /// The lowest offset for `above` over something of `tiling` that ends at `top`, alignment aside.
    pub(crate) const fn floor(&self, top: u64, tiling: Tiling, above: Tiling) -> u64 {
        if self.page == 1 || tiling as u8 == above as u8 {
            top
        } else {
            top.next_multiple_of(self.page)
        }
    }

    fn check_fixed(&self) -> Result<(), PlanError> {
        let fixed = |index: &usize| self.pieces[*index].fixed().is_some();
        for second in (0..self.pieces.len()).filter(fixed) {
            for first in (0..second).filter(fixed) {
                if self.conflict(first, second) && self.collide(first, second) {
                    let (a, b) = (self.pieces[first].origin, self.pieces[second].origin);
                    let (first, second) = (a.min(b) as usize, a.max(b) as usize);
                    return Err(PlanError::FixedOverlap { first, second });
                }
            }
        }
        Ok(())
    }

    fn collide(&self, first: usize, second: usize) -> bool {
        let (a, b) = (&self.pieces[first], &self.pieces[second]);
        let (Some(at), Some(bt)) = (a.fixed(), b.fixed()) else { return false };
        self.floor(at + a.size, a.tiling, b.tiling) > bt
            && self.floor(bt + b.size, b.tiling, a.tiling) > at
    }

    /// The largest item of those that live where most is live.
    fn heaviest(&self) -> usize {
        let most = (0..self.totals.len()).max_by_key(|section| self.totals[*section]).unwrap_or(0);
        let there = self.pieces.iter().filter(|piece| piece.sections().contains(&most));
        there.max_by_key(|piece| piece.size).map_or(0, |piece| piece.origin as usize)
    }
}
