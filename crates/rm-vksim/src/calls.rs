//! The commands themselves, as the tables hold them.
//!
//! Every function of the modules below is the Vulkan command of its name and has that command's contract: handles are
//! live or were once, pointers are null where Vulkan allows it and otherwise valid for what it says, and
//! arrays are as long as their counts. Their SAFETY sentences call this "the command's contract".
//! What the contract leaves to validation is checked here, and never followed.

pub(crate) mod bind;
pub(crate) mod create;
pub(crate) mod device;
pub(crate) mod features;
pub(crate) mod formats;
pub(crate) mod memory;
pub(crate) mod physical;
pub(crate) mod requirements;

use ash::vk;

use crate::{
    Rule,
    state::{Outcome, Stop},
};

/// A parameter structure, which Vulkan demands to be there.
///
/// # Safety
///
/// - `pointer` is null or valid during `'a`.
unsafe fn given<'a, T>(pointer: *const T, what: &str) -> Outcome<&'a T> {
    // SAFETY: the caller's promise.
    let given = unsafe { pointer.as_ref() };
    given.ok_or_else(|| Stop::Broken(Rule::Usage, format!("{what} is null")))
}

/// Writes an answer, if there is a place for it.
///
/// # Safety
///
/// - `place` is null or valid for a write.
unsafe fn answer<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: valid (caller), and not null.
        unsafe { place.write(value) };
    }
}

/// Vulkan's way to return a list: its length, or as much as there is room for.
///
/// # Safety
///
/// - `count` is valid; `places` is null or valid for `count` writes.
unsafe fn list<T: Copy>(items: &[T], count: *mut u32, places: *mut T) -> vk::Result {
    let available = u32::try_from(items.len()).unwrap_or(u32::MAX);
    if places.is_null() {
        // SAFETY: valid (caller).
        unsafe { answer(count, available) };
        return vk::Result::SUCCESS;
    }
    // SAFETY: valid and set by the caller.
    let room = unsafe { *count };
    let written = room.min(available);
    // SAFETY: valid for `count` writes (caller), of which these are the first; the items are elsewhere.
    unsafe { places.copy_from_nonoverlapping(items.as_ptr(), written as usize) };
    // SAFETY: valid (caller).
    unsafe { answer(count, written) };
    if written < available { vk::Result::INCOMPLETE } else { vk::Result::SUCCESS }
}
