//! Handles with one owner.

use std::ops::Deref;

use rm_alloc_core::{BufferAllocation, ImageAllocation, MemoryError};

use super::{
    Backed, Held, Object, Resource, Shared,
    object::{DestroyCommand, Raw},
};
use crate::{Point, RetireAt, Retirer};

/// A resource with one owner, retired when it is dropped.
///
/// It is destroyed once the device is done: with what was recorded by [`used`](Self::used), or else with everything that was
/// in flight or being recorded when it was dropped.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::{AllocationError, BufferRequest};
/// use rm_lifetime::{DrainLimit, DeferredDestructionQueue, Owned};
///
/// fn frame(queue: &DeferredDestructionQueue) -> Result<(), AllocationError> {
///     let request = BufferRequest::new(256, BufferUsageFlags::UNIFORM_BUFFER).label("camera");
///     let camera = Owned::adopt(queue.manager().allocate_buffer(&request)?, &queue.retirer());
///     // ... record commands that use `camera.raw()` ...
///     drop(camera); // lives on until the device is done
///     queue.drain(DrainLimit::default());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "a handle that is dropped retires its resource"]
pub struct Owned<R: Resource>(pub(super) Held<R>);

/// A buffer with one owner.
pub type OwnedBuffer = Owned<BufferAllocation>;
/// An image with one owner.
pub type OwnedImage = Owned<ImageAllocation>;
/// A Vulkan object with one owner.
pub type OwnedObject<H> = Owned<Object<H>>;

impl<R: Resource> Owned<R> {
    /// Records a use that ends at `point`; then recorded uses alone decide when the resource dies.
    ///
    /// # Safety
    ///
    /// - Every use of the resource by the device, in the past and from now on, is recorded before the handle is dropped.
    /// - `point` is of a timeline of the resource's queue, and its value is that of work submitted or being recorded.
    pub unsafe fn used(&mut self, point: Point) {
        self.0.used(point);
    }

    /// Turns it into a handle that can be cloned.
    pub fn share(self) -> Shared<R> {
        Shared::new(self.0)
    }

    /// Retires it at `at`, whatever was recorded.
    pub fn retire(self, at: RetireAt) {
        let (resource, retirer) = self.0.into_parts();
        resource.retire(&retirer, at);
    }

    /// Where it will go.
    pub fn retirer(&self) -> &Retirer {
        &self.0.retirer
    }
}

impl<R: Backed> Owned<R> {
    /// Takes over `resource`, to be retired through `retirer`.
    pub fn adopt(resource: R, retirer: &Retirer) -> Self {
        Self(Held::new(resource, retirer))
    }

    /// Gives the resource back, for its owner to free.
    #[must_use = "dropping the resource leaks it"]
    pub fn into_inner(self) -> R {
        self.0.into_parts().0
    }
}

impl<H: Raw> OwnedObject<H> {
    /// Takes over a Vulkan object of any type, to be retired through `retirer`; null is nothing.
    ///
    /// ```
    /// use ash::vk;
    /// use rm_lifetime::{OwnedObject, Retirer};
    ///
    /// fn own(device: &ash::Device, raw: vk::Pipeline, retirer: &Retirer) -> OwnedObject<vk::Pipeline> {
    ///     // Sound: the pipeline is of the device of the queue, and nobody else destroys it.
    ///     unsafe { OwnedObject::adopt_raw(raw, device.fp_v1_0().destroy_pipeline, retirer) }
    /// }
    /// ```
    ///
    /// # Safety
    ///
    /// - `raw` is null, or a live object that was made without allocation callbacks, of the device of `retirer`.
    /// - `destroy` is the command of that device that destroys objects of this type, and nobody else calls it for `raw`.
    pub unsafe fn adopt_raw(raw: H, destroy: DestroyCommand<H>, retirer: &Retirer) -> Self {
        // SAFETY: the same promises.
        Self(Held::new(unsafe { Object::new(raw, destroy) }, retirer))
    }

    /// Gives the object back, for its owner to destroy.
    #[must_use = "dropping the handle of Vulkan leaks the object"]
    pub fn into_raw(self) -> H {
        self.0.into_parts().0.raw()
    }
}

impl OwnedBuffer {
    /// Copies `bytes` to `offset`, and flushes where memory is not coherent.
    ///
    /// # Errors
    ///
    /// As of [`BufferAllocation::write`].
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        self.0.resource.write(offset, bytes)
    }
}

impl<R: Resource> Deref for Owned<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0.resource
    }
}
