//! VMA's handle of an allocation as a word of the cookie.

use std::{
    ffi::c_void,
    mem::{size_of, transmute},
    ptr,
};

use vk_mem::Allocation;

// `Allocation` is one pointer behind a private field, in the one version of `vk-mem` that is allowed.
const _: () = assert!(size_of::<Allocation>() == size_of::<*mut c_void>());

/// The word that stands for `allocation`.
#[inline]
pub(crate) fn of(allocation: Allocation) -> usize {
    // SAFETY: the only field is a pointer and fills the whole (asserted above), so the bits are that pointer.
    let raw: *mut c_void = unsafe { transmute(allocation) };
    raw.expose_provenance()
}

/// The allocation that `word` stands for.
///
/// # Safety
///
/// - `word` was made by [`of`].
#[inline]
pub(crate) unsafe fn allocation(word: usize) -> Allocation {
    let raw: *mut c_void = ptr::with_exposed_provenance_mut(word);
    // SAFETY: the only field is a pointer and fills the whole (asserted above); this one came from `of` (caller).
    unsafe { transmute(raw) }
}
