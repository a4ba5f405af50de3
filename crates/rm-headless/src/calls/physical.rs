//! The shims of what a physical device says of itself, and the originals behind them.
//!
//! A physical device's handle belongs to one instance, so the handle alone finds the patch. A patched
//! instance answers for that physical device and no other.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use ash::vk;

use super::shims;
use crate::Limits;

/// The functions of an instance as the loader gave them, and the limits to show.
struct Patch {
    instance: ash::Instance,
    limits: Limits,
}

static PATCHES: RwLock<BTreeMap<vk::PhysicalDevice, Arc<Patch>>> = RwLock::new(BTreeMap::new());

/// Copies `instance` so that `physical_device` shows `limits`, and extensions find counted functions.
///
/// # Safety
///
/// - `physical_device` is one of `instance`, which is live.
/// - The copy is asked about this physical device only, and loads functions of counted devices only.
/// - The copy is not used once [`withdraw`] was called for the handle.
pub(crate) unsafe fn patched_instance(
    instance: &ash::Instance,
    physical_device: vk::PhysicalDevice,
    limits: Limits,
) -> ash::Instance {
    let patch = Arc::new(Patch { instance: instance.clone(), limits });
    PATCHES.write().unwrap_or_else(PoisonError::into_inner).insert(physical_device, patch);

    let mut v1_0 = instance.fp_v1_0().clone();
    v1_0.get_device_proc_addr = shims::get_device_proc_addr;
    v1_0.get_physical_device_memory_properties = memory_properties;
    v1_0.get_physical_device_properties = properties;
    let mut v1_1 = instance.fp_v1_1().clone();
    v1_1.get_physical_device_memory_properties2 = memory_properties2;
    v1_1.get_physical_device_properties2 = properties2;
    ash::Instance::from_parts_1_3(instance.handle(), v1_0, v1_1, instance.fp_v1_3().clone())
}

/// Forgets the originals of `physical_device`.
pub(super) fn withdraw(physical_device: vk::PhysicalDevice) {
    PATCHES.write().unwrap_or_else(PoisonError::into_inner).remove(&physical_device);
}

fn patch(physical_device: vk::PhysicalDevice) -> Arc<Patch> {
    let patches = PATCHES.read().unwrap_or_else(PoisonError::into_inner);
    match patches.get(&physical_device) {
        Some(patch) => Arc::clone(patch),
        None => panic!("a patched instance was asked about a physical device that is not patched"),
    }
}

unsafe extern "system" fn properties(
    physical_device: vk::PhysicalDevice,
    answer: *mut vk::PhysicalDeviceProperties,
) {
    let patch = patch(physical_device);
    let original = patch.instance.fp_v1_0().get_physical_device_properties;
    // SAFETY: the caller's promises hold for the original too.
    unsafe { original(physical_device, answer) };
    // SAFETY: null or valid and exclusively ours to write during this call (caller).
    if let Some(answer) = unsafe { answer.as_mut() } {
        patch.limits.write(answer);
    }
}

unsafe extern "system" fn properties2(
    physical_device: vk::PhysicalDevice,
    answer: *mut vk::PhysicalDeviceProperties2<'_>,
) {
    let patch = patch(physical_device);
    let original = patch.instance.fp_v1_1().get_physical_device_properties2;
    // SAFETY: the caller's promises hold for the original too.
    unsafe { original(physical_device, answer) };
    // SAFETY: null or valid and exclusively ours to write during this call (caller).
    if let Some(answer) = unsafe { answer.as_mut() } {
        patch.limits.write(&mut answer.properties);
        // SAFETY: so is the chain of a valid struct (caller).
        unsafe { patch.limits.write_chain(answer.p_next.cast()) };
    }
}

unsafe extern "system" fn memory_properties(
    physical_device: vk::PhysicalDevice,
    answer: *mut vk::PhysicalDeviceMemoryProperties,
) {
    let patch = patch(physical_device);
    let original = patch.instance.fp_v1_0().get_physical_device_memory_properties;
    // SAFETY: the caller's promises hold for the original too.
    unsafe { original(physical_device, answer) };
    // SAFETY: null or valid and exclusively ours to write during this call (caller).
    if let Some(answer) = unsafe { answer.as_mut() } {
        *answer = patch.limits.memory_properties;
    }
}

/// Leaves the chain alone: a budget asked for there is the driver's.
unsafe extern "system" fn memory_properties2(
    physical_device: vk::PhysicalDevice,
    answer: *mut vk::PhysicalDeviceMemoryProperties2<'_>,
) {
    let patch = patch(physical_device);
    let original = patch.instance.fp_v1_1().get_physical_device_memory_properties2;
    // SAFETY: the caller's promises hold for the original too.
    unsafe { original(physical_device, answer) };
    // SAFETY: null or valid and exclusively ours to write during this call (caller).
    if let Some(answer) = unsafe { answer.as_mut() } {
        answer.memory_properties = patch.limits.memory_properties;
    }
}
