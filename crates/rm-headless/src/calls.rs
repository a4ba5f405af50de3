//! Counts the driver's memory functions, and lets them fail on purpose.
//!
//! A counted `ash::Device` is a copy whose tables hold a shim for each function of [`Call`]; the
//! original tables are remembered under the device's handle. A shim bumps a counter of its own thread,
//! fails if that thread asked for it, and otherwise passes the call on unchanged. A patched
//! `ash::Instance` does the same for what a physical device says of itself.
//!
//! Counters, faults and the last allocation are per thread, so tests that run side by side do not see
//! each other, and nothing here needs an ordering. The originals are the only shared state: maps behind
//! locks that guard plain data and are never held during a driver call. An entry is there from the
//! first counted table of its handle until the owner of the handle withdraws it, right before
//! destroying it.
//!
//! ```
//! use rm_headless::{calls, testing};
//!
//! testing::with_device(|device, _| {
//!     let (context, counts) = calls::counting(|| device.counted_context(|_| ()));
//!     assert!(context.is_ok());
//!     assert_eq!(counts.of(calls::Call::AllocateMemory), 0, "a context takes no memory: {counts:?}");
//! });
//! ```

use ash::vk;

mod call;
mod physical;
mod shims;
mod thread;

pub use call::{Call, Counts};
pub(crate) use physical::patched_instance;
pub(crate) use shims::counted_device;
pub use thread::{AllocationSeen, counting, fail_next, last_allocation, pending_faults, reset};

/// Forgets the originals of both handles; their counted tables must not be used any more.
pub(crate) fn withdraw(device: vk::Device, physical_device: vk::PhysicalDevice) {
    shims::withdraw(device);
    physical::withdraw(physical_device);
}
