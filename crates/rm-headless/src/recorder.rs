//! Keeps what the validation layer says.
//!
//! The layer calls [`record`] on whichever thread made the offending call, possibly from several at
//! once; one mutex guards the list. The callback runs inside the driver's stack frames, so it must not
//! unwind: it takes the lock whether or not it is poisoned, and replaces text that is not UTF-8.

use std::{
    ffi::{CStr, c_void},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ash::vk;

/// The warnings and errors that a device has caused so far, in order.
///
/// It outlives the device when a caller keeps a clone of its `Arc`, so that it also shows what
/// destroying the device brought to light.
#[derive(Debug, Default)]
pub struct Recorder {
    messages: Mutex<Vec<String>>,
}

impl Recorder {
    /// Every message so far.
    pub fn messages(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// Every message so far, and forgets them.
    pub fn take(&self) -> Vec<String> {
        mem::take(&mut *self.lock())
    }

    /// Describes a messenger that reports validation to this recorder.
    ///
    /// `also` names message types of which errors alone are recorded.
    pub(crate) fn messenger(
        &self,
        also: vk::DebugUtilsMessageTypeFlagsEXT,
    ) -> vk::DebugUtilsMessengerCreateInfoEXT<'static> {
        let user: *const Self = self;
        vk::DebugUtilsMessengerCreateInfoEXT::default()
            .message_severity(
                vk::DebugUtilsMessageSeverityFlagsEXT::WARNING
                    | vk::DebugUtilsMessageSeverityFlagsEXT::ERROR,
            )
            .message_type(vk::DebugUtilsMessageTypeFlagsEXT::VALIDATION | also)
            .pfn_user_callback(Some(record))
            .user_data(user.cast_mut().cast())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The callback of every messenger.
///
/// # Safety
///
/// - `user` points to a live [`Recorder`].
/// - `message` is null or valid for the duration of the call.
unsafe extern "system" fn record(
    severity: vk::DebugUtilsMessageSeverityFlagsEXT,
    kind: vk::DebugUtilsMessageTypeFlagsEXT,
    message: *const vk::DebugUtilsMessengerCallbackDataEXT<'_>,
    user: *mut c_void,
) -> vk::Bool32 {
    let error = severity.contains(vk::DebugUtilsMessageSeverityFlagsEXT::ERROR);
    let validation = kind.contains(vk::DebugUtilsMessageTypeFlagsEXT::VALIDATION);
    // SAFETY: `user` is the recorder that the messenger was made for, which outlives it (caller).
    let recorder = unsafe { user.cast::<Recorder>().cast_const().as_ref() };
    // SAFETY: null or valid during this call (caller).
    let message = unsafe { message.as_ref() };
    if let (Some(recorder), Some(message)) = (recorder, message)
        && (error || validation)
        && !message.p_message.is_null()
    {
        // SAFETY: not null (checked above), and Vulkan promises a terminated string.
        let text = unsafe { CStr::from_ptr(message.p_message) }.to_string_lossy();
        let source = if validation { "validation" } else { "general" };
        let level = if error { "error" } else { "warning" };
        recorder.lock().push(format!("{source} {level}: {text}"));
    }
    vk::FALSE
}
