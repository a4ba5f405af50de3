//! Our own backend with a thread that makes its blocks.

use std::{sync::Arc, time::Duration};

use rm_alloc_core::{Allocation, DeviceContext, MemoryAllocator, MemoryError, MemoryRequest};
use rm_alloc_native::{BackgroundGrower, NativeAllocator, NativeConfig};

/// The allocator and its thread, which ends with it.
#[derive(Debug)]
struct Ahead {
    // Fields drop in order: the allocator before the thread that holds it weakly.
    allocator: NativeAllocator,
    _grower: BackgroundGrower,
}

/// Makes one.
pub(super) fn open(context: &Arc<DeviceContext>) -> Result<Arc<dyn MemoryAllocator>, MemoryError> {
    let config = NativeConfig::default().grow_ahead();
    let allocator = NativeAllocator::with_config(context, &config)?;
    // A system without another thread has no memory for it.
    let grower = BackgroundGrower::spawn(&allocator, Duration::from_millis(100))
        .map_err(|_| MemoryError::OutOfHostMemory)?;
    Ok(Arc::new(Ahead { allocator, _grower: grower }))
}

// SAFETY: every promise is kept by the allocator below.
unsafe impl MemoryAllocator for Ahead {
    fn context(&self) -> &Arc<DeviceContext> {
        self.allocator.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.allocator.allocate(request)
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.allocator.free(allocation) };
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&self.allocator)
    }
}
