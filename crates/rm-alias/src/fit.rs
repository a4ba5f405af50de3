//! First fit: items one by one, each at the lowest offset that is free while it lives.

use alloc::vec::Vec;

use crate::model::{Model, NOWHERE, Piece};

/// What lies somewhere already.
#[derive(Clone, Copy, Debug)]
struct Laid {
    offset: u64,
    top: u64,
    /// Its sections, so that most need no look at the model.
    lo: u32,
    hi: u32,
    piece: u32,
}

/// Items placed so far, by offset; keeps its buffers.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    laid: Vec<Laid>,
    pub(crate) peak: u64,
}

impl Shelf {
    pub(crate) fn clear(&mut self) {
        self.laid.clear();
        self.peak = 0;
    }

    /// The lowest free offset for `piece` at or above `from`.
    pub(crate) fn lowest(&self, model: &Model, piece: usize, from: u64) -> u64 {
        let mine = &model.pieces[piece];
        let mut offset = from.next_multiple_of(mine.align);
        let mut next = 0;
        while let Some(laid) = self.laid.get(next) {
            next += 1;
            // What ends below is in nobody's way, whenever it lives; a page may still be shared.
            if laid.top <= offset && model.page == 1 {
                continue;
            }
            if laid.lo >= mine.hi
                || mine.lo >= laid.hi
                || !model.grid.overlap(piece, laid.piece as usize)
            {
                continue;
            }
            let other = &model.pieces[laid.piece as usize];
            let end = offset + mine.size;
            if model.floor(end, mine.tiling, other.tiling) <= laid.offset {
                // Something of the other tiling may begin in the same page, though not before this.
                if end.next_multiple_of(model.page) <= laid.offset {
                    break;
                }
                continue;
            }
            let floor = model.floor(laid.top, other.tiling, mine.tiling);
            let above = floor.next_multiple_of(mine.align);
            if above > offset {
                offset = above;
                // What was passed because this fitted below may be in the way now.
                next = if model.page == 1 { next } else { 0 };
            }
        }
        offset
    }

    /// Whether `piece` fits at `offset`.
    pub(crate) fn is_free(&self, model: &Model, piece: usize, offset: u64) -> bool {
        self.lowest(model, piece, offset) == offset
    }

    /// Lays `piece` at the lowest free offset, and returns it.
    pub(crate) fn lay_lowest(&mut self, model: &Model, piece: usize) -> u64 {
        let offset = self.lowest(model, piece, 0);
        self.lay(model, piece, offset);
        offset
    }

    /// Lays `piece` at `offset`, which is free.
    pub(crate) fn lay(&mut self, model: &Model, piece: usize, offset: u64) {
        let position = self.laid.partition_point(|laid| laid.offset <= offset);
        let Piece { size, lo, hi, .. } = &model.pieces[piece];
        let top = offset + size;
        self.peak = self.peak.max(top);
        let number = u32::try_from(piece).unwrap_or(u32::MAX);
        self.laid.insert(position, Laid { offset, top, lo: *lo, hi: *hi, piece: number });
    }

    /// Lays `piece` at `offset` without regard to order; [`sort`](Self::sort) follows before anything is looked for.
    pub(crate) fn push(&mut self, model: &Model, piece: usize, offset: u64) {
        let Piece { size, lo, hi, .. } = &model.pieces[piece];
        let top = offset + size;
        self.peak = self.peak.max(top);
        let number = u32::try_from(piece).unwrap_or(u32::MAX);
        self.laid.push(Laid { offset, top, lo: *lo, hi: *hi, piece: number });
    }

    pub(crate) fn sort(&mut self) {
        self.laid.sort_unstable_by_key(|laid| laid.offset);
    }

    /// Takes a piece away; the peak stays.
    pub(crate) fn lift(&mut self, piece: usize, offset: u64) {
        let first = self.laid.partition_point(|laid| laid.offset < offset);
        let found = self.laid[first..].iter().position(|laid| laid.piece as usize == piece);
        if let Some(found) = found {
            self.laid.remove(first + found);
        }
    }
}

/// Lays the items of a component in `order`, fixed ones before; `None` as soon as one ends above `cap`.
pub(crate) fn first_fit(
    model: &Model,
    shelf: &mut Shelf,
    order: &[u32],
    cap: u64,
    offsets: &mut [u64],
) -> Option<u64> {
    shelf.clear();
    lay_fixed(model, shelf, order, offsets);
    for &piece in order {
        let piece = piece as usize;
        if model.pieces[piece].fixed().is_none() {
            offsets[piece] = shelf.lay_lowest(model, piece);
            if shelf.peak > cap {
                return None;
            }
        }
    }
    Some(shelf.peak)
}

/// As [`first_fit`], but each item first asks for the place that `hints` has for it, if that ends at `limit` or below.
pub(crate) fn hinted_fit(
    model: &Model,
    shelf: &mut Shelf,
    order: &[u32],
    hints: &impl Fn(usize) -> u64,
    limit: u64,
    offsets: &mut [u64],
) -> u64 {
    shelf.clear();
    lay_fixed(model, shelf, order, offsets);
    for &piece in order {
        let index = piece as usize;
        let (hint, mine) = (hints(index), &model.pieces[index]);
        if mine.fixed().is_some() {
            continue;
        }
        offsets[index] = NOWHERE;
        let possible = hint < limit && mine.size <= limit - hint;
        if possible && hint.is_multiple_of(mine.align) && shelf.is_free(model, index, hint) {
            shelf.lay(model, index, hint);
            offsets[index] = hint;
        }
    }
    for &piece in order {
        let index = piece as usize;
        if offsets[index] == NOWHERE {
            offsets[index] = shelf.lay_lowest(model, index);
        }
    }
    shelf.peak
}

/// Lays what has no offset yet around what has one; returns the peak of all.
pub(crate) fn complete(
    model: &Model,
    shelf: &mut Shelf,
    order: &[u32],
    offsets: &mut [u64],
) -> u64 {
    shelf.clear();
    for &piece in order {
        let index = piece as usize;
        if let Some(fixed) = model.pieces[index].fixed() {
            offsets[index] = fixed;
        }
        if offsets[index] != NOWHERE {
            shelf.push(model, index, offsets[index]);
        }
    }
    shelf.sort();
    for &piece in order {
        let index = piece as usize;
        if offsets[index] == NOWHERE {
            offsets[index] = shelf.lay_lowest(model, index);
        }
    }
    shelf.peak
}

fn lay_fixed(model: &Model, shelf: &mut Shelf, order: &[u32], offsets: &mut [u64]) {
    for &piece in order {
        if let Some(offset) = model.pieces[piece as usize].fixed() {
            shelf.lay(model, piece as usize, offset);
            offsets[piece as usize] = offset;
        }
    }
}
