//! A mock of the backends of `rm-alloc-core`, for unit tests: no Vulkan, a script and a journal.
//!
//! # What it is
//!
//! [`MockAllocator`] brings its own simulated device and serves every request like the pass-through backend does,
//! so that buffers and images of the code under test are real ones, with memory that can be mapped and written.
//! A *script* makes chosen allocations fail; a *journal* says what was asked for and what came of it; what was not
//! given back is found [by label](MockAllocator::leaks).
//!
//! # What it is not
//!
//! Not fast, and no backend for production.
//! It draws nothing: there is no queue to submit to.
//!
//! # Limits
//!
//! The script answers [`allocate`](MemoryAllocator::allocate) alone.
//! For a driver that fails elsewhere, is lost, or has other limits, see [`device`](MockAllocator::device) and the
//! profiles of `rm-vksim`.
//! The device is strict: code that breaks a rule of Vulkan's memory panics where the last handle on it goes.
//!
//! # Example
//!
//! A user's unit test, of a cache that must survive a full device:
//!
//! ```
//! use ash::vk::BufferUsageFlags;
//! use rm_alloc_core::{
//!     BoundBuffer, BufferRequest, MemoryAllocator, MemoryAllocatorExt, MemoryError,
//! };
//! use rm_alloc_mock::{Entry, MockAllocator};
//!
//! /// The code under test: takes a smaller cache where the large one does not fit.
//! fn open_cache(allocator: &dyn MemoryAllocator) -> Option<BoundBuffer> {
//!     [1 << 20, 1 << 16].into_iter().find_map(|size| {
//!         let request = BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER).label("cache");
//!         allocator.allocate_buffer(&request).ok()
//!     })
//! }
//!
//! let allocator = MockAllocator::new();
//! // One memory type after the other is asked for, and refused.
//! for nth in 1..=2 {
//!     allocator.fail(nth, MemoryError::OutOfDeviceMemory);
//! }
//! let cache = open_cache(&allocator).expect("the smaller one fits");
//! assert_eq!(cache.size(), 1 << 16);
//! assert!(matches!(allocator.journal()[0], Entry::Refused { size: 0x10_0000, .. }));
//! assert_eq!(allocator.leaks()[0].label.as_deref(), Some("cache"));
//!
//! // Sound: it came from this allocator, and no device uses it.
//! unsafe { allocator.free_buffer(cache) };
//! allocator.assert_no_leaks();
//! ```

mod journal;

use std::{
    any::Any,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, BlockOwner, BlockRequest,
    DeviceContext, DeviceContextInfo, DeviceMemory, MemoryAllocator, MemoryError, MemoryFeatures,
    MemoryRequest, ReportPage, ReportWalk,
};
use rm_vksim::{Profile, SimDevice};

pub use self::journal::{Entry, Leak};

/// Gives every allocation a memory object of a simulated device, unless its script says otherwise.
///
/// Dropped while allocations are still out, it reports each of them by label, as every backend does.
#[derive(Debug)]
pub struct MockAllocator {
    blocks: BlockOwner,
    sim: Option<Arc<SimDevice>>,
    book: Mutex<Book>,
}

/// What was scripted, and what has happened.
#[derive(Debug, Default)]
struct Book {
    /// Answers by how many allocations are still to come before each.
    script: Vec<(u64, MemoryError)>,
    journal: Vec<Entry>,
    // Invariant: one entry an allocation that is out, by the second word of its cookie.
    live: BTreeMap<usize, Leak>,
    made: usize,
}

impl MockAllocator {
    /// A mock on an ordinary desktop GPU whose memory the host can reach.
    pub fn new() -> Self {
        Self::on(Profile::desktop_rebar())
    }

    /// A mock on the device that `profile` describes, with everything enabled that a renderer gains from.
    ///
    /// # Panics
    ///
    /// If the profile contradicts itself.
    pub fn on(profile: Profile) -> Self {
        let api_version = profile.api_version;
        let sim = SimDevice::new(profile).unwrap_or_else(|e| panic!("the profile is broken: {e}"));
        let sim = Arc::new(sim);
        let (instance, physical_device) = (sim.instance(), sim.physical_device());
        // SAFETY: both are live and belong together.
        let features = unsafe { MemoryFeatures::recommended(instance, physical_device) };
        let keep_alive: Arc<dyn Any + Send + Sync> = sim.clone();
        let info = DeviceContextInfo {
            instance,
            physical_device,
            device: sim.device(),
            api_version,
            features: features | MemoryFeatures::DEBUG_NAMES,
            keep_alive: Some(keep_alive),
        };
        // SAFETY: the handles belong together; the simulated device is made with all that it offers; `keep_alive` owns them.
        let context = unsafe { DeviceContext::new(info) };
        let context = context.unwrap_or_else(|e| panic!("the core refuses the profile: {e}"));
        Self { sim: Some(sim), ..Self::on_context(&context) }
    }

