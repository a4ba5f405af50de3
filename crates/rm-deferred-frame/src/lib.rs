//! A deferred frame on a real device, rendered with transient memory that passes share and without, and compared.
//!
//! # What it is
//!
//! A frame as engines have it: a shadow map, a G-buffer, lists of lights, ambient occlusion, haze, lighting, reflections,
//! bloom, exposure, tone mapping and smoothed edges, which is some thirty passes over as many images and buffers that live
//! within the frame. One table of passes drives everything: what is created, descriptors, barriers, and the description by
//! which memory is shared. All memory comes from one
//! [`DeviceBudgetManager`](resource_management::alloc::DeviceBudgetManager).
//!
//! [`render`] renders the same frames twice, two of them in flight, and says whether every picture is the same bit for bit,
//! what sharing saves, and what the validation layer had to say, with an eye on barriers too. The scene is made of numbers
//! alone, and equal on every run.
//!
//! # What it is not
//!
//! An engine, or a benchmark: times are those of the device's clock, and say what sharing costs there.
//!
//! # Limits
//!
//! Vulkan 1.3 with dynamic rendering and synchronization2, one queue that draws and computes, which every driver has that is
//! current. The host keeps all pictures of a run: eight megabytes a frame of 1920x1080, twice.
//!
//! # Example
//!
//! ```no_run
//! use rm_deferred_frame::{FrameError, Options, Size};
//!
//! let size = Size { width: 320, height: 180 };
//! let summary = rm_deferred_frame::render(&Options { size, ..Options::default() })?;
//! assert!(summary.is_clean(), "{summary}");
//! # Ok::<(), FrameError>(())
//! ```

mod options;

mod run;

mod report;

mod picture;

mod error;

mod play;

mod table;

mod schedule;

mod memory;

mod record;

mod slot;

mod commands;

mod binding;

mod program;

mod shader;

mod geometry;

mod device;

mod uniform;

mod camera;

mod scene;

mod sabotage;

mod math;

pub use self::{
    error::FrameError,
    memory::{MemoryReport, describe},
    options::{Options, Size, SizeError, Validation},
    picture::{Difference, Picture},
    report::Summary,
    run::render,
};
