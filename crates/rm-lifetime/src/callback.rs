//! Calls of user code that must not unwind into ours.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
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
