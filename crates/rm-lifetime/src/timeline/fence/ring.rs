//! Whose turn it is with which fence: plain figures, no driver call.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
};

use ash::vk;

/// All fences, and the values that are not finished.
#[derive(Debug, Default)]
pub(super) struct Ring {
    // Invariant: `line` ascends from `reached`, and names each slot that is handed, pending or abandoned at most once.
    line: VecDeque<Entry>,
    slots: Vec<Slot>,
    /// All values up to this one are finished; `u64::MAX` for a lost device.
    pub(super) reached: u64,
    pub(super) lost: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    value: u64,
    /// `None` for a value that was withdrawn.
    slot: Option<usize>,
}

#[derive(Debug)]
struct Slot {
    fence: vk::Fence,
    lookers: u32,
    state: State,
}

/// Whose a fence is; see the protocol of the module above.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Abandoned,
    Handed,
    Idle,
    Pending,
    Spent,
}

/// A fence that is handed to the caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Free {
    pub(super) slot: usize,
    pub(super) fence: vk::Fence,
    /// Whether it has to be reset.
    pub(super) signalled: bool,
}

/// A pending fence that the caller looks at, until it says what it saw.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(super) struct Look {
    pub(super) fence: vk::Fence,
    slot: usize,
    value: u64,
}

/// What stands between now and the next value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    /// Somebody has to say what became of a submission.
    Blocked,
    /// A fence has to be signalled.
    Look(Look),
    /// Nothing: there are no more.
    Nothing,
}

impl Ring {
    /// Hands out a fence that nobody looks at; unsignalled ones first, since they cost nothing.
    pub(super) fn take_free(&mut self) -> Option<Free> {
        let idle = self.slots.iter().position(|slot| slot.state == State::Idle);
        let spent = |slot: &Slot| slot.state == State::Spent && slot.lookers == 0;
        let index = idle.or_else(|| self.slots.iter().position(spent))?;
        let slot = &mut self.slots[index];
        let signalled = slot.state == State::Spent;
        slot.state = State::Handed;
        Some(Free { slot: index, fence: slot.fence, signalled })
    }

    /// Takes back what [`take_free`](Self::take_free) handed out, perhaps still signalled.
    pub(super) fn put_back(&mut self, slot: usize) {
        self.slots[slot].state = State::Spent;
    }

    /// Adds a new fence, which is handed to the caller.
    pub(super) fn add(&mut self, fence: vk::Fence) -> usize {
        self.slots.push(Slot { fence, lookers: 0, state: State::Handed });
        self.slots.len() - 1
    }

    /// The next value, for the fence of a slot that is handed out.
    pub(super) fn announce(&mut self, slot: usize, announced: &AtomicU64) -> u64 {
        // Nobody counts to 2^64.
        let value = announced.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        self.line.push_back(Entry { value, slot: Some(slot) });
        value
    }

    pub(super) fn submitted(&mut self, slot: usize) {
        self.slots[slot].state = State::Pending;
    }

    pub(super) fn abandon(&mut self, slot: usize) {
        self.slots[slot].state = State::Abandoned;
    }

    pub(super) fn withdraw(&mut self, slot: usize, value: u64) {
        self.slots[slot].state = State::Idle;
        if let Some(entry) = self.line.iter_mut().rev().find(|entry| entry.value == value) {
            entry.slot = None;
        }
    }

    /// What to look at next.
    pub(super) fn next(&mut self) -> Next {
        self.skip_withdrawn();
        if self.lost {
            return Next::Nothing;
        }
        for entry in &self.line {
            let Some(index) = entry.slot else { continue };
            let slot = &mut self.slots[index];
            match slot.state {
                // A later fence vouches for it.
                State::Abandoned => {}
                State::Pending => {
                    slot.lookers += 1;
                    return Next::Look(Look { fence: slot.fence, slot: index, value: entry.value });
                }
                State::Handed | State::Idle | State::Spent => return Next::Blocked,
            }
        }
        if self.line.is_empty() { Next::Nothing } else { Next::Blocked }
    }

    /// The same, or nothing if `value` is reached.
    pub(super) fn next_unless_reached(&mut self, value: u64) -> Next {
        self.skip_withdrawn();
        if self.reached >= value { Next::Nothing } else { self.next() }
    }

    /// Whether [`next`](Self::next) would answer that somebody has to say what became of a submission.
    pub(super) fn is_blocked(&self) -> bool {
        let open =
            self.line.iter().filter_map(|entry| entry.slot).map(|slot| self.slots[slot].state);
        let first = open.clone().find(|state| *state != State::Abandoned);
        !self.lost && first != Some(State::Pending) && open.count() > 0
    }

    /// Notes what the caller saw, who does not look any more.
    pub(super) fn looked(&mut self, look: Look, answer: Result<bool, vk::Result>) {
        self.slots[look.slot].lookers -= 1;
        match answer {
            Ok(true) => self.reach(look.value),
            Err(vk::Result::ERROR_DEVICE_LOST) => {
                self.lost = true;
                self.reached = u64::MAX;
                self.line.clear();
            }
            Ok(false) | Err(_) => {}
        }
    }

    /// Every fence, and whether the device was certainly never given it or is done with it.
    pub(super) fn fences(&self) -> impl Iterator<Item = (vk::Fence, bool)> + '_ {
        let unused = |state| matches!(state, State::Idle | State::Spent);
        self.slots.iter().map(move |slot| (slot.fence, self.lost || unused(slot.state)))
    }

    /// All values up to `value` are finished.
    fn reach(&mut self, value: u64) {
        self.pop_while(|entry| entry.value <= value);
        self.skip_withdrawn();
    }

    fn skip_withdrawn(&mut self) {
        self.pop_while(|entry| entry.slot.is_none());
    }

    fn pop_while(&mut self, finished: impl Fn(&Entry) -> bool) {
        while self.line.front().is_some_and(&finished) {
            let Some(entry) = self.line.pop_front() else { return };
            // Never back from a lost device.
            self.reached = self.reached.max(entry.value);
            if let Some(index) = entry.slot
                && self.slots[index].state == State::Pending
            {
                self.slots[index].state = State::Spent;
            }
        }
    }
}
