//! The device of a driver, watched by the validation layer.

use std::sync::Arc;

use ash::vk;
use resource_management::alloc::DeviceContext;
use rm_headless::{HeadlessDevice, HeadlessError, HeadlessOptions};

use super::{Identity, Line, Platform};
use crate::{
    error::DemoError,
    executor::{Clock, Executor, QueueExecutor},
    passes::Machinery,
    report::Checker,
};

/// A device that a driver offers.
#[derive(Debug)]
pub(crate) struct Real {
    device: Arc<HeadlessDevice>,
    // Whether timeline semaphores are enabled, and to be used.
    semaphores: bool,
}

impl Real {
    /// The device that answers to `name`, or else the best one.
    pub(crate) fn named(name: Option<&str>) -> Result<Self, HeadlessError> {
        let mut wanted = HeadlessOptions::default().synchronization();
        wanted.device = name.map(str::to_owned);
        Ok(Self::new(&HeadlessDevice::open(&wanted)?))
    }

    /// This device.
    pub(crate) fn new(device: &Arc<HeadlessDevice>) -> Self {
        Self { device: Arc::clone(device), semaphores: device.has_timeline_semaphores() }
    }

    /// The same as if it had no timeline semaphores.
    #[cfg(test)]
    pub(crate) fn without_semaphores(self) -> Self {
        Self { semaphores: false, ..self }
    }

    /// Compute pipelines, if its queue runs them.
    fn machinery(&self) -> Machinery {
        let device = &self.device;
        let (instance, physical_device) = (device.instance(), device.physical_device());
        // SAFETY: both are live and belong together (promised by `HeadlessDevice`).
        let families =
            unsafe { instance.get_physical_device_queue_family_properties(physical_device) };
        let family = families.get(device.queue_family() as usize);
        let computes =
            |it: &vk::QueueFamilyProperties| it.queue_flags.contains(vk::QueueFlags::COMPUTE);
        if family.is_some_and(computes) { Machinery::Compute } else { Machinery::Nothing }
    }
}

impl Platform for Real {
    fn identity(&self) -> Identity {
        let device = &self.device;
        Identity {
            device: device.name().to_owned(),
            driver: device.driver().to_owned(),
            api_version: device.api_version(),
            checker: if device.validation() { Checker::Layer } else { Checker::Absent },
        }
    }

    fn context(&self) -> Result<Arc<DeviceContext>, DemoError> {
        Ok(self.device.context())
    }

    unsafe fn line(
        &self,
        context: &Arc<DeviceContext>,
        executors: usize,
    ) -> Result<Line, DemoError> {
        let clock = match self.semaphores {
            // SAFETY: enabled (checked above), and the executors submit by it to the device's one queue, nobody else (caller).
            true => unsafe { Clock::semaphore(context) }?,
            // SAFETY: as above.
            false => unsafe { Clock::fences(context) },
        };
        let executor = || {
            // SAFETY: the clock was made for this device.
            let made = unsafe { QueueExecutor::new(&self.device, &clock) };
            made.map(|made| Box::new(made) as Box<dyn Executor>)
        };
        let executors = (0..executors).map(|_| executor()).collect::<Result<_, _>>()?;
        Ok(Line { timeline: clock.timeline(), executors, machinery: self.machinery() })
    }

    fn end(self: Box<Self>) -> Vec<String> {
        let recorder = Arc::clone(self.device.recorder());
        // Destroying the device is where validation reports objects that were left behind.
        drop(self);
        recorder.take()
    }
}
