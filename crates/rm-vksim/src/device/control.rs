//! What a test makes go wrong.

use ash::vk;

use crate::{Call, SimDevice};

/// Faults. They queue up and stay until they are due or [cleared](SimDevice::clear_faults).
impl SimDevice {
    /// Makes the `nth` call of `call` from now answer `code` and do nothing; 1 is the next one.
    ///
    /// # Panics
    ///
    /// If `call` returns no code, see [`Call::can_fail`].
    pub fn fail(&self, call: Call, nth: u64, code: vk::Result) {
        assert!(call.can_fail(), "{call} returns no code");
        self.sim().lock().faults.plan(Some(call), nth, code);
    }

    /// Makes the `nth` call from now that can fail answer `code` and do nothing, whatever command it is.
    pub fn fail_call_number(&self, nth: u64, code: vk::Result) {
        self.sim().lock().faults.plan(None, nth, code);
    }

    /// Calls so far that could have failed: the scale of [`fail_call_number`](Self::fail_call_number).
    pub fn fallible_calls(&self) -> u64 {
        self.sim().lock().faults.fallible()
    }

    /// Faults that wait for their call.
    pub fn pending_faults(&self) -> usize {
        self.sim().lock().faults.pending()
    }

    /// Forgets faults, heap limits and budgets; a lost device stays lost.
    pub fn clear_faults(&self) {
        self.sim().lock().faults.clear();
    }

    /// Makes `heap` refuse what would take it beyond `bytes`; `None` for its size.
    pub fn limit_heap(&self, heap: u32, bytes: Option<u64>) {
        self.sim().lock().faults.set_ceiling(heap, bytes);
    }

    /// Makes `VK_EXT_memory_budget` report `bytes` for `heap`, less than is in use if you like; `None` for the profile's.
    pub fn set_budget(&self, heap: u32, bytes: Option<u64>) {
        self.sim().lock().faults.set_budget(heap, bytes);
    }

    /// Loses the device now: every command of the device that can fail answers `ERROR_DEVICE_LOST`, waits too;
    /// destroying and freeing go on to work.
    pub fn lose_device(&self) {
        self.sim().lock().faults.lose_now();
    }

    /// Loses the device at the `nth` call from now that can fail.
    pub fn lose_device_at(&self, nth: u64) {
        self.sim().lock().faults.lose_at(nth);
    }

    /// Whether the device is lost.
    pub fn is_lost(&self) -> bool {
        self.sim().lock().faults.is_lost()
    }
}
