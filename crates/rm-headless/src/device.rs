//! The device itself: opening, looking at, building contexts, destroying.

use std::{any::Any, fmt, sync::Arc};

use ash::vk;
use rm_alloc_core::{DeviceContext, DeviceContextInfo, MemoryFeatures};

use crate::{
    HeadlessError, HeadlessOptions, Limits, PresentDevice, Recorder, calls,
    instance::HeadlessInstance, plan::Plan, present,
};

/// A Vulkan device without a window, with its instance and what validation said about both.
///
/// Dropping the last `Arc` waits for the device and destroys it. Contexts hold one, so the device
/// outlives whatever was built on it.
pub struct HeadlessDevice {
    // Invariant: `device` is live, made from `physical_device` of `instance`, and not destroyed while
    // `self` lives; `instance` drops after it.
    device: ash::Device,
    physical_device: vk::PhysicalDevice,
    queue: vk::Queue,
    plan: Plan,
    present: PresentDevice,
    instance: HeadlessInstance,
}

impl HeadlessDevice {
    /// Opens the device that `options` describe.
    ///
    /// # Errors
    ///
    /// A [`HeadlessError`] that says what is missing; nothing is left behind.
    pub fn open(options: &HeadlessOptions) -> Result<Arc<Self>, HeadlessError> {
        let instance = HeadlessInstance::open(options)?;
        let found = present::choose(&instance, options.device.as_deref())?;
        let plan = Plan::new(&instance, &found, options)?;
        let device = plan.create(&instance, &found)?;
        // SAFETY: the device was just made with one queue of this family.
        let queue = unsafe { device.get_device_queue(plan.queue_family, 0) };
        let opened = Arc::new(Self {
            device,
            physical_device: found.physical_device,
            queue,
            plan,
            present: found.present,
            instance,
        });
        // A device that the core refuses is of no use, and `context` may rely on the answer.
        opened.build(opened.instance(), opened.device())?;
        Ok(opened)
    }

    /// Builds a new context that keeps the device alive.
    ///
    /// # Panics
    ///
    /// If the core refuses the device, which it accepted when it was opened.
    pub fn context(self: &Arc<Self>) -> Arc<DeviceContext> {
        match self.build(self.instance(), self.device()) {
            Ok(context) => context,
            Err(error) => panic!("the core accepted this device before: {error}"),
        }
    }

    /// Builds a new context whose driver calls are counted, see [`calls`], and which sees the limits
    /// that `patch` leaves behind; it starts from the driver's own.
    ///
    /// The limits belong to the device: those of the latest call apply to every counted context of it.
    ///
    /// # Errors
    ///
    /// [`HeadlessError::Context`] if the core refuses the patched device.
    pub fn counted_context(
        self: &Arc<Self>,
        patch: impl FnOnce(&mut Limits),
    ) -> Result<Arc<DeviceContext>, HeadlessError> {
        let mut limits = self.limits();
        patch(&mut limits);
        let device = self.counted_device();
        // SAFETY: the handles are live (invariant), `device` is counted, and drop withdraws both.
        let instance =
            unsafe { calls::patched_instance(self.instance(), self.physical_device, limits) };
        self.build(&instance, &device)
    }

    /// The device's functions with the memory functions counted, see [`calls`].
    pub fn counted_device(&self) -> ash::Device {
        // SAFETY: the handles are live and belong together, and drop withdraws them (invariant).
        unsafe { calls::counted_device(self.instance(), &self.device) }
    }

    /// The driver's own limits and memory types.
    pub fn limits(&self) -> Limits {
        // SAFETY: the handles are live and belong together (invariant), and the features are enabled.
        unsafe { Limits::read(self.instance(), self.physical_device, self.plan.features) }
    }

    /// The instance's functions.
    pub fn instance(&self) -> &ash::Instance {
        self.instance.raw()
    }

    /// The device's functions, uncounted.
    pub fn device(&self) -> &ash::Device {
        &self.device
    }

    /// The physical device.
    pub fn physical_device(&self) -> vk::PhysicalDevice {
        self.physical_device
    }

    /// The device's one queue; submitting to it from several threads needs a lock of the caller's.
    pub fn queue(&self) -> vk::Queue {
        self.queue
    }

    /// The family of [`queue`](Self::queue), which can transfer, and usually draw and compute too.
    pub fn queue_family(&self) -> u32 {
        self.plan.queue_family
    }

    /// How many queue families the physical device has.
    pub fn queue_families(&self) -> u32 {
        self.plan.queue_families
    }

    /// The features that were enabled.
    pub fn features(&self) -> MemoryFeatures {
        self.plan.features
    }

    /// Whether timeline semaphores are enabled, as they are wherever the device has them.
    ///
    /// Below Vulkan 1.2 that is `VK_KHR_timeline_semaphore`, whose commands have names of their own.
    pub fn has_timeline_semaphores(&self) -> bool {
        self.plan.timeline_semaphores
    }

    /// Whether dynamic rendering and synchronization2 are enabled, as [`HeadlessOptions::rendering`] asks for.
    pub fn has_rendering(&self) -> bool {
        self.plan.rendering
    }

    /// The Vulkan version in use, without a patch number: the least of instance, device and cap.
    pub fn api_version(&self) -> u32 {
        self.plan.api_version
    }

    /// The device's own name.
    pub fn name(&self) -> &str {
        &self.present.name
    }

    /// The driver's name and version.
    pub fn driver(&self) -> &str {
        &self.present.driver
    }

    /// Whether the device is discrete, integrated, virtual or software.
    pub fn device_type(&self) -> vk::PhysicalDeviceType {
        self.present.device_type
    }

    /// Whether the validation layer is loaded.
    pub fn validation(&self) -> bool {
        self.instance.validation()
    }

    /// What validation said so far, oldest first.
    pub fn messages(&self) -> Vec<String> {
        self.recorder().messages()
    }

    /// Where messages go; a clone of it outlives the device and shows what destroying it caused.
    pub fn recorder(&self) -> &Arc<Recorder> {
        self.instance.recorder()
    }

    fn build(
        self: &Arc<Self>,
        instance: &ash::Instance,
        device: &ash::Device,
    ) -> Result<Arc<DeviceContext>, HeadlessError> {
        let keep_alive: Arc<dyn Any + Send + Sync> = Arc::<Self>::clone(self);
        let info = DeviceContextInfo {
            instance,
            physical_device: self.physical_device,
            device,
            api_version: self.plan.api_version,
            features: self.plan.features,
            keep_alive: Some(keep_alive),
        };
        // SAFETY: the handles belong together with these features (invariant), and `keep_alive` owns them.
        unsafe { DeviceContext::new(info) }.map_err(HeadlessError::Context)
    }
}

impl fmt::Debug for HeadlessDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadlessDevice")
            .field("present", &self.present)
            .field("features", &self.plan.features)
            .field("validation", &self.validation())
            .finish_non_exhaustive()
    }
}

impl Drop for HeadlessDevice {
    fn drop(&mut self) {
        // A lost device is destroyed like any other, hence the ignored answer.
        // SAFETY: the device is live (invariant), and nobody else can use its queue any more.
        unsafe { self.device.device_wait_idle() }.ok();
        calls::withdraw(self.device.handle(), self.physical_device);
        // SAFETY: the device is ours alone and idle; the instance still lives (invariant).
        unsafe { self.device.destroy_device(None) };
    }
}
