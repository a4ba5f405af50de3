//! The one manager of a run: how much it may take, and who hears of what it refuses.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use resource_management::{
    alloc::{
        AllocationError, BudgetConfig, DeviceBudgetManager, DeviceContext, ErrorKind, EventMask,
        MemoryAllocator, MemoryEvent, MemoryObserver, Tag,
    },
    backend::{direct::DirectAllocator, native::NativeAllocator},
};

#[cfg(feature = "vma")]
use resource_management::backend::vma::VmaAllocator;

use crate::{
    error::DemoError,
    options::{Backend, Options},
};

/// The account of vertices and indices.
pub(crate) const MESHES: Tag = Tag(1);

/// The account of images.
pub(crate) const TEXTURES: Tag = Tag(2);

/// The account of scratch memory.
pub(crate) const SCRATCH: Tag = Tag(3);

/// The account of what the host writes and reads.
pub(crate) const TRANSFERS: Tag = Tag(4);

/// The account of what the passes use.
pub(crate) const PASSES: Tag = Tag(5);

/// All of these accounts.
pub(crate) const TAGS: [Tag; 5] = [MESHES, TEXTURES, SCRATCH, TRANSFERS, PASSES];

/// The part of a limit that one buffer shared with the host may take; there are four of them.
const HOST_SHARE: u64 = 10;

/// Fewest bytes of such a buffer: scratch contents, and any frame at its lowest detail.
const LEAST_HOST_BYTES: u64 = 4 << 20;

/// Most bytes of such a buffer: three of the largest textures, and two of them are what may be staged.
const MOST_HOST_BYTES: u64 = 128 << 20;

/// Sizes of such buffers are multiples of this.
const HOST_GRANULE: u64 = 64 << 10;

/// The manager of a run, and what the run wants of it.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    manager: DeviceBudgetManager,
    refusals: Arc<Refusals>,
    // The budget that was asked for, in bytes; 0 for what the driver says.
    configured: u64,
    // Whether limits refuse.
    strict: bool,
}

/// Counts the requests that a limit has refused.
#[derive(Debug, Default)]
struct Refusals {
    // Relaxed: read by the thread that asks for memory.
    count: AtomicU64,
}

impl Budget {
    /// A manager of the memory of `context`, limited as `options` say.
    pub(crate) fn new(
        context: &Arc<DeviceContext>,
        options: &Options,
    ) -> Result<Self, AllocationError> {
        let (configured, strict) = (options.budget, options.strict);
        let config =
            BudgetConfig { device_memory_budget: configured, strict, ..BudgetConfig::default() };
        let allocator: Arc<dyn MemoryAllocator> = match options.backend {
            Backend::Direct => Arc::new(DirectAllocator::new(context)),
            Backend::Native => Arc::new(NativeAllocator::new(context)?),
            #[cfg(feature = "vma")]
            Backend::Vma => Arc::new(VmaAllocator::new(context)?),
        };
        let manager = DeviceBudgetManager::new(allocator, config)?;
        let refusals = Arc::<Refusals>::default();
        let observer: Arc<dyn MemoryObserver> = refusals.clone();
        manager.observe(&observer);
        Ok(Self { manager, refusals, configured, strict })
    }

    /// Where everything comes from.
    pub(crate) fn manager(&self) -> &DeviceBudgetManager {
        &self.manager
    }

    /// Gives empty blocks back, so that what is left at the end is what was lost.
    pub(crate) fn trim(&self) {
        let heaps = self.manager.context().memory_properties().memory_heap_count;
        (0..heaps).for_each(|heap| {
            self.manager.allocator().trim(heap, 0);
        });
    }

    /// Requests refused so far.
    pub(crate) fn refusals(&self) -> u64 {
        self.refusals.count.load(Ordering::Relaxed)
    }

    /// Whether somebody asked to keep to a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.strict || self.configured > 0
    }

    /// Whether newcomers had better be smaller than they want to be.
    pub(crate) fn is_short(&self) -> bool {
        self.is_limited() && self.manager.is_near_budget_limit()
    }

    /// Whether `bytes` more are worth asking for.
    ///
    /// A strict limit refuses by itself; without one, keeping to the budget is up to the stream.
    pub(crate) fn leaves(&self, bytes: u64) -> bool {
        self.strict || self.configured == 0 || self.available() >= bytes
    }

    /// Whether a strict limit, if there is one, would still grant `bytes`.
    pub(crate) fn grants(&self, bytes: u64) -> bool {
        !self.strict || self.available() >= bytes
    }

    /// Most bytes of a buffer that a slot shares with the host.
    ///
    /// The buffers may count against the limit themselves, and under one they never grow: a resource that fits in when it
    /// comes still fits when it leaves.
    pub(crate) fn host_bytes(&self) -> u64 {
        if !self.is_limited() {
            return MOST_HOST_BYTES;
        }
        let share = self.limit() / HOST_SHARE;
        share.clamp(LEAST_HOST_BYTES, MOST_HOST_BYTES) / HOST_GRANULE * HOST_GRANULE
    }

    /// The error of a request that nothing smaller can take the place of.
    pub(crate) fn explain(&self, error: AllocationError) -> DemoError {
        match (error.kind(), error.refusal()) {
            (ErrorKind::OverBudget { .. }, Some(refusal)) => DemoError::BudgetTooSmall {
                label: refusal.label.as_deref().unwrap_or(refusal.what).to_owned(),
                bytes: refusal.requested,
                budget: self.limit(),
            },
            _ => error.into(),
        }
    }

    /// What the device may hold beyond what it holds now, in bytes.
    fn available(&self) -> u64 {
        self.manager.device_figures().available()
    }

    /// What the device may hold now, in bytes.
    fn limit(&self) -> u64 {
        self.manager.device_figures().limit.unwrap_or(u64::MAX)
    }
}

impl MemoryObserver for Refusals {
    fn mask(&self) -> EventMask {
        EventMask::REFUSED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        // Also told of what the device itself refuses.
        if let MemoryEvent::Refused(error) = event
            && matches!(error.kind(), ErrorKind::OverBudget { .. })
        {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}
