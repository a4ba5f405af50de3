//! Where a case runs: a device, simulated or present, and the backend's factory.

use std::{env, fmt, sync::Arc};

use rm_alloc_core::{DeviceContext, MemoryAllocator, MemoryError};
use rm_vksim::Profile;

use crate::{Skip, Stage};

/// What a factory answers: a fresh backend on the given device, or why there is none.
///
/// A backend that refuses a kind of device answers [`MemoryError::Unsupported`], and the cases skip there.
pub type Fixture = Result<Arc<dyn MemoryAllocator>, MemoryError>;

/// Makes a fresh backend for a device.
type Factory = dyn Fn(&Arc<DeviceContext>) -> Fixture + Send + Sync;

/// A device and a backend for cases to run on.
///
/// Every case makes backends of its own; on a simulated device it makes devices of its own too, with other limits
/// where it needs them.
///
/// ```
/// use std::sync::Arc;
///
/// use rm_alloc_direct::DirectAllocator;
/// use rm_conformance::{Environment, Group, run_group};
/// use rm_vksim::Profile;
///
/// let environment = Environment::simulated(Profile::h200(), |context| {
///     Ok(Arc::new(DirectAllocator::new(context)))
/// });
/// let summary = run_group(Group::Statistics, &environment);
/// assert!(summary.passed > 0);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Environment {
    device: Device,
    factory: Arc<Factory>,
}

#[derive(Clone)]
enum Device {
    Present(Arc<DeviceContext>),
    Simulated(Box<Profile>),
}

impl Environment {
    /// Runs cases on simulated devices of `profile`.
    pub fn simulated<F>(profile: Profile, factory: F) -> Self
    where
        F: Fn(&Arc<DeviceContext>) -> Fixture + Send + Sync + 'static,
    {
        Self { device: Device::Simulated(Box::new(profile)), factory: Arc::new(factory) }
    }

    /// Runs cases on the real device of `context`; those that need a simulated one skip.
    ///
    /// Cases use little memory, and give it all back.
    pub fn present<F>(context: &Arc<DeviceContext>, factory: F) -> Self
    where
        F: Fn(&Arc<DeviceContext>) -> Fixture + Send + Sync + 'static,
    {
        Self { device: Device::Present(Arc::clone(context)), factory: Arc::new(factory) }
    }

    /// What reports call it: the name of the profile.
    pub fn name(&self) -> &str {
        match &self.device {
            Device::Present(_) => "the present device",
            Device::Simulated(profile) => &profile.name,
        }
    }

    /// A fresh backend on a fresh device, or on the present one.
    pub(crate) fn stage(&self) -> Result<Stage, Skip> {
        match &self.device {
            Device::Present(context) => Stage::present(context, &*self.factory),
            Device::Simulated(profile) => Stage::simulated((**profile).clone(), &*self.factory),
        }
    }

    /// A fresh backend on a fresh simulated device that `change` has changed.
    pub(crate) fn stage_with(&self, change: impl FnOnce(&mut Profile)) -> Result<Stage, Skip> {
        let Device::Simulated(profile) = &self.device else { return Err(Skip::NeedsSimulation) };
        let mut profile = (**profile).clone();
        change(&mut profile);
        Stage::simulated(profile, &*self.factory)
    }

    /// Another fresh backend on the device of `stage`.
    pub(crate) fn second(&self, stage: &mut Stage) -> Result<Stage, Skip> {
        stage.sibling(&*self.factory)
    }

    /// The built-in profile that it simulates unchanged.
    pub(crate) fn profile(&self) -> Result<&Profile, Skip> {
        match &self.device {
            Device::Present(_) => Err(Skip::NeedsSimulation),
            Device::Simulated(profile) => {
                let unchanged = Profile::builtin(&profile.name).is_some_and(|p| p == **profile);
                let changed = Skip::NotHere("the profile is not a built-in one");
                unchanged.then_some(&**profile).ok_or(changed)
            }
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// The built-in profiles, or the one that `RM_CONFORMANCE_PROFILE` names.
pub(crate) fn profiles() -> Vec<Profile> {
    let wanted = env::var("RM_CONFORMANCE_PROFILE").ok();
    let names =
        Profile::names().iter().filter(|name| wanted.as_ref().is_none_or(|wanted| wanted == *name));
    let profiles: Vec<_> = names.filter_map(|name| Profile::builtin(name)).collect();
    assert!(!profiles.is_empty(), "RM_CONFORMANCE_PROFILE names none of {:?}", Profile::names());
    profiles
}
