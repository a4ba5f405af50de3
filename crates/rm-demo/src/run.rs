//! A whole run: open a device, stream, close, and look at what is left.

use std::{fmt, time::Instant};

use resource_management::{alloc::Bytes, metrics::Snapshot};
use rm_headless::HeadlessError;

use crate::{
    budget::Budget,
    error::DemoError,
    metrics::Metrics,
    options::Options,
    platform::{self, FALLBACK, Platform, SIMULATED},
    report::Summary,
    sabotage::Sabotage,
    scene::Scene,
    stream::Stream,
};

/// What happens in the course of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// There is no Vulkan, for this reason, and a simulated device takes its place.
    Fallback(HeadlessError),
    /// A frame has been submitted.
    Frame(Progress),
    /// A frame has left memory like this, be it one at the end that only streams out.
    ///
    /// Its sources are what the stream says: requests that a limit refused, resources that came with less detail, resources
    /// that did not come, entries that wait for the device.
    Measured(Box<Snapshot>),
}

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

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fallback(reason) => {
                write!(f, "{reason}; running on the simulated device {SIMULATED}{FALLBACK}")
            }
            Self::Frame(progress) => progress.fmt(f),
            Self::Measured(snapshot) => {
                let frame = &snapshot.frame;
                let (used, budget) = (Bytes(frame.used_bytes), Bytes(frame.budget_bytes));
                write!(f, "frame {} left {used} of {budget} in use", frame.frame)
            }
        }
    }
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
/// A [`DemoError`] with [exit code](DemoError::exit_code) 2 if there is nothing to run on, any other one if the run could
/// not be played to its end.
/// Whatever the run had taken is given back first.
pub fn run(options: &Options) -> Result<Summary, DemoError> {
    watch(options, &mut |_| ())
}

/// The same as [`run`], and tells `watcher` what happens, such as how far it is after every frame.
///
/// # Errors
///
/// As of [`run`].
pub fn watch(options: &Options, watcher: &mut dyn FnMut(Event)) -> Result<Summary, DemoError> {
    let platform = platform::open(options, watcher)?;
    let played = play(&*platform, options, watcher);
    // After an error as well, and only now: what is left behind shows when everything else is gone.
    let messages = platform.end();
    Ok(Summary { messages, ..played? })
}

fn play(
    platform: &dyn Platform,
    options: &Options,
    watcher: &mut dyn FnMut(Event),
) -> Result<Summary, DemoError> {
    let budget = Budget::new(&platform.context()?, options)?;
    // Before the stream, so that a path that cannot be written is found out before the device has worked.
    let mut metrics = Metrics::new(&budget, options, &platform.identity())?;
    // SAFETY: the context is one of this platform, whose queue nobody else knows.
    let mut stream = unsafe { Stream::new(platform, &budget, options.reload_every) }?;
    let start = Instant::now();
    let played = frames(&mut stream, &mut metrics, options, watcher);
    let closed = stream.close();
    played?;
    closed?;
    let elapsed = start.elapsed();
    let files = metrics.finish()?;
    budget.trim();
    let summary = Summary::new(platform.identity(), options, &budget, stream.tally());
    Ok(Summary { elapsed, files, ..summary })
}

fn frames(
    stream: &mut Stream,
    metrics: &mut Metrics,
    options: &Options,
    watcher: &mut dyn FnMut(Event),
) -> Result<(), DemoError> {
    let mut scene = Scene::new();
    for frame in 0..options.frames {
        let sabotage = Sabotage::of(options, frame);
        metrics.begin_frame();
        stream.frame(&scene.next_frame(), sabotage)?;
        let snapshot = metrics.end_frame(stream.figures())?;
        watcher(Event::Measured(snapshot.clone().into()));
        let tally = stream.tally();
        watcher(Event::Frame(Progress {
            frame: frame + 1,
            frames: options.frames,
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
        }));
    }
    // The working set is there, and nothing has begun to leave for good.
    metrics.survey()?;
    while !stream.is_empty() {
        metrics.begin_frame();
        stream.ebb()?;
        let snapshot = metrics.end_frame(stream.figures())?;
        watcher(Event::Measured(snapshot.clone().into()));
    }
    stream.settle()
}
