//! What a run plays on: a device with what it takes to execute copies, and somebody who watches.

mod real;
mod simulated;

use std::{fmt, sync::Arc};

use resource_management::alloc::DeviceContext;
use rm_headless::HeadlessError;

pub use self::simulated::simulated_devices;
pub(crate) use self::{real::Real, simulated::Simulated};
use crate::{error::DemoError, executor::Executor, options::Options, report::Checker, run::Event};

/// What a name on the command line begins with that means a profile of the simulated device.
pub(crate) const SIMULATED: &str = "sim:";

/// The profile that is played on where there is no Vulkan.
pub(crate) const FALLBACK: &str = "desktop-rebar";

/// A device to play on.
pub(crate) trait Platform: fmt::Debug {
    /// What it says of itself.
    fn identity(&self) -> Identity;

    /// A new context of the device, which it keeps alive.
    ///
    /// # Errors
    ///
    /// [`DemoError::Headless`] if the core refuses the device.
    fn context(&self) -> Result<Arc<DeviceContext>, DemoError>;

    /// Something new that executes copies on the device, which it keeps alive.
    ///
    /// # Errors
    ///
    /// What the driver refused.
    fn executor(&self) -> Result<Box<dyn Executor>, DemoError>;

    /// Lets go of the device, and returns what whoever watched has to say.
    ///
    /// Contexts and executors have to be gone, or what they hold counts as left behind.
    fn end(self: Box<Self>) -> Vec<String>;
}

/// What a device says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) device: String,
    pub(crate) driver: String,
    pub(crate) api_version: u32,
    pub(crate) checker: Checker,
}

/// Opens the device that `options` ask for.
///
/// Where none was asked for and there is no Vulkan, that is a simulated one, of which `watcher` is told.
///
/// # Errors
///
/// A [`DemoError`] with exit code 2.
pub(crate) fn open(
    options: &Options,
    watcher: &mut dyn FnMut(Event),
) -> Result<Box<dyn Platform>, DemoError> {
    let wanted = options.device.as_deref();
    if let Some(profile) = wanted.and_then(|wanted| wanted.strip_prefix(SIMULATED)) {
        return Ok(Box::new(Simulated::named(profile)?));
    }
    match Real::named(wanted) {
        Ok(real) => Ok(Box::new(real)),
        Err(error @ (HeadlessError::NoDevice | HeadlessError::NoLoader(_))) if wanted.is_none() => {
            watcher(Event::Fallback(error));
            Ok(Box::new(Simulated::named(FALLBACK)?))
        }
        Err(error) => Err(error.into()),
    }
}
