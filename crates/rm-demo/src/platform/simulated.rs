//! A simulated device, watched by its own oracle; it needs no Vulkan.

use std::{fs, path::Path, sync::Arc};

use ash::vk;
use resource_management::{
    alloc::{DeviceContext, DeviceContextInfo, MemoryFeatures},
    lifetime::ManualTimeline,
};
use rm_headless::HeadlessError;
use rm_vksim::{Profile, ProfileError, SimDevice, Verdict};

use super::{Identity, Line, Platform, SIMULATED};
use crate::{
    error::DemoError,
    executor::{Executor, HostExecutor},
    passes::Machinery,
    report::Checker,
};

/// What takes the place of a driver.
const DRIVER: &str = "rm-vksim";

/// How the files end that hold a profile.
const EXTENSION: &str = "json";

/// A device that follows from a profile.
#[derive(Debug)]
pub(crate) struct Simulated {
    device: Arc<SimDevice>,
}

/// A line for each simulated device that is always there, beginning with what `--device` takes.
pub fn simulated_devices() -> impl Iterator<Item = String> {
    let profiles = Profile::names().iter().filter_map(|name| Profile::builtin(name));
    profiles.map(|profile| {
        let Profile { name, device_name, api_version, .. } = profile;
        let major = vk::api_version_major(api_version);
        let minor = vk::api_version_minor(api_version);
        format!("{SIMULATED}{name} [{DRIVER}, {device_name}, Vulkan {major}.{minor}]")
    })
}

impl Simulated {
    /// The device of the built-in profile called `wanted`, or of the file at that path.
    pub(crate) fn named(wanted: &str) -> Result<Self, DemoError> {
        let unusable = |reason| DemoError::Profile { wanted: wanted.to_owned(), reason };
        let profile = match Profile::builtin(wanted) {
            Some(profile) => profile,
            None if is_path(wanted) => {
                let text =
                    fs::read_to_string(wanted).map_err(|error| unusable(error.to_string()))?;
                Profile::from_json(&text).map_err(|error| unusable(error.to_string()))?
            }
            None => return Err(DemoError::UnknownProfile { wanted: wanted.to_owned() }),
        };
        Self::new(profile).map_err(|error| unusable(error.to_string()))
    }

    /// The device of `profile`.
    pub(crate) fn new(profile: Profile) -> Result<Self, ProfileError> {
        let device = Arc::new(SimDevice::new(profile)?);
        // Nobody reads the journal, and it would grow with every frame.
        drop(device.stop_journal());
        Ok(Self { device })
    }

    /// Something new that executes copies, on a timeline of its own.
    #[cfg(test)]
    pub(crate) fn host_executor(&self) -> HostExecutor {
        // SAFETY: the executor completes what it has executed, and nobody else moves it.
        HostExecutor::new(&self.device, &Arc::new(unsafe { ManualTimeline::new() }))
    }

    /// The device itself.
    #[cfg(test)]
    pub(crate) fn device(&self) -> &Arc<SimDevice> {
        &self.device
    }
}

impl Platform for Simulated {
    fn identity(&self) -> Identity {
        let profile = self.device.profile();
        Identity {
            device: format!("sim: {} ({})", profile.name, profile.device_name),
            driver: DRIVER.to_owned(),
            api_version: profile.api_version,
            checker: Checker::Oracle,
        }
    }

    fn context(&self) -> Result<Arc<DeviceContext>, DemoError> {
        let device = &self.device;
        let (instance, physical_device) = (device.instance(), device.physical_device());
        // SAFETY: both are live and belong together.
        let features = unsafe { MemoryFeatures::recommended(instance, physical_device) };
        let info = DeviceContextInfo {
            instance,
            physical_device,
            device: device.device(),
            api_version: device.profile().api_version,
            // Labels are what the oracle calls a leak by.
            features: features | MemoryFeatures::DEBUG_NAMES,
            keep_alive: Some(device.clone()),
        };
        // SAFETY: the handles belong together, the device has all that it lists enabled, and the context keeps it alive.
        let made = unsafe { DeviceContext::new(info) };
        Ok(made.map_err(HeadlessError::Context)?)
    }

    unsafe fn line(
        &self,
        _context: &Arc<DeviceContext>,
        executors: usize,
    ) -> Result<Line, DemoError> {
        // SAFETY: executors take a value for each batch, and complete it when they have executed that; they are waited for
        // in the order of their submissions, and nobody else submits (caller).
        let timeline = Arc::new(unsafe { ManualTimeline::new() });
        let executor =
            |_| Box::new(HostExecutor::new(&self.device, &timeline)) as Box<dyn Executor>;
        let executors = (0..executors).map(executor).collect();
        Ok(Line { timeline, executors, machinery: Machinery::StandIns })
    }

    fn end(self: Box<Self>) -> Vec<String> {
        let Err(Verdict { violations, leaks, .. }) = self.device.verdict() else {
            return Vec::new();
        };
        let violations = violations.iter().map(ToString::to_string);
        violations.chain(leaks.iter().map(ToString::to_string)).collect()
    }
}

/// Whether `wanted` can only be meant as a path.
fn is_path(wanted: &str) -> bool {
    let path = Path::new(wanted);
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case(EXTENSION))
        || path.components().count() > 1
}
