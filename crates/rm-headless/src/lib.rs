//! A headless Vulkan device with validation, for the tests, the demo and the benches of this workspace.
//!
//! [`HeadlessDevice::open`] loads the Vulkan loader, picks the best device (or the one that
//! [`HeadlessOptions`] names), enables exactly what [`MemoryFeatures`](rm_alloc_core::MemoryFeatures)
//! recommends and timeline semaphores where there are any, and records what the validation layer has to say.
//! Dynamic rendering and synchronization2 come with it for whoever asks: [`HeadlessOptions::rendering`].
//!
//! - [`testing`] runs a test body on a fresh device and fails it when validation complained.
//! - [`simulated`] makes contexts of simulated devices.
//! - [`random`] draws numbers for tests.
//! - [`heap`] counts heap allocations.
//! - [`calls`] counts the driver's memory functions for each thread, lets one fail on purpose, and
//!   shows a context other [`Limits`] than the driver's.
//!
//! What it is not: a windowing layer, a device for production code, or a simulated device. It needs a
//! real driver; a software driver such as lavapipe is enough.
//!
//! # Limits
//!
//! - One queue of one family, and Vulkan 1.1 to 1.3; device groups and presenting are out of scope.
//! - The process keeps the Vulkan loader until it ends: drivers do not survive being unloaded while
//!   threads that used them live on.
//! - Messages are recorded as text, warnings and errors only.
//! - One thread has devices at a time: the validation layer of Debian 12 does not bear several. A thread that has one must
//!   not wait for another thread that opens one.
//!
//! # Environment
//!
//! The functions of [`testing`] skip where no device is present. `RM_REQUIRE_DEVICE=1` turns the skip
//! into a failure, and `RM_REQUIRE_VALIDATION=1` demands the validation layer as well.
//!
//! # Example
//!
//! ```
//! use rm_headless::{HeadlessDevice, HeadlessError, HeadlessOptions};
//!
//! match HeadlessDevice::open(&HeadlessOptions::default()) {
//!     Ok(device) => {
//!         let context = device.context();
//!         assert_eq!(context.device().handle(), device.device().handle());
//!         assert!(device.messages().is_empty());
//!     }
//!     Err(HeadlessError::NoLoader(_) | HeadlessError::NoDevice) => {}
//!     Err(error) => panic!("{error}"),
//! }
//! ```

pub mod heap;

mod options;

mod device;

mod error;

mod present;

mod recorder;

mod limits;

pub mod calls;

pub mod random;

pub mod simulated;

pub mod testing;

mod plan;

mod features;

mod instance;

mod turn;

pub use device::HeadlessDevice;
pub use error::HeadlessError;
pub use limits::Limits;
pub use options::{HeadlessOptions, Validation};
pub use present::{PresentDevice, devices};
pub use recorder::Recorder;
