//! A device and a fresh backend, and what a case does with them: every step is checked against every promise
//! that can be seen from outside.

mod backend;
mod bytes;
mod check;
mod object;
mod resource;

use std::{
    any::Any,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ash::vk;
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, DeviceContext, DeviceContextInfo, MemoryAllocator,
    MemoryError, MemoryFeatures, MemoryRequest, TilingClass,
};
use rm_vksim::{Profile, SimDevice};

use self::{backend::Backend, check::Live};
pub(crate) use self::{
    bytes::pattern,
    check::Broken,
    object::{Object, Placed, Shape},
};
use crate::{Fixture, Skip};

/// One fresh backend on one device.
///
/// Fields drop in order: the backend before its device.
#[derive(Debug)]
pub(crate) struct Stage {
    allocator: Backend,
    context: Arc<DeviceContext>,
    sim: Option<Arc<SimDevice>>,
    abilities: AllocatorCapabilities,
    keeps_stats: bool,
    /// Whether every memory object of a simulated device must be this backend's.
    alone: bool,
    live: Mutex<Vec<Live>>,
}

impl Stage {
    /// A stage on the real device of `context`.
    pub(crate) fn present(
        context: &Arc<DeviceContext>,
        factory: &dyn Fn(&Arc<DeviceContext>) -> Fixture,
    ) -> Result<Self, Skip> {
        Self::new(Arc::clone(context), None, true, factory)
    }

    /// A stage on a fresh simulated device, made with every feature a renderer gains from and with names.
    pub(crate) fn simulated(
        profile: Profile,
        factory: &dyn Fn(&Arc<DeviceContext>) -> Fixture,
    ) -> Result<Self, Skip> {
        let version = profile.api_version;
        let sim = SimDevice::new(profile).unwrap_or_else(|e| panic!("the profile is broken: {e}"));
        let sim = Arc::new(sim);
        let physical_device = sim.physical_device();
        // SAFETY: both are live and belong together.
        let features = unsafe { MemoryFeatures::recommended(sim.instance(), physical_device) };
        let keep_alive: Arc<dyn Any + Send + Sync> = sim.clone();
        let info = DeviceContextInfo {
            instance: sim.instance(),
            physical_device,
            device: sim.device(),
            api_version: version,
            features: features | MemoryFeatures::DEBUG_NAMES,
            keep_alive: Some(keep_alive),
        };
        // SAFETY: the handles belong together; the simulated device is made with all that it offers; `keep_alive` owns them.
        let context = unsafe { DeviceContext::new(info) };
        let context = context.unwrap_or_else(|e| panic!("the core refuses the device: {e}"));
        Self::new(context, Some(sim), true, factory)
    }

    /// Another stage on the same device, which from now on belongs to neither alone.
    pub(crate) fn sibling(
        &mut self,
        factory: &dyn Fn(&Arc<DeviceContext>) -> Fixture,
    ) -> Result<Self, Skip> {
        self.alone = false;
        Self::new(Arc::clone(&self.context), self.sim.clone(), false, factory)
    }

    fn new(
        context: Arc<DeviceContext>,
        sim: Option<Arc<SimDevice>>,
        alone: bool,
        factory: &dyn Fn(&Arc<DeviceContext>) -> Fixture,
    ) -> Result<Self, Skip> {
        let allocator = match factory(&context) {
            Ok(allocator) => allocator,
            Err(refused @ MemoryError::Unsupported(_)) => return Err(Skip::Refused(refused)),
            Err(error) => panic!("the factory made no backend: {error}"),
        };
        assert!(
            Arc::ptr_eq(allocator.context(), &context),
            "the backend belongs to another device than the factory was given"
        );
        let abilities = allocator.capabilities();
        let keeps_stats = abilities.contains(AllocatorCapabilities::REPORT) || counts(&*allocator);
        let (allocator, live) = (Backend::new(allocator), Mutex::default());
        Ok(Self { allocator, context, sim, abilities, keeps_stats, alone, live })
    }

    /// The same stage behind `decorate`.
    pub(crate) fn decorated(
        mut self,
        decorate: impl FnOnce(Arc<dyn MemoryAllocator>) -> Arc<dyn MemoryAllocator>,
    ) -> Self {
        self.allocator = Backend::new(decorate(self.allocator.into_inner()));
        self
    }

    /// Skips unless the backend has `abilities`.
    pub(crate) fn needs(&self, abilities: AllocatorCapabilities) -> Result<(), Skip> {
        let lacking = abilities - self.abilities;
        if lacking.is_empty() { Ok(()) } else { Err(Skip::Lacks(lacking)) }
    }

    /// Skips unless the backend keeps statistics.
    pub(crate) fn needs_statistics(&self) -> Result<(), Skip> {
        if self.keeps_stats { Ok(()) } else { Err(Skip::NoStatistics) }
    }

    /// The simulated device, or a skip.
    pub(crate) fn sim(&self) -> Result<&SimDevice, Skip> {
        self.sim.as_deref().ok_or(Skip::NeedsSimulation)
    }

    pub(crate) fn allocator(&self) -> &dyn MemoryAllocator {
        &*self.allocator
    }

    pub(crate) fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    pub(crate) fn has(&self, abilities: AllocatorCapabilities) -> bool {
        self.abilities.contains(abilities)
    }

