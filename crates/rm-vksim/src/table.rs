//! Which commands there are, who has them, and which function answers for each.
//!
//! `table/commands.txt` lists every command in the tables of ash 0.38, sorted, each with its level and what it came with: a
//! version of Vulkan, or extensions. What is neither simulated nor absent from the device is answered by a stub.

mod implemented;
mod stub;

use std::ffi::{c_char, c_void};

use ash::vk;

pub(crate) use self::stub::STUBS;
use crate::{Profile, sim::Sim};

/// A command as passed around without its type.
pub(crate) type Function = unsafe extern "system" fn();

/// The commands, and which of them a device has.
#[derive(Debug)]
pub(crate) struct Commands {
    // Invariant: sorted by name, and row `n` belongs to stub `n`.
    rows: Vec<Command>,
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    /// The versions and extensions that bring it, separated by blanks.
    pub(crate) origins: &'static str,
    /// Whether the device has one of them.
    pub(crate) available: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Level {
    Device,
    Global,
    Instance,
}

/// Instance extensions, which a device's list does not show: always enabled here.
const INSTANCE_EXTENSIONS: [&str; 6] = [
    "VK_EXT_debug_utils",
    "VK_KHR_device_group_creation",
    "VK_KHR_external_fence_capabilities",
    "VK_KHR_external_memory_capabilities",
    "VK_KHR_external_semaphore_capabilities",
    "VK_KHR_get_physical_device_properties2",
];

impl Commands {
    pub(crate) fn new(profile: &Profile) -> Self {
        let rows = include_str!("table/commands.txt").lines().filter_map(|line| {
            let (name, rest) = line.split_once(' ')?;
            let (level, origins) = rest.split_once(' ')?;
            let level = match level {
                "device" => Level::Device,
                "instance" => Level::Instance,
                _ => Level::Global,
            };
            let available = origins.split(' ').any(|origin| has(profile, origin));
            Some(Command { name, level, origins, available })
        });
        Self { rows: rows.collect() }
    }

    pub(crate) fn row(&self, index: usize) -> Option<&Command> {
        self.rows.get(index)
    }

    /// What `vkGetDeviceProcAddr` and `vkGetInstanceProcAddr` answer.
    pub(crate) fn find(&self, sim: &Sim, name: &str, levels: &[Level]) -> Option<Function> {
        let (index, command) = self.position(name)?;
        (command.available && levels.contains(&command.level)).then(|| function(sim, index, name))
    }

    /// What goes into a table of ash: never null, because ash would abort where a stub records.
    pub(crate) fn entry(&self, sim: &Sim, name: &str) -> *const c_void {
        let function = self.position(name).map(|(index, command)| match command.available {
            true => function(sim, index, name),
            false => STUBS[index],
        });
        function.map_or(std::ptr::null(), |function| function as *const c_void)
    }

    fn position(&self, name: &str) -> Option<(usize, &Command)> {
        let index = self.rows.binary_search_by(|row| row.name.cmp(name)).ok()?;
        Some((index, &self.rows[index]))
    }
}

fn function(sim: &Sim, index: usize, name: &str) -> Function {
    implemented::find(name, sim.counting).unwrap_or(STUBS[index])
}

fn has(profile: &Profile, origin: &str) -> bool {
    match origin.split_once('.') {
        Some((major, minor)) => {
            let number = |text: &str| text.parse().unwrap_or(u32::MAX);
            let version = vk::make_api_version(0, number(major), number(minor), 0);
            profile.api_version >= version
        }
        None => INSTANCE_EXTENSIONS.contains(&origin) || has_extension(profile, origin),
    }
}

/// Whether the device has the extension `name`.
pub(crate) fn has_extension(profile: &Profile, name: &str) -> bool {
    profile.extensions.iter().any(|extension| extension == name)
}

/// A command's name, as long as it is a string.
///
/// # Safety
///
/// - `name` is null or a terminated string that stays unchanged during `'a`.
pub(crate) unsafe fn name<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, so a terminated string (caller).
    unsafe { std::ffi::CStr::from_ptr(name) }.to_str().ok()
}

#[cfg(test)]
mod tests;
