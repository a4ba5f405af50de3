//! An observer that remembers.

use std::sync::{Arc, Mutex};

use rm_alloc_core::{AllocationError, DeviceBudgetManager, EventMask, MemoryEvent, MemoryObserver};

/// Remembers the events that it asked for, as text, and refusals whole.
pub(crate) struct Heard {
    mask: EventMask,
    story: Mutex<Vec<String>>,
    refused: Mutex<Vec<AllocationError>>,
}

impl Heard {
    /// One that hears of `mask` from `manager`, for as long as it lives.
    pub(crate) fn of(manager: &DeviceBudgetManager, mask: EventMask) -> Arc<Self> {
        let heard = Arc::new(Self { mask, story: Mutex::default(), refused: Mutex::default() });
        let observer: Arc<dyn MemoryObserver> = heard.clone();
        manager.observe(&observer);
        heard
    }

    /// What was heard since the last call.
    pub(crate) fn story(&self) -> Vec<String> {
        std::mem::take(&mut *self.story.lock().unwrap())
    }

    /// The refusals that were heard since the last call.
    pub(crate) fn refused(&self) -> Vec<AllocationError> {
        std::mem::take(&mut *self.refused.lock().unwrap())
    }
}

impl MemoryObserver for Heard {
    fn mask(&self) -> EventMask {
        self.mask
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        if let MemoryEvent::Refused(error) = event {
            self.refused.lock().unwrap().push((*error).clone());
        }
        self.story.lock().unwrap().push(format!("{event:?}"));
    }
}
