//! Time, cut into maximal sets of items that live at once.

use alloc::vec::Vec;

use super::{Component, Piece};
use crate::Span;

/// The starts and ends of the items of a group in order of time; keeps its buffers.
#[derive(Debug, Default)]
pub(crate) struct Events {
    keys: Vec<u64>,
    starts: Vec<u32>,
}

impl Events {
    /// Sorts `members` by the start of their spans.
    pub(super) fn order(&mut self, members: &[u32], span: impl Fn(u32) -> Span) {
        self.keys.clear();
        self.keys.extend(members.iter().map(|member| key(span(*member).start, *member)));
        if !self.keys.is_sorted() {
            self.keys.sort_unstable();
        }
        self.starts.clear();
        self.starts.extend(self.keys.iter().map(|key| low(*key)));
    }

    pub(super) fn by_start(&self) -> &[u32] {
        &self.starts
    }

    /// Gives `pieces`, sorted by start, their sections; finds what is live in each, and the components.
    pub(super) fn cut(
        &mut self,
        pieces: &mut [Piece],
        totals: &mut Vec<u64>,
        components: &mut Vec<Component>,
        span: impl Fn(&Piece) -> Span,
    ) {
        totals.clear();
        components.clear();
        self.keys.clear();
        self.keys.extend((0_u32..).zip(&*pieces).map(|(index, piece)| key(span(piece).end, index)));
        self.keys.sort_unstable();
        let (mut live, mut section) = (0_u64, 0_u32);
        // Something ended since the last start.
        let mut ended = false;
        let (mut ends, mut first_piece, mut first_section) = (0, 0, 0);
        for index in 0..pieces.len() {
            let start = span(&pieces[index]).start;
            while let Some(&end) = self.keys.get(ends).filter(|end| (**end >> 32) as u32 <= start) {
                if !ended {
                    totals.push(live);
                    ended = true;
                }
                let piece = &mut pieces[low(end) as usize];
                piece.hi = section + 1;
                live -= piece.size;
                ends += 1;
            }
            if ended {
                section += 1;
                ended = false;
            }
            if live == 0 && index > first_piece {
                let sections = first_section..section as usize;
                components.push(Component { pieces: first_piece..index, sections });
                (first_piece, first_section) = (index, section as usize);
            }
            pieces[index].lo = section;
            live += pieces[index].size;
        }
        for end in &self.keys[ends..] {
            pieces[low(*end) as usize].hi = section + 1;
        }
        if !pieces.is_empty() {
            totals.push(live);
            let sections = first_section..totals.len();
            components.push(Component { pieces: first_piece..pieces.len(), sections });
        }
    }
}

fn key(time: u32, index: u32) -> u64 {
    u64::from(time) << 32 | u64::from(index)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is the index")]
const fn low(key: u64) -> u32 {
    key as u32
}
