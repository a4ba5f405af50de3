//! Who puts garbage in.

use std::{
    fmt,
    mem::{self, ManuallyDrop},
    sync::{Arc, OnceLock, Weak},
};

use ash::vk;
use rm_alloc_core::{BufferAllocation, DeviceBudgetManager, ImageAllocation, MemoryBlock};

use super::{
    call::Call,
    drain::{DrainLimit, Drained, QueueCore},
    garbage::{Destroy, Entry, Garbage, Home, Object, Resource, Wait},
    registry::{Attached, List, all, upcoming},
};
use crate::{
    callback::contained,
    point::{Point, Points, RetireAt},
    sync::{Mutex, lock},
};

/// Puts garbage into a queue; every handle holds one.
///
/// Made by [`DeferredDestructionQueue::retirer`](super::DeferredDestructionQueue::retirer).
/// Retiring never waits, and needs no heap allocation once the queue has grown to its size; up to four attached timelines
/// are free, more cost a heap allocation an entry.
///
/// A clone knows the timelines of the moment; one that was made before a timeline came or went works as well, at the price of a
/// lock each time.
pub struct Retirer {
    view: Arc<View>,
}

/// A queue, and the timelines that it had when somebody looked.
#[derive(Debug)]
pub(super) struct View {
    core: Arc<QueueCore>,
    list: List,
    version: u64,
}

/// A moment that one can ask after, made by [`Retirer::stamp`].
#[derive(Clone, Debug)]
pub struct Stamp {
    retirer: Retirer,
    // Not set as long as no timeline was there to be asked.
    moment: OnceLock<Moment>,
}

#[derive(Clone, Debug)]
enum Moment {
    Few(Points),
    Many(Box<[Point]>),
}

impl View {
    fn new(core: &Arc<QueueCore>) -> Self {
        let (list, version) = core.registry.current();
        Self { core: Arc::clone(core), list, version }
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
        let moment = match at {
            RetireAt::Points(points) => Some(Moment::Few(points)),
            RetireAt::Now => Moment::now(&self.view.core.registry.current().0),
        };
        Stamp { retirer: self.clone(), moment: moment.map(OnceLock::from).unwrap_or_default() }
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
        let core = &*self.view.core;
        contained(|| resource.mark(&core.manager));
        // Beyond 2^32 it leaks.
        if let Ok(slot) = core.resources.put(ManuallyDrop::new(resource)) {
            self.put(|| Garbage::Resource(slot), at);
        }
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

impl Stamp {
    /// Whether the moment has come; never waits.
    ///
    /// As of the queue itself, nothing is reached before a timeline is attached.
    pub fn is_reached(&self) -> bool {
        let (list, _) = self.retirer.view.core.registry.current();
        let reached = |point: Point| {
            let known = list.iter().find(|known| known.id == point.timeline);
            known.is_none_or(|known| known.completed() >= point.value)
        };
        if self.moment.get().is_none() {
            Moment::now(&list).map(|now| self.moment.set(now));
        }
        match self.moment.get() {
            Some(Moment::Few(points)) => points.iter().all(reached),
            Some(Moment::Many(points)) => points.iter().copied().all(reached),
            None => false,
        }
    }
}

impl Clone for Retirer {
    fn clone(&self) -> Self {
        if self.view.is_stale() {
            return self.view.core.retirer();
        }
        Self { view: Arc::clone(&self.view) }
    }
}

impl Moment {
    /// When everything in flight or being recorded is done; `None` where nobody knows.
    fn now(list: &[Attached]) -> Option<Self> {
        let mut few = Points::NONE;
        if list.iter().all(|it| few.insert(it.upcoming())) {
            return (!list.is_empty()).then_some(Self::Few(few));
        }
        Some(Self::Many(all(list)))
    }
}

impl fmt::Debug for Retirer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retirer").field("queue", &self.view.core).finish()
    }
}
