//! Pieces that come and go one by one, and the blocks that they lie in.

use super::{block::Block, ranges::Ranges, source::Source};

/// A block, and what is free of it.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) block: Block,
    pub(super) free: Ranges,
    /// Pieces that were not released.
    pub(super) live: u32,
}

impl Plot {
    /// All of it is free, or as much as the one piece takes that has it alone.
    pub(super) fn new(block: Block, alone: Option<u64>) -> Self {
        let taken = alone.and_then(|size| size.checked_next_multiple_of(block.grain()));
        let size = taken.map_or(block.size(), |taken| taken.min(block.size()));
        Self { free: Ranges::new(size), block, live: 0 }
    }

    /// Takes a piece of `size` bytes: the offset, and what is taken with the rest of its last atom.
    pub(super) fn take(
        &mut self,
        source: &Source,
        size: u64,
        alignment: u64,
    ) -> Option<(u64, u64)> {
        let taken = size.checked_next_multiple_of(self.block.grain())?;
        let alignment = alignment.max(source.alignment(&self.block));
        Some((self.free.take(taken, alignment)?, taken))
    }
}

/// One piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    // Invariant: 0 unless it is live.
    pub(super) stamp: u64,
    pub(super) plot: u32,
    pub(super) offset: u64,
    /// Bytes that are taken, at least those asked for.
    pub(super) taken: u64,
    pub(super) kept: bool,
    /// The next one of the same list.
    pub(super) next: u32,
}

/// The end of a list.
pub(super) const END: u32 = u32::MAX;

/// All pieces, by index.
#[derive(Debug)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    /// The list of those that are nobody's.
    vacant: u32,
}

impl Pieces {
    /// Stores a piece and says where.
    pub(super) fn enter(&mut self, piece: Piece) -> u32 {
        if let Some(vacant) = self.pieces.get_mut(self.vacant as usize) {
            let index = self.vacant;
            self.vacant = vacant.next;
            *vacant = piece;
            return index;
        }
        self.pieces.push(piece);
        // 2^32 pieces are 200 GB.
        u32::try_from(self.pieces.len() - 1).unwrap_or(END)
    }

    /// Forgets a piece, and says what it was.
    pub(super) fn remove(&mut self, index: u32) -> Piece {
        let vacant = self.vacant;
        let piece = self.at(index);
        let was = *piece;
        piece.stamp = 0;
        piece.next = vacant;
        self.vacant = index;
        was
    }

    /// A piece that was entered.
    pub(super) fn at(&mut self, index: u32) -> &mut Piece {
        &mut self.pieces[index as usize]
    }

    pub(super) fn get(&self, index: u32) -> Option<&Piece> {
        self.pieces.get(index as usize)
    }
}

impl Default for Pieces {
    fn default() -> Self {
        Self { pieces: Vec::new(), vacant: END }
    }
}
