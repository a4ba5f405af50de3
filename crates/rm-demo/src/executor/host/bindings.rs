//! Where the buffers and images of a simulated device are, by the journal of the device itself.
//!
//! A budgeted resource does not say which memory object it is bound to; whoever copies in the name of a device
//! knows what the device knows.

use std::{collections::HashMap, sync::Arc};

use rm_vksim::{Call, JournalEntry, SimDevice};

/// The memory behind a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Binding {
    /// Handle of the memory object.
    pub(super) memory: u64,
    /// Where the resource begins in it, in bytes.
    pub(super) offset: u64,
    /// Bytes that the resource needs.
    pub(super) size: u64,
}

/// The memory behind every resource of a device that is bound.
///
/// It empties the journal, so a device has one of these.
#[derive(Debug)]
pub(crate) struct Bindings {
    device: Arc<SimDevice>,
    known: HashMap<u64, Binding>,
}

impl Bindings {
    /// Those of `device`, which keeps a journal from its beginning.
    pub(crate) fn new(device: &Arc<SimDevice>) -> Self {
        Self { device: Arc::clone(device), known: HashMap::new() }
    }

    /// Catches up with the device.
    pub(super) fn refresh(&mut self) {
        let news = self.device.stop_journal();
        self.device.start_journal();
        for entry in news.into_iter().filter(|entry| entry.result == ash::vk::Result::SUCCESS) {
            let JournalEntry { call, object, memory, offset, size, .. } = entry;
            match call {
                Call::BindBufferMemory
                | Call::BindBufferMemory2
                | Call::BindImageMemory
                | Call::BindImageMemory2 => {
                    self.known.insert(object, Binding { memory, offset, size });
                }
                Call::DestroyBuffer | Call::DestroyImage => {
                    self.known.remove(&object);
                }
                _ => {}
            }
        }
    }

    /// The memory behind the resource with this handle, as of the last [`refresh`](Self::refresh).
    pub(super) fn of(&self, handle: u64) -> Option<Binding> {
        self.known.get(&handle).copied()
    }
}
