//! Handles: resources that retire when they are dropped.

mod factory;
#[cfg(all(test, loom))]
mod model;
mod object;
mod owned;
mod shared;
mod view;

use std::{fmt, mem::ManuallyDrop, ptr};

use rm_alloc_core::{BufferAllocation, ImageAllocation, MemoryBlock};

pub use self::{
    factory::SharedResourceFactory,
    object::{DestroyCommand, Object, Raw},
    owned::{Owned, OwnedBuffer, OwnedImage, OwnedObject},
    shared::{Shared, SharedBuffer, SharedImage, SharedObject, Weak, WeakBuffer, WeakImage},
    view::{BufferRange, SharedBufferView, SharedImageView, View},
};
use crate::{
    RetireAt, Retirer,
    point::Point,
    sync::{Mutex, lock},
    uses::Uses,
};

/// What a handle can hold: buffers, images, blocks of memory, and Vulkan [`Object`]s.
///
/// Sealed: how each of them dies is this crate's business.
pub trait Resource: fmt::Debug + Send + Sync + Sized + 'static + sealed::Sealed {
    /// Bytes that it is charged with by itself; 0 for objects and for aliases.
    fn bytes(&self) -> u64;

    /// Puts it into the queue of `retirer`.
    fn retire(self, retirer: &Retirer, at: RetireAt);
}

/// A resource with memory, which knows by itself who pays for it and who frees it.
pub trait Backed: Resource {}

impl Backed for BufferAllocation {}
impl Backed for ImageAllocation {}
impl Backed for MemoryBlock {}

impl Resource for BufferAllocation {
    fn bytes(&self) -> u64 {
        if self.is_aliased() { 0 } else { self.size() }
    }

    fn retire(self, retirer: &Retirer, at: RetireAt) {
        retirer.retire_buffer(self, at);
    }
}

impl Resource for ImageAllocation {
    fn bytes(&self) -> u64 {
        if self.is_aliased() { 0 } else { self.size() }
    }

    fn retire(self, retirer: &Retirer, at: RetireAt) {
        retirer.retire_image(self, at);
    }
}

impl Resource for MemoryBlock {
    fn bytes(&self) -> u64 {
        self.size()
    }

    fn retire(self, retirer: &Retirer, at: RetireAt) {
        retirer.retire_block(self, at);
    }
}

/// A resource, what was recorded of its use, and the way to its end.
#[derive(Debug)]
struct Held<R: Resource> {
    // Invariant: present until drop, or until it is taken and `self` forgotten.
    resource: ManuallyDrop<R>,
    uses: Mutex<Uses>,
    retirer: Retirer,
}

impl<R: Resource> Held<R> {
    fn new(resource: R, retirer: &Retirer) -> Self {
        Self {
            resource: ManuallyDrop::new(resource),
            uses: Mutex::new(Uses::default()),
            retirer: retirer.clone(),
        }
    }

    /// Records a use that ends at `point`.
    fn used(&self, point: Point) {
        lock(&self.uses).record(point);
    }

    /// The resource and its retirer, with nothing left to retire.
    fn into_parts(self) -> (R, Retirer) {
        let mut held = ManuallyDrop::new(self);
        // SAFETY: present (invariant), and `held` is never looked at again.
        let resource = unsafe { ManuallyDrop::take(&mut held.resource) };
        // SAFETY: `held` is never dropped, so this is the only one.
        let retirer = unsafe { ptr::read(&raw const held.retirer) };
        // SAFETY: as above; a lock may own memory.
        unsafe { ptr::drop_in_place(&raw mut held.uses) };
        (resource, retirer)
    }
}

impl<R: Resource> Drop for Held<R> {
    fn drop(&mut self) {
        // SAFETY: present until now (invariant), and never looked at again.
        let resource = unsafe { ManuallyDrop::take(&mut self.resource) };
        let at = lock(&self.uses).end();
        resource.retire(&self.retirer, at);
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else implements it")]
    pub trait Sealed {}
    impl Sealed for rm_alloc_core::BufferAllocation {}
    impl Sealed for rm_alloc_core::ImageAllocation {}
    impl Sealed for rm_alloc_core::MemoryBlock {}
    impl<H: super::object::Raw> Sealed for super::Object<H> {}
}
