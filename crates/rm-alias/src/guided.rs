//! One descent for thousands of items: fill the lowest place, and look one step ahead.
//!
//! The floor of each section is how high it is filled. What can lie on the lowest stretch of equal floors is tried in order
//! of rank, beginning at its tightest section. An item is passed over if the section beside it would then be without anything
//! that fits, and could not afford to stay empty up to the next wall. Where nothing fits the floor is raised.
//! There is no going back: when the cap cannot be held it is raised, up to where the descent is not worth going on.

mod levels;

use alloc::vec::Vec;

use self::levels::Levels;
use crate::model::{Component, Model};

/// No entry.
const NONE: u32 = u32::MAX;

/// The descent; keeps its buffers.
#[derive(Debug, Default)]
pub(crate) struct Guided {
    size: Vec<u64>,
    align: Vec<u64>,
    lo: Vec<u32>,
    hi: Vec<u32>,
    totals: Vec<u64>,
    /// Items by first section then by end, and by end then by late start; where each section's begin.
    starting: Vec<u32>,
    starting_at: Vec<u32>,
    ending: Vec<u32>,
    ending_at: Vec<u32>,

    pub(crate) offsets: Vec<u64>,
    placed: Vec<bool>,
    levels: Levels,
    /// What each section still needs.
    left: Vec<u64>,
    /// For each section a list of its items by rank, as entries with the next one.
    heads: Vec<u32>,
    tails: Vec<u32>,
    entries: Vec<(u32, u32)>,
    /// The first unplaced of `starting` and `ending` for each section.
    next_starting: Vec<u32>,
    next_ending: Vec<u32>,
    cap: u64,
}

/// A stretch of sections with equal floors.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    lo: usize,
    hi: usize,
    floor: u64,
    /// The floors beside it, or as high as anything.
    left_wall: u64,
    right_wall: u64,
}

impl Guided {
    /// Takes a component over that has no fixed items.
    ///
    /// With several queues what overlaps on the first one is kept apart; with several tilings everything is padded to pages.
    pub(crate) fn load(&mut self, model: &Model, component: &Component) {
        let first = component.sections.start;
        let pieces = &model.pieces[component.pieces.clone()];
        let sections = component.sections.len();
        self.size.clear();
        self.size.extend(pieces.iter().map(|piece| piece.size.next_multiple_of(model.page)));
        self.align.clear();
        self.align.extend(pieces.iter().map(|piece| piece.align.max(model.page)));
        self.lo.clear();
        self.lo.extend(pieces.iter().map(|piece| small(piece.lo as usize - first)));
        self.hi.clear();
        self.hi.extend(pieces.iter().map(|piece| small(piece.hi as usize - first)));
        self.totals.clear();
        self.totals.resize(sections, 0);
        for item in 0..self.size.len() {
            let range = self.lo[item] as usize..self.hi[item] as usize;
            self.totals[range].iter_mut().for_each(|total| *total += self.size[item]);
        }
        let (lo, hi) = (&self.lo, &self.hi);
        self.starting.clear();
        self.starting.extend(0..small(pieces.len()));
        self.ending.clone_from(&self.starting);
        self.starting.sort_unstable_by_key(|item| (lo[*item as usize], hi[*item as usize]));
        let late = |item: u32| core::cmp::Reverse(lo[item as usize]);
        self.ending.sort_unstable_by_key(|item| (hi[*item as usize], late(*item)));
        index(&mut self.starting_at, &self.starting, sections, |item| lo[item as usize]);
        index(&mut self.ending_at, &self.ending, sections, |item| hi[item as usize]);
    }

    /// Descends with items ranked by `order`; the peak if that is at most `most`.
    pub(crate) fn run(&mut self, order: &[u32], cap: u64, most: u64) -> Option<u64> {
        self.reset(order, cap);
        let mut open = self.size.len();
        while open > 0 {
            let lowest = self.levels.lowest()?;
            let stretch = self.stretch(lowest);
            let tightest = (stretch.lo..stretch.hi).max_by_key(|section| self.left[*section])?;
            match self.choose(&stretch, tightest) {
                Some(item) => {
                    self.place(item, stretch.floor);
                    open -= 1;
                }
                None => {
                    let wall = stretch.left_wall.min(stretch.right_wall);
                    self.levels.set(tightest, tightest + 1, wall);
                    self.cap = self.cap.max(wall + self.left[tightest]);
                }
            }
            if self.cap > most {
                return None;
            }
        }
        let tops = self.offsets.iter().zip(&self.size);
        tops.map(|(offset, size)| offset + size).max()
    }

