//! Views: they keep their host alive, and are charged with nothing.

use ash::vk;
use rm_alloc_core::{BufferAllocation, ImageAllocation};

use super::{
    Object, Owned, Resource, Shared, SharedBuffer,
    object::{DestroyCommand, Raw},
};
use crate::Point;

/// A Vulkan view of a resource, which it keeps alive.
///
/// Both retire when their last owners are dropped, the view first; a host whose recorded uses end before everything in flight
/// does may be destroyed before the view, which Vulkan allows.
#[derive(Debug)]
#[must_use = "the last handle that is dropped retires the view"]
pub struct View<H: Raw, R: Resource> {
    // Dropped in this order.
    object: Shared<Object<H>>,
    host: Shared<R>,
}

/// A view of an image.
pub type SharedImageView = View<vk::ImageView, ImageAllocation>;
/// A view of a buffer with a format.
pub type SharedBufferView = View<vk::BufferView, BufferAllocation>;

impl<H: Raw, R: Resource> View<H, R> {
    /// Takes over a view of `host`, which it keeps alive; it goes where its host goes.
    ///
    /// # Safety
    ///
    /// - `raw` is null, or a live view of `host` that was made without allocation callbacks.
    /// - `destroy` is the command of its device that destroys views of this type, and nobody else calls it for `raw`.
    /// - The queue that `host` goes to is of that device.
    pub unsafe fn adopt_raw(raw: H, destroy: DestroyCommand<H>, host: &Shared<R>) -> Self {
        // SAFETY: the same promises; the device of the host is that of its queue.
        let object = unsafe { Owned::adopt_raw(raw, destroy, host.retirer()) };
        Self { object: object.share(), host: host.clone() }
    }

    /// The view's handle.
    pub fn raw(&self) -> H {
        self.object.raw()
    }

    /// What it is a view of.
    pub fn host(&self) -> &Shared<R> {
        &self.host
    }

    /// Owners of the view at this moment.
    pub fn use_count(&self) -> usize {
        self.object.use_count()
    }

    pub(crate) fn into_parts(self) -> (Shared<Object<H>>, Shared<R>) {
        (self.object, self.host)
    }

    /// Records a use of the view, and thereby of its host, that ends at `point`.
    ///
    /// # Safety
    ///
    /// - As of [`Shared::used`], for the view and for its host.
    pub unsafe fn used(&self, point: Point) {
        // SAFETY: the same promises.
        unsafe { self.object.used(point) };
        // SAFETY: the same promises.
        unsafe { self.host.used(point) };
    }
}

impl<H: Raw, R: Resource> Clone for View<H, R> {
    fn clone(&self) -> Self {
        Self { object: self.object.clone(), host: self.host.clone() }
    }
}

/// Part of a buffer, which it keeps alive.
#[derive(Clone, Debug)]
#[must_use = "the last handle that is dropped retires the buffer"]
pub struct BufferRange {
    // Invariant: the range is within `host`.
    host: SharedBuffer,
    offset: u64,
    size: u64,
}

impl BufferRange {
    /// `size` bytes of `host` from `offset`; `None` if they are not all there.
    pub fn new(host: &SharedBuffer, offset: u64, size: u64) -> Option<Self> {
        let end = offset.checked_add(size)?;
        (end <= host.size()).then(|| Self { host: host.clone(), offset, size })
    }

    /// The buffer.
    pub fn host(&self) -> &SharedBuffer {
        &self.host
    }

    pub(crate) fn into_host(self) -> SharedBuffer {
        self.host
    }

    /// Where it begins in the buffer, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where shaders find it, if the buffer was requested with an address.
    pub fn device_address(&self) -> Option<vk::DeviceAddress> {
        Some(self.host.device_address()? + self.offset)
    }
}
