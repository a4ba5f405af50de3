//! Streams meshes and textures in and out of a real Vulkan device and compares every byte.
//!
//! # What it is
//!
//! The main job of this workspace, as a library that tests can call and a small binary, `rm-demo`.
//! Every frame uploads a few resources of real sizes through a staging buffer, and reads the oldest ones back at the
//! end of their life, after their neighbours in memory have come and gone.
//! All memory comes from a [`MemoryAllocator`](resource_management::alloc::MemoryAllocator), and every buffer and
//! image lives in an [`Rm`](resource_management::state::Rm).
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
//! match rm_demo::run(&Options { frames: 2, ..Options::default() }) {
//!     Ok(summary) => assert!(summary.is_clean(), "{summary}"),
//!     Err(error @ DemoError::Headless(_)) => println!("skipped: {error}"),
//!     Err(error) => panic!("{error}"),
//! }
//! ```

mod options;

mod run;

mod report;

mod error;

mod stream;

mod slot;

mod transfer;

mod host;

mod resource;

mod scene;

mod content;

pub use self::{
    content::Difference,
    error::DemoError,
    options::Options,
    report::{Mismatch, Summary},
    run::{Progress, run, watch},
};