    fn reset(&mut self, order: &[u32], cap: u64) {
        let sections = self.totals.len();
        self.cap = cap;
        self.offsets.clear();
        self.offsets.resize(self.size.len(), 0);
        self.placed.clear();
        self.placed.resize(self.size.len(), false);
        self.left.clone_from(&self.totals);
        self.levels.reset(sections);
        self.heads.clear();
        self.heads.resize(sections, NONE);
        self.tails.clear();
        self.tails.resize(sections, NONE);
        self.entries.clear();
        for &item in order {
            for section in self.lo[item as usize] as usize..self.hi[item as usize] as usize {
                let entry = small(self.entries.len());
                self.entries.push((item, NONE));
                match self.tails[section] {
                    NONE => self.heads[section] = entry,
                    tail => self.entries[tail as usize].1 = entry,
                }
                self.tails[section] = entry;
            }
        }
        self.next_starting.clone_from(&self.starting_at);
        self.next_ending.clone_from(&self.ending_at);
    }

    /// The stretch around a lowest section.
    fn stretch(&self, lowest: usize) -> Stretch {
        let floor = self.levels.floor(lowest);
        let (mut lo, mut hi) = (lowest, lowest + 1);
        while lo > 0 && self.levels.floor(lo - 1) == floor {
            lo -= 1;
        }
        while hi < self.left.len() && self.levels.floor(hi) == floor {
            hi += 1;
        }
        let left_wall = if lo > 0 { self.levels.floor(lo - 1) } else { u64::MAX };
        let right_wall = if hi < self.left.len() { self.levels.floor(hi) } else { u64::MAX };
        Stretch { lo, hi, floor, left_wall, right_wall }
    }

    /// The first item by rank that lives in `section`, fits into the stretch, and leaves its neighbours something to do.
    fn choose(&mut self, stretch: &Stretch, section: usize) -> Option<usize> {
        let mut before = NONE;
        let mut entry = self.heads[section];
        let mut fallback = None;
        while entry != NONE {
            let (item, next) = self.entries[entry as usize];
            let item = item as usize;
            if self.placed[item] {
                match before {
                    NONE => self.heads[section] = next,
                    before => self.entries[before as usize].1 = next,
                }
                entry = next;
                continue;
            }
            if self.lo[item] as usize >= stretch.lo && self.hi[item] as usize <= stretch.hi {
                if self.leaves_work(stretch, item) {
                    return Some(item);
                }
                fallback = fallback.or(Some(item));
            }
            before = entry;
            entry = next;
        }
        let wall = stretch.left_wall.min(stretch.right_wall);
        let empty = wall < u64::MAX && wall + self.left[section] <= self.cap;
        if empty { None } else { fallback }
    }

    /// The sections beside `item`, if placed, still have something that fits, or need not.
    fn leaves_work(&mut self, stretch: &Stretch, item: usize) -> bool {
        let (lo, hi) = (self.lo[item] as usize, self.hi[item] as usize);
        let offset = stretch.floor.next_multiple_of(self.align[item]);
        let top = offset + self.size[item];
        if offset > stretch.floor {
            let most = self.left[lo..hi].iter().copied().max().unwrap_or(0);
            if offset + most > self.cap {
                return false;
            }
        }
        if hi < stretch.hi {
            let wall = top.min(stretch.right_wall);
            if wall + self.left[hi] > self.cap && !self.has_start(hi, stretch.hi) {
                return false;
            }
        }
        if lo > stretch.lo {
            let wall = top.min(stretch.left_wall);
            if wall + self.left[lo - 1] > self.cap && !self.has_end(lo, stretch.lo) {
                return false;
            }
        }
        true
    }

    /// An unplaced item starts in `section` and ends at `end` or before.
    fn has_start(&mut self, section: usize, end: usize) -> bool {
        let last = self.starting_at[section + 1];
        let next = &mut self.next_starting[section];
        while *next < last && self.placed[self.starting[*next as usize] as usize] {
            *next += 1;
        }
        *next < last && self.hi[self.starting[*next as usize] as usize] as usize <= end
    }

    /// An unplaced item ends where `section` begins and starts in `start` or later.
    fn has_end(&mut self, section: usize, start: usize) -> bool {
        let last = self.ending_at[section + 1];
        let next = &mut self.next_ending[section];
        while *next < last && self.placed[self.ending[*next as usize] as usize] {
            *next += 1;
        }
        *next < last && self.lo[self.ending[*next as usize] as usize] as usize >= start
    }

    fn place(&mut self, item: usize, floor: u64) {
        let (lo, hi) = (self.lo[item] as usize, self.hi[item] as usize);
        let offset = floor.next_multiple_of(self.align[item]);
        let top = offset + self.size[item];
        self.offsets[item] = offset;
        self.placed[item] = true;
        let mut most = 0;
        for left in &mut self.left[lo..hi] {
            *left -= self.size[item];
            most = most.max(*left);
        }
        self.cap = self.cap.max(top + most);
        self.levels.set(lo, hi, top);
        for section in lo..hi {
            if self.left[section] == 0 {
                self.levels.set(section, section + 1, u64::MAX);
            }
        }
    }
}

/// Where the items of each section begin in a list sorted by section.
fn index(at: &mut Vec<u32>, sorted: &[u32], sections: usize, section: impl Fn(u32) -> u32) {
    at.clear();
    at.resize(sections + 2, 0);
    for item in sorted {
        at[section(*item) as usize + 1] += 1;
    }
    for next in 1..at.len() {
        at[next] += at[next - 1];
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}
