//! Streams meshes and textures in and out of a Vulkan device and compares every byte.
//!
//! # What it is
//!
//! The main job of this workspace, as a library that tests can call and a small binary, `rm-demo`.
//! Every frame uploads a few resources of real sizes through a staging buffer, and reads the oldest ones back at the
//! end of their life, after their neighbours in memory have come and gone.
//! All memory comes from one [`DeviceBudgetManager`](resource_management::alloc::DeviceBudgetManager), and every mesh and
//! texture lives in an [`Rm`](resource_management::state::Rm).
//! Near a budget, meshes and textures come with less detail; what a strict budget refuses comes smaller, or makes the
//! oldest leave and does not come at all. Scratch buffers of a frame share their bytes.
//! Beside the stream, small passes play every frame: with buffers that live in their scopes, constants in transient memory, a
//! texture that they share, and a program that is replaced every so many frames while it is in use.
//! Handles are dropped when their last use is recorded; what they held dies when the device is done, without anybody waiting.
//! What each frame leaves of memory is a line of a table, and an [`Event`]; a trace and a dump come with it.
//!
//! On a machine without Vulkan, or for `sim:PROFILE`, the device is a simulated one and the host does its copies.
//!
//! # What it is not
//!
//! It draws nothing, and it is no benchmark: the figures at the end say what was moved, not how fast a driver can be.
//!
//! # Limits
//!
//! One device, one queue, two frames in flight.
//!
//! # Example
//!
//! ```
//! use rm_demo::{DemoError, Options};
//!
//! let device = Some("sim:arm-noncoherent".to_owned());
//! let summary = rm_demo::run(&Options { device, frames: 2, ..Options::default() })?;
//! assert!(summary.is_clean(), "{summary}");
//! # Ok::<(), DemoError>(())
//! ```

mod options;

mod quantity;

mod run;

mod report;

mod metrics;

mod error;

mod budget;

mod platform;

mod stream;

mod slot;

mod executor;

mod transfer;

mod host;

mod resource;

mod scratch;

mod passes;

mod supply;

mod sabotage;

mod scene;

mod content;

pub use self::{
    content::Difference,
    error::DemoError,
    options::{Backend, Options},
    platform::simulated_devices,
    quantity::QuantityError,
    report::{Checker, Mismatch, Summary},
    run::{Event, Progress, run, watch},
};