    /// Takes memory, and checks what came or that nothing has changed.
    pub(crate) fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.try_allocate(request).unwrap_or_else(|broken| panic!("{broken}"))
    }

    /// Like [`allocate`](Self::allocate), where the request cannot be refused.
    pub(crate) fn take(&self, request: &MemoryRequest<'_>) -> Allocation {
        let taken = self.allocate(request);
        taken.unwrap_or_else(|error| panic!("{request:?} was refused: {error}"))
    }

    /// Like [`allocate`](Self::allocate), with a broken promise as a value.
    pub(crate) fn try_allocate(
        &self,
        request: &MemoryRequest<'_>,
    ) -> Result<Result<Allocation, MemoryError>, Broken> {
        let before = self.figures();
        let answer = self.allocator.allocate(request);
        match &answer {
            Ok(allocation) => self.check_granted(request, allocation)?,
            Err(_) => self.figures().unchanged_since(&before, "a refused request")?,
        }
        self.check()?;
        Ok(answer)
    }

    /// Gives memory back, and checks that it is gone.
    pub(crate) fn free(&self, allocation: Allocation) {
        self.try_free(allocation).unwrap_or_else(|broken| panic!("{broken}"));
    }

    /// Like [`free`](Self::free), with a broken promise as a value.
    pub(crate) fn try_free(&self, allocation: Allocation) -> Result<(), Broken> {
        self.forget(&allocation);
        // SAFETY: it came from this allocator, and whatever was bound to it is destroyed (cases destroy first).
        unsafe { self.allocator.free(allocation) };
        self.check()
    }

    /// Checks every invariant.
    pub(crate) fn assert_whole(&self) {
        self.check().unwrap_or_else(|broken| panic!("{broken}"));
    }

    /// The memory types that plain requests may name: all but those whose feature is not enabled.
    pub(crate) fn types(&self) -> Vec<u32> {
        let reserved = vk::MemoryPropertyFlags::PROTECTED
            | vk::MemoryPropertyFlags::DEVICE_COHERENT_AMD
            | vk::MemoryPropertyFlags::DEVICE_UNCACHED_AMD;
        let all = 0..self.context.memory_properties().memory_type_count;
        all.filter(|index| !self.context.type_flags(*index).intersects(reserved)).collect()
    }

    /// Those of [`types`](Self::types) that the host can see.
    pub(crate) fn visible_types(&self) -> Vec<u32> {
        let visible = vk::MemoryPropertyFlags::HOST_VISIBLE;
        let types = self.types().into_iter();
        types.filter(|index| self.context.type_flags(*index).contains(visible)).collect()
    }

    /// The tiling classes that the backend serves.
    pub(crate) fn tilings(&self) -> Vec<TilingClass> {
        let mut tilings = vec![TilingClass::Linear, TilingClass::Optimal];
        if self.has(AllocatorCapabilities::MIXED) {
            tilings.push(TilingClass::Mixed);
        }
        tilings
    }

    /// The heap of a memory type.
    pub(crate) fn heap_of(&self, memory_type: u32) -> u32 {
        heap_of(&self.context, memory_type)
    }

    pub(crate) fn heaps(&self) -> Range<u32> {
        0..self.context.memory_properties().memory_heap_count
    }

    /// Ends the case: nothing is used any more, and with the backend everything goes back to the device.
    pub(crate) fn finish(self) {
        self.assert_empty();
        let Self { allocator, context, sim, alone, .. } = self;
        let blocks = context.blocks();
        drop(allocator);
        if let Some(sim) = sim
            && alone
        {
            let left = sim.leaks();
            assert!(left.is_empty(), "the backend was dropped and left {left:?}");
            assert_eq!(context.blocks().count, 0, "dropped with blocks out: {blocks:?}");
            drop(context);
            let verdict = sim.verdict();
            assert!(verdict.is_ok(), "the device was misused: {verdict:?}");
        }
    }

    /// Nothing is used any more, and what is kept can be trimmed away.
    fn assert_empty(&self) {
        assert!(self.live().is_empty(), "the case itself forgot to free: {:?}", self.live());
        self.assert_whole();
        if self.has(AllocatorCapabilities::TRIM) {
            self.heaps().for_each(|heap| {
                self.allocator.trim(heap, 0);
            });
            let total = self.allocator.stats().total();
            assert_eq!((total.blocks, total.block_bytes), (0, 0), "nothing used, all trimmed");
            self.assert_whole();
        }
    }

    /// Gives up the parts, unchecked: for cases that leak on purpose.
    pub(crate) fn into_parts(
        self,
    ) -> (Arc<dyn MemoryAllocator>, Arc<DeviceContext>, Option<Arc<SimDevice>>) {
        (self.allocator.into_inner(), self.context, self.sim)
    }

    fn forget(&self, allocation: &Allocation) {
        self.live().retain(|live| !live.is(allocation));
    }

    fn live(&self) -> MutexGuard<'_, Vec<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The heap of a memory type.
pub(crate) fn heap_of(context: &DeviceContext, memory_type: u32) -> u32 {
    let types = context.memory_properties().memory_types_as_slice();
    types.get(memory_type as usize).map_or(u32::MAX, |found| found.heap_index)
}

/// Whether `allocator`, which claims no report, counts all the same.
fn counts(allocator: &dyn MemoryAllocator) -> bool {
    let request = MemoryRequest::new(64, 1, 0, TilingClass::Linear);
    let Ok(allocation) = allocator.allocate(&request) else { return false };
    let counted = allocator.stats().total().allocations > 0;
    // SAFETY: it came from this allocator, and nothing was bound to it.
    unsafe { allocator.free(allocation) };
    counted
}
