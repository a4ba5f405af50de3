//! A decorator that grants whole grains, and calls back wherever it is called.

use std::{fmt, sync::Arc};

use rm_alloc_core::{
    Allocation, DeviceContext, FreedParcel, MemoryAllocator, MemoryError, MemoryRequest,
};
use rm_alloc_direct::DirectAllocator;

/// What a [`Layer`] was called for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moment {
    /// Memory was just taken, of so many bytes.
    Taken(u64),
    /// Memory is about to go back, of so many bytes.
    Given(u64),
    /// A parcel was told of.
    Parcel(FreedParcel),
    /// Empty blocks of a heap should go back; the answer is how many bytes did.
    Trim(u32),
}

/// The pass-through backend, with a grain and a hook.
pub(crate) struct Layer {
    below: DirectAllocator,
    grain: u64,
    hook: Box<dyn Fn(Moment) -> u64 + Send + Sync>,
}

impl Layer {
    /// Grants multiples of `grain` bytes; `hook` hears of every call, and answers what a trim gave back.
    pub(crate) fn new(
        context: &Arc<DeviceContext>,
        grain: u64,
        hook: impl Fn(Moment) -> u64 + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { below: DirectAllocator::new(context), grain, hook: Box::new(hook) })
    }

    /// The same without a hook.
    pub(crate) fn generous(context: &Arc<DeviceContext>, grain: u64) -> Arc<Self> {
        Self::new(context, grain, |_| 0)
    }
}

// SAFETY: every promise is kept by the allocator below; more memory than asked for satisfies a request, and dedicated ones
// stay exact.
unsafe impl MemoryAllocator for Layer {
    fn context(&self) -> &Arc<DeviceContext> {
        self.below.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let mut request = request.clone();
        if request.dedicated.resource().is_none() {
            request.size = request.size.checked_next_multiple_of(self.grain).unwrap_or(u64::MAX);
        }
        let taken = self.below.allocate(&request)?;
        (self.hook)(Moment::Taken(taken.size()));
        Ok(taken)
    }

    unsafe fn free(&self, allocation: Allocation) {
        (self.hook)(Moment::Given(allocation.size()));
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.below.free(allocation) };
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&self.below)
    }

    fn name(&self) -> &str {
        "layer"
    }

    fn notify_freed(&self, parcel: FreedParcel) {
        (self.hook)(Moment::Parcel(parcel));
    }

    fn trim(&self, heap: u32, _keep_bytes: u64) -> u64 {
        (self.hook)(Moment::Trim(heap))
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").field("below", &self.below).field("grain", &self.grain).finish()
    }
}
