//! Walking `pNext` chains.

use std::ffi::c_void;

use ash::vk::{self, TaggedStructure};

/// The first `T` in an input chain.
///
/// # Safety
///
/// - `next` is null or a valid chain that is not written during `'a`.
pub(crate) unsafe fn find<'a, T: TaggedStructure>(next: *const c_void) -> Option<&'a T> {
    let mut next = next.cast::<vk::BaseInStructure<'_>>();
    // SAFETY: null or a valid structure of the chain (caller).
    while let Some(base) = unsafe { next.as_ref() } {
        if base.s_type == T::STRUCTURE_TYPE {
            // SAFETY: the tag says that it is a `T`, valid and unchanging (caller).
            return unsafe { next.cast::<T>().as_ref() };
        }
        next = base.p_next;
    }
    None
}

/// Calls `fill` with the tag and the address of every structure in an output chain.
///
/// # Safety
///
/// - `next` is null or a valid chain that belongs to nobody else during the call.
pub(crate) unsafe fn each(next: *mut c_void, mut fill: impl FnMut(vk::StructureType, *mut c_void)) {
    let mut next = next.cast::<vk::BaseOutStructure<'_>>();
    while !next.is_null() {
        // SAFETY: a valid structure of the chain (caller).
        let s_type = unsafe { (*next).s_type };
        // SAFETY: as above.
        let after = unsafe { (*next).p_next };
        fill(s_type, next.cast());
        next = after;
    }
}

/// Fills the first `T` in an output chain, if there is one.
///
/// # Safety
///
/// - `next` is null or a valid chain that belongs to nobody else during the call.
pub(crate) unsafe fn fill<T: TaggedStructure>(next: *mut c_void, fill: impl FnOnce(&mut T)) {
    let mut found = std::ptr::null_mut::<T>();
    let note = |s_type, structure: *mut c_void| {
        if s_type == T::STRUCTURE_TYPE {
            found = structure.cast();
        }
    };
    // SAFETY: the caller's promise.
    unsafe { each(next, note) };
    // SAFETY: null, or of this type by its tag, and nobody else's (caller).
    if let Some(found) = unsafe { found.as_mut() } {
        fill(found);
    }
}
