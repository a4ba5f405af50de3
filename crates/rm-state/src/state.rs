//! The flags that say what may be done with a resource.

use core::fmt;

bitflags::bitflags! {
    /// What may be done with a resource, as flags that combine.
    ///
    /// ```
    /// use rm_state::ResourceState;
    ///
    /// let state = ResourceState::OUTDATED | ResourceState::PENDING;
    /// assert!(state.has(ResourceState::OUTDATED));
    /// assert!(!state.has(ResourceState::OUTDATED | ResourceState::FAILED));
    /// assert!(state.has_any(ResourceState::OUTDATED | ResourceState::FAILED));
    /// assert!(ResourceState::default().has(ResourceState::UNINITIALIZED));
    /// ```
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct ResourceState: u8 {
        /// A value is present and may be used.
        #[doc(alias = "Ready")]
        const READY = 1;
        /// What the value was built from has changed, so it needs an update.
        #[doc(alias = "Outdated")]
        const OUTDATED = 1 << 1;
        /// Changes are refused until the lock is taken away.
        #[doc(alias = "Locked")]
        const LOCKED = 1 << 2;
        /// A cache gave the value up; what it was built from need not have changed.
        #[doc(alias = "Stale")]
        const STALE = 1 << 3;
        /// An asynchronous operation is working on the next value.
        #[doc(alias = "Pending")]
        const PENDING = 1 << 4;
        /// The last operation that should have brought a value failed.
        #[doc(alias = "Failed")]
        const FAILED = 1 << 5;
        /// The resource lives for a frame only: a property, so that new values do not clear it.
        #[doc(alias = "Transient")]
        const TRANSIENT = 1 << 6;
    }
}

impl ResourceState {
    /// No flag at all: the resource was never touched, or was reset.
    #[doc(alias = "Uninitialized")]
    pub const UNINITIALIZED: Self = Self::empty();

    /// Whether all of `flags` are set; for [`UNINITIALIZED`](Self::UNINITIALIZED), whether none is.
    #[doc(alias = "Has")]
    #[doc(alias = "HasState")]
    #[inline]
    #[must_use]
    pub const fn has(self, flags: Self) -> bool {
        // An empty set is part of every set, but asking for "uninitialized" means to ask for nothing else.
        if flags.is_empty() { self.is_empty() } else { self.contains(flags) }
    }

    /// Whether at least one of `flags` is set; never for [`UNINITIALIZED`](Self::UNINITIALIZED), which has none.
    #[inline]
    #[must_use]
    pub const fn has_any(self, flags: Self) -> bool {
        self.intersects(flags)
    }
}

impl fmt::Display for ResourceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            f.write_str("UNINITIALIZED")
        } else {
            bitflags::parser::to_writer(self, f)
        }
    }
}
