//! The way back: object, memory, books, in this order.

use std::{mem::ManuallyDrop, sync::atomic::Ordering};

use super::{
    deed::Deed,
    resources::{Backing, BufferAllocation, ImageAllocation},
};
use crate::{
    DeviceBudgetManager, MemoryBlock,
    resource::{destroy_buffer, destroy_image},
};

/// A buffer, an image or a block, as a holder of memory that is charged; made by `From`.
#[derive(Clone, Copy, Debug)]
pub struct Charged<'a> {
    holder: Holder<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Holder<'a> {
    Alone(&'a Deed),
    OneOf(&'a MemoryBlock),
}

impl<'a> From<&'a BufferAllocation> for Charged<'a> {
    fn from(buffer: &'a BufferAllocation) -> Self {
        Self::of(&buffer.backing)
    }
}

impl<'a> From<&'a ImageAllocation> for Charged<'a> {
    fn from(image: &'a ImageAllocation) -> Self {
        Self::of(&image.backing)
    }
}

impl<'a> From<&'a MemoryBlock> for Charged<'a> {
    fn from(block: &'a MemoryBlock) -> Self {
        Self { holder: Holder::OneOf(block) }
    }
}

impl<'a> Charged<'a> {
    fn of(backing: &'a Backing) -> Self {
        let holder = match backing {
            Backing::Own(_, deed) => Holder::Alone(deed),
            Backing::Shared { block, .. } => Holder::OneOf(block),
        };
        Self { holder }
    }
}

impl DeviceBudgetManager {
    /// Destroys `buffer`, and gives its memory back unless others hold it.
    ///
    /// Any handle frees any resource: the deed knows the allocator and the books.
    ///
    /// # Safety
    ///
    /// - The device no longer uses it.
    #[doc(alias = "FreeBuffer")]
    pub unsafe fn free_buffer(&self, buffer: BufferAllocation) {
        // SAFETY: live (invariant), and the device is done with it (caller).
        unsafe { destroy_buffer(buffer.backing.context(), buffer.raw) };
        // SAFETY: the only user that the deed knew of is gone.
        unsafe { release(buffer.backing) };
    }

    /// Destroys `image`, and gives its memory back unless others hold it.
    ///
    /// Any handle frees any resource: the deed knows the allocator and the books.
    ///
    /// # Safety
    ///
    /// - The device no longer uses it.
    #[doc(alias = "FreeImage")]
    pub unsafe fn free_image(&self, image: ImageAllocation) {
        // SAFETY: live (invariant), and the device is done with it (caller).
        unsafe { destroy_image(image.backing.context(), image.raw) };
        // SAFETY: the only user that the deed knew of is gone.
        unsafe { release(image.backing) };
    }

    /// Notes that `resource` waits for the device: its bytes stay charged and are shown as retiring.
    ///
    /// Once is enough, and more is harmless.
    /// Bytes that several hold retire when all of them do; a holder that comes later takes that back.
    pub fn mark_retiring<'a>(&self, resource: impl Into<Charged<'a>>) {
        match resource.into().holder {
            Holder::Alone(deed) => deed.retire(),
            Holder::OneOf(block) => block.retire(),
        }
    }
}

/// Gives up the hold on memory.
///
/// # Safety
///
/// - The resource that held it is destroyed.
#[inline]
unsafe fn release(backing: Backing) {
    match backing {
        // SAFETY: they belong together, and the only user is gone (caller).
        Backing::Own(allocation, deed) => unsafe { deed.release(allocation) },
        Backing::Shared { block, alias, .. } => {
            // The memory goes back here if this was the last hold on it.
            let block = ManuallyDrop::into_inner(block);
            if alias {
                block.deed().door.core.aliases.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}
