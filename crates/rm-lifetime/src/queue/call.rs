//! A closure in place, for whatever fits into six words.

use std::{
    fmt,
    mem::{MaybeUninit, align_of, size_of},
};

type Words = [u64; 6];

/// Something to call once; forgotten when nobody does.
///
/// A copy is the same closure, not another one.
#[derive(Clone, Copy)]
pub(super) struct Call {
    // Invariant: `words` holds a value of the type that `run` was made for, which may be sent to other threads.
    words: MaybeUninit<Words>,
    run: unsafe fn(*const Words),
}

// SAFETY: what is inside is `Send` (invariant).
unsafe impl Send for Call {}

impl Call {
    /// Most bytes of a closure that is stored in place; a larger one costs a heap allocation.
    pub(super) const IN_PLACE: usize = size_of::<Words>();

    #[inline]
    pub(super) fn new<F: FnOnce() + Send + 'static>(closure: F) -> Self {
        const { assert!(size_of::<Box<()>>() <= size_of::<Words>()) };
        if size_of::<F>() <= Self::IN_PLACE && align_of::<F>() <= align_of::<Words>() {
            return Self::in_place(closure);
        }
        let boxed = Box::new(closure);
        Self::in_place(boxed)
    }

    #[inline]
    fn in_place<F: FnOnce() + Send + 'static>(closure: F) -> Self {
        let mut words = MaybeUninit::<Words>::uninit();
        // SAFETY: it fits (the one caller has checked size and alignment), and the words are ours.
        unsafe { words.as_mut_ptr().cast::<F>().write(closure) };
        Self { words, run: run::<F> }
    }

    /// Calls it.
    ///
    /// # Safety
    ///
    /// - It is called once, through whichever copy.
    #[inline]
    pub(super) unsafe fn call(&self) {
        // SAFETY: the words hold what `run` was made for (invariant), which nobody takes out again (caller).
        unsafe { (self.run)(self.words.as_ptr()) };
    }
}

/// Takes an `F` out of `words` and calls it.
///
/// # Safety
///
/// - `words` holds an `F`, which nobody takes out again.
unsafe fn run<F: FnOnce()>(words: *const Words) {
    // SAFETY: it is there (caller).
    let closure = unsafe { words.cast::<F>().read() };
    closure();
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}
