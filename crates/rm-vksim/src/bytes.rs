//! The bytes of a memory object, which take host memory only where they are touched.
//!
//! The first access asks the host's allocator for zeroed bytes with ordinary alignment and aligns the start by hand: for
//! large sizes that is fresh address space, whose pages appear on first touch, whereas asking for the alignment
//! would write every byte. The pointer then stays until the object is dropped.
//!
//! Whoever maps the object writes through the raw pointer at any time, as on a real device; so nothing here ever forms a
//! reference to the bytes, and copies are the caller's to order.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc},
    ptr::NonNull,
};

/// Page alignment, which every `minMemoryMapAlignment` in the wild divides.
const ALIGNMENT: usize = 4096;

#[derive(Debug)]
pub(crate) struct Bytes {
    size: u64,
    backing: Option<Backing>,
}

#[derive(Debug)]
struct Backing {
    // Invariant: `raw` came from the host's allocator with `layout`; `size` bytes from `start` lie within.
    raw: NonNull<u8>,
    layout: Layout,
    start: NonNull<u8>,
}

// SAFETY: the bytes belong to the object alone; who touches them when is the caller's part, as with any mapped memory.
unsafe impl Send for Backing {}

impl Bytes {
    pub(crate) fn new(size: u64) -> Self {
        Self { size, backing: None }
    }

    /// The first byte, valid for the object's whole size until it is dropped; none if the host has no room.
    pub(crate) fn start(&mut self) -> Option<NonNull<u8>> {
        if self.backing.is_none() {
            self.backing = Some(Backing::new(self.size)?);
        }
        self.backing.as_ref().map(|backing| backing.start)
    }
}

impl Backing {
    fn new(size: u64) -> Option<Self> {
        let room = usize::try_from(size).ok()?.checked_add(ALIGNMENT)?;
        let layout = Layout::from_size_align(room, 16).ok()?;
        // SAFETY: the layout is at least `ALIGNMENT` bytes, so not empty.
        let raw = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        let skip = raw.as_ptr().align_offset(ALIGNMENT);
        // SAFETY: the next multiple of `ALIGNMENT` is less than that many bytes away, which `room` has beyond `size`.
        let start = unsafe { raw.add(skip) };
        Some(Self { raw, layout, start })
    }
}

impl Drop for Backing {
    fn drop(&mut self) {
        // SAFETY: it came from there with this layout (invariant), and nobody else frees it.
        unsafe { dealloc(self.raw.as_ptr(), self.layout) };
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn a_block_larger_than_any_host_costs_nothing_until_it_is_touched() {
        let mut bytes = Bytes::new(1 << 60);
        // Unseen, an optimiser may drop the allocation and with it the refusal.
        assert!(black_box(bytes.start()).is_none(), "refused, not aborted");
        let mut bytes = Bytes::new(100);
        let start = bytes.start().unwrap();
        assert_eq!(start.addr().get() % ALIGNMENT, 0);
        assert_eq!(bytes.start(), Some(start), "the pointer stays");
    }
}
