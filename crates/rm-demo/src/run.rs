//! A whole run: open a device, stream, close, and look at what is left.

use std::{fmt, sync::Arc, time::Instant};

use resource_management::{
    alloc::{Bytes, MemoryAllocator},
    backend::direct::DirectAllocator,
};
use rm_headless::{HeadlessDevice, HeadlessOptions};

use crate::{error::DemoError, options::Options, report::Summary, scene::Scene, stream::Stream};

/// How far a run is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// Frames that have been submitted.
    pub frame: u32,
    /// Frames that there will be, those at the end aside that only stream out.
    pub frames: u32,
    /// Bytes uploaded so far.
    pub bytes_in: u64,
    /// Bytes read back and compared so far.
    pub bytes_out: u64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame, frames, bytes_in, bytes_out } = *self;
        write!(f, "frame {frame} of {frames}, {} in, {} out", Bytes(bytes_in), Bytes(bytes_out))
    }
}

/// Plays a run as `options` say, and sums it up.
///
/// # Errors
///
/// [`DemoError::Headless`] if there is no device to run on, any other [`DemoError`] if the run could not be played to
/// its end.
/// Whatever the run had taken is given back first.
pub fn run(options: &Options) -> Result<Summary, DemoError> {
    watch(options, &mut |_| ())
}

/// The same as [`run`], and tells `watcher` after every frame how far it is.
///
/// # Errors
///
/// As of [`run`].
pub fn watch(options: &Options, watcher: &mut dyn FnMut(Progress)) -> Result<Summary, DemoError> {
    let mut wanted = HeadlessOptions::default().synchronization();
    wanted.device.clone_from(&options.device);
    let device = HeadlessDevice::open(&wanted)?;
    let recorder = Arc::clone(device.recorder());
    let mut summary = play(&device, options, watcher)?;
    // Destroying the device is where validation reports objects that were left behind.
    drop(device);
    summary.messages = recorder.take();
    Ok(summary)
}

fn play(
    device: &Arc<HeadlessDevice>,
    options: &Options,
    watcher: &mut dyn FnMut(Progress),
) -> Result<Summary, DemoError> {
    let context = device.context();
    let allocator: Arc<dyn MemoryAllocator> = Arc::new(DirectAllocator::new(&context));
    // SAFETY: the context is one of this device, whose queue nobody else knows.
    let mut stream = unsafe { Stream::new(device, &allocator) }?;
    let start = Instant::now();
    let played = frames(&mut stream, options, watcher);
    stream.close();
    played?;
    Ok(Summary::new(device, &*allocator, options.frames, stream.tally(), start.elapsed()))
}

fn frames(
    stream: &mut Stream,
    options: &Options,
    watcher: &mut dyn FnMut(Progress),
) -> Result<(), DemoError> {
    let mut scene = Scene::new();
    for frame in 0..options.frames {
        stream.frame(&scene.next_frame(), options.corrupt_frame == Some(frame))?;
        let tally = stream.tally();
        watcher(Progress {
            frame: frame + 1,
            frames: options.frames,
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
        });
    }
    while stream.ebb()? {}
    stream.settle()
}
