//! Images that come back.

use std::ops::Deref;

use ash::vk;
use rm_alloc_core::{
    AllocationError, Category, DeviceBudgetManager, ImageAllocation, ImageRequest, MemoryLocation,
    Priority, Tag,
};

use super::{
    PoolConfig, PoolStatistics,
    lent::Lent,
    shelf::{Stock, hash_of},
    store::Store,
};
use crate::{DeferredDestructionQueue, Point, RetireAt, Retirer};

/// Lends images, and lends them again to whoever asks for the same once the device is done with them.
///
/// As [`BufferPool`](super::BufferPool) does with buffers. A recycled image is in the layout that its last user left it in,
/// which nobody knows: begin with a transition from `UNDEFINED`, which forgets what it shows.
/// Images that others may be placed over, that are born `PREINITIALIZED`, or that were asked for with a create info are
/// lent once, and retired.
///
/// A pool knows nothing of views. One that was made of a lent image is destroyed before the image is dropped, or retired before
/// it; whoever keeps views under the handle of their image would find them for another one that got the handle after it.
#[derive(Debug)]
pub struct TexturePool {
    store: Store<ImageAllocation>,
}

impl TexturePool {
    /// An empty pool, whose images come from `manager` and wait in `queue`.
    ///
    /// `manager` may be another one than the queue's, over the same device. Where its memory runs out, spares are given up;
    /// where that of the queue's runs out, the queue is drained, and neither helps the other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](rm_alloc_core::ErrorKind::InvalidRequest) if the queue is of another device.
    pub fn new(
        manager: &DeviceBudgetManager,
        queue: &DeferredDestructionQueue,
        config: PoolConfig,
    ) -> Result<Self, AllocationError> {
        Ok(Self { store: Store::new(manager, queue, config)? })
    }

    /// Lends a spare that was made for the same request, or makes an image.
    ///
    /// A spare costs no call of the driver, and no heap allocation. Where there is no memory, not even from those who can give
    /// some up, a spare that came back meanwhile serves as well.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_image`].
    pub fn acquire(&self, request: &ImageRequest<'_>) -> Result<PooledTexture, AllocationError> {
        let preinitialized = request.initial_layout != vk::ImageLayout::UNDEFINED;
        let once = request.aliasable || preinitialized || request.raw().is_some();
        let make = |manager: &DeviceBudgetManager| manager.allocate_image(request);
        let lent = if once {
            self.store.lend_once(make)
        } else {
            let wanted = TextureKey::of(request);
            let same = |key: &_| TextureKey::view(key) == wanted;
            self.store.lend(hash_of(&wanted), same, make, || wanted.into_owned())
        };
        Ok(PooledTexture { lent: lent? })
    }

    /// Frees spares until at most `keep_bytes` of them are left, and says how many bytes went back.
    pub fn trim(&self, keep_bytes: u64) -> u64 {
        self.store.trim(keep_bytes)
    }

    /// What it holds.
    pub fn statistics(&self) -> PoolStatistics {
        self.store.statistics()
    }
}

/// An image on loan from a [`TexturePool`], whether that still exists or not.
#[derive(Debug)]
#[must_use = "it goes back when it is dropped"]
pub struct PooledTexture {
    lent: Lent<ImageAllocation>,
}

impl PooledTexture {
    /// Notes a use, so that it comes back as soon as the device is done with all uses that were noted.
    ///
    /// # Safety
    ///
    /// - The device is done with that use when `point` is reached.
    /// - Every use since the image was lent, of its views as well, is noted like this before it is dropped.
    /// - `point` is of a timeline of the queue that the pool was made for, and its value is that of work submitted or being
    ///   recorded.
    pub unsafe fn used(&mut self, point: Point) {
        self.lent.used(point);
    }
}

impl Deref for PooledTexture {
    type Target = ImageAllocation;

    fn deref(&self) -> &ImageAllocation {
        &self.lent
    }
}

impl Stock for ImageAllocation {
    type Key = TextureKey<Box<[u32]>, Box<[vk::Format]>>;

    fn bytes(&self) -> u64 {
        self.size()
    }

    fn memory_type(&self) -> u32 {
        self.memory_type()
    }

    fn retire(self, retirer: &Retirer, at: RetireAt) {
        retirer.retire_image(self, at);
    }

    unsafe fn free(self, manager: &DeviceBudgetManager) {
        // SAFETY: the device is done with it (caller).
        unsafe { manager.free_image(self) };
    }
}

/// Everything of a request that the image depends on; what is never pooled is not told apart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct TextureKey<L, F> {
    shape: Shape,
    queue_families: L,
    view_formats: F,
}

/// The plain part.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Shape {
    flags: vk::ImageCreateFlags,
    image_type: vk::ImageType,
    format: vk::Format,
    extent: vk::Extent3D,
    mip_levels: u32,
    array_layers: u32,
    samples: vk::SampleCountFlags,
    tiling: vk::ImageTiling,
    usage: vk::ImageUsageFlags,
    location: MemoryLocation,
    dedicated: bool,
    priority: Priority,
    category: Category,
    tag: Tag,
}

impl<'a> TextureKey<&'a [u32], &'a [vk::Format]> {
    fn of(request: &ImageRequest<'a>) -> Self {
        let shape = Shape {
            flags: request.flags,
            image_type: request.image_type,
            format: request.format,
            extent: request.extent,
            mip_levels: request.mip_levels,
            array_layers: request.array_layers,
            samples: request.samples,
            tiling: request.tiling,
            usage: request.usage,
            location: request.location,
            dedicated: request.dedicated,
            priority: request.priority,
            category: request.category,
            tag: request.tag,
        };
        let (queue_families, view_formats) = (request.queue_families, request.view_formats);
        Self { shape, queue_families, view_formats }
    }

    fn into_owned(self) -> TextureKey<Box<[u32]>, Box<[vk::Format]>> {
        let Self { shape, queue_families, view_formats } = self;
        TextureKey {
            shape,
            queue_families: queue_families.into(),
            view_formats: view_formats.into(),
        }
    }
}

impl TextureKey<Box<[u32]>, Box<[vk::Format]>> {
    fn view(&self) -> TextureKey<&[u32], &[vk::Format]> {
        let Self { shape, queue_families, view_formats } = self;
        TextureKey { shape: *shape, queue_families, view_formats }
    }
}
