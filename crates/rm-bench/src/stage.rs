//! The devices that traces are played on.

use std::sync::Arc;

use ash::vk;
use rm_alloc_core::{
    DeviceContext, DeviceContextInfo, MemoryFeatures, MemoryLocation, MemoryUse, TypeQuery,
};
use rm_headless::{HeadlessDevice, HeadlessOptions, Validation};
use rm_vksim::{Counts, Profile, SimDevice};

use crate::BenchError;

/// What the name of a simulated device begins with.
const SIMULATED: &str = "sim:";
/// The profile that counters and full runs use.
pub(crate) const DEFAULT_DEVICE: &str = "sim:h200";

/// Where stages are set up.
#[derive(Debug)]
pub struct Venue {
    name: String,
    ground: Ground,
}

#[derive(Debug)]
enum Ground {
    /// Each stage is a counting device of its own.
    Simulated(Box<Profile>),
    /// All stages share the one device, without its validation layer.
    Real(Arc<HeadlessDevice>),
}

impl Venue {
    /// Opens `sim:PROFILE`, `real` for the best driver's device, or the device of that name.
    ///
    /// # Errors
    ///
    /// [`BenchError::Unknown`] for a profile that does not exist, [`BenchError::Device`] if there is no such device.
    pub fn open(wanted: &str) -> Result<Self, BenchError> {
        if let Some(profile) = wanted.strip_prefix(SIMULATED) {
            let unknown = || BenchError::Unknown { what: "profile", name: profile.to_owned() };
            let profile = Profile::builtin(profile).ok_or_else(unknown)?;
            let name = format!("{wanted} (counting)");
            return Ok(Self { name, ground: Ground::Simulated(Box::new(profile)) });
        }
        let mut options = HeadlessOptions::default().validation(Validation::Off);
        options.device = (wanted != "real").then(|| wanted.to_owned());
        let device = HeadlessDevice::open(&options)?;
        let name = format!("{} ({})", device.name(), device.driver());
        Ok(Self { name, ground: Ground::Real(device) })
    }

    /// The same simulated device with `bytes` of the memory that everybody uses: the heap has them, its budget offers them
    /// all, and no memory object is larger.
    ///
    /// # Errors
    ///
    /// [`BenchError::Unknown`] for a real device, otherwise as [`stage`](Self::stage).
    pub fn with_heap(&self, bytes: u64) -> Result<Self, BenchError> {
        let Ground::Simulated(profile) = &self.ground else {
            let name = self.name.clone();
            return Err(BenchError::Unknown { what: "simulated device", name });
        };
        let stage = self.stage()?;
        let mut profile = profile.clone();
        let heap = stage.context.heap_of(stage.memory_type) as usize;
        if let Some(heap) = profile.heaps.get_mut(heap) {
            heap.size = bytes;
            heap.budget = None;
        }
        let largest = &mut profile.limits.max_memory_allocation_size;
        *largest = bytes.min(*largest);
        let name = format!("{}, {bytes} bytes", self.name);
        Ok(Self { name, ground: Ground::Simulated(profile) })
    }

    /// What results call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether driver calls cost next to nothing and are counted.
    pub fn is_simulated(&self) -> bool {
        matches!(self.ground, Ground::Simulated(_))
    }

    /// A stage that nobody else uses.
    ///
    /// # Errors
    ///
    /// [`BenchError::Memory`] if the core refuses the device or it has no device-local memory.
    pub fn stage(&self) -> Result<Arc<Stage>, BenchError> {
        let (context, sim) = match &self.ground {
            Ground::Real(device) => (device.context(), None),
            Ground::Simulated(profile) => {
                let sim = Arc::new(SimDevice::counting(Profile::clone(profile))?);
                (simulated_context(&sim)?, Some(sim))
            }
        };
        let device_local =
            MemoryUse { location: MemoryLocation::DeviceLocal, ..MemoryUse::default() };
        let mut types = context.memory_types(&TypeQuery::new(u32::MAX, device_local));
        let none = rm_alloc_core::MemoryError::InvalidRequest("no device-local memory");
        let memory_type = types.next().ok_or(none)?;
        Ok(Arc::new(Stage { context, sim, memory_type }))
    }
}

/// A device that one contestant plays on.
#[derive(Debug)]
pub struct Stage {
    // Contestants hold the stage, and with it the context, which owns the device.
    context: Arc<DeviceContext>,
    sim: Option<Arc<SimDevice>>,
    memory_type: u32,
}

impl Stage {
    /// The device as the core sees it.
    pub fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    /// The device-local memory type that everybody uses.
    pub fn memory_type(&self) -> u32 {
        self.memory_type
    }

    /// Requirements of `size` bytes at `alignment` in that memory type.
    pub(crate) fn requirements(&self, size: u64, alignment: u64) -> vk::MemoryRequirements {
        vk::MemoryRequirements { size, alignment, memory_type_bits: 1 << self.memory_type }
    }

    /// Whether memory must carry the device-address flag.
    pub(crate) fn has_addresses(&self) -> bool {
        self.context.features().contains(MemoryFeatures::BUFFER_DEVICE_ADDRESS)
    }

    /// Driver calls so far; `None` on a real driver, which does not count.
    pub(crate) fn calls(&self) -> Option<Counts> {
        self.sim.as_ref().map(|sim| sim.counts())
    }

    /// Bytes of memory objects of the type that everybody uses, as the device knows them; `None` on a real driver.
    pub(crate) fn reserved(&self) -> Option<u64> {
        self.sim.as_ref().map(|sim| sim.heap_usage(self.context.heap_of(self.memory_type)))
    }
}

fn simulated_context(sim: &Arc<SimDevice>) -> Result<Arc<DeviceContext>, BenchError> {
    let (instance, physical_device) = (sim.instance(), sim.physical_device());
    // SAFETY: both are live and belong together.
    let features = unsafe { MemoryFeatures::recommended(instance, physical_device) };
    let info = DeviceContextInfo {
        instance,
        physical_device,
        device: sim.device(),
        api_version: sim.profile().api_version.min(vk::API_VERSION_1_3),
        features,
        keep_alive: Some(Arc::<SimDevice>::clone(sim)),
    };
    // SAFETY: the handles belong together, the device has all that it lists enabled, and the context keeps it alive.
    Ok(unsafe { DeviceContext::new(info) }?)
}
