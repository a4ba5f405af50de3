//! The feature structs that `vkCreateDevice` must be told of.

use ash::vk;
use rm_alloc_core::MemoryFeatures;

use crate::plan::Plan;

/// Storage for the feature structs that a [`Plan`] stands for.
#[derive(Default)]
pub(crate) struct FeatureStructs {
    address: vk::PhysicalDeviceBufferDeviceAddressFeatures<'static>,
    coherent: vk::PhysicalDeviceCoherentMemoryFeaturesAMD<'static>,
    maintenance4: vk::PhysicalDeviceMaintenance4Features<'static>,
    pageable: vk::PhysicalDevicePageableDeviceLocalMemoryFeaturesEXT<'static>,
    priority: vk::PhysicalDeviceMemoryPriorityFeaturesEXT<'static>,
    protected: vk::PhysicalDeviceProtectedMemoryFeatures<'static>,
    rendering: vk::PhysicalDeviceDynamicRenderingFeatures<'static>,
    synchronization: vk::PhysicalDeviceSynchronization2Features<'static>,
    timelines: vk::PhysicalDeviceTimelineSemaphoreFeatures<'static>,
}

impl FeatureStructs {
    /// Enables in `info` exactly what `plan` says.
    pub(crate) fn enable<'a>(
        &'a mut self,
        mut info: vk::DeviceCreateInfo<'a>,
        plan: &Plan,
    ) -> vk::DeviceCreateInfo<'a> {
        let features = plan.features;
        if features.contains(MemoryFeatures::BUFFER_DEVICE_ADDRESS) {
            self.address = self.address.buffer_device_address(true);
            info = info.push_next(&mut self.address);
        }
        if features.contains(MemoryFeatures::AMD_DEVICE_COHERENT) {
            self.coherent = self.coherent.device_coherent_memory(true);
            info = info.push_next(&mut self.coherent);
        }
        if features.contains(MemoryFeatures::MAINTENANCE4) {
            self.maintenance4 = self.maintenance4.maintenance4(true);
            info = info.push_next(&mut self.maintenance4);
        }
        if features.contains(MemoryFeatures::PAGEABLE) {
            self.pageable = self.pageable.pageable_device_local_memory(true);
            info = info.push_next(&mut self.pageable);
        }
        if features.contains(MemoryFeatures::MEMORY_PRIORITY) {
            self.priority = self.priority.memory_priority(true);
            info = info.push_next(&mut self.priority);
        }
        if features.contains(MemoryFeatures::PROTECTED) {
            self.protected = self.protected.protected_memory(true);
            info = info.push_next(&mut self.protected);
        }
        if plan.rendering {
            self.rendering = self.rendering.dynamic_rendering(true);
            info = info.push_next(&mut self.rendering);
            self.synchronization = self.synchronization.synchronization2(true);
            info = info.push_next(&mut self.synchronization);
        }
        if plan.timeline_semaphores {
            self.timelines = self.timelines.timeline_semaphore(true);
            info = info.push_next(&mut self.timelines);
        }
        info
    }
}
