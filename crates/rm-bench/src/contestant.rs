//! Who plays: anything that takes and gives back memory, and the seat from which it plays a trace.

mod gpu_alloc;
mod gpu_allocator;
mod list;
mod ours;
mod vma;

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

pub use self::list::{BACKENDS, Backend, Entry, Level, OpenBackend, entries};
pub(crate) use self::list::{LOCKED_GPU_ALLOC, LOCKED_VK_MEM, VK_MEM, entries_named, is_peer};
use crate::trace::{Op, Want};

/// An allocator in the setting in which it plays.
pub(crate) trait Contestant: Send {
    /// What it gives out.
    type Held: Send;

    /// Takes memory.
    ///
    /// # Errors
    ///
    /// [`Refused`] with the allocator's own words; nothing was taken then.
    fn allocate(&mut self, want: Want) -> Result<Self::Held, Refused>;

    /// Gives memory back.
    ///
    /// # Safety
    ///
    /// - `held` came from this contestant, or from one that shares its allocator.
    unsafe fn free(&mut self, held: Self::Held);
}

/// Several threads meet in one lock, for allocators that have none of their own.
impl<C: Contestant> Contestant for Arc<Mutex<C>> {
    type Held = C::Held;

    fn allocate(&mut self, want: Want) -> Result<Self::Held, Refused> {
        self.lock().unwrap_or_else(PoisonError::into_inner).allocate(want)
    }

    unsafe fn free(&mut self, held: Self::Held) {
        let mut locked = self.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the caller's promise.
        unsafe { locked.free(held) };
    }
}

/// An allocator's reason for giving nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused(String);

impl Refused {
    /// The reason that `error` names.
    pub(crate) fn because(error: impl Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Someone who plays one lane of a trace.
pub trait Player: Send {
    /// Plays `ops`.
    ///
    /// # Errors
    ///
    /// [`Refused`] at the first step that could not be played; the others are not.
    fn play(&mut self, ops: &[Op]) -> Result<(), Refused>;
}

/// A contestant with what it holds.
struct Seat<C: Contestant> {
    // Invariant: everything in `held` came from `contestant`, or one that shares its allocator.
    contestant: C,
    held: Vec<Option<C::Held>>,
}

impl<C: Contestant> Seat<C> {
    #[inline]
    fn step(&mut self, op: Op) -> Result<(), Refused> {
        let slot = &mut self.held[op.slot()];
        match op.want() {
            Some(want) => *slot = Some(self.contestant.allocate(want)?),
            None => {
                if let Some(held) = slot.take() {
                    // SAFETY: it came from there (invariant).
                    unsafe { self.contestant.free(held) };
                }
            }
        }
        Ok(())
    }
}

impl<C: Contestant> Player for Seat<C> {
    fn play(&mut self, ops: &[Op]) -> Result<(), Refused> {
        ops.iter().try_for_each(|op| self.step(*op))
    }
}

impl<C: Contestant> Drop for Seat<C> {
    fn drop(&mut self) {
        for held in self.held.drain(..).flatten() {
            // SAFETY: it came from there (invariant).
            unsafe { self.contestant.free(held) };
        }
    }
}

/// A player a lane, of contestants that share an allocator; `slots` has each lane's number of slots.
fn seats<C: Contestant + 'static>(
    slots: &[usize],
    mut contestant: impl FnMut() -> C,
) -> Vec<Box<dyn Player>> {
    let seat = |slots: &usize| -> Box<dyn Player> {
        let held = (0..*slots).map(|_| None).collect();
        Box::new(Seat { contestant: contestant(), held })
    };
    slots.iter().map(seat).collect()
}

/// As [`seats`], for an allocator that has no lock of its own and gets one only where threads meet.
fn locked_seats<C: Contestant + 'static>(slots: &[usize], contestant: C) -> Vec<Box<dyn Player>> {
    if let [slots] = slots {
        let held = (0..*slots).map(|_| None).collect();
        return vec![Box::new(Seat { contestant, held })];
    }
    mutex_seats(slots, contestant)
}

/// As [`seats`], for an allocator behind one mutex.
fn mutex_seats<C: Contestant + 'static>(slots: &[usize], contestant: C) -> Vec<Box<dyn Player>> {
    let shared = Arc::new(Mutex::new(contestant));
    seats(slots, || Arc::clone(&shared))
}
