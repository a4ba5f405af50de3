//! The ways in which an access or a change is refused.

use core::fmt;

use crate::ResourceState;

/// The reason a resource refused an access or a transition.
///
/// Nothing has changed when one of these is returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// There is no value.
    #[error("resource holds no value")]
    Empty,
    /// The resource is locked against changes.
    #[error("resource is locked")]
    Locked,
    /// There is a value, but it may not be used.
    #[error("resource is not ready, its state is {state}")]
    NotReady {
        /// The flags that stood instead of [`ResourceState::READY`].
        state: ResourceState,
    },
}

/// A value that a locked resource refused to store.
///
/// It does not turn into a [`StateError`] by `?`, because the value, often a raw handle, would be lost on the way.
#[derive(Clone, Copy, Eq, PartialEq, thiserror::Error)]
#[error("resource is locked, the new value was not stored")]
pub struct Locked<T> {
    value: T,
}

impl<T> Locked<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { value }
    }

    /// The value that was not stored.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

// Written by hand so that a `T` without `Debug` still gives an error that can be unwrapped and boxed.
impl<T> fmt::Debug for Locked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locked").finish_non_exhaustive()
    }
}

/// An index past the end of a container, with the value that could not be stored there, if there was one.
#[derive(Clone, Copy, Eq, PartialEq, thiserror::Error)]
#[error("index {index} is out of bounds, there are {len} elements")]
pub struct OutOfBounds<T = ()> {
    /// The index asked for.
    pub index: usize,
    /// How many elements there are.
    pub len: usize,
    /// The value handed in, given back.
    pub value: T,
}

// Written by hand for the same reason as that of `Locked`.
impl<T> fmt::Debug for OutOfBounds<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutOfBounds")
            .field("index", &self.index)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
