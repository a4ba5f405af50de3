//! The stubs of everything that is not simulated.
//!
//! One generic function stands for all of them: each instance knows its row in the table by its constants, reads the
//! dispatchable handle that is the first parameter of every command beyond the global ones, and ignores the rest.
//! That a function is called with more arguments than it takes is sound as far as the platform goes: on the
//! 64-bit calling conventions of x86-64, AArch64 and RISC-V the caller places and removes arguments, and the first
//! pointer and the result have one register each. Rust itself promises nothing about it, so the pointers are only
//! ever called through the tables, where the compiler cannot see what is behind them.
//!
//! The result is 64 bits wide: its lower half is a `VkResult` for those that read one, commands without a result
//! leave it alone, and commands that answer with a value are listed and get zero.

use ash::vk::{self, Handle};

use super::{Command, Function};
use crate::{Call, Rule, sim::Sim};

const WIDTH: usize = 32;
const HEIGHT: usize = 22;

/// A stub for each row of the table.
pub(crate) static STUBS: [Function; WIDTH * HEIGHT] = flat([
    row::<0>(),
    row::<1>(),
    row::<2>(),
    row::<3>(),
    row::<4>(),
    row::<5>(),
    row::<6>(),
    row::<7>(),
    row::<8>(),
    row::<9>(),
    row::<10>(),
    row::<11>(),
    row::<12>(),
    row::<13>(),
    row::<14>(),
    row::<15>(),
    row::<16>(),
    row::<17>(),
    row::<18>(),
    row::<19>(),
    row::<20>(),
    row::<21>(),
]);

/// Commands that answer with a value instead of a code.
const VALUES: [&str; 16] = [
    "vkGetAccelerationStructureDeviceAddressKHR",
    "vkGetBufferDeviceAddress",
    "vkGetBufferDeviceAddressEXT",
    "vkGetBufferDeviceAddressKHR",
    "vkGetBufferOpaqueCaptureAddress",
    "vkGetBufferOpaqueCaptureAddressKHR",
    "vkGetDeferredOperationMaxConcurrencyKHR",
    "vkGetDeviceMemoryOpaqueCaptureAddress",
    "vkGetDeviceMemoryOpaqueCaptureAddressKHR",
    "vkGetImageViewHandleNVX",
    "vkGetPhysicalDeviceDirectFBPresentationSupportEXT",
    "vkGetPhysicalDeviceWaylandPresentationSupportKHR",
    "vkGetPhysicalDeviceWin32PresentationSupportKHR",
    "vkGetPhysicalDeviceXcbPresentationSupportKHR",
    "vkGetPhysicalDeviceXlibPresentationSupportKHR",
    "vkGetRayTracingShaderGroupStackSizeKHR",
];

/// Records that it was called, and says no.
///
/// # Safety
///
/// - `object` is a dispatchable handle of a guard that still lives.
unsafe extern "system" fn stub<const ROW: usize, const COLUMN: usize>(
    object: vk::PhysicalDevice,
) -> u64 {
    if object.is_null() {
        return 0;
    }
    // SAFETY: a live dispatchable handle (caller); which kind does not matter.
    let sim = unsafe { Sim::of(object) };
    sim.counters.bump(Call::Unsupported);
    let Some(command) = sim.commands.row(ROW * WIDTH + COLUMN) else { return 0 };
    let Command { name, origins, available, .. } = *command;
    let message = match available {
        true => format!("{name} is not simulated"),
        false => format!("{name} needs {origins}, which the device does not have"),
    };
    sim.lock().record(Rule::Unsupported, name, message);
    match VALUES.contains(&name) {
        true => 0,
        // Sign-extended, so that both halves of the register are a code.
        false => i64::from(vk::Result::ERROR_FEATURE_NOT_PRESENT.as_raw()).cast_unsigned(),
    }
}

const fn row<const R: usize>() -> [Function; WIDTH] {
    [
        typeless(stub::<R, 0>),
        typeless(stub::<R, 1>),
        typeless(stub::<R, 2>),
        typeless(stub::<R, 3>),
        typeless(stub::<R, 4>),
        typeless(stub::<R, 5>),
        typeless(stub::<R, 6>),
        typeless(stub::<R, 7>),
        typeless(stub::<R, 8>),
        typeless(stub::<R, 9>),
        typeless(stub::<R, 10>),
        typeless(stub::<R, 11>),
        typeless(stub::<R, 12>),
        typeless(stub::<R, 13>),
        typeless(stub::<R, 14>),
        typeless(stub::<R, 15>),
        typeless(stub::<R, 16>),
        typeless(stub::<R, 17>),
        typeless(stub::<R, 18>),
        typeless(stub::<R, 19>),
        typeless(stub::<R, 20>),
        typeless(stub::<R, 21>),
        typeless(stub::<R, 22>),
        typeless(stub::<R, 23>),
        typeless(stub::<R, 24>),
        typeless(stub::<R, 25>),
        typeless(stub::<R, 26>),
        typeless(stub::<R, 27>),
        typeless(stub::<R, 28>),
        typeless(stub::<R, 29>),
        typeless(stub::<R, 30>),
        typeless(stub::<R, 31>),
    ]
}

const fn typeless(stub: unsafe extern "system" fn(vk::PhysicalDevice) -> u64) -> Function {
    // SAFETY: both are addresses of functions; nobody calls it without giving it a type again.
    unsafe { std::mem::transmute(stub) }
}

const fn flat(rows: [[Function; WIDTH]; HEIGHT]) -> [Function; WIDTH * HEIGHT] {
    // SAFETY: an array of arrays is laid out as one array of all elements.
    unsafe { std::mem::transmute(rows) }
}
