//! Orders of items: which of them a pass places first.
//!
//! A key is three features, as in minimalloc's "preordering heuristics" (Moffitt, ASPLOS 2023): the largest first feature
//! comes first, ties go by the second, then by the third.

use alloc::vec::Vec;

use crate::model::{Component, Model, Piece};

/// Something about an item that says how hard it is to place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Feature {
    /// Size times width.
    Area,
    /// Size.
    Bytes,
    /// How many sections it lives in.
    Cuts,
    /// Alignment.
    Grain,
    /// Early starts first.
    Lower,
    /// How many items it overlaps.
    Overlaps,
    /// The most that is live in any of its sections.
    Total,
    /// Late ends first.
    Upper,
    /// How long it lives.
    Width,
}

pub(crate) type Key = [Feature; 3];

/// The keys that restarts go through.
///
/// Chosen so that few nodes of few of them solve most: first the two that do so for frames, then one of each family that
/// solves some public instance fast. Early and late ends (`L`, `U`) sweep through time from the left and from the right.
pub(crate) const KEYS: [Key; 16] = {
    use Feature::{Area as A, Bytes as B, Cuts as C, Grain as G, Lower as L};
    use Feature::{Overlaps as O, Total as T, Upper as U, Width as W};
    [
        [G, T, O],
        [T, G, W],
        [T, C, L],
        [U, C, A],
        [L, B, A],
        [T, C, U],
        [B, U, W],
        [L, T, B],
        [T, C, W],
        [U, T, B],
        [C, U, L],
        [C, T, O],
        [T, B, C],
        [W, A, T],
        [O, T, A],
        [U, C, L],
    ]
};

/// The features of the items of one component, by local index.
#[derive(Debug, Default)]
pub(crate) struct Features {
    pub(crate) values: Vec<[u64; 9]>,
}

impl Features {
    /// `overlaps` says how many items each overlaps.
    pub(crate) fn collect(
        &mut self,
        model: &Model,
        pieces: &[u32],
        overlaps: impl Fn(usize) -> u64,
    ) {
        self.values.clear();
        for (local, piece) in pieces.iter().map(|piece| &model.pieces[*piece as usize]).enumerate()
        {
            let width = u64::from(piece.width);
            let mut values = [0; 9];
            values[Feature::Area as usize] = piece.size.saturating_mul(width);
            values[Feature::Bytes as usize] = piece.size;
            values[Feature::Cuts as usize] = u64::from(piece.hi - piece.lo);
            values[Feature::Grain as usize] = piece.align;
            values[Feature::Lower as usize] = u64::from(u32::MAX - piece.lo);
            values[Feature::Overlaps as usize] = overlaps(local);
            values[Feature::Total as usize] = model.peak_total(piece);
            values[Feature::Upper as usize] = u64::from(piece.hi);
            values[Feature::Width as usize] = width;
            self.values.push(values);
        }
    }
}

/// A piece and what it is sorted by, the greatest first.
pub(crate) type Sorted = ([u64; 3], u32);

/// By the section in which most is live, then by size: "greedy by breadth" (Pisarchyk and Lee, 2020).
pub(crate) fn by_breadth(model: &Model, component: &Component, sorted: &mut Vec<Sorted>) {
    sort(model, component, sorted, |piece| [model.peak_total(piece), piece.size, 0]);
}

/// By a key of three features; how many items overlap is estimated by the section that most live in.
pub(crate) fn by_key(model: &Model, component: &Component, key: Key, sorted: &mut Vec<Sorted>) {
    let value = |piece: &Piece, feature| match feature {
        Feature::Area => piece.size.saturating_mul(u64::from(piece.width)),
        Feature::Bytes => piece.size,
        Feature::Cuts | Feature::Overlaps => u64::from(piece.hi - piece.lo),
        Feature::Grain => piece.align,
        Feature::Lower => u64::from(u32::MAX - piece.lo),
        Feature::Total => model.peak_total(piece),
        Feature::Upper => u64::from(piece.hi),
        Feature::Width => u64::from(piece.width),
    };
    sort(model, component, sorted, |piece| key.map(|feature| value(piece, feature)));
}

/// By size, then by how long an item lives.
pub(crate) fn by_size(model: &Model, component: &Component, sorted: &mut Vec<Sorted>) {
    sort(model, component, sorted, |piece| [piece.size, u64::from(piece.width), 0]);
}

/// By alignment, then by breadth: what needs no alignment fills the gaps.
pub(crate) fn by_grain(model: &Model, component: &Component, sorted: &mut Vec<Sorted>) {
    sort(model, component, sorted, |piece| [piece.align, model.peak_total(piece), piece.size]);
}

fn sort(
    model: &Model,
    component: &Component,
    sorted: &mut Vec<Sorted>,
    key: impl Fn(&Piece) -> [u64; 3],
) {
    sorted.clear();
    let pieces = component.pieces.clone();
    let numbered = (small(pieces.start)..).zip(&model.pieces[pieces]);
    sorted.extend(numbered.map(|(number, piece)| (key(piece), number)));
    sorted.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
}

impl Model {
    /// The most that is live in any section of a piece.
    pub(crate) fn peak_total(&self, piece: &Piece) -> u64 {
        self.totals[piece.sections()].iter().copied().max().unwrap_or(0)
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
