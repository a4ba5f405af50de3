//! A vector whose elements each have a state of their own.

mod states;

use alloc::vec::Vec;
use core::slice;

use crate::OutOfBounds;
use states::States;

/// The state of one element of a [`StatefulContainer`]; an element is in exactly one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ElementState {
    /// Changed, and not yet brought to where it is used.
    Dirty,
    /// Must not be used.
    Invalid,
    /// Usable as it is.
    Ready,
    /// Out of date, but not changed itself.
    Stale,
}

/// A vector whose elements are each dirty, ready, stale or invalid.
///
/// New elements are dirty.
/// The number of dirty elements is known at all times, and finding them skips 64 clean elements at a time.
/// No index makes a call panic.
///
/// ```
/// use rm_state::StatefulContainer;
///
/// let mut instances = StatefulContainer::new();
/// for transform in [1.0, 2.0, 3.0] {
///     instances.push(transform);
/// }
/// instances.mark_all_ready();
/// let old = instances.replace(1, 2.5)?;
/// assert_eq!(old, 2.0);
///
/// for (index, transform) in instances.dirty() {
///     assert_eq!((index, *transform), (1, 2.5)); // Upload it here.
/// }
/// instances.mark_all_ready();
/// assert!(!instances.any_dirty());
/// # Ok::<(), rm_state::OutOfBounds<f64>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StatefulContainer<T> {
    // Invariant: there is one state for each value.
    values: Vec<T>,
    states: States,
}

impl<T> StatefulContainer<T> {
    /// No elements; nothing is allocated.
    #[must_use]
    pub fn new() -> Self {
        Self { values: Vec::new(), states: States::default() }
    }

    /// No elements, with room for `capacity` if that much can be had.
    ///
    /// A capacity that memory cannot hold is no error: room is then made element by element.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let mut container = Self::new();
        if container.values.try_reserve(capacity).is_ok() {
            container.states.reserve(capacity);
        }
        container
    }

    /// Adds a dirty element at the end and returns its index.
    pub fn push(&mut self, value: T) -> usize {
        let index = self.values.len();
        self.values.push(value);
        self.states.push();
        index
    }

    /// Puts `value` at `index`, marks the element dirty and returns the value that was there.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`], with `value` inside, if there is no such element.
    pub fn replace(&mut self, index: usize, value: T) -> Result<T, OutOfBounds<T>> {
        let len = self.len();
        let Some(slot) = self.values.get_mut(index) else {
            return Err(OutOfBounds { index, len, value });
        };
        let old = core::mem::replace(slot, value);
        self.states.set(index, ElementState::Dirty);
        Ok(old)
    }

    /// Removes the element at `index`; the last element takes its place and keeps its own state.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`] if there is no such element.
    pub fn swap_remove(&mut self, index: usize) -> Result<T, OutOfBounds> {
        if index >= self.len() {
            return Err(self.out_of_bounds(index));
        }
        self.states.swap_remove(index);
        Ok(self.values.swap_remove(index))
    }

    /// Drops all elements.
    pub fn clear(&mut self) {
        // The states go first: a value whose drop panics leaves the container empty all the same.
        self.states.clear();
        self.values.clear();
    }

    /// The element at `index` for an edit in place, which leaves its state alone.
    ///
    /// An edit that must be brought along is followed by [`mark_dirty`](Self::mark_dirty).
    #[must_use]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.values.get_mut(index)
    }

    /// The dirty elements with their indices, ascending, for edits in place; their states are left alone.
    pub fn dirty_mut(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        let mut rest = self.values.as_mut_slice();
        let mut passed = 0;
        self.states.dirty().map_while(move |index| {
            // Indices ascend, so each element is cut off the front of what no one holds yet.
            let (_, from_index) =
                core::mem::take(&mut rest).split_at_mut_checked(index - passed)?;
            let (value, behind) = from_index.split_first_mut()?;
            rest = behind;
            passed = index + 1;
            Some((index, value))
        })
    }

    /// Marks the element at `index` as changed.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`] if there is no such element.
    #[doc(alias = "MarkDirty")]
    pub fn mark_dirty(&mut self, index: usize) -> Result<(), OutOfBounds> {
        self.mark(index, ElementState::Dirty)
    }

    /// Marks the element at `index` as usable.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`] if there is no such element.
    #[doc(alias = "MarkReady")]
    pub fn mark_ready(&mut self, index: usize) -> Result<(), OutOfBounds> {
        self.mark(index, ElementState::Ready)
    }

    /// Marks the element at `index` as out of date.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`] if there is no such element.
    #[doc(alias = "MarkStale")]
    pub fn mark_stale(&mut self, index: usize) -> Result<(), OutOfBounds> {
        self.mark(index, ElementState::Stale)
    }

    /// Marks the element at `index` as not to be used.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`] if there is no such element.
    #[doc(alias = "MarkInvalid")]
    pub fn mark_invalid(&mut self, index: usize) -> Result<(), OutOfBounds> {
        self.mark(index, ElementState::Invalid)
    }

    /// Marks every element as changed.
    #[doc(alias = "MarkAllDirty")]
    pub fn mark_all_dirty(&mut self) {
        self.states.set_all(ElementState::Dirty);
    }

    /// Marks every element as usable.
    #[doc(alias = "MarkAllReady")]
    pub fn mark_all_ready(&mut self) {
        self.states.set_all(ElementState::Ready);
    }

    /// Marks every element as out of date.
    #[doc(alias = "MarkAllStale")]
    pub fn mark_all_stale(&mut self) {
        self.states.set_all(ElementState::Stale);
    }

    /// Marks every element as not to be used.
    #[doc(alias = "MarkAllInvalid")]
    pub fn mark_all_invalid(&mut self) {
        self.states.set_all(ElementState::Invalid);
    }

    /// The element at `index`, whatever its state.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.values.get(index)
    }

    /// The state of the element at `index`.
    #[doc(alias = "GetState")]
    #[must_use]
    pub fn state(&self, index: usize) -> Option<ElementState> {
        self.states.state(index)
    }

    /// All elements in order, whatever their states.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.values.iter()
    }

    /// The dirty elements with their indices, ascending.
    pub fn dirty(&self) -> impl Iterator<Item = (usize, &T)> {
        self.states.dirty().filter_map(|index| Some((index, self.values.get(index)?)))
    }

    /// Whether at least one element is dirty, without looking at any.
    #[doc(alias = "AnyDirty")]
    #[must_use]
    pub const fn any_dirty(&self) -> bool {
        self.count_dirty() != 0
    }

    /// How many elements are dirty, without looking at any.
    #[doc(alias = "CountDirty")]
    #[must_use]
    pub const fn count_dirty(&self) -> usize {
        self.states.count_dirty()
    }

    /// How many elements there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no elements.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn mark(&mut self, index: usize, state: ElementState) -> Result<(), OutOfBounds> {
        self.states.set(index, state).ok_or(self.out_of_bounds(index))
    }

    const fn out_of_bounds(&self, index: usize) -> OutOfBounds {
        OutOfBounds { index, len: self.len(), value: () }
    }
}

impl<T> Default for StatefulContainer<T> {
    /// [`StatefulContainer::new`].
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, T> IntoIterator for &'a StatefulContainer<T> {
    type IntoIter = slice::Iter<'a, T>;
    type Item = &'a T;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
