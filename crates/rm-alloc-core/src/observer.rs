//! Who wants to hear of what happens to memory.
//!
//! Protocol: `wanted` is the union of every observer's mask, written under the lock of `list` and read
//! without it, relaxed: it only decides whether the list is worth looking at, and an observer that is just
//! being added may miss what happens at that moment. Observers are called on the thread where the event
//! happens, outside every lock, and a panic of theirs ends there: memory has already changed hands, and the
//! one who allocates or frees is not the one to blame.

use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    thread::{self, ThreadId},
};

use bitflags::bitflags;

use crate::{
    AllocationError, FrameDelta, FreedParcel, Parcel, Place, Pressure,
    callback::contained,
    sync::{Mutex, lock},
};

bitflags! {
    /// The events an observer wants to hear of.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    pub struct EventMask: u32 {
        /// [`MemoryEvent::BlockAllocated`].
        const BLOCK_ALLOCATED = 1;
        /// [`MemoryEvent::BlockFreed`].
        const BLOCK_FREED = 2;
        /// [`MemoryEvent::Leaked`].
        const LEAKED = 4;
        /// [`MemoryEvent::Allocated`].
        const ALLOCATED = 8;
        /// [`MemoryEvent::Freed`].
        const FREED = 16;
        /// [`MemoryEvent::Near`] and [`MemoryEvent::Over`].
        const PRESSURE = 32;
        /// [`MemoryEvent::Refused`].
        const REFUSED = 64;
        /// [`MemoryEvent::FrameThreshold`].
        const FRAME = 128;
    }
}

/// One memory object, as events describe it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct BlockInfo<'a> {
    /// The allocator it belongs to, by [`name`](crate::MemoryAllocator::name).
    pub allocator: &'a str,
    /// The label of the request.
    pub label: Option<&'a str>,
    /// Size in bytes.
    pub size: u64,
    /// Index of its memory type.
    pub memory_type: u32,
    /// Index of the heap of that type.
    pub heap: u32,
}

/// Something that happened to memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MemoryEvent<'a> {
    /// `vkAllocateMemory` gave a block.
    BlockAllocated(BlockInfo<'a>),
    /// A block went back to the driver.
    BlockFreed(BlockInfo<'a>),
    /// An allocator was dropped while this memory was still out, a block or a piece of one; it is lost to the device.
    Leaked(BlockInfo<'a>),
    /// A budget admitted memory, which was taken.
    Allocated(Parcel<'a>),
    /// Memory that a budget had admitted went back, from this place.
    ///
    /// Told after it went, so that whoever got the place next may be heard of before. At any one place memory comes and goes
    /// in turn: what is freed there first is what was allocated there first.
    Freed(FreedParcel, Place),
    /// An account came to its warning line, from below.
    Near(Pressure),
    /// An account came to hold more than its limit.
    Over(Pressure),
    /// A request was refused, for whatever reason; this is what the caller gets.
    Refused(&'a AllocationError),
    /// A frame took more than the configured threshold.
    FrameThreshold(FrameDelta),
}

impl MemoryEvent<'_> {
    fn mask(&self) -> EventMask {
        match self {
            Self::BlockAllocated(_) => EventMask::BLOCK_ALLOCATED,
            Self::BlockFreed(_) => EventMask::BLOCK_FREED,
            Self::Leaked(_) => EventMask::LEAKED,
            Self::Allocated(_) => EventMask::ALLOCATED,
            Self::Freed(..) => EventMask::FREED,
            Self::Near(_) | Self::Over(_) => EventMask::PRESSURE,
            Self::Refused(_) => EventMask::REFUSED,
            Self::FrameThreshold(_) => EventMask::FRAME,
        }
    }
}

/// Someone who wants to hear of what happens to memory.
///
/// Called on the thread where it happens and outside every lock of this library, so an observer may call back; it is not told
/// of what it does itself on that thread meanwhile.
/// A panic is contained: it reaches the panic hook and nobody else.
pub trait MemoryObserver: Send + Sync {
    /// The events to be told of; asked once, when the observer is added.
    fn mask(&self) -> EventMask {
        EventMask::all()
    }

    /// Tells of `event`.
    fn event(&self, event: &MemoryEvent<'_>);
}

/// The observers of one device.
#[derive(Default)]
pub(crate) struct Observers {
    wanted: AtomicU32,
    list: Mutex<Vec<(EventMask, Weak<dyn MemoryObserver>)>>,
    // Who is being told of something, on which thread, by address.
    telling: Mutex<Vec<(ThreadId, usize)>>,
}

impl Observers {
    /// Adds `observer`, held weakly: one that owns what it observes must not keep it alive for ever.
    pub(crate) fn add(&self, observer: &Arc<dyn MemoryObserver>) {
        let mask = observer.mask();
        let mut list = lock(&self.list);
        list.retain(|(_, known)| known.strong_count() > 0);
        list.push((mask, Arc::downgrade(observer)));
        self.note_wanted(&list);
    }

    /// Whether anybody asked for events of `mask`.
    pub(crate) fn want(&self, mask: EventMask) -> bool {
        self.wanted.load(Ordering::Relaxed) & mask.bits() != 0
    }

    /// Tells everyone who asked for such events, and says how many there were.
    ///
    /// Not the one who is being told of something on this very thread: what an observer does itself is no news to it, and
    /// would have no end.
    pub(crate) fn tell(&self, event: &MemoryEvent<'_>) -> usize {
        if !self.want(event.mask()) {
            return 0;
        }
        let thread = thread::current().id();
        let busy = |observer: usize| lock(&self.telling).contains(&(thread, observer));
        let mut list = lock(&self.list);
        let listeners: Vec<_> = list
            .iter()
            .filter(|(mask, _)| mask.intersects(event.mask()))
            .filter_map(|(_, observer)| observer.upgrade())
            .collect();
        if listeners.is_empty() {
            // Whoever wanted such events is gone.
            list.retain(|(_, known)| known.strong_count() > 0);
            self.note_wanted(&list);
        }
        drop(list);
        let heard = listeners.len();
        for listener in listeners {
            let address = Arc::as_ptr(&listener).addr();
            if busy(address) {
                continue;
            }
            lock(&self.telling).push((thread, address));
            // Whoever holds the last handle drops the observer, so that belongs inside as well.
            let _told = contained(move || {
                listener.event(event);
                drop(listener);
            });
            lock(&self.telling).retain(|known| *known != (thread, address));
        }
        heard
    }

    fn note_wanted(&self, list: &[(EventMask, Weak<dyn MemoryObserver>)]) {
        let wanted = list.iter().fold(0, |all, (mask, _)| all | mask.bits());
        self.wanted.store(wanted, Ordering::Relaxed);
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers").field("count", &lock(&self.list).len()).finish()
    }
}
