//! A value with state flags and a generation.

mod transitions;

use core::{fmt, mem};

use crate::{Locked, ResourceState, StateError, word::Word};

/// A value that may be missing, unusable or locked, and that counts its changes.
///
/// `T` can be anything; nothing is asked of it.
/// The type adds one word to an `Option<T>`.
///
/// # States
///
/// `x` is "cleared", `1` is "set", `·` is "left alone".
/// A call that is refused changes nothing.
///
/// | call | refused when | READY | OUTDATED | STALE | PENDING | FAILED | LOCKED | TRANSIENT | generation |
/// |---|---|---|---|---|---|---|---|---|---|
/// | [`set`](Self::set) | locked | 1 | x | x | x | x | · | · | +1 |
/// | [`mark_ready`](Self::mark_ready) | locked, empty | 1 | x | x | x | x | · | · | · |
/// | [`mark_outdated`](Self::mark_outdated) | locked, empty | x | 1 | · | · | · | · | · | · |
/// | [`mark_stale`](Self::mark_stale) | locked, empty | x | · | 1 | · | · | · | · | · |
/// | [`mark_pending`](Self::mark_pending) | locked | x | · | · | 1 | x | · | · | · |
/// | [`mark_failed`](Self::mark_failed) | locked | x | · | · | x | 1 | · | · | · |
/// | [`mark_transient`](Self::mark_transient) | locked | · | · | · | · | · | · | 1 | · |
/// | [`value_mut`](Self::value_mut) | locked, empty, not ready | · | · | · | · | · | · | · | · |
/// | [`touch`](Self::touch) | locked, empty | · | · | · | · | · | · | · | +1 |
/// | [`lock`](Self::lock) | never | · | · | · | · | · | 1 | · | · |
/// | [`unlock`](Self::unlock) | never | · | · | · | · | · | x | · | · |
/// | [`take`](Self::take), [`reset`](Self::reset) | never | x | x | x | x | x | x | x | +1 if there was a value |
///
/// Outdated, stale, pending and failed all end readiness, but none of them drops the value: it stays reachable by
/// [`stale_value`](Self::stale_value), and [`take`](Self::take), [`reset`](Self::reset) and the next
/// [`set`](Self::set) return it.
/// The generation is 0 only while no value was ever set.
///
/// # Threads
///
/// There is no interior mutability: every change needs `&mut`.
/// Threads that share a `&Rm<T>` therefore see a state that cannot change under them, and need no lock for it.
/// To watch a resource *while* another thread changes it, wrap it in a `RwLock` or a `Mutex`.
///
/// # Example
///
/// ```
/// use rm_state::{Rm, StateError};
///
/// let mut texture = Rm::with(7_u32);
/// texture.lock();
/// assert_eq!(texture.value(), Ok(&7));
/// assert_eq!(texture.mark_outdated(), Err(StateError::Locked));
/// let refused = texture.set(8).unwrap_err();
/// assert_eq!(refused.into_inner(), 8);
///
/// texture.unlock();
/// let old = texture.set(8)?;
/// assert_eq!((old, texture.generation()), (Some(7), 2));
/// # Ok::<(), rm_state::Locked<u32>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "RM")]
pub struct Rm<T> {
    // Invariant: READY is set only if `value` is `Some`, and the generation is 0 only if `value` was never `Some`.
    value: Option<T>,
    word: Word,
}

const _: () = assert!(size_of::<Rm<u64>>() <= 24, "flags and generation must share one word");

