//! The states of a row of elements, with the dirty ones findable a machine word at a time.

use alloc::vec::Vec;
use core::{iter::Enumerate, slice};

use crate::ElementState;

/// The bits of one word of the dirty set.
const WORD_BITS: usize = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct States {
    // Invariant: bit `i` of `words` is set if and only if element `i` exists and is dirty;
    // `words` is as long as needed for all elements and no longer; `dirty` is the number of set bits.
    states: Vec<ElementState>,
    words: Vec<u64>,
    dirty: usize,
}

impl States {
    /// Makes room if it can; a later `push` makes its own anyway.
    pub(crate) fn reserve(&mut self, additional: usize) {
        let states = self.states.try_reserve(additional);
        let words = self.words.try_reserve(additional.div_ceil(WORD_BITS));
        // Room in advance is a favour, and there is no one to tell that it was not granted.
        let _ = (states, words);
    }

    /// Adds a dirty element at the end.
    pub(crate) fn push(&mut self) {
        let index = self.states.len();
        if index.is_multiple_of(WORD_BITS) {
            self.words.push(0);
        }
        self.states.push(ElementState::Dirty);
        self.write_bit(index, ElementState::Dirty);
        self.dirty += 1;
    }

    /// Changes the state of one element, or does nothing and returns `None` if there is no such element.
    pub(crate) fn set(&mut self, index: usize, state: ElementState) -> Option<()> {
        let old = core::mem::replace(self.states.get_mut(index)?, state);
        self.dirty -= usize::from(old == ElementState::Dirty);
        self.dirty += usize::from(state == ElementState::Dirty);
        self.write_bit(index, state);
        Some(())
    }

    pub(crate) fn set_all(&mut self, state: ElementState) {
        self.states.fill(state);
        let is_dirty = state == ElementState::Dirty;
        self.dirty = if is_dirty { self.states.len() } else { 0 };
        self.words.fill(if is_dirty { u64::MAX } else { 0 });
        let used = self.states.len() % WORD_BITS;
        if used != 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= !(u64::MAX << used);
        }
    }

    /// Removes one element and puts the last one in its place, as `Vec::swap_remove` does.
    pub(crate) fn swap_remove(&mut self, index: usize) {
        let Some(last) = self.states.len().checked_sub(1) else { return };
        let Some(&moved) = self.states.get(last) else { return };
        if self.set(index, moved).is_none() {
            return;
        }
        // The last element now stands at `index`, so its old place must not count as dirty when it goes.
        let _ = self.set(last, ElementState::Ready);
        self.states.truncate(last);
        self.words.truncate(last.div_ceil(WORD_BITS));
    }

    pub(crate) fn clear(&mut self) {
        self.states.clear();
        self.words.clear();
        self.dirty = 0;
    }

    pub(crate) fn state(&self, index: usize) -> Option<ElementState> {
        self.states.get(index).copied()
    }

    pub(crate) const fn count_dirty(&self) -> usize {
        self.dirty
    }

    /// The indices of the dirty elements, ascending.
    pub(crate) fn dirty(&self) -> DirtyIndices<'_> {
        DirtyIndices { words: self.words.iter().enumerate(), base: 0, bits: 0 }
    }

    fn write_bit(&mut self, index: usize, state: ElementState) {
        if let Some(word) = self.words.get_mut(index / WORD_BITS) {
            let bit = 1 << (index % WORD_BITS);
            *word = if state == ElementState::Dirty { *word | bit } else { *word & !bit };
        }
    }
}

/// Walks the set bits of a dirty set; a word without any costs one comparison.
#[derive(Clone, Debug)]
pub(crate) struct DirtyIndices<'a> {
    words: Enumerate<slice::Iter<'a, u64>>,
    /// Index of the element that bit 0 of `bits` stands for.
    base: usize,
    /// What is left of the word at hand.
    bits: u64,
}

impl Iterator for DirtyIndices<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            let (position, &bits) = self.words.next()?;
            self.base = position * WORD_BITS;
            self.bits = bits;
        }
        let index = self.base + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(index)
    }
}
