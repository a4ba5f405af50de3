//! The loader, an instance, and the messenger that listens to both.

use std::{
    ffi::CStr,
    sync::{Arc, OnceLock},
};

use ash::vk;

use crate::{HeadlessError, HeadlessOptions, Recorder, Validation, turn::Turn};

const VALIDATION_LAYER: &CStr = c"VK_LAYER_KHRONOS_validation";

/// An instance of at least Vulkan 1.1, destroyed on drop.
pub(crate) struct HeadlessInstance {
    // Invariant: `instance` is live, made by `entry`, and not destroyed while `self` lives; the
    // messenger, if any, is its own, and reports to `recorder`, which drops after both.
    messenger: Option<(ash::ext::debug_utils::Instance, vk::DebugUtilsMessengerEXT)>,
    instance: ash::Instance,
    entry: ash::Entry,
    recorder: Arc<Recorder>,
    api_version: u32,
    validation: bool,
    // Last, because fields drop in order.
    _turn: Turn,
}

impl HeadlessInstance {
    /// Creates an instance with the layer and the version that `options` ask for.
    pub(crate) fn open(options: &HeadlessOptions) -> Result<Self, HeadlessError> {
        let turn = Turn::take();
        let entry = entry()?;
        let api_version = api_version(&entry, options.api_version)?;
        let validation = options.validation != Validation::Off && has_layer(&entry)?;
        if options.validation == Validation::Required && !validation {
            return Err(HeadlessError::NoValidationLayer);
        }
        let recorder = Arc::new(Recorder::default());

        let own = extensions(&entry, None)?;
        let has_debug_utils = contains(&own, ash::ext::debug_utils::NAME);
        let portability =
            cfg!(target_os = "macos") && contains(&own, ash::khr::portability_enumeration::NAME);
        let synchronization = validation
            && options.synchronization
            && contains(
                &extensions(&entry, Some(VALIDATION_LAYER))?,
                ash::ext::validation_features::NAME,
            );

        let names: Vec<_> = [
            has_debug_utils.then_some(ash::ext::debug_utils::NAME.as_ptr()),
            portability.then_some(ash::khr::portability_enumeration::NAME.as_ptr()),
            synchronization.then_some(ash::ext::validation_features::NAME.as_ptr()),
        ]
        .into_iter()
        .flatten()
        .collect();
        let layers: Vec<_> = validation.then_some(VALIDATION_LAYER.as_ptr()).into_iter().collect();
        let application = vk::ApplicationInfo::default()
            .application_name(c"rm-headless")
            .api_version(api_version);
        // Loaders report drivers that they cannot load as general errors; those say nothing of the device.
        let mut early = recorder.messenger(vk::DebugUtilsMessageTypeFlagsEXT::empty());
        let enabled = [vk::ValidationFeatureEnableEXT::SYNCHRONIZATION_VALIDATION];
        let mut checks = vk::ValidationFeaturesEXT::default().enabled_validation_features(&enabled);
        let mut info = vk::InstanceCreateInfo::default()
            .application_info(&application)
            .enabled_extension_names(&names)
            .enabled_layer_names(&layers);
        if portability {
            info = info.flags(vk::InstanceCreateFlags::ENUMERATE_PORTABILITY_KHR);
        }
        if has_debug_utils {
            info = info.push_next(&mut early);
        }
        if synchronization {
            info = info.push_next(&mut checks);
        }
        // SAFETY: layers and extensions were listed (checked above), and the info borrows live values.
        let instance = unsafe { entry.create_instance(&info, None) }?;
        let mut opened = Self {
            messenger: None,
            instance,
            entry,
            recorder,
            api_version,
            validation,
            _turn: turn,
        };
        if has_debug_utils {
            opened.listen()?;
        }
        Ok(opened)
    }

