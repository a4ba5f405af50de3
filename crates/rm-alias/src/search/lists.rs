//! What is left to be placed: compacting lists, splitting them in time, ranking them.

use super::{NOISE_BITS, NONE, Part, Ranking, Search};
use crate::keys::Feature;

impl Search {
    /// What to open after the last frame has placed an item; `None` if everything is placed.
    pub(super) fn descend(&mut self, ranking: &Ranking<'_>) -> Option<Part> {
        let frame = self.frames.last()?;
        let (mut part, item) = (frame.part, frame.item as usize);
        let (offset, position, _) = self.candidates[frame.taken];
        part.parent = u32::try_from(self.frames.len() - 1).unwrap_or(NONE);
        part.offset = offset;
        part.position = position as usize + 1;
        let inner = self.lo[item] as usize + 1..self.hi[item] as usize;
        // A boundary at either end of what was placed may be free of crossings as well, but was so before.
        let falls_apart = inner.clone().any(|boundary| self.crossing[boundary] == 0);
        part.left -= 1;
        if part.left == 0 {
            return self.pending.pop();
        }
        if falls_apart && part.left > 1 && self.split(&part, ranking) {
            return self.pending.pop();
        }
        Some(part)
    }

    /// Makes the list of a part anew without what is placed, once that is half of it.
    pub(super) fn compact(&mut self, part: &mut Part) {
        let list = part.start..part.end;
        if part.left * 2 > list.len() {
            return;
        }
        let start = self.lists.len();
        let mut position = None;
        for at in list {
            if at >= part.position && position.is_none() {
                position = Some(self.lists.len());
            }
            let item = self.lists[at];
            if self.is_unplaced(item as usize) {
                self.lists.push(item);
            }
        }
        part.position = position.unwrap_or(self.lists.len());
        (part.start, part.end) = (start, self.lists.len());
    }

    /// Makes pending parts of what is left of `part`; `false` if it does not fall apart.
    fn split(&mut self, part: &Part, ranking: &Ranking<'_>) -> bool {
        let bottom = self.pending.len();
        let mut from = part.lo;
        for boundary in part.lo + 1..=part.hi {
            if boundary < part.hi && self.crossing[boundary] > 0 {
                continue;
            }
            self.ranked.clear();
            for at in part.start..part.end {
                let item = self.lists[at] as usize;
                let inside = self.lo[item] as usize >= from && self.hi[item] as usize <= boundary;
                if inside && self.is_unplaced(item) {
                    self.ranked.push(self.lists[at]);
                }
            }
            if !self.ranked.is_empty() {
                self.rank(ranking, true);
                let start = self.lists.len();
                self.lists.extend_from_slice(&self.ranked);
                let (end, lo, hi) = (self.lists.len(), from, boundary);
                let left = end - start;
                self.pending.push(Part { start, end, left, lo, hi, position: start, ..*part });
            }
            from = boundary;
        }
        if self.pending.len() == bottom + 1 {
            // All on one side: the old order stands.
            self.pending.truncate(bottom);
            return false;
        }
        // The one that fails first saves most: small ones, which are taken from the end.
        self.pending[bottom..]
            .sort_unstable_by_key(|part| core::cmp::Reverse(part.end - part.start));
        true
    }

    /// Sorts `ranked`, by what is left to be placed if `anew`.
    pub(super) fn rank(&mut self, ranking: &Ranking<'_>, anew: bool) {
        self.keyed.clear();
        for &item in &self.ranked {
            let index = item as usize;
            let values = ranking.key.map(|feature| self.feature(feature, index, anew));
            self.keyed.push((values, item));
        }
        self.keyed.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        if !ranking.noise.is_empty() {
            // Each item falls back by up to a thirty-second of the list.
            let reach = self.keyed.len() as u64 / 32 + 1;
            for (position, (values, item)) in (0_u64..).zip(&mut self.keyed) {
                let back = ranking.noise.get(*item as usize).copied().unwrap_or(0) * reach;
                *values = [(position << NOISE_BITS) + back, 0, 0];
            }
            self.keyed.sort_unstable();
        }
        self.ranked.clear();
        self.ranked.extend(self.keyed.iter().map(|(_, item)| *item));
    }

    fn feature(&self, feature: Feature, item: usize, anew: bool) -> u64 {
        if !(anew && feature == Feature::Total) || self.cells == 0 {
            return self.features.values[item][feature as usize];
        }
        let runs = self.runs[self.runs_of(item)].iter();
        let most = runs.map(|(lo, hi)| self.left[*lo as usize..*hi as usize].iter().max());
        most.flatten().copied().max().unwrap_or(0)
    }
}
