//! What waits for its end, in two cache lines.

use std::{mem::ManuallyDrop, ptr};

use ash::vk;
use rm_alloc_core::{BufferAllocation, DeviceBudgetManager, ImageAllocation, MemoryBlock};

use super::call::Call;
use crate::{
    point::{Point, Points},
    sync::{Mutex, lock},
};

/// Garbage and what it waits for.
///
/// Dropping one forgets it: the device may still use what it stands for.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) wait: Wait,
    pub(super) garbage: Garbage,
}

/// What has to be reached.
#[derive(Clone, Debug)]
pub(crate) enum Wait {
    /// Points of a few timelines; none at all is reached at once.
    Few(Points),
    /// Points of more timelines than fit in place.
    Many(Box<[Point]>),
    /// Nobody knows: no timeline was attached.
    Unknown,
}

/// What is to be destroyed.
#[derive(Debug)]
pub(super) enum Garbage {
    Call(Call),
    Object(Object),
    /// In the store of [`Resources`].
    Resource(u32),
}

/// How Vulkan destroys an object that is 64 bits wide.
pub(super) type Destroy =
    unsafe extern "system" fn(vk::Device, u64, *const vk::AllocationCallbacks<'_>);

/// A Vulkan object of any type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    // Invariant: `destroy` may be called once with `raw` when the points are reached.
    pub(super) raw: u64,
    pub(super) destroy: Destroy,
}

/// Something that is charged.
#[derive(Debug)]
pub(super) enum Resource {
    Block(MemoryBlock),
    Buffer(BufferAllocation),
    Image(ImageAllocation),
}

/// What was destroyed: bytes, and the memory type that they were of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Freed {
    pub(super) bytes: u64,
    pub(super) memory_type: u32,
}

impl Wait {
    /// The points; none where nobody knows.
    pub(crate) fn points(&self) -> impl Iterator<Item = Point> + '_ {
        let (few, many) = match self {
            Self::Few(points) => (Some(points), [].as_slice()),
            Self::Many(points) => (None, &**points),
            Self::Unknown => (None, [].as_slice()),
        };
        few.into_iter().flat_map(Points::iter).chain(many.iter().copied())
    }
}

impl Garbage {
    /// Destroys it; the promises that came with it say when this may be.
    ///
    /// # Safety
    ///
    /// - Its points are reached, or the device is done with it for another reason.
    pub(super) unsafe fn destroy(
        self,
        manager: &DeviceBudgetManager,
        resources: &Resources,
    ) -> Freed {
        match self {
            Self::Call(call) => call.call(),
            Self::Object(Object { raw, destroy }) => {
                let device = manager.context().device().handle();
                // SAFETY: promised when it was retired (invariant), and the device is done with it (caller).
                unsafe { destroy(device, raw, ptr::null()) };
            }
            Self::Resource(slot) => {
                let Some(resource) = resources.take(slot) else { return Freed::default() };
                // SAFETY: the device is done with it (caller).
                return unsafe { ManuallyDrop::into_inner(resource).free(manager) };
            }
        }
        Freed::default()
    }
}

impl Resource {
    /// Bytes that come back with it, and their memory type; none where others hold the memory as well.
    pub(super) fn worth(&self) -> Freed {
        let (bytes, memory_type, shared) = match self {
            Self::Block(block) => (block.size(), block.memory_type(), block.holders() > 1),
            Self::Buffer(buffer) => (buffer.size(), buffer.memory_type(), shared(buffer.memory())),
            Self::Image(image) => (image.size(), image.memory_type(), shared(image.memory())),
        };
        Freed { bytes: if shared { 0 } else { bytes }, memory_type }
    }

    /// Shows its bytes as retiring.
    pub(super) fn mark(&self, manager: &DeviceBudgetManager) {
        match self {
            Self::Block(block) => manager.mark_retiring(block),
            Self::Buffer(buffer) => manager.mark_retiring(buffer),
            Self::Image(image) => manager.mark_retiring(image),
        }
    }

    /// # Safety
    ///
    /// - The device is done with it.
    unsafe fn free(self, manager: &DeviceBudgetManager) -> Freed {
        let worth = self.worth();
        match self {
            Self::Block(block) => drop(block),
            // SAFETY: the device is done with it (caller).
            Self::Buffer(buffer) => unsafe { manager.free_buffer(buffer) },
            // SAFETY: the device is done with it (caller).
            Self::Image(image) => unsafe { manager.free_image(image) },
        }
        worth
    }
}

fn shared(memory: Option<&MemoryBlock>) -> bool {
    memory.is_some_and(|memory| memory.holders() > 1)
}

/// Resources that wait, apart from the entries, which stay small without them.
#[derive(Debug, Default)]
pub(super) struct Resources {
    store: Mutex<Store>,
}

#[derive(Debug, Default)]
struct Store {
    // Invariant: `free` names the slots that are `None`, once each.
    // By hand, because a resource that is dropped with the store must leak: the device may still use it.
    slots: Vec<Option<ManuallyDrop<Resource>>>,
    free: Vec<u32>,
}

impl Resources {
    pub(super) fn reserve(&self, count: usize) {
        let mut store = lock(&self.store);
        store.slots.reserve(count);
        store.free.reserve(count);
    }

    /// Stores `resource` under a number; `None`, and leaks it, beyond 2^32 of them.
    pub(super) fn put(&self, resource: Resource) -> Option<u32> {
        let resource = ManuallyDrop::new(resource);
        let mut store = lock(&self.store);
        if let Some(slot) = store.free.pop() {
            store.slots[slot as usize] = Some(resource);
            return Some(slot);
        }
        let slot = u32::try_from(store.slots.len()).ok()?;
        store.slots.push(Some(resource));
        Some(slot)
    }

    fn take(&self, slot: u32) -> Option<ManuallyDrop<Resource>> {
        let mut store = lock(&self.store);
        let resource = store.slots.get_mut(slot as usize)?.take()?;
        store.free.push(slot);
        Some(resource)
    }

    /// Leaks what is left under `slot`, and says what it was worth.
    pub(super) fn forget(&self, slot: u32) -> Freed {
        self.take(slot).map_or(Freed::default(), |resource| resource.worth())
    }
}