impl<T> Rm<T> {
    /// A resource without a value, at generation 0.
    #[doc(alias = "Uninitialized")]
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { value: None, word: Word::EMPTY }
    }

    /// A resource that is ready, at generation 1.
    #[inline]
    #[must_use]
    pub const fn with(value: T) -> Self {
        Self { value: Some(value), word: Word::FIRST }
    }

    /// Stores `value`, makes the resource ready and returns the value that was there, ready or not.
    ///
    /// The old value is not destroyed: if it is a raw handle, that is the caller's to do.
    ///
    /// # Errors
    ///
    /// [`Locked`], with `value` inside, while the resource is locked.
    #[doc(alias = "Set")]
    #[inline]
    #[must_use = "the old value is handed back, and so is the new one if the resource is locked"]
    pub fn set(&mut self, value: T) -> Result<Option<T>, Locked<T>> {
        let Some(word) = self.word.refilled() else { return Err(Locked::new(value)) };
        self.word = word;
        // What `Option::replace` does, but without storing "there is a value" over itself.
        // The word is one store more than an `Option` has; this is the store that pays for it.
        match &mut self.value {
            Some(current) => Ok(Some(mem::replace(current, value))),
            empty => {
                *empty = Some(value);
                Ok(None)
            }
        }
    }

    /// Removes the value, ready or not, and clears every flag, the lock included.
    ///
    /// A lock refuses edits; it does not keep an owner from ending the resource.
    #[inline]
    #[must_use = "the value is handed back; if it is a raw handle it must be destroyed"]
    pub fn take(&mut self) -> Option<T> {
        let value = self.value.take();
        let word = self.word.with(ResourceState::all(), ResourceState::empty());
        self.word = if value.is_some() { word.bumped() } else { word };
        value
    }

    /// The same as [`take`](Self::take), for those who look for the name in a list of states.
    #[doc(alias = "Reset")]
    #[inline]
    #[must_use = "the value is handed back; if it is a raw handle it must be destroyed"]
    pub fn reset(&mut self) -> Option<T> {
        self.take()
    }

    /// The value for an edit in place, while ready.
    ///
    /// An edit that others must notice is followed by [`touch`](Self::touch).
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`], [`StateError::Empty`] or [`StateError::NotReady`], looked for in this order.
    #[inline]
    pub fn value_mut(&mut self) -> Result<&mut T, StateError> {
        self.check_unlocked()?;
        let state = self.state();
        match &mut self.value {
            None => Err(StateError::Empty),
            Some(value) if state.has(ResourceState::READY) => Ok(value),
            Some(_) => Err(StateError::NotReady { state }),
        }
    }

    /// Whether a value is present and may be used.
    #[doc(alias = "Ready")]
    #[inline]
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.word.has_any(ResourceState::READY)
    }

    /// The value, if it may be used, otherwise the reason why not.
    ///
    /// # Errors
    ///
    /// [`StateError::Empty`] or [`StateError::NotReady`].
    #[doc(alias = "Value")]
    #[inline]
    pub const fn value(&self) -> Result<&T, StateError> {
        match &self.value {
            None => Err(StateError::Empty),
            Some(value) if self.is_ready() => Ok(value),
            Some(_) => Err(StateError::NotReady { state: self.state() }),
        }
    }

    /// The value, if it may be used, otherwise `default`.
    ///
    /// ```
    /// # use rm_state::Rm;
    /// assert_eq!(Rm::new().value_or(&0), &0);
    /// assert_eq!(Rm::with(5).value_or(&0), &5);
    /// ```
    #[doc(alias = "ValueOr")]
    #[inline]
    #[must_use]
    pub fn value_or<'a>(&'a self, default: &'a T) -> &'a T {
        self.get().unwrap_or(default)
    }

    /// The value, if it may be used.
    #[inline]
    #[must_use]
    pub const fn get(&self) -> Option<&T> {
        if self.is_ready() { self.value.as_ref() } else { None }
    }

    /// The value, if there is one, whether it may be used or not: to destroy it, or to go on with it meanwhile.
    #[inline]
    #[must_use]
    pub const fn stale_value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// All flags.
    #[doc(alias = "GetState")]
    #[doc(alias = "ResourceState")]
    #[inline]
    #[must_use]
    pub const fn state(&self) -> ResourceState {
        self.word.flags()
    }

    /// [`ResourceState::has`] of [`state`](Self::state): whether all of `flags` are set.
    #[doc(alias = "Has")]
    #[inline]
    #[must_use]
    pub const fn has(&self, flags: ResourceState) -> bool {
        self.state().has(flags)
    }

    /// [`ResourceState::has_any`] of [`state`](Self::state): whether at least one of `flags` is set.
    #[inline]
    #[must_use]
    pub const fn has_any(&self, flags: ResourceState) -> bool {
        self.state().has_any(flags)
    }

    /// Whether changes are refused.
    #[doc(alias = "IsLocked")]
    #[inline]
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.word.has_any(ResourceState::LOCKED)
    }

    /// How often the value changed; 0 only while no value was ever set.
    ///
    /// Keep the number beside what was built from the value, and build again when they differ.
    #[doc(alias = "GetGeneration")]
    #[inline]
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.word.generation()
    }

    #[inline]
    const fn check_unlocked(&self) -> Result<(), StateError> {
        if self.is_locked() { Err(StateError::Locked) } else { Ok(()) }
    }

    #[inline]
    fn check_value_unlocked(&self) -> Result<(), StateError> {
        self.check_unlocked()?;
        if self.value.is_none() { Err(StateError::Empty) } else { Ok(()) }
    }
}

impl<T> Default for Rm<T> {
    /// [`Rm::new`].
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for Rm<T> {
    /// [`Rm::with`].
    fn from(value: T) -> Self {
        Self::with(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for Rm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rm")
            .field("value", &self.value)
            .field("state", &format_args!("{}", self.state()))
            .field("generation", &self.generation())
            .finish()
    }
}
