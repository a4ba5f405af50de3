//! The device of a driver, watched by the validation layer.

use std::sync::Arc;

use resource_management::alloc::DeviceContext;
use rm_headless::{HeadlessDevice, HeadlessError, HeadlessOptions};

use super::{Identity, Platform};
use crate::{
    error::DemoError,
    executor::{Executor, QueueExecutor},
    report::Checker,
};

/// A device that a driver offers.
#[derive(Debug)]
pub(crate) struct Real {
    device: Arc<HeadlessDevice>,
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
        Self { device: Arc::clone(device) }
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

    fn executor(&self) -> Result<Box<dyn Executor>, DemoError> {
        Ok(Box::new(QueueExecutor::new(&self.device)?))
    }

    fn end(self: Box<Self>) -> Vec<String> {
        let recorder = Arc::clone(self.device.recorder());
        // Destroying the device is where validation reports objects that were left behind.
        drop(self);
        recorder.take()
    }
}
