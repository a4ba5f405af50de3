//! What waits for its end, in two cache lines.

use std::{
    fmt,
    mem::{self, ManuallyDrop},
    ptr,
    sync::Arc,
};

use ash::vk;
use rm_alloc_core::{BufferAllocation, DeviceBudgetManager, ImageAllocation, MemoryBlock};

use super::{call::Call, slots::Slots};
use crate::point::{Point, Points};

/// Garbage and what it waits for.
///
/// Plain data, which is destroyed once or forgotten: the device may still use what it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) wait: Wait,
    pub(super) garbage: Garbage,
}

/// What has to be reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wait {
    /// The point of one timeline, as where there is one queue.
    One(Point),
    /// Points of a few timelines; none at all is reached at once.
    Few(Points),
    /// Points of more timelines than fit in place, which are stored apart.
    Many(u32),
    /// Nobody knows: no timeline was attached.
    Unknown,
}

/// What is to be destroyed.
#[derive(Clone, Copy, Debug)]
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
    /// Goes back to where it was lent, under this number.
    Lent(Arc<dyn Home>, u32),
}

/// Where lent things go back to.
pub(crate) trait Home: fmt::Debug + Send + Sync {
    /// Takes back what was lent under `slot`.
    ///
    /// # Safety
    ///
    /// - The device is done with it.
    unsafe fn take_back(&self, slot: u32);

    /// Leaks what was lent under `slot`, and says how many bytes it had.
    fn leak(&self, slot: u32) -> u64;
}

/// What was destroyed: bytes, and the memory type that they were of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Freed {
    pub(super) bytes: u64,
    pub(super) memory_type: u32,
}

/// Resources that wait, apart from the entries, which stay small without them.
///
/// By hand, because a resource that is dropped with its store must leak: the device may still use it.
pub(super) type Resources = Slots<ManuallyDrop<Resource>>;

impl Garbage {
    /// Destroys it; the promises that came with it say when this may be.
    ///
    /// # Safety
    ///
    /// - Its points are reached, or the device is done with it for another reason.
    /// - Nobody destroys it again.
    #[inline(always)]
    pub(super) unsafe fn destroy(
        &self,
        manager: &DeviceBudgetManager,
        resources: &Resources,
    ) -> Freed {
        match self {
            Self::Object(Object { raw, destroy }) => {
                let device = manager.context().device().handle();
                // SAFETY: promised when it was retired (invariant), and the device is done with it (caller).
                unsafe { destroy(device, *raw, ptr::null()) };
                Freed::default()
            }
            Self::Call(call) => {
                // SAFETY: called once (caller).
                unsafe { call.call() };
                Freed::default()
            }
            // SAFETY: the same promises.
            Self::Resource(slot) => unsafe { free(*slot, manager, resources) },
        }
    }
}

/// Frees what is stored under `slot`.
///
/// # Safety
///
/// - The device is done with it.
#[inline(never)]
unsafe fn free(slot: u32, manager: &DeviceBudgetManager, resources: &Resources) -> Freed {
    let Some(resource) = resources.take(slot) else { return Freed::default() };
    // SAFETY: the device is done with it (caller).
    unsafe { ManuallyDrop::into_inner(resource).free(manager) }
}

impl Resource {
    /// Bytes that come back with it, and their memory type; none where others hold the memory as well.
    pub(super) fn worth(&self) -> Freed {
        let (bytes, memory_type) = match self {
            Self::Block(block) => (held_alone(block), block.memory_type()),
            Self::Buffer(buffer) => {
                (buffer.memory().map_or(buffer.size(), held_alone), buffer.memory_type())
            }
            Self::Image(image) => {
                (image.memory().map_or(image.size(), held_alone), image.memory_type())
            }
            // It stays charged.
            Self::Lent(..) => return Freed::default(),
        };
        Freed { bytes, memory_type }
    }

    /// Leaks it, and says what it was worth.
    pub(super) fn leak(self) -> Freed {
        let worth = self.worth();
        match self {
            // Its drop would give the memory back.
            Self::Block(block) => mem::forget(block),
            // No drop of theirs frees anything, but their allocator hears that nobody will.
            Self::Buffer(_) | Self::Image(_) => drop(self),
            Self::Lent(home, slot) => return Freed { bytes: home.leak(slot), ..worth },
        }
        worth
    }

    /// Shows its bytes as retiring.
    pub(super) fn mark(&self, manager: &DeviceBudgetManager) {
        match self {
            Self::Block(block) => manager.mark_retiring(block),
            Self::Buffer(buffer) => manager.mark_retiring(buffer),
            Self::Image(image) => manager.mark_retiring(image),
            // It comes back to use.
            Self::Lent(..) => {}
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
            // SAFETY: the device is done with it (caller).
            Self::Lent(home, slot) => unsafe { home.take_back(slot) },
        }
        worth
    }
}

/// Bytes that come back with a hold on `memory`: all of them, or none if others hold it as well.
fn held_alone(memory: &MemoryBlock) -> u64 {
    if memory.holders() > 1 { 0 } else { memory.size() }
}
