//! Where garbage comes in: a ring that many threads fill and one empties, with a list for what does not fit.
//!
//! Protocol, after D. Vyukov's bounded queue, with one consumer that never waits:
//!
//! - Slot `n % capacity` is for whoever claims position `n`. Its `turn` is `n` while it is free for that position, `n + 1`
//!   once the value is there, and `n + capacity` when it was taken out.
//! - A producer claims a position by moving `tail` from `n` to `n + 1`, which it tries only after it has seen turn `n`
//!   (acquire: whoever took the value before is done with the slot). It writes the value and stores `n + 1` (release).
//!   `tail` moves with release, and the consumer reads it with acquire, so that whoever sees a claim sees the values that
//!   its thread had put in before.
//! - The consumer walks from `head` to `tail` and takes every slot whose turn is `n + 1` (acquire: the value is there). One
//!   that was claimed and not yet written is passed over, and looked at again next time: its producer has not returned, so
//!   nobody can have expected it. `head` stays there, and slots behind it that were taken already show `n + capacity`.
//! - A ring without room sends producers to `spill`, where they stay until the consumer has emptied it, so that two values of
//!   one thread never overtake each other. `spilling` is written under the lock of `spill` and read without; acquire and
//!   release, because a producer that reads `false` after a drain must come behind what that drain took. The consumer reads
//!   `tail` under the lock once more: what is in the ring by then came before what was spilled.

#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, not(loom)))]
mod tests;

use std::{
    fmt,
    mem::{self, MaybeUninit},
    sync::atomic::Ordering,
};

use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex, UnsafeCell, lock};

/// The producers' side, shared.
pub(super) struct Intake<T> {
    slots: Box<[Slot<T>]>,
    /// Capacity less one; the capacity is a power of two.
    mask: usize,
    tail: Line<AtomicUsize>,
    spilling: AtomicBool,
    spill: Mutex<Vec<T>>,
    spilled: AtomicU64,
}

/// The consumer's side: whoever has it may take values out.
#[derive(Debug)]
pub(super) struct Outlet<T> {
    head: usize,
    /// Emptied, to be swapped with the spill.
    spare: Vec<T>,
}

struct Slot<T> {
    turn: AtomicUsize,
    // Invariant: initialised while `turn` is one more than the position that the slot is at.
    value: UnsafeCell<MaybeUninit<T>>,
}

/// A value on a cache line of its own.
#[repr(align(128))]
struct Line<T>(T);

// SAFETY: values move from thread to thread, and slots are touched by whoever has the turn alone.
unsafe impl<T: Send> Send for Intake<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Intake<T> {}

impl<T: Copy> Intake<T> {
    /// One with room for `capacity` values, rounded up to a power of two, before it spills.
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(2, 1 << 20).next_power_of_two();
        let slot = |turn| Slot {
            turn: AtomicUsize::new(turn),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        };
        Self {
            slots: (0..capacity).map(slot).collect(),
            mask: capacity - 1,
            tail: Line(AtomicUsize::new(0)),
            spilling: AtomicBool::new(false),
            spill: Mutex::new(Vec::new()),
            spilled: AtomicU64::new(0),
        }
    }

    /// Puts in what `make` makes; never waits for the consumer.
    ///
    /// Made in its place: a value that is made before and moved there costs twice as much.
    #[inline(always)]
    pub(super) fn push_with(&self, make: impl FnOnce() -> T) {
        if !self.spilling.load(Ordering::Acquire)
            && let Some(at) = self.claim()
        {
            let slot = &self.slots[at & self.mask];
            // SAFETY: the position is ours alone (claimed), and the slot is free until its turn says otherwise.
            slot.value.with_mut(|place| unsafe { place.cast::<T>().write(make()) });
            slot.turn.store(at.wrapping_add(1), Ordering::Release);
            return;
        }
        self.spill(make());
    }

    /// The position that the caller alone may fill; `None` if there is no room.
    #[inline(always)]
    fn claim(&self) -> Option<usize> {
        let mut at = self.tail.0.load(Ordering::Relaxed);
        loop {
            let turn = self.slots[at & self.mask].turn.load(Ordering::Acquire);
            if turn == at {
                let next = at.wrapping_add(1);
                let (won, lost) = (Ordering::Release, Ordering::Relaxed);
                match self.tail.0.compare_exchange_weak(at, next, won, lost) {
                    Ok(_) => return Some(at),
                    Err(now) => at = now,
                }
            } else if turn.wrapping_sub(at) > usize::MAX / 2 {
                // Behind: the value of the round before is still there.
                return None;
            } else {
                at = self.tail.0.load(Ordering::Relaxed);
            }
        }
    }

    #[cold]
    fn spill(&self, value: T) {
        let mut spill = lock(&self.spill);
        self.spilling.store(true, Ordering::Release);
        spill.push(value);
        self.spilled.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes out everything whose producer has returned, in the order of each producer.
    #[inline]
    pub(super) fn take(&self, outlet: &mut Outlet<T>, mut with: impl FnMut(&T)) {
        self.walk(outlet, self.tail.0.load(Ordering::Acquire), &mut with);
        if self.spilling.load(Ordering::Acquire) {
            let mut spill = lock(&self.spill);
            mem::swap(&mut *spill, &mut outlet.spare);
            let end = self.tail.0.load(Ordering::Acquire);
            self.spilling.store(false, Ordering::Release);
            drop(spill);
            // What a producer put into the ring before it spilled comes first.
            self.walk(outlet, end, &mut with);
            outlet.spare.iter().for_each(with);
            outlet.spare.clear();
        }
    }

    /// Takes out what is there from `head` to `end`.
    #[inline]
    fn walk(&self, outlet: &mut Outlet<T>, end: usize, with: &mut impl FnMut(&T)) {
        let (mut at, mut gap) = (outlet.head, false);
        while at != end {
            let slot = &self.slots[at & self.mask];
            let turn = slot.turn.load(Ordering::Acquire);
            if turn == at.wrapping_add(1) {
                // SAFETY: the value is there (its turn says so), and nobody else has the slot until its turn changes.
                slot.value.with_mut(|place| with(unsafe { &*place.cast::<T>() }));
                slot.turn.store(at.wrapping_add(self.slots.len()), Ordering::Release);
            } else if turn == at {
                gap = true;
            }
            at = at.wrapping_add(1);
            if !gap {
                outlet.head = at;
            }
        }
    }

    /// Values that fit before it spills.
    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Values that came in so far and did not fit.
    pub(super) fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    /// Values that came in so far, by the ring or beside it.
    pub(super) fn count(&self) -> u64 {
        self.tail.0.load(Ordering::Relaxed) as u64 + self.spilled()
    }
}

impl<T> Default for Outlet<T> {
    fn default() -> Self {
        Self { head: 0, spare: Vec::new() }
    }
}

impl<T: Copy> fmt::Debug for Intake<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake")
            .field("capacity", &self.capacity())
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}
