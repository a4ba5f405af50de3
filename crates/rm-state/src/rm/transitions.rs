//! Changes of the flags and the generation that leave the value as it is.

use crate::{ResourceState, Rm, StateError};

impl<T> Rm<T> {
    /// Bumps the generation, so that whoever caches it notices an edit in place.
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`] or [`StateError::Empty`], looked for in this order.
    #[doc(alias = "IncrementGeneration")]
    #[inline]
    pub fn touch(&mut self) -> Result<(), StateError> {
        self.check_value_unlocked()?;
        self.word = self.word.bumped();
        Ok(())
    }

    /// Declares the value that is there usable again, as after an update in place.
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`] or [`StateError::Empty`], looked for in this order.
    #[doc(alias = "MarkReady")]
    #[inline]
    pub fn mark_ready(&mut self) -> Result<(), StateError> {
        self.check_value_unlocked()?;
        self.word = self.word.filled();
        Ok(())
    }

    /// Says that what the value was built from has changed.
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`] or [`StateError::Empty`], looked for in this order: nothing cannot be outdated.
    #[doc(alias = "MarkOutdated")]
    #[inline]
    pub fn mark_outdated(&mut self) -> Result<(), StateError> {
        self.check_value_unlocked()?;
        self.word = self.word.with(ResourceState::READY, ResourceState::OUTDATED);
        Ok(())
    }

    /// Says that a cache gave the value up.
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`] or [`StateError::Empty`], looked for in this order: nothing cannot be stale.
    #[doc(alias = "MarkStale")]
    #[inline]
    pub fn mark_stale(&mut self) -> Result<(), StateError> {
        self.check_value_unlocked()?;
        self.word = self.word.with(ResourceState::READY, ResourceState::STALE);
        Ok(())
    }

    /// Says that an asynchronous operation is working on the next value; an earlier failure is forgotten.
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`] while the resource is locked.
    #[doc(alias = "MarkPending")]
    #[inline]
    pub fn mark_pending(&mut self) -> Result<(), StateError> {
        self.check_unlocked()?;
        let clear = ResourceState::READY | ResourceState::FAILED;
        self.word = self.word.with(clear, ResourceState::PENDING);
        Ok(())
    }

    /// Says that the operation that should have brought a value failed.
    ///
    /// [`mark_ready`](Self::mark_ready) goes on with the last good value.
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`] while the resource is locked.
    #[doc(alias = "MarkFailed")]
    #[inline]
    pub fn mark_failed(&mut self) -> Result<(), StateError> {
        self.check_unlocked()?;
        let clear = ResourceState::READY | ResourceState::PENDING;
        self.word = self.word.with(clear, ResourceState::FAILED);
        Ok(())
    }

    /// Says that the resource lives for a frame only, until [`take`](Self::take) or [`reset`](Self::reset).
    ///
    /// # Errors
    ///
    /// [`StateError::Locked`] while the resource is locked.
    #[doc(alias = "MarkTransient")]
    #[inline]
    pub fn mark_transient(&mut self) -> Result<(), StateError> {
        self.check_unlocked()?;
        self.word = self.word.with(ResourceState::empty(), ResourceState::TRANSIENT);
        Ok(())
    }

    /// Refuses every change from now on, apart from [`take`](Self::take) and [`reset`](Self::reset).
    #[doc(alias = "Lock")]
    #[inline]
    pub fn lock(&mut self) {
        self.word = self.word.with(ResourceState::empty(), ResourceState::LOCKED);
    }

    /// Allows changes again; all other flags are as they were before [`lock`](Self::lock).
    #[doc(alias = "Unlock")]
    #[inline]
    pub fn unlock(&mut self) {
        self.word = self.word.with(ResourceState::LOCKED, ResourceState::empty());
    }
}
