//! What shall go wrong, and when.
//!
//! Pure counting: the state asks before every command that returns a code.

use ash::vk;

use crate::Call;

#[derive(Debug, Default)]
pub(crate) struct Faults {
    of_call: Vec<Planned<Option<Call>>>,
    lost_in: Option<u64>,
    lost: bool,
    /// Commands that could have failed, ever.
    fallible: u64,
    ceilings: [Option<u64>; vk::MAX_MEMORY_HEAPS],
    budgets: [Option<u64>; vk::MAX_MEMORY_HEAPS],
}

/// A fault that waits for `left` more matching calls.
#[derive(Clone, Copy, Debug)]
struct Planned<M> {
    matching: M,
    left: u64,
    code: vk::Result,
}

impl Faults {
    /// Plans to fail the `nth` call from now, 1 being the next, of one kind or of any.
    pub(crate) fn plan(&mut self, matching: Option<Call>, nth: u64, code: vk::Result) {
        self.of_call.push(Planned { matching, left: nth.max(1), code });
    }

    /// Plans to lose the device at the `nth` fallible call from now.
    pub(crate) fn lose_at(&mut self, nth: u64) {
        self.lost_in = Some(nth.max(1));
    }

    pub(crate) fn lose_now(&mut self) {
        self.lost = true;
    }

    pub(crate) fn set_ceiling(&mut self, heap: u32, bytes: Option<u64>) {
        if let Some(ceiling) = self.ceilings.get_mut(heap as usize) {
            *ceiling = bytes;
        }
    }

    pub(crate) fn set_budget(&mut self, heap: u32, bytes: Option<u64>) {
        if let Some(budget) = self.budgets.get_mut(heap as usize) {
            *budget = bytes;
        }
    }

    /// Forgets everything that is planned; a lost device stays lost.
    pub(crate) fn clear(&mut self) {
        *self = Self { lost: self.lost, fallible: self.fallible, ..Self::default() };
    }

    /// Takes note of a call that can fail, and says with which code it must.
    pub(crate) fn enter(&mut self, call: Call) -> Option<vk::Result> {
        self.fallible += 1;
        if let Some(left) = &mut self.lost_in {
            *left -= 1;
            if *left == 0 {
                (self.lost, self.lost_in) = (true, None);
            }
        }
        let mut due = None;
        self.of_call.retain_mut(|fault| {
            if fault.matching.is_some_and(|wanted| wanted != call) {
                return true;
            }
            fault.left -= 1;
            if fault.left == 0 {
                due.get_or_insert(fault.code);
            }
            fault.left > 0
        });
        match self.lost && call.is_of_device() {
            true => Some(vk::Result::ERROR_DEVICE_LOST),
            false => due,
        }
    }

    pub(crate) fn pending(&self) -> usize {
        self.of_call.len() + usize::from(self.lost_in.is_some())
    }

    pub(crate) fn fallible(&self) -> u64 {
        self.fallible
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    pub(crate) fn ceiling(&self, heap: u32) -> u64 {
        self.ceilings.get(heap as usize).copied().flatten().unwrap_or(u64::MAX)
    }

    pub(crate) fn budget(&self, heap: usize) -> Option<u64> {
        self.budgets.get(heap).copied().flatten()
    }
}
