//! Who makes handles.

use ash::vk;
use rm_alloc_core::{
    AliasedBufferRequest, AliasedImageRequest, AllocationError, BufferRequest, DeviceBudgetManager,
    ImageRequest,
};

use super::{
    Owned, OwnedBuffer, OwnedImage, OwnedObject, Shared, SharedBuffer, SharedBufferView,
    SharedImage, SharedImageView, SharedObject, View,
    object::{DestroyCommand, Raw},
};
use crate::{DeferredDestructionQueue, Retirer};

/// Makes resources that retire to one queue when their last handle is dropped.
///
/// A handle itself: clones make resources for the same queue.
#[derive(Clone, Debug)]
pub struct SharedResourceFactory {
    manager: DeviceBudgetManager,
    retirer: Retirer,
}

impl SharedResourceFactory {
    /// Resources of `manager` that retire to `queue`.
    ///
    /// `manager` may be another handle than the queue's, such as one over another allocator.
    pub fn new(manager: &DeviceBudgetManager, queue: &DeferredDestructionQueue) -> Self {
        Self { manager: manager.clone(), retirer: queue.retirer() }
    }

    /// A buffer.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_buffer`].
    #[doc(alias = "CreateBuffer")]
    pub fn create_buffer(
        &self,
        request: &BufferRequest<'_>,
    ) -> Result<SharedBuffer, AllocationError> {
        Ok(self.own_buffer(request)?.share())
    }

    /// An image.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_image`].
    #[doc(alias = "CreateImage")]
    pub fn create_image(&self, request: &ImageRequest<'_>) -> Result<SharedImage, AllocationError> {
        Ok(self.own_image(request)?.share())
    }

    /// A buffer with one owner.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_buffer`].
    pub fn own_buffer(&self, request: &BufferRequest<'_>) -> Result<OwnedBuffer, AllocationError> {
        Ok(Owned::adopt(self.manager.allocate_buffer(request)?, &self.retirer))
    }

    /// An image with one owner.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_image`].
    pub fn own_image(&self, request: &ImageRequest<'_>) -> Result<OwnedImage, AllocationError> {
        Ok(Owned::adopt(self.manager.allocate_image(request)?, &self.retirer))
    }

    /// A buffer over memory that something else pays for.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::create_aliased_buffer`].
    pub fn create_aliased_buffer(
        &self,
        request: &AliasedBufferRequest<'_>,
    ) -> Result<SharedBuffer, AllocationError> {
        Ok(Shared::adopt(self.manager.create_aliased_buffer(request)?, &self.retirer))
    }

    /// An image over memory that something else pays for.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::create_aliased_image`].
    pub fn create_aliased_image(
        &self,
        request: &AliasedImageRequest<'_>,
    ) -> Result<SharedImage, AllocationError> {
        Ok(Shared::adopt(self.manager.create_aliased_image(request)?, &self.retirer))
    }

    /// Takes over a Vulkan object of any type, such as a pipeline.
    ///
    /// # Safety
    ///
    /// - As of [`OwnedObject::adopt_raw`], with the device of this factory.
    pub unsafe fn adopt_object<H: Raw>(
        &self,
        raw: H,
        destroy: DestroyCommand<H>,
    ) -> SharedObject<H> {
        // SAFETY: the same promises.
        unsafe { OwnedObject::adopt_raw(raw, destroy, &self.retirer) }.share()
    }

    /// Makes a view of `host` by `info`, whose image is filled in.
    ///
    /// # Errors
    ///
    /// What `vkCreateImageView` answered.
    ///
    /// # Safety
    ///
    /// - `info` is valid for the image, and so is its chain.
    /// - The image, its queue and the manager of this factory are of one device.
    pub unsafe fn create_image_view(
        &self,
        host: &SharedImage,
        info: &vk::ImageViewCreateInfo<'_>,
    ) -> Result<SharedImageView, vk::Result> {
        let device = self.manager.context().device();
        // SAFETY: the device is live, and the info valid (caller).
        let raw = unsafe { device.create_image_view(&info.image(host.raw()), None) }?;
        // SAFETY: just made by this device as a view of that image, and nobody else knows it.
        Ok(unsafe { View::adopt_raw(raw, device.fp_v1_0().destroy_image_view, host) })
    }

    /// Makes a view of `host` by `info`, whose buffer is filled in.
    ///
    /// # Errors
    ///
    /// What `vkCreateBufferView` answered.
    ///
    /// # Safety
    ///
    /// - `info` is valid for the buffer, and so is its chain.
    /// - The buffer, its queue and the manager of this factory are of one device.
    pub unsafe fn create_buffer_view(
        &self,
        host: &SharedBuffer,
        info: &vk::BufferViewCreateInfo<'_>,
    ) -> Result<SharedBufferView, vk::Result> {
        let device = self.manager.context().device();
        // SAFETY: the device is live, and the info valid (caller).
        let raw = unsafe { device.create_buffer_view(&info.buffer(host.raw()), None) }?;
        // SAFETY: just made by this device as a view of that buffer, and nobody else knows it.
        Ok(unsafe { View::adopt_raw(raw, device.fp_v1_0().destroy_buffer_view, host) })
    }

    /// Whose resources these are.
    pub fn manager(&self) -> &DeviceBudgetManager {
        &self.manager
    }

    /// Where they go.
    pub fn retirer(&self) -> &Retirer {
        &self.retirer
    }
}
