//! The queues beside the first: a grid of moments that tell lifetimes apart.
//!
//! Boxes have the Helly property: those that overlap in pairs have a point in common, and on every queue it can be moved on to
//! the last start before something ends. So the most bytes live at once is the depth of one of these points.

use alloc::vec::Vec;

use super::Piece;
use crate::{Problem, Span};

/// The most points of the grid. More are thinned out, which weakens the bound and nothing else.
const MOST_CELLS: usize = 1024;

/// The spans of the pieces on every queue but the first, and the points that tell them apart.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    /// How many queues there are beside the first.
    pub(crate) queues: usize,
    /// `queues` a piece, in the caller's sections.
    spans: Vec<Span>,
    /// The same as ranges of `points`.
    ranges: Vec<(u32, u32)>,
    /// How many points each queue has.
    points: Vec<u32>,
    /// The product of `points`.
    pub(crate) cells: usize,
    scratch: Vec<u32>,
    ends: Vec<u32>,
}

impl Grid {
    pub(super) fn build(&mut self, problem: &Problem, pieces: &[Piece]) {
        self.queues = problem.queues() as usize - 1;
        self.spans.clear();
        self.ranges.clear();
        self.points.clear();
        self.cells = 1;
        if self.queues == 0 {
            return;
        }
        let all = problem.spans();
        let stride = self.queues + 1;
        for piece in pieces {
            let first = piece.origin as usize * stride;
            self.spans.extend_from_slice(&all[first + 1..first + stride]);
        }
        self.ranges.resize(self.spans.len(), (0, 0));
        let most = most_points(self.queues);
        for queue in 0..self.queues {
            self.find_points(queue);
            let step = self.scratch.len().div_ceil(most).max(1);
            let mut position = 0;
            self.scratch.retain(|_| {
                position += 1;
                (position - 1) % step == 0
            });
            let points = &self.scratch;
            for (range, span) in
                self.ranges.iter_mut().zip(&self.spans).skip(queue).step_by(self.queues)
            {
                let find = |time: u32| count(points.partition_point(|point| *point < time));
                *range = (find(span.start), find(span.end));
            }
            self.points.push(count(points.len()));
            self.cells *= points.len().max(1);
        }
    }

    /// Finds the last start before each first end of a queue: whatever overlaps there has one of these in common.
    fn find_points(&mut self, queue: usize) {
        self.scratch.clear();
        self.ends.clear();
        for span in self.spans.iter().skip(queue).step_by(self.queues) {
            self.scratch.push(span.start);
            self.ends.push(span.end);
        }
        self.scratch.sort_unstable();
        self.scratch.dedup();
        self.ends.sort_unstable();
        let mut kept = 0;
        let mut ended = 0;
        for index in 0..self.scratch.len() {
            let (start, next) = (self.scratch[index], self.scratch.get(index + 1).copied());
            while self.ends.get(ended).is_some_and(|end| *end <= start) {
                ended += 1;
            }
            let first_end = self.ends.get(ended).copied();
            if next.is_none_or(|next| first_end.is_some_and(|end| end <= next)) {
                self.scratch[kept] = start;
                kept += 1;
            }
        }
        self.scratch.truncate(kept);
    }

    /// The spans of two pieces overlap on every queue but the first.
    pub(crate) fn overlap(&self, first: usize, second: usize) -> bool {
        let spans = |piece: usize| &self.spans[piece * self.queues..(piece + 1) * self.queues];
        self.queues == 0 || spans(first).iter().zip(spans(second)).all(|(a, b)| a.overlaps(*b))
    }

    /// Calls `with` for every range of cells in which a piece lives.
    pub(crate) fn each_run(&self, piece: usize, mut with: impl FnMut(usize, usize)) {
        if self.queues == 0 {
            return with(0, 1);
        }
        let ranges = &self.ranges[piece * self.queues..(piece + 1) * self.queues];
        self.descend(ranges, 0, 0, &mut with);
    }

    fn descend(
        &self,
        ranges: &[(u32, u32)],
        queue: usize,
        cell: usize,
        with: &mut impl FnMut(usize, usize),
    ) {
        let (lo, hi) = (ranges[queue].0 as usize, ranges[queue].1 as usize);
        let first = cell * self.points[queue] as usize;
        if queue + 1 == ranges.len() {
            if lo < hi {
                with(first + lo, first + hi);
            }
            return;
        }
        for point in lo..hi {
            self.descend(ranges, queue + 1, first + point, with);
        }
    }
}

/// How many points a queue may have, so that `queues` have no more than [`MOST_CELLS`] cells.
fn most_points(queues: usize) -> usize {
    let fits = |points: &usize| {
        let power = u32::try_from(queues).ok().and_then(|queues| points.checked_pow(queues));
        power.is_some_and(|cells| cells <= MOST_CELLS)
    };
    (1..=MOST_CELLS).take_while(fits).last().unwrap_or(1)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
