//! Buffers that come back.

use std::ops::Deref;

use ash::vk;
use rm_alloc_core::{
    AllocationError, BufferAllocation, BufferRequest, Category, DeviceBudgetManager, MemoryError,
    MemoryLocation, Priority, Tag,
};

use super::{
    PoolConfig, PoolStatistics,
    lent::Lent,
    shelf::{Stock, hash_of},
    store::Store,
};
use crate::{DeferredDestructionQueue, Point, RetireAt, Retirer};

/// Lends buffers, and lends them again to whoever asks for the same once the device is done with them.
///
/// Two requests are the same if all of them is, label aside: an object keeps the label of the first one.
/// Recycled buffers keep old bytes. Buffers that others may be placed over are lent once, and retired.
///
/// What is lent comes back by itself when it is dropped, waits in the queue for the device, and becomes a spare when the
/// queue is drained. All of it stays charged, and none of it is shown as retiring, for it comes back to use. A pool gives
/// spares up beyond its limits, when it is [trimmed](Self::trim) or dropped, and when memory runs out.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_alloc_core::{AllocationError, BufferRequest, DeviceBudgetManager};
/// use rm_lifetime::{BufferPool, DeferredDestructionQueue, DrainLimit, PoolConfig};
///
/// fn pooled(
///     manager: &DeviceBudgetManager,
///     queue: &DeferredDestructionQueue,
/// ) -> Result<(), AllocationError> {
///     let pool = BufferPool::new(manager, queue, PoolConfig::default())?;
///     let request = BufferRequest::new(1 << 20, BufferUsageFlags::STORAGE_BUFFER);
///     drop(pool.acquire(&request)?);
///     // Once the device is done with it:
///     queue.drain(DrainLimit::default());
///     let again = pool.acquire(&request)?;
///     assert_eq!(again.size(), 1 << 20);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct BufferPool {
    store: Store<BufferAllocation>,
}

impl BufferPool {
    /// An empty pool, whose buffers come from `manager` and wait in `queue`.
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

    /// Lends a spare that was made for the same request, or makes a buffer.
    ///
    /// A spare costs no call of the driver, and no heap allocation. Where there is no memory, not even from those who can give
    /// some up, a spare that came back meanwhile serves as well.
    ///
    /// # Errors
    ///
    /// As of [`DeviceBudgetManager::allocate_buffer`].
    pub fn acquire(&self, request: &BufferRequest<'_>) -> Result<PooledBuffer, AllocationError> {
        let once = request.aliasable;
        let make = |manager: &DeviceBudgetManager| manager.allocate_buffer(request);
        let lent = if once {
            self.store.lend_once(make)
        } else {
            let wanted = BufferKey::of(request);
            let same = |key: &_| BufferKey::view(key) == wanted;
            self.store.lend(hash_of(&wanted), same, make, || wanted.into_owned())
        };
        Ok(PooledBuffer { lent: lent? })
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

/// A buffer on loan from a [`BufferPool`], whether that still exists or not.
#[derive(Debug)]
#[must_use = "it goes back when it is dropped"]
pub struct PooledBuffer {
    lent: Lent<BufferAllocation>,
}

impl PooledBuffer {
    /// Copies `bytes` to `offset`, and flushes where memory is not coherent.
    ///
    /// # Errors
    ///
    /// As of [`BufferAllocation::write`].
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        self.lent.write(offset, bytes)
    }

    /// Notes a use, so that it comes back as soon as the device is done with all uses that were noted.
    ///
    /// # Safety
    ///
    /// - The device is done with that use when `point` is reached.
    /// - Every use since the buffer was lent is noted like this before it is dropped.
    /// - `point` is of a timeline of the queue that the pool was made for, and its value is that of work submitted or being
    ///   recorded.
    pub unsafe fn used(&mut self, point: Point) {
        self.lent.used(point);
    }
}

impl Deref for PooledBuffer {
    type Target = BufferAllocation;

    fn deref(&self) -> &BufferAllocation {
        &self.lent
    }
}

impl Stock for BufferAllocation {
    type Key = BufferKey<Box<[u32]>>;

    fn bytes(&self) -> u64 {
        self.size()
    }

    fn memory_type(&self) -> u32 {
        self.memory_type()
    }

    fn retire(self, retirer: &Retirer, at: RetireAt) {
        retirer.retire_buffer(self, at);
    }

    unsafe fn free(self, manager: &DeviceBudgetManager) {
        // SAFETY: the device is done with it (caller).
        unsafe { manager.free_buffer(self) };
    }
}

/// Everything of a request that the buffer depends on; `aliasable` is never set.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct BufferKey<L> {
    size: u64,
    usage: vk::BufferUsageFlags,
    location: MemoryLocation,
    dedicated: bool,
    min_alignment: u64,
    priority: Priority,
    queue_families: L,
    category: Category,
    tag: Tag,
}

impl<'a> BufferKey<&'a [u32]> {
    fn of(request: &BufferRequest<'a>) -> Self {
        // All fields are named, so that none is forgotten.
        let BufferRequest {
            size,
            usage,
            location,
            dedicated,
            aliasable: _,
            min_alignment,
            priority,
            queue_families,
            category,
            tag,
            label: _,
        } = *request;
        Self {
            size,
            usage,
            location,
            dedicated,
            min_alignment,
            priority,
            queue_families,
            category,
            tag,
        }
    }

    fn into_owned(self) -> BufferKey<Box<[u32]>> {
        self.over(self.queue_families.into())
    }
}

impl BufferKey<Box<[u32]>> {
    fn view(&self) -> BufferKey<&[u32]> {
        self.over(&self.queue_families)
    }
}

impl<L> BufferKey<L> {
    fn over<M>(&self, queue_families: M) -> BufferKey<M> {
        let Self {
            size, usage, location, dedicated, min_alignment, priority, category, tag, ..
        } = *self;
        BufferKey {
            size,
            usage,
            location,
            dedicated,
            min_alignment,
            priority,
            queue_families,
            category,
            tag,
        }
    }
}
