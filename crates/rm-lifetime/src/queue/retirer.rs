//! Who puts garbage in.

use std::{
    fmt,
    mem::{self, ManuallyDrop},
    sync::{Arc, Weak},
};

use ash::vk;
use rm_alloc_core::{BufferAllocation, DeviceBudgetManager, ImageAllocation, MemoryBlock};

use super::{
    call::Call,
    drain::{DrainLimit, Drained, QueueCore},
    garbage::{Destroy, Entry, Garbage, Home, Object, Resource, Wait},
    registry::{List, upcoming},
    stamp::{Progress, Stamp},
};
use crate::{
    callback::contained,
    point::RetireAt,
    sync::{Mutex, lock},
};

/// Puts garbage into a queue; every handle holds one.
///
/// Made by [`DeferredDestructionQueue::retirer`](super::DeferredDestructionQueue::retirer).
/// Retiring never waits, and needs no heap allocation once the queue has grown to its size; up to four attached timelines
/// are free, more cost a heap allocation an entry.
///
/// A clone knows the timelines of the moment; one that was made before a timeline came or went works as well, and its clones
/// know them, at the price of a lock each time.
pub struct Retirer {
    view: Arc<View>,
}

/// A queue, and the timelines that it had when somebody looked.
pub(super) struct View {
    core: Arc<QueueCore>,
    list: List,
    version: u64,
    /// A newer one, for clones of a retirer that keeps this one though it is stale. None keeps an older one, so that there is
    /// no circle.
    newer: Mutex<Option<Arc<Self>>>,
}

impl View {
    fn new(core: &Arc<QueueCore>) -> Self {
        let (list, version) = core.registry.current();
        Self { core: Arc::clone(core), list, version, newer: Mutex::new(None) }
    }

    /// How a queue keeps the view of the day: weakly, because a view keeps the queue.
    pub(super) fn of(core: &Arc<QueueCore>, known: &Mutex<Weak<Self>>) -> Arc<Self> {
        if let Some(view) = lock(known).upgrade().filter(|view| !view.is_stale()) {
            return view;
        }
        // Outside the lock, since the last handle of an old view may end timelines.
        let view = Arc::new(Self::new(core));
        *lock(known) = Arc::downgrade(&view);
        view
    }

    /// The view of the day, instead of one that is stale.
    #[cold]
    fn renewed(&self) -> Arc<Self> {
        let known = lock(&self.newer).clone();
        if let Some(view) = known.filter(|view| !view.is_stale()) {
            return view;
        }
        let view = self.core.view();
        let old = lock(&self.newer).replace(Arc::clone(&view));
        // Outside the lock, since the last handle of an old view may end timelines.
        drop(old);
        view
    }

    /// Whether timelines came or went since.
    #[inline]
    pub(super) fn is_stale(&self) -> bool {
        self.version != self.core.registry.version()
    }
}

impl Retirer {
    pub(super) fn new(view: Arc<View>) -> Self {
        Self { view }
    }

    /// Retires a buffer, whose bytes stay charged and count as retiring.
    pub fn retire_buffer(&self, buffer: BufferAllocation, at: RetireAt) {
        self.retire_resource(Resource::Buffer(buffer), at);
    }

    /// Retires an image, whose bytes stay charged and count as retiring.
    pub fn retire_image(&self, image: ImageAllocation, at: RetireAt) {
        self.retire_resource(Resource::Image(image), at);
    }

    /// Retires a hold on memory, whose bytes count as retiring when all of their holders do.
    pub fn retire_block(&self, block: MemoryBlock, at: RetireAt) {
        self.retire_resource(Resource::Block(block), at);
    }

    /// Retires something that goes back to `home`, where it is known as `slot`.
    pub(crate) fn retire_lent(&self, home: Arc<dyn Home>, slot: u32, at: RetireAt) {
        self.retire_resource(Resource::Lent(home, slot), at);
    }

    /// Retires a buffer that dies when the moment of `stamp`, of the same queue, has come.
    pub(crate) fn retire_buffer_when(&self, buffer: BufferAllocation, stamp: &Stamp) {
        let core = &*self.view.core;
        if let Some(garbage) = self.store(Resource::Buffer(buffer)) {
            let wait = stamp.wait(&self.timelines(), &core.crowds);
            core.intake.push_with(|| Entry { wait, garbage });
        }
    }

