//! What a test sees, and what it tells the oracle.

use std::ops::Range;

use ash::vk::{self, Handle};

use crate::{
    Counts, JournalEntry, Leak, SimDevice, Violation,
    state::{Outcome, State, Stop},
};

/// Counters, journal and oracle.
impl SimDevice {
    /// How often every command was called.
    pub fn counts(&self) -> Counts {
        self.sim().counters.read()
    }

    /// Starts counting anew.
    pub fn reset_counts(&self) {
        self.sim().counters.reset();
    }

    /// Starts a journal, or an empty one if there is one.
    pub fn start_journal(&self) {
        self.sim().lock().journal = Some(Vec::new());
    }

    /// Ends the journal and returns it; empty if there was none.
    pub fn stop_journal(&self) -> Vec<JournalEntry> {
        self.sim().lock().journal.take().unwrap_or_default()
    }

    /// The journal so far.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.sim().lock().journal.clone().unwrap_or_default()
    }

    /// The rules broken so far, which stay part of the verdict.
    pub fn violations(&self) -> Vec<Violation> {
        self.sim().lock().violations().to_vec()
    }

    /// Whether a rule was ever broken, settled or not. A poisoned device goes on answering.
    pub fn is_poisoned(&self) -> bool {
        self.sim().lock().is_poisoned()
    }

    /// The objects that are alive: leaks, if nothing destroys them any more.
    pub fn leaks(&self) -> Vec<Leak> {
        self.sim().lock().leaks()
    }

    /// Bytes of live memory objects in `heap`.
    pub fn heap_usage(&self, heap: u32) -> u64 {
        self.sim().lock().heaps.get(heap as usize).copied().unwrap_or(0)
    }

    /// Declares that resources bound within `range` of `memory` may overlap and share pages: they are aliases on purpose.
    ///
    /// Images made with `ALIAS` may overlap one another without.
    pub fn allow_alias(&self, memory: vk::DeviceMemory, range: Range<u64>) {
        self.tell("allow_alias", |state| {
            state.memory(memory.as_raw())?.bound.allow_alias(range);
            Ok(())
        });
    }

    /// Notes that the device uses a buffer, an image or a memory object, once more if it does already:
    /// destroying it, or freeing the memory behind it, breaks a rule until as many
    /// [`release_use`](Self::release_use) have followed. [`SimTimeline`](crate::SimTimeline) does both by values.
    pub fn mark_in_use(&self, object: impl Handle) {
        self.tell("mark_in_use", |state| state.mark_in_use(object.as_raw()));
    }

    /// Takes back one [`mark_in_use`](Self::mark_in_use).
    pub fn release_use(&self, object: impl Handle) {
        self.release_raw(object.as_raw());
    }

    pub(super) fn release_raw(&self, object: u64) {
        self.tell("release_use", |state| state.release_use(object));
    }

    /// The memory object that a buffer or an image is bound to, and its offset there in bytes; `None` if it has none, or is gone.
    pub fn memory_of(&self, object: impl Handle) -> Option<(vk::DeviceMemory, u64)> {
        let bound = self.sim().lock().bound(object.as_raw())?;
        Some((vk::DeviceMemory::from_raw(bound.memory), bound.offset))
    }

    /// Copies bytes out of a memory object, of any type, as the device sees them; `false` if the range is not there.
    pub fn read_bytes(&self, memory: vk::DeviceMemory, offset: u64, into: &mut [u8]) -> bool {
        let mut done = false;
        self.tell("read_bytes", |state| {
            if let Some(from) = state.bytes(memory.as_raw(), offset, into.len())? {
                // SAFETY: valid for that many bytes, which the host does not write meanwhile if it obeys Vulkan's rules.
                unsafe { from.as_ptr().copy_to_nonoverlapping(into.as_mut_ptr(), into.len()) };
                done = true;
            }
            Ok(())
        });
        done
    }

    /// Copies bytes into a memory object, of any type, as the device would; `false` if the range is not there.
    pub fn write_bytes(&self, memory: vk::DeviceMemory, offset: u64, from: &[u8]) -> bool {
        let mut done = false;
        self.tell("write_bytes", |state| {
            if let Some(to) = state.bytes(memory.as_raw(), offset, from.len())? {
                // SAFETY: valid for that many bytes, which the host does not touch meanwhile if it obeys Vulkan's rules.
                unsafe { to.as_ptr().copy_from_nonoverlapping(from.as_ptr(), from.len()) };
                done = true;
            }
            Ok(())
        });
        done
    }

    /// Runs something outside every command, and records the rule that it breaks.
    fn tell(&self, name: &'static str, tell: impl FnOnce(&mut State) -> Outcome) {
        let mut state = self.sim().lock();
        state.begin();
        if let Err(Stop::Broken(rule, message)) = tell(&mut state) {
            state.record(rule, name, message);
        }
    }
}
