//! A Vulkan device in plain Rust, for testing memory code on hardware one does not own.
//!
//! # What it is
//!
//! [`SimDevice`] gives a real [`ash::Instance`], `vk::PhysicalDevice` and [`ash::Device`] whose function tables lead
//! here: no loader, no driver, no global state. A [`Profile`] says, as data, which device it is.
//! Everything that has to do with memory works as on a strict driver: heaps, types, budgets, mapping, buffers and
//! images with believable requirements, binding, device addresses, names.
//!
//! An oracle watches. A broken rule is *recorded* ([`SimDevice::verdict`]), the command answers
//! `ERROR_VALIDATION_FAILED_EXT` where it has an answer, and the guard's drop panics in the test.
//! Faults can be planned ([`SimDevice::fail`], [`SimDevice::limit_heap`], [`SimDevice::lose_device_at`]), every call is counted
//! ([`SimDevice::counts`], and by thread [`Counts::of_this_thread`]), and a journal says what was asked for and what came of it.
//! A [`SimTimeline`] says until when the device uses an object, so that destroying it too early is found out.
//!
//! # What it is not
//!
//! It draws nothing and runs no shader, and it is no replacement for the validation layers: it watches the rules of
//! memory, and takes image parameters that have nothing to do with memory as they come.
//!
//! # Limits
//!
//! - One device a [`SimDevice`], made with everything that its profile lists; `vkCreateDevice` is not simulated.
//! - No `ash::Entry`: there is nothing to load.
//! - Commands that are not simulated answer `ERROR_FEATURE_NOT_PRESENT`, or nothing, and are recorded by name.
//! - Memory is neither exported nor imported, though it may be made exportable.
//! - Memory is host memory, taken when it is first mapped or copied; the host needs room for what is touched.
//! - 64-bit platforms only: handles are addresses.
//!
//! # Example
//!
//! ```
//! use ash::vk;
//! use rm_vksim::{Call, Profile, SimDevice};
//!
//! let sim = SimDevice::new(Profile::h200())?;
//! let device = sim.device();
//!
//! let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
//! let info = vk::BufferCreateInfo::default().size(1 << 20).usage(usage);
//! // Sound: every handle is live, and the guard outlives them all.
//! unsafe {
//!     let buffer = device.create_buffer(&info, None)?;
//!     let needs = device.get_buffer_memory_requirements(buffer);
//!     let info = vk::MemoryAllocateInfo::default()
//!         .allocation_size(needs.size)
//!         .memory_type_index(needs.memory_type_bits.trailing_zeros());
//!     let memory = device.allocate_memory(&info, None)?;
//!     device.bind_buffer_memory(buffer, memory, 0)?;
//!     device.destroy_buffer(buffer, None);
//!     device.free_memory(memory, None);
//! }
//! assert_eq!(sim.counts().of(Call::AllocateMemory), 1);
//! sim.verdict()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call;
mod device;
mod profile;
mod verdict;

mod bytes;
mod calls;
mod chain;
mod counting;
mod faults;
mod handle;
mod journal;
mod ranges;
mod requirements;
mod sim;
mod state;
mod table;

pub use self::{
    call::{Call, Counts},
    device::{SimDevice, SimTimeline},
    journal::JournalEntry,
    profile::{
        BufferRules, Captured, DeviceFeatures, DeviceType, FormatRules, Heap, ImageRules, Limits,
        MemoryType, Profile, ProfileError, QueueFamily, Rules,
    },
    requirements::{BufferShape, ImageFormatLimits, ImageQuery, ImageShape, Needs},
    verdict::{Leak, Rule, Verdict, Violation},
};
