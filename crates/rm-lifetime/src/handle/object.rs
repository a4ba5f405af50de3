//! Vulkan objects other than memory: pipelines, views, samplers.

use std::fmt;

use ash::vk;

use super::Resource;
use crate::{RetireAt, Retirer};

/// The handle types that fit: all that are 64 bits wide and may be shared between threads.
pub trait Raw: vk::Handle + Copy + fmt::Debug + Send + Sync + 'static {}

impl<H: vk::Handle + Copy + fmt::Debug + Send + Sync + 'static> Raw for H {}

/// The command that destroys objects of type `H`, such as `vkDestroyPipeline`.
pub type DestroyCommand<H> =
    unsafe extern "system" fn(vk::Device, H, *const vk::AllocationCallbacks<'_>);

/// A Vulkan object, and the command that destroys it.
///
/// Made by handles alone, such as [`OwnedObject::adopt_raw`](super::OwnedObject::adopt_raw).
pub struct Object<H> {
    // Invariant: `destroy` may be called once for `raw`, by the device of the queue that it goes to.
    raw: H,
    destroy: DestroyCommand<H>,
}

impl<H: Raw> Object<H> {
    /// Takes over `raw`, which may be null.
    ///
    /// # Safety
    ///
    /// - `raw` is null, or a live object that was made without allocation callbacks, of the device whose queue it goes to.
    /// - `destroy` is the command of that device that destroys objects of this type, and nobody else calls it for `raw`.
    pub(super) unsafe fn new(raw: H, destroy: DestroyCommand<H>) -> Self {
        Self { raw, destroy }
    }

    /// The handle.
    pub fn raw(&self) -> H {
        self.raw
    }
}

impl<H: Raw> Resource for Object<H> {
    fn bytes(&self) -> u64 {
        0
    }

    fn retire(self, retirer: &Retirer, at: RetireAt) {
        // SAFETY: promised to `new`.
        unsafe { retirer.retire_raw(self.raw, self.destroy, at) };
    }
}

impl<H: fmt::Debug> fmt::Debug for Object<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.raw).finish()
    }
}
