//! What a device is made of, decided before it is made.

use std::{cmp::Reverse, ffi::CStr, slice};

use ash::vk;
use rm_alloc_core::MemoryFeatures;

use crate::{
    HeadlessError, HeadlessOptions, features::FeatureStructs, instance::HeadlessInstance,
    present::Candidate,
};

/// The queue family, the version and the features of a device to be.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// The family that can do most.
    pub(crate) queue_family: u32,
    /// How many families there are.
    pub(crate) queue_families: u32,
    /// What is enabled.
    pub(crate) features: MemoryFeatures,
    /// Whether timeline semaphores are enabled.
    pub(crate) timeline_semaphores: bool,
    /// Whether dynamic rendering and synchronization2 are enabled.
    pub(crate) rendering: bool,
    /// The version in use, without a patch number.
    pub(crate) api_version: u32,
}

impl Plan {
    /// Decides how to use the device that was found.
    pub(crate) fn new(
        instance: &HeadlessInstance,
        found: &Candidate,
        options: &HeadlessOptions,
    ) -> Result<Self, HeadlessError> {
        // SAFETY: the handle is one of this live instance.
        let families = unsafe {
            instance.raw().get_physical_device_queue_family_properties(found.physical_device)
        };
        // Drawing and computing queues can transfer whether or not they say so.
        let able = vk::QueueFlags::GRAPHICS | vk::QueueFlags::COMPUTE | vk::QueueFlags::TRANSFER;
        let (queue_family, family) = (0..)
            .zip(&families)
            .filter(|(_, family)| family.queue_flags.intersects(able))
            .min_by_key(|(_, family)| Reverse((family.queue_flags & able).as_raw().count_ones()))
            .ok_or(HeadlessError::NoQueue)?;

        let spoken = found.present.api_version;
        let (major, minor) = (vk::api_version_major(spoken), vk::api_version_minor(spoken));
        let api_version = instance.api_version().min(vk::make_api_version(0, major, minor, 0));
        if options.rendering {
            let draws = vk::QueueFlags::GRAPHICS | vk::QueueFlags::COMPUTE;
            let draws = family.queue_flags.contains(draws);
            let missing = what_rendering_lacks(instance, found, api_version);
            let missing = missing.or((!draws).then_some("queue that draws and computes"));
            missing.map_or(Ok(()), |what| Err(HeadlessError::NoRendering(what)))?;
        }
        Ok(Self {
            queue_family,
            queue_families: u32::try_from(families.len()).unwrap_or(u32::MAX),
            features: choose(instance, found, api_version, options)?,
            timeline_semaphores: has_timeline_semaphores(instance, found, api_version)?,
            rendering: options.rendering,
            api_version,
        })
    }

    /// Makes the device, with one queue.
    pub(crate) fn create(
        &self,
        instance: &HeadlessInstance,
        found: &Candidate,
    ) -> Result<ash::Device, HeadlessError> {
        let queue = vk::DeviceQueueCreateInfo::default()
            .queue_family_index(self.queue_family)
            .queue_priorities(&[1.0]);
        let names = self.features.extensions(self.api_version);
        let timelines = self.timeline_semaphores && self.api_version < vk::API_VERSION_1_2;
        let timelines = timelines.then_some(ash::khr::timeline_semaphore::NAME);
        let names: Vec<_> = names.into_iter().chain(timelines).map(CStr::as_ptr).collect();
        let info = vk::DeviceCreateInfo::default()
            .queue_create_infos(slice::from_ref(&queue))
            .enabled_extension_names(&names);
        let mut structs = FeatureStructs::default();
        let info = structs.enable(info, self);
        // SAFETY: the physical device is one of this live instance, and the info borrows live values.
        Ok(unsafe { instance.raw().create_device(found.physical_device, &info, None) }?)
    }
}

/// The recommended features, changed as `options` say.
///
/// A feature is dropped if the device lists its extension not at all and has it in its core only from
/// a version above `api_version`.
fn choose(
    instance: &HeadlessInstance,
    found: &Candidate,
    api_version: u32,
    options: &HeadlessOptions,
) -> Result<MemoryFeatures, HeadlessError> {
    // SAFETY: the handle is one of this live instance.
    let recommended = unsafe { MemoryFeatures::recommended(instance.raw(), found.physical_device) };
    let mut features = MemoryFeatures::empty();
    for feature in recommended.iter() {
        let mut offered = true;
        for name in feature.extensions(api_version) {
            offered &= instance.offers(found.physical_device, name)?;
        }
        features.set(feature, offered);
    }
    features.set(MemoryFeatures::DEBUG_NAMES, instance.has_debug_utils());
    features = (features | options.with) - options.without;
    if !features.contains(MemoryFeatures::MEMORY_PRIORITY) {
        // Its extension is built on the one that is missing.
        features -= MemoryFeatures::PAGEABLE;
    }
    Ok(features)
}

/// Whether the device has timeline semaphores, by its core or by their extension.
fn has_timeline_semaphores(
    instance: &HeadlessInstance,
    found: &Candidate,
    api_version: u32,
) -> Result<bool, HeadlessError> {
    if api_version < vk::API_VERSION_1_2
        && !instance.offers(found.physical_device, ash::khr::timeline_semaphore::NAME)?
    {
        return Ok(false);
    }
    let mut timelines = vk::PhysicalDeviceTimelineSemaphoreFeatures::default();
    let mut features = vk::PhysicalDeviceFeatures2::default().push_next(&mut timelines);
    // SAFETY: the handle is one of this live instance, and the device knows the struct (checked above).
    unsafe { instance.raw().get_physical_device_features2(found.physical_device, &mut features) };
    Ok(timelines.timeline_semaphore == vk::TRUE)
}

/// What the device has not got of what rendering takes.
fn what_rendering_lacks(
    instance: &HeadlessInstance,
    found: &Candidate,
    api_version: u32,
) -> Option<&'static str> {
    if api_version < vk::API_VERSION_1_3 {
        return Some("Vulkan 1.3");
    }
    let mut rendering = vk::PhysicalDeviceDynamicRenderingFeatures::default();
    let mut synchronization = vk::PhysicalDeviceSynchronization2Features::default();
    let mut features = vk::PhysicalDeviceFeatures2::default()
        .push_next(&mut rendering)
        .push_next(&mut synchronization);
    // SAFETY: the handle is one of this live instance, and the device knows the structs (checked above).
    unsafe { instance.raw().get_physical_device_features2(found.physical_device, &mut features) };
    if rendering.dynamic_rendering == vk::FALSE {
        return Some("feature dynamicRendering");
    }
    (synchronization.synchronization2 == vk::FALSE).then_some("feature synchronization2")
}
