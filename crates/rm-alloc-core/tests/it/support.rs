//! Simulated devices, and backends and observers that remember.

mod heard;
mod layer;

use std::sync::{Arc, Mutex};

use rm_alloc_core::{
    Allocation, AllocatorCapabilities, BlockRequest, BudgetConfig, DeviceBudgetManager,
    DeviceContext, DeviceContextInfo, DeviceMemory, MemoryAllocator, MemoryError, MemoryFeatures,
    MemoryRequest,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::{Profile, SimDevice};

pub(crate) use self::{
    heard::Heard,
    layer::{Layer, Moment},
};

/// A context that owns the simulated device of `profile`, whose guard checks the verdict when both are gone.
pub(crate) fn simulated(profile: Profile) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    simulated_as(profile, None)
}

/// The same, made for an older `version` than the profile's.
pub(crate) fn simulated_as(
    profile: Profile,
    version: Option<u32>,
) -> (Arc<DeviceContext>, Arc<SimDevice>) {
    let sim = Arc::new(SimDevice::new(profile).unwrap());
    // SAFETY: instance and physical device are live and belong together.
    let offered = unsafe { MemoryFeatures::recommended(sim.instance(), sim.physical_device()) };
    let protected = sim.profile().features.protected;
    let coherent = sim.profile().features.device_coherent;
    let mut features = offered | MemoryFeatures::DEBUG_NAMES;
    features.set(MemoryFeatures::PROTECTED, protected);
    features.set(MemoryFeatures::AMD_DEVICE_COHERENT, coherent);
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: version.unwrap_or(sim.profile().api_version),
        features,
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, everything is enabled, and the context keeps the device alive.
    (unsafe { DeviceContext::new(info) }.unwrap(), sim)
}

/// A manager over the pass-through backend on a simulated discrete GPU.
pub(crate) fn manager(config: BudgetConfig) -> (DeviceBudgetManager, Arc<SimDevice>) {
    manager_on(Profile::desktop_rebar(), config)
}

/// The same on the simulated device of `profile`.
pub(crate) fn manager_on(
    profile: Profile,
    config: BudgetConfig,
) -> (DeviceBudgetManager, Arc<SimDevice>) {
    let (context, sim) = simulated(profile);
    let allocator = Arc::new(DirectAllocator::new(&context));
    (DeviceBudgetManager::new(allocator, config).unwrap(), sim)
}

/// A strict budget of `bytes` of device memory.
pub(crate) fn strict(bytes: u64) -> BudgetConfig {
    BudgetConfig { device_memory_budget: bytes, strict: true, ..BudgetConfig::default() }
}

/// Gives every request an object of its own, and keeps what it was asked.
#[derive(Debug)]
pub(crate) struct Recorder {
    context: Arc<DeviceContext>,
    asked: Mutex<Vec<Asked>>,
}

/// The parts of a request that tests look at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Asked {
    pub(crate) memory_type: u32,
    pub(crate) alignment: u64,
    pub(crate) dedicated: Wish,
    pub(crate) headroom: u64,
    pub(crate) map: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wish {
    No,
    Prefer,
    Require,
}

impl Recorder {
    pub(crate) fn new(context: &Arc<DeviceContext>) -> Self {
        Self { context: context.clone(), asked: Mutex::default() }
    }

    /// What was asked since the last call.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

// SAFETY: every allocation is the whole of an own object of the requested size and type.
unsafe impl MemoryAllocator for Recorder {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        use rm_alloc_core::Dedicated;
        let dedicated = match request.dedicated {
            Dedicated::No => Wish::No,
            Dedicated::Prefer(_) => Wish::Prefer,
            Dedicated::Require(_) => Wish::Require,
        };
        let MemoryRequest { memory_type, alignment, headroom, map, .. } = *request;
        let asked = Asked { memory_type, alignment, dedicated, headroom, map };
        self.asked.lock().unwrap().push(asked);
        Ok(self.context.allocate_memory(&BlockRequest::from(request))?.into_allocation())
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate`, which took it from this context.
        drop(unsafe { DeviceMemory::from_allocation(&self.context, allocation) });
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::MIXED | AllocatorCapabilities::DEDICATED
    }
}
