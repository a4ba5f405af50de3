//! Nodes: which items could be placed next, going on, going back.

use super::{Frame, NONE, Part, Search};

impl Search {
    /// Finds the candidates of a part that has something left; `false` if it cannot be completed.
    pub(super) fn open(&mut self, mut part: Part) -> bool {
        let first = self.candidates.len();
        self.compact(&mut part);
        let mut alive = true;
        // Nothing left may be passed by so far that it would fit below entirely.
        let mut height = u64::MAX;
        for position in part.start..part.end {
            let item = self.lists[position] as usize;
            if !self.is_unplaced(item) {
                continue;
            }
            let floor = self.floor[item];
            let top = floor + self.size[item];
            height = height.min(if self.page == 1 { top } else { top.next_multiple_of(self.page) });
            if floor > part.offset || (floor == part.offset && position >= part.position) {
                if floor < height {
                    let number = |value| u32::try_from(value).unwrap_or(NONE);
                    self.candidates.push((floor, number(position), number(item)));
                }
            } else if self.is_alone(item) {
                alive = false;
                break;
            }
        }
        let cliques = self.first_clique[part.lo] as usize..self.first_clique[part.hi] as usize;
        let most = self.left[cliques].iter().copied().max().unwrap_or(0);
        let highest = (self.cap - most).min(height - 1);
        let mut kept = first;
        if alive {
            for index in first..self.candidates.len() {
                if self.candidates[index].0 <= highest {
                    self.candidates[kept] = self.candidates[index];
                    kept += 1;
                }
            }
        }
        self.candidates.truncate(kept);
        self.candidates[first..].sort_unstable();
        self.frames.push(Frame {
            part,
            item: NONE,
            next: first,
            taken: first,
            end: kept,
            trail: self.trail.len(),
            lists: self.lists.len(),
            pending: self.pending.len(),
        });
        kept > first
    }

    /// Places the next candidate of the last frame that can be; `false` if there is none.
    pub(super) fn advance(&mut self) -> bool {
        let Some(mut frame) = self.frames.pop() else { return false };
        let mut placed = false;
        while frame.next < frame.end && !placed {
            let (offset, _, item) = self.candidates[frame.next];
            frame.taken = frame.next;
            frame.next += 1;
            let index = item as usize;
            if !self.has_room(index, offset) {
                continue;
            }
            self.nodes += 1;
            // With nothing to lift, this place is as good as any: if it fails, so do the others.
            if self.is_alone(index) {
                frame.next = frame.end;
            }
            placed = self.place(index);
            if placed {
                frame.item = item;
            } else {
                self.take_back(index, frame.trail);
            }
        }
        self.frames.push(frame);
        placed
    }

    /// Drops all frames above `parent`, and what that one has placed.
    pub(super) fn back_to(&mut self, parent: usize) {
        while self.frames.len() > parent + 1 {
            if let Some(frame) = self.frames.pop()
                && frame.item != NONE
            {
                self.take_back(frame.item as usize, frame.trail);
            }
        }
        let Some(frame) = self.frames.last_mut() else { return };
        let (item, trail) = (frame.item, frame.trail);
        frame.item = NONE;
        let (end, lists, pending) = (frame.end, frame.lists, frame.pending);
        if item != NONE {
            self.take_back(item as usize, trail);
        }
        self.candidates.truncate(end);
        self.lists.truncate(lists);
        self.pending.truncate(pending);
    }

    pub(super) fn is_unplaced(&self, item: usize) -> bool {
        self.unplaced[item / 64] >> (item % 64) & 1 == 1
    }

    /// No unplaced item overlaps this one.
    fn is_alone(&self, item: usize) -> bool {
        let row = &self.neighbours[item * self.words..(item + 1) * self.words];
        row.iter().zip(&self.unplaced).all(|(row, unplaced)| row & unplaced == 0)
    }
}
