//! What a run plays on: a device with what it takes to execute copies, and somebody who watches.

mod real;
mod simulated;

use std::{fmt, sync::Arc};

use resource_management::{alloc::DeviceContext, lifetime::GpuTimeline};
use rm_headless::HeadlessError;

pub use self::simulated::simulated_devices;
pub(crate) use self::{real::Real, simulated::Simulated};
use crate::{
    error::DemoError, executor::Executor, options::Options, passes::Machinery, report::Checker,
    run::Event,
};

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

    /// A new line of work with so many executors, which keep the device alive.
    ///
    /// # Errors
    ///
    /// What the driver refused.
    ///
    /// # Safety
    ///
    /// - `context` is one of this platform.
    /// - While the line lives, nobody else submits what uses resources of `context`.
    unsafe fn line(
        &self,
        context: &Arc<DeviceContext>,
        executors: usize,
    ) -> Result<Line, DemoError>;

    /// Lets go of the device, and returns what whoever watched has to say.
    ///
    /// Contexts and executors have to be gone, or what they hold counts as left behind.
    fn end(self: Box<Self>) -> Vec<String>;
}

/// A line of work of a device.
#[derive(Debug)]
pub(crate) struct Line {
    /// What counts its submissions.
    pub(crate) timeline: Arc<dyn GpuTimeline>,
    /// Who submits, in turn.
    pub(crate) executors: Vec<Box<dyn Executor>>,
    /// What programs are run by.
    pub(crate) machinery: Machinery,
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
