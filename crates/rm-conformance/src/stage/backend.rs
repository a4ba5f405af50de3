//! The backend of a stage, as long as the case has not failed.

use std::{mem::ManuallyDrop, ops::Deref, sync::Arc, thread};

use rm_alloc_core::MemoryAllocator;

/// The backend; forgotten where a case has failed, as its drop may panic too, which would end the process.
#[derive(Debug)]
pub(super) struct Backend(ManuallyDrop<Arc<dyn MemoryAllocator>>);

impl Backend {
    pub(super) fn new(allocator: Arc<dyn MemoryAllocator>) -> Self {
        Self(ManuallyDrop::new(allocator))
    }

    pub(super) fn into_inner(self) -> Arc<dyn MemoryAllocator> {
        let inner = Arc::clone(&self.0);
        // Not the last handle, so that nothing of the backend is dropped here.
        drop(self);
        inner
    }
}

impl Deref for Backend {
    type Target = dyn MemoryAllocator;

    fn deref(&self) -> &Self::Target {
        &**self.0
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if !thread::panicking() {
            // SAFETY: dropped here and nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}