    /// Reports everything from now on to the recorder.
    fn listen(&mut self) -> Result<(), HeadlessError> {
        let functions = ash::ext::debug_utils::Instance::new(&self.entry, &self.instance);
        let info = self.recorder.messenger(vk::DebugUtilsMessageTypeFlagsEXT::GENERAL);
        // SAFETY: the instance has the extension (caller), and the recorder outlives the messenger (invariant).
        let messenger = unsafe { functions.create_debug_utils_messenger(&info, None) }?;
        self.messenger = Some((functions, messenger));
        Ok(())
    }

    /// The instance's functions.
    pub(crate) fn raw(&self) -> &ash::Instance {
        &self.instance
    }

    /// Where messages go.
    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// The version that the instance was made for.
    pub(crate) fn api_version(&self) -> u32 {
        self.api_version
    }

    /// Whether the validation layer is loaded.
    pub(crate) fn validation(&self) -> bool {
        self.validation
    }

    /// Whether objects can be named.
    pub(crate) fn has_debug_utils(&self) -> bool {
        self.messenger.is_some()
    }

    /// Whether `physical_device`, one of this instance, lists the extension `name`.
    pub(crate) fn offers(
        &self,
        physical_device: vk::PhysicalDevice,
        name: &CStr,
    ) -> Result<bool, HeadlessError> {
        // SAFETY: the instance is live (invariant), and the handle is one of its own (caller).
        let listed =
            unsafe { self.instance.enumerate_device_extension_properties(physical_device) }?;
        Ok(contains(&listed, name))
    }
}

impl Drop for HeadlessInstance {
    fn drop(&mut self) {
        if let Some((functions, messenger)) = self.messenger.take() {
            // SAFETY: the messenger is ours alone and its instance still live (invariant).
            unsafe { functions.destroy_debug_utils_messenger(messenger, None) };
        }
        // SAFETY: the instance is ours alone (invariant), and its device and messenger are gone.
        unsafe { self.instance.destroy_instance(None) };
    }
}

/// The process's one loader. It stays until the process ends: drivers do not survive being unloaded
/// while threads that used them live on.
fn entry() -> Result<ash::Entry, HeadlessError> {
    static ENTRY: OnceLock<Result<ash::Entry, String>> = OnceLock::new();
    let loaded = ENTRY.get_or_init(|| {
        // SAFETY: the library found under the loader's name is trusted to be a Vulkan loader.
        unsafe { ash::Entry::load() }.map_err(|error| error.to_string())
    });
    loaded.clone().map_err(HeadlessError::NoLoader)
}

/// What the loader offers, at most `cap`, without the patch number; at least 1.1.
fn api_version(entry: &ash::Entry, cap: u32) -> Result<u32, HeadlessError> {
    // SAFETY: the loader is loaded and stays so.
    let offered = unsafe { entry.try_enumerate_instance_version() }?;
    let offered = offered.unwrap_or(vk::API_VERSION_1_0);
    if offered < vk::API_VERSION_1_1 {
        return Err(HeadlessError::NoLoader("it speaks Vulkan 1.0 only".to_owned()));
    }
    let capped = offered.min(cap.max(vk::API_VERSION_1_1));
    let major = vk::api_version_major(capped);
    Ok(vk::make_api_version(0, major, vk::api_version_minor(capped), 0))
}

fn has_layer(entry: &ash::Entry) -> Result<bool, HeadlessError> {
    // SAFETY: the loader is loaded and stays so.
    let layers = unsafe { entry.enumerate_instance_layer_properties() }?;
    Ok(layers.iter().any(|layer| layer.layer_name_as_c_str() == Ok(VALIDATION_LAYER)))
}

fn extensions(
    entry: &ash::Entry,
    layer: Option<&CStr>,
) -> Result<Vec<vk::ExtensionProperties>, HeadlessError> {
    // SAFETY: the loader is loaded and stays so; a layer was listed by it (caller).
    Ok(unsafe { entry.enumerate_instance_extension_properties(layer) }?)
}

fn contains(listed: &[vk::ExtensionProperties], name: &CStr) -> bool {
    listed.iter().any(|extension| extension.extension_name_as_c_str() == Ok(name))
}
