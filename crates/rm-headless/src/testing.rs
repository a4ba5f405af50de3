//! Runs test bodies on a fresh device, and fails them when validation complained.
//!
//! A machine without a device skips: the functions say so on the standard error and return. See the
//! crate's page for the environment variables that forbid skipping.

use std::{
    env, fmt,
    io::{self, Write},
    sync::{Arc, Weak},
    thread,
};

use rm_alloc_core::DeviceContext;

use crate::{HeadlessDevice, HeadlessError, HeadlessOptions, Recorder, Validation, calls};

/// Opens the best device with validation where it is installed, or says why the test is skipped.
///
/// # Panics
///
/// If a device is present and cannot be opened, or none is and `RM_REQUIRE_DEVICE` is `1`.
#[must_use]
pub fn device() -> Option<Arc<HeadlessDevice>> {
    open(&HeadlessOptions::default())
}

/// Runs `body` on a fresh device and a context of it, and asserts that validation had no objection.
///
/// # Panics
///
/// See [`with_options`].
pub fn with_device(body: impl FnOnce(&Arc<HeadlessDevice>, &Arc<DeviceContext>)) {
    with_options(&HeadlessOptions::default(), body);
}

/// Runs `body` on a fresh device as `options` describe it and a context of it, and asserts that
/// validation had no objection, up to and including the destruction of the device.
///
/// The thread's [`calls`] are reset first. A body that provokes messages on purpose takes them from
/// [`HeadlessDevice::recorder`].
///
/// # Panics
///
/// - If validation reported anything that the body has not taken.
/// - If the body left something behind that keeps the device alive.
/// - If a device is present and cannot be opened, or none is and `RM_REQUIRE_DEVICE` is `1`.
pub fn with_options(
    options: &HeadlessOptions,
    body: impl FnOnce(&Arc<HeadlessDevice>, &Arc<DeviceContext>),
) {
    let Some(device) = open(options) else { return };
    calls::reset();
    // Dropped last, so that it shows what the rest had to say when the body panics.
    let report = Report(Arc::clone(device.recorder()));
    let alive = Arc::downgrade(&device);
    let context = device.context();
    body(&device, &context);
    drop(context);
    drop(device);
    assert_eq!(Weak::strong_count(&alive), 0, "the test body left the device alive");
    let messages = report.0.take();
    assert!(messages.is_empty(), "validation reported:\n{}", messages.join("\n"));
}

/// Prints what was recorded if the thread panics.
struct Report(Arc<Recorder>);

impl Drop for Report {
    #[expect(clippy::print_stderr, reason = "a failing test shows what validation said")]
    fn drop(&mut self) {
        if thread::panicking() {
            for message in self.0.take() {
                eprintln!("{message}");
            }
        }
    }
}

fn open(options: &HeadlessOptions) -> Option<Arc<HeadlessDevice>> {
    let mut options = options.clone();
    if is_set("RM_REQUIRE_VALIDATION") && options.validation == Validation::IfInstalled {
        options.validation = Validation::Required;
    }
    match HeadlessDevice::open(&options) {
        Ok(device) => Some(device),
        Err(error @ (HeadlessError::NoLoader(_) | HeadlessError::NoDevice))
            if !is_set("RM_REQUIRE_DEVICE") =>
        {
            say_skipped(&error);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Says that a test skips, past the capture that swallows what passing tests print.
pub fn say_skipped(why: &dyn fmt::Display) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    // Nobody to tell is no reason to fail.
    let _closed = writeln!(io::stderr(), "skipped: {test}: {why}");
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| value == "1")
}
