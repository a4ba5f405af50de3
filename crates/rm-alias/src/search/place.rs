//! Placing an item, and taking it back.

use super::{NONE, Search};

impl Search {
    /// The lowest offset of an item at or above `floor`: aligned, and past fixed items.
    pub(super) fn lift(&self, item: usize, floor: u64) -> u64 {
        let align = self.align[item];
        let mut offset = (floor + (align - 1)) & !(align - 1);
        if self.obstacles.is_empty() {
            return offset;
        }
        let start = if item == 0 { 0 } else { self.obstacle_ends[item - 1] as usize };
        for (end, top) in &self.obstacles[start..self.obstacle_ends[item] as usize] {
            if offset + self.size[item] > *end && offset < *top {
                offset = top.next_multiple_of(align);
            }
        }
        offset
    }

    /// An item fits under the cap together with everything that is left in its cliques.
    pub(super) fn has_room(&self, item: usize, offset: u64) -> bool {
        let room = self.cap - offset.min(self.cap);
        self.runs_of(item).all(|run| {
            let (lo, hi) = self.runs[run];
            self.left[lo as usize..hi as usize].iter().copied().max().unwrap_or(0) <= room
        }) && self.size[item] <= room
    }

    /// Places an item at its floor; `false` if that shows that there is no plan. [`Self::take_back`] follows in any case.
    pub(super) fn place(&mut self, item: usize) -> bool {
        let (offset, size) = (self.floor[item], self.size[item]);
        self.unplaced[item / 64] &= !(1 << (item % 64));
        self.doubtful.clear();
        for run in self.runs_of(item) {
            let (lo, hi) = self.runs[run];
            let range = lo as usize..hi as usize;
            self.left[range.clone()].iter_mut().for_each(|left| *left -= size);
            if self.witnessed[item] > 0 {
                let witnesses = (lo..hi).zip(&self.witness[range]);
                let mine = witnesses.filter(|(_, witness)| **witness as usize == item);
                self.doubtful.extend(mine.map(|(clique, _)| clique));
            }
        }
        let inner = self.lo[item] as usize + 1..self.hi[item] as usize;
        if !inner.is_empty() {
            self.crossing[inner].iter_mut().for_each(|count| *count -= 1);
        }
        self.lift_neighbours(item, offset + size) && self.check_doubtful()
    }

    /// Takes the last item placed back, which lies above `trail` lifts.
    pub(super) fn take_back(&mut self, item: usize, trail: usize) {
        while self.trail.len() > trail {
            if let Some((lifted, floor)) = self.trail.pop() {
                self.floor[lifted as usize] = floor;
            }
        }
        let size = self.size[item];
        self.unplaced[item / 64] |= 1 << (item % 64);
        let mine = u32::try_from(item).unwrap_or(NONE);
        let mut gained = 0;
        for run in self.runs_of(item) {
            let (lo, hi) = self.runs[run];
            for clique in lo as usize..hi as usize {
                self.left[clique] += size;
                let before = core::mem::replace(&mut self.witness[clique], mine);
                if let Some(count) = self.witnessed.get_mut(before as usize) {
                    *count -= 1;
                }
                gained += 1;
            }
        }
        self.witnessed[item] = gained;
        let inner = self.lo[item] as usize + 1..self.hi[item] as usize;
        if !inner.is_empty() {
            self.crossing[inner].iter_mut().for_each(|count| *count += 1);
        }
    }

    /// Looks for an unplaced item that can start low enough for everything that a clique still needs.
    pub(super) fn find_witness(&mut self, clique: usize) -> bool {
        let most = self.cap - self.left[clique].min(self.cap);
        for word in 0..self.words {
            let mut bits = self.members[clique * self.words + word] & self.unplaced[word];
            while bits != 0 {
                let item = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if self.floor[item] <= most {
                    if let Some(count) = self.witnessed.get_mut(self.witness[clique] as usize) {
                        *count -= 1;
                    }
                    self.witness[clique] = u32::try_from(item).unwrap_or(NONE);
                    self.witnessed[item] += 1;
                    return true;
                }
            }
        }
        false
    }

    fn lift_neighbours(&mut self, item: usize, top: u64) -> bool {
        let other_tiling = if self.page == 1 { top } else { top.next_multiple_of(self.page) };
        for word in 0..self.words {
            let mut bits = self.neighbours[item * self.words + word] & self.unplaced[word];
            while bits != 0 {
                let other = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let same = self.tiling[other] == self.tiling[item];
                let floor = if same { top } else { other_tiling };
                let before = self.floor[other];
                if before >= floor {
                    continue;
                }
                let lifted = self.lift(other, floor);
                self.trail.push((u32::try_from(other).unwrap_or(NONE), before));
                self.floor[other] = lifted;
                if lifted + self.size[other] > self.cap {
                    return false;
                }
                if self.witnessed[other] > 0 {
                    self.doubt(other, lifted);
                }
            }
        }
        true
    }

    /// Remembers the cliques whose witness rose too high.
    fn doubt(&mut self, item: usize, offset: u64) {
        let room = self.cap - offset;
        for run in self.runs_of(item) {
            let (lo, hi) = self.runs[run];
            let range = lo as usize..hi as usize;
            let cliques = (lo..hi).zip(self.witness[range.clone()].iter().zip(&self.left[range]));
            let lost =
                cliques.filter(|(_, (witness, left))| **witness as usize == item && **left > room);
            self.doubtful.extend(lost.map(|(clique, _)| clique));
        }
    }

    fn check_doubtful(&mut self) -> bool {
        while let Some(clique) = self.doubtful.pop() {
            let clique = clique as usize;
            if self.left[clique] > 0 && !self.find_witness(clique) {
                return false;
            }
        }
        true
    }
}