    /// A mock on a device of the caller's, simulated or real.
    pub fn on_context(context: &Arc<DeviceContext>) -> Self {
        let blocks = BlockOwner::new(context, "mock");
        Self { blocks, sim: None, book: Mutex::default() }
    }

    /// Makes the `nth` allocation from now answer `error`; 1 is the next one.
    pub fn fail(&self, nth: u64, error: MemoryError) {
        self.book().script.push((nth.max(1) - 1, error));
    }

    /// Makes the next allocation answer `error`.
    pub fn fail_next(&self, error: MemoryError) {
        self.fail(1, error);
    }

    /// Scripted answers that wait for their allocation.
    pub fn pending(&self) -> usize {
        self.book().script.len()
    }

    /// Everything that happened so far, oldest first.
    pub fn journal(&self) -> Vec<Entry> {
        self.book().journal.clone()
    }

    /// What is out and was not given back, oldest first.
    pub fn leaks(&self) -> Vec<Leak> {
        self.book().live.values().cloned().collect()
    }

    /// Panics with the labels of what is out, if anything is.
    ///
    /// # Panics
    ///
    /// If anything is out.
    #[track_caller]
    pub fn assert_no_leaks(&self) {
        let leaks = self.leaks();
        let list: Vec<_> = leaks.iter().map(Leak::to_string).collect();
        assert!(leaks.is_empty(), "not given back: {}", list.join(", "));
    }

    /// The simulated device, to plan faults and to count calls; none on a device of the caller's.
    pub fn device(&self) -> Option<&SimDevice> {
        self.sim.as_deref()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way of the pass-through backend.
    fn serve(&self, request: &MemoryRequest<'_>) -> Result<DeviceMemory, MemoryError> {
        request.validate()?;
        let (size, headroom) = (request.size, request.headroom);
        if size > headroom {
            return Err(MemoryError::OverHeadroom { size, headroom });
        }
        self.blocks.allocate_memory(&BlockRequest::from(request))
    }
}

impl Book {
    /// Counts one allocation, and says what it must answer if that is scripted.
    fn next_answer(&mut self) -> Option<MemoryError> {
        let due = self.script.iter().position(|(left, _)| *left == 0);
        let due = due.map(|at| self.script.remove(at).1);
        self.script.iter_mut().for_each(|(left, _)| *left = left.saturating_sub(1));
        due
    }
}

impl Default for MockAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: every allocation is the whole of an own object of exactly the requested size and type, made by
// `DeviceContext`, which maps it on request; so nothing overlaps, shares a page or an atom, and offset 0 has every alignment.
unsafe impl MemoryAllocator for MockAllocator {
    fn context(&self) -> &Arc<DeviceContext> {
        self.blocks.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let scripted = self.book().next_answer();
        let served = scripted.map_or_else(|| self.serve(request), Err);
        let what = Leak::of(request);
        let mut book = self.book();
        let memory =
            served.inspect_err(|error| book.journal.push(Entry::refused(&what, *error)))?;
        book.made += 1;
        let mut parts = memory.into_allocation().into_parts();
        parts.cookie[1] = book.made;
        book.journal.push(Entry::allocated(&what));
        book.live.insert(parts.cookie[1], what);
        // SAFETY: the parts of a live object, but for the word that is ours.
        Ok(unsafe { Allocation::from_parts(parts) })
    }

    unsafe fn free(&self, allocation: Allocation) {
        let mut parts = allocation.into_parts();
        {
            let mut book = self.book();
            if let Some(Leak { size, memory_type, label }) = book.live.remove(&parts.cookie[1]) {
                book.journal.push(Entry::Freed { size, memory_type, label });
            }
        }
        parts.cookie[1] = 0;
        // SAFETY: the parts as `into_allocation` made them.
        let allocation = unsafe { Allocation::from_parts(parts) };
        // SAFETY: it came from `allocate` (caller), so it is the whole of an object of this context.
        drop(unsafe { DeviceMemory::from_allocation(self.blocks.context(), allocation) });
    }

    fn name(&self) -> &str {
        "mock"
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::MIXED
            | AllocatorCapabilities::REPORT
            | AllocatorCapabilities::EXPORT
            | AllocatorCapabilities::PRIORITY
            | AllocatorCapabilities::DEDICATED
            | AllocatorCapabilities::HEADROOM
    }

    fn stats(&self) -> AllocatorStats {
        self.blocks.stats()
    }

    fn report(&self) -> AllocatorReport {
        self.blocks.report()
    }

    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        self.blocks.report_page(walk, page)
    }
}
