//! Calls of user code that must not unwind into ours.

use std::{
    mem::{self, ManuallyDrop},
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Runs a callback and contains its panic; `None` if it panicked.
///
/// The panic hook has reported it by then, and there is nobody else to tell. What was thrown is forgotten, because it may
/// itself panic when dropped.
pub(crate) fn contained<T>(callback: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(callback)) {
        Ok(answer) => Some(answer),
        Err(thrown) => {
            mem::forget(thrown);
            None
        }
    }
}

/// A handle of something of the user's, whose end is contained as its calls are.
#[derive(Debug)]
pub(crate) struct Guarded<T: ?Sized> {
    // Invariant: present until drop.
    handle: ManuallyDrop<Arc<T>>,
}

impl<T: ?Sized> Guarded<T> {
    pub(crate) fn new(handle: Arc<T>) -> Self {
        Self { handle: ManuallyDrop::new(handle) }
    }
}

impl<T: ?Sized> Deref for Guarded<T> {
    type Target = Arc<T>;

    fn deref(&self) -> &Arc<T> {
        &self.handle
    }
}

impl<T: ?Sized> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: present until now (invariant), and never looked at again.
        let handle = unsafe { ManuallyDrop::take(&mut self.handle) };
        contained(move || drop(handle));
    }
}