    /// Retires a Vulkan object of any type but memory, such as a pipeline; ignores null.
    ///
    /// ```
    /// use ash::vk;
    /// use rm_lifetime::{RetireAt, Retirer};
    ///
    /// fn replace(device: &ash::Device, retirer: &Retirer, old: vk::Pipeline) {
    ///     let destroy = device.fp_v1_0().destroy_pipeline;
    ///     // Sound: the pipeline is of the device of the queue, and nobody else destroys it.
    ///     unsafe { retirer.retire_raw(old, destroy, RetireAt::Now) };
    /// }
    /// ```
    ///
    /// # Safety
    ///
    /// - `raw` is null, or a live object of the manager's device that was made without allocation callbacks.
    /// - `destroy` is the command of that device that destroys objects of this type, and nobody else calls it for `raw`.
    #[inline]
    pub unsafe fn retire_raw<H: vk::Handle + Copy>(
        &self,
        raw: H,
        destroy: unsafe extern "system" fn(vk::Device, H, *const vk::AllocationCallbacks<'_>),
        at: RetireAt,
    ) {
        const { assert!(size_of::<H>() == size_of::<u64>(), "objects are 64 bits wide") };
        let raw = raw.as_raw();
        if raw == 0 {
            return;
        }
        type Typed<H> =
            unsafe extern "system" fn(vk::Device, H, *const vk::AllocationCallbacks<'_>);
        // SAFETY: handles are transparent over 64 bits (checked above), so that calls are the same.
        let destroy = unsafe { mem::transmute::<Typed<H>, Destroy>(destroy) };
        self.put(|| Garbage::Object(Object { raw, destroy }), at);
    }

    /// Calls `closure` once; up to 48 bytes of it are stored in place.
    ///
    /// It runs within a drain, within any allocation that runs out of memory, or where the last handle of the queue is dropped,
    /// on that thread: it must not wait for anything that such a thread may hold.
    /// Where it is forgotten, it is not dropped either.
    #[inline]
    pub fn retire_with(&self, closure: impl FnOnce() + Send + 'static, at: RetireAt) {
        self.put(|| Garbage::Call(Call::new(closure)), at);
    }

    /// The moment at which something retired now would be ready.
    pub fn stamp(&self, at: RetireAt) -> Stamp {
        Stamp::new(self.clone(), at, &self.timelines())
    }

    /// How far the device is, for many stamps at once.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.timelines())
    }

    /// The timelines of the moment.
    pub(super) fn timelines(&self) -> List {
        self.view.core.registry.current().0
    }

    /// Destroys what is ready, as [`DeferredDestructionQueue::drain`](super::DeferredDestructionQueue::drain) does, also after the
    /// queue object is gone.
    pub fn drain(&self, limit: DrainLimit) -> Drained {
        self.view.core.drain(limit)
    }

    /// Whose resources these are.
    pub fn manager(&self) -> &DeviceBudgetManager {
        &self.view.core.manager
    }

    fn retire_resource(&self, resource: Resource, at: RetireAt) {
        if let Some(garbage) = self.store(resource) {
            self.put(|| garbage, at);
        }
    }

    /// Shows a resource as retiring, and makes garbage of it; beyond 2^32 of them it leaks.
    #[inline]
    fn store(&self, resource: Resource) -> Option<Garbage> {
        let core = &*self.view.core;
        contained(|| resource.mark(&core.manager));
        core.resources.put(ManuallyDrop::new(resource)).ok().map(Garbage::Resource)
    }

    /// Puts in what `garbage` makes: straight away where there is one timeline and nothing has changed, as is the rule.
    #[inline(always)]
    fn put(&self, garbage: impl FnOnce() -> Garbage, at: RetireAt) {
        let view = &*self.view;
        match (&*view.list, at) {
            ([one], RetireAt::Now) if !view.is_stale() => {
                let point = one.upcoming();
                let make = || Entry { wait: Wait::One(point), garbage: garbage() };
                view.core.intake.push_with(make);
            }
            _ => self.put_with_care(garbage(), at),
        }
    }

    #[inline(never)]
    fn put_with_care(&self, garbage: Garbage, at: RetireAt) {
        let view = &*self.view;
        let wait = match at {
            RetireAt::Points(points) => Wait::Few(points),
            RetireAt::Now if view.is_stale() => {
                upcoming(&view.core.registry.current().0, &view.core.crowds)
            }
            RetireAt::Now => upcoming(&view.list, &view.core.crowds),
        };
        view.core.intake.push_with(|| Entry { wait, garbage });
    }
}

impl Clone for Retirer {
    fn clone(&self) -> Self {
        let view = &self.view;
        Self { view: if view.is_stale() { view.renewed() } else { Arc::clone(view) } }
    }
}

impl fmt::Debug for Retirer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retirer").field("queue", &self.view.core).finish()
    }
}
