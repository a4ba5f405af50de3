//! The guard that a test holds: handles, verdict, drop.

mod control;
mod timeline;
mod watch;

use std::{fmt, ptr::NonNull};

use ash::vk;

pub use self::timeline::SimTimeline;
use crate::{Profile, ProfileError, Verdict, sim::Sim};

/// A Vulkan instance with one physical device and one device, simulated.
///
/// The device was created with every extension and feature that its profile lists; to test without one, take it out
/// of the profile. `VK_EXT_debug_utils` is enabled on the instance.
///
/// The handles may be used from any thread, until the guard is dropped. The drop panics if the
/// [`verdict`](Self::verdict) is bad and was not taken, unless the thread is panicking already.
#[must_use = "the device ends when this is dropped"]
pub struct SimDevice {
    // Invariant: `sim` came from `Sim::boxed` and lives until `self` is dropped.
    sim: NonNull<Sim>,
    instance: ash::Instance,
    device: ash::Device,
}

// SAFETY: the target is `Send` and `Sync`, and only shared references are made of it before the drop.
unsafe impl Send for SimDevice {}
// SAFETY: as above.
unsafe impl Sync for SimDevice {}

impl SimDevice {
    /// A device that watches every rule and keeps a journal.
    ///
    /// # Errors
    ///
    /// [`ProfileError`] if the profile contradicts itself.
    pub fn new(profile: Profile) -> Result<Self, ProfileError> {
        Self::boxed(profile, false)
    }

    /// A device that only counts, for benchmarks: no rules, no faults for buffers, no journal, as little work as possible.
    ///
    /// Heaps and limits are enforced as ever. Handles of buffers encode size and usage, so that two buffers which
    /// are alike may have the same handle, as Vulkan allows; all have one device address.
    /// What a profile has captured of single buffers is not looked up. The verdict is always good.
    ///
    /// # Errors
    ///
    /// [`ProfileError`] if the profile contradicts itself.
    pub fn counting(profile: Profile) -> Result<Self, ProfileError> {
        Self::boxed(profile, true)
    }

    /// The instance.
    pub fn instance(&self) -> &ash::Instance {
        &self.instance
    }

    /// The one physical device.
    pub fn physical_device(&self) -> vk::PhysicalDevice {
        self.sim().handles.physical_device()
    }

    /// The device.
    pub fn device(&self) -> &ash::Device {
        &self.device
    }

    /// What it simulates.
    pub fn profile(&self) -> &Profile {
        &self.sim().profile
    }

    /// `vkGetInstanceProcAddr` of this instance, for extension tables that ask for it.
    pub fn static_fn(&self) -> ash::StaticFn {
        ash::StaticFn { get_instance_proc_addr: crate::calls::device::get_instance_proc_addr }
    }

    /// Everything that is wrong by now, objects that are still alive included.
    ///
    /// Meant for the end of a test, after everything was destroyed. What it returns is settled: neither a second verdict
    /// nor the drop mentions it again.
    ///
    /// # Errors
    ///
    /// [`Verdict`] with the broken rules and the leaks.
    pub fn verdict(&self) -> Result<(), Verdict> {
        self.sim().lock().take_verdict()
    }

    fn boxed(profile: Profile, counting: bool) -> Result<Self, ProfileError> {
        profile.validate()?;
        let raw = Sim::boxed(profile, counting);
        // SAFETY: just boxed, and from here on only shared references are made of it.
        let sim = unsafe { raw.as_ref() };
        let (instance, device) = (sim.handles.instance(), sim.handles.device());
        // SAFETY: every address is the function of its name.
        let instance = unsafe { ash::Instance::load_with(|name| entry(sim, name), instance) };
        // SAFETY: every address is the function of its name.
        let device = unsafe { ash::Device::load_with(|name| entry(sim, name), device) };
        Ok(Self { sim: raw, instance, device })
    }

    pub(crate) fn sim(&self) -> &Sim {
        // SAFETY: lives as long as `self` (invariant).
        unsafe { self.sim.as_ref() }
    }
}

impl Drop for SimDevice {
    fn drop(&mut self) {
        let verdict = self.verdict();
        // SAFETY: it came from a box, nobody else frees it, and handles are not used after the guard (documented).
        drop(unsafe { Box::from_raw(self.sim.as_ptr()) });
        if let Err(verdict) = verdict
            && !std::thread::panicking()
        {
            panic!("the simulated device was misused: {verdict}");
        }
    }
}

impl fmt::Debug for SimDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimDevice")
            .field("profile", &self.profile().name)
            .field("counting", &self.sim().counting)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

fn entry(sim: &Sim, name: &std::ffi::CStr) -> *const std::ffi::c_void {
    name.to_str().map_or(std::ptr::null(), |name| sim.commands.entry(sim, name))
}
