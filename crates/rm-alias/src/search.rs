//! The exact search: is there a plan of one component below a cap?
//!
//! Every plan can be pushed down until each item rests on the ground or on another one. Such a plan is found by placing items
//! by ascending offset, ties by rank, each on top of what it overlaps; the search tries all of these orders depth first
//! (Moffitt, "MiniMalloc", ASPLOS 2023). What it adds:
//!
//! - A section fails when nothing that it still needs can start low enough. One *witness* a section that can is remembered, and
//!   looked for again only when it is placed or rises. Going back makes the item taken away the witness of its sections, since
//!   it was checked against them before it was placed; so nothing about witnesses is ever undone.
//! - All that is left goes at or above the last offset, so an offset that leaves any section too little room ends a node.
//! - An item that was passed over and has nothing left to be lifted by is dead, and so is the node.
//! - When what is left falls apart in time, the parts are ranked anew by what is left, and solved one after the other;
//!   a part that fails goes back past the parts solved before it.

mod lists;
mod node;
mod place;
mod setup;
mod worth;

use alloc::vec::Vec;

pub(crate) use self::setup::MOST_ITEMS;
use crate::keys::Features;

/// No item, no frame, no witness.
const NONE: u32 = u32::MAX;

/// How a search ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// There is no plan below the cap.
    Exhausted,
    /// A plan was found; [`Search::offset`] has it.
    Found,
    /// The nodes ran out, or the clock did.
    Limit,
}

/// A choice: what could be placed next, and what is placed now.
#[derive(Clone, Copy, Debug)]
struct Frame {
    part: Part,
    /// The item placed now, or [`NONE`].
    item: u32,
    /// The candidates up to `end`, of which those before `next` need not be tried any more; `taken` is the one placed.
    next: usize,
    taken: usize,
    end: usize,
    /// How long trail, lists and pending parts were before the item was placed.
    trail: usize,
    lists: usize,
    pending: usize,
}

/// Items that are to be placed independently of others.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Where in `lists` the items are, by rank; some may be placed already.
    start: usize,
    end: usize,
    /// How many are not placed yet.
    left: usize,
    /// The sections they live in, of the first queue.
    lo: usize,
    hi: usize,
    /// The next item goes above `offset`, or there at this position of the list or behind.
    offset: u64,
    position: usize,
    /// The frame that is to choose anew if there is no way to place them, or [`NONE`].
    parent: u32,
}

/// The search over one component; keeps its buffers.
#[derive(Debug, Default)]
pub(crate) struct Search {
    // The component, by local index: what does not change in a search.
    size: Vec<u64>,
    align: Vec<u64>,
    /// 0 or 1: items of different tiling do not share a page.
    tiling: Vec<u8>,
    lo: Vec<u32>,
    hi: Vec<u32>,
    /// The piece of the model.
    piece: Vec<u32>,
    page: u64,
    /// How many words a set of items takes.
    words: usize,
    neighbours: Vec<u64>,
    /// The cliques of each item as ranges; they are sorted by section.
    run_ends: Vec<u32>,
    runs: Vec<(u32, u32)>,
    first_clique: Vec<u32>,
    /// How many cells of the grid each section has, or 0 if cliques are not known.
    cells: usize,
    renamed: Vec<u32>,
    kept: Vec<u32>,
    /// The items of each clique.
    members: Vec<u64>,
    totals: Vec<u64>,
    /// Fixed items in the way of each item, by offset: where an item must end, and where it may start again.
    obstacle_ends: Vec<u32>,
    obstacles: Vec<(u64, u64)>,
    pub(crate) features: Features,

    // The state of a search.
    cap: u64,
    /// Where an item lies, or the lowest offset at which it still may.
    floor: Vec<u64>,
    unplaced: Vec<u64>,
    left: Vec<u64>,
    witness: Vec<u32>,
    /// How many cliques an item is the witness of.
    witnessed: Vec<u32>,
    /// How many unplaced items live on both sides of a boundary between sections.
    crossing: Vec<u32>,
    trail: Vec<(u32, u64)>,
    doubtful: Vec<u32>,
    candidates: Vec<(u64, u32, u32)>,
    lists: Vec<u32>,
    frames: Vec<Frame>,
    pending: Vec<Part>,
    ranked: Vec<u32>,
    keyed: Vec<([u64; 3], u32)>,
    pub(crate) nodes: u64,
}

impl Search {
    /// Looks for a plan that ends at `cap` or below, placing items in the order of `rank` where offsets tie.
    pub(crate) fn run(
        &mut self,
        cap: u64,
        ranking: &Ranking<'_>,
        limit: u64,
        stop: &mut dyn FnMut() -> bool,
    ) -> Outcome {
        self.nodes = 0;
        if !self.reset(cap, ranking) {
            return Outcome::Exhausted;
        }
        let Some(mut part) = self.pending.pop() else { return Outcome::Found };
        loop {
            let mut alive = self.open(part);
            // Goes on with the last frame until something is placed.
            loop {
                if alive && self.advance() {
                    break;
                }
                let Some(frame) = self.frames.last() else { return Outcome::Exhausted };
                let parent = frame.part.parent;
                if parent == NONE {
                    return Outcome::Exhausted;
                }
                self.back_to(parent as usize);
                alive = true;
                if self.nodes >= limit || (self.nodes.is_multiple_of(128) && stop()) {
                    return Outcome::Limit;
                }
            }
            match self.descend(ranking) {
                Some(next) => part = next,
                None => return Outcome::Found,
            }
        }
    }

    /// Where a piece of the model lies, by local index, after a search that found a plan.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (usize, u64)> {
        self.piece.iter().zip(&self.floor).map(|(piece, offset)| (*piece as usize, *offset))
    }

    /// How many items are searched for a place.
    pub(crate) fn len(&self) -> usize {
        self.size.len()
    }

    fn runs_of(&self, item: usize) -> core::ops::Range<usize> {
        let start = if item == 0 { 0 } else { self.run_ends[item - 1] as usize };
        start..self.run_ends[item] as usize
    }
}

/// Noise is below two to this.
pub(crate) const NOISE_BITS: u32 = 8;

/// Which of two items comes first where offsets tie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranking<'a> {
    /// What to rank by.
    pub(crate) key: crate::keys::Key,
    /// How far each item falls back, below 2^[`NOISE_BITS`]; or nothing.
    pub(crate) noise: &'a [u64],
}
