//! A line of work that a test moves, and what the device uses until then.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ash::vk::Handle;

use crate::SimDevice;

/// A line of work of a simulated device: what it uses is in use until the test says that the work is done.
///
/// Values only grow, as those of a queue do: [`submit`](Self::submit) gives the next one out, [`complete`](Self::complete) ends
/// all work up to one. Several timelines of one device do not wait for each other.
/// An object that more than one of them uses, or one of them more than once, is in use until the last is done.
///
/// Dropped instead of [vanished](Self::vanish), it leaves what it uses in use for ever.
///
/// ```
/// use std::sync::Arc;
///
/// use ash::vk;
/// use rm_vksim::{Profile, Rule, SimDevice, SimTimeline};
///
/// let sim = Arc::new(SimDevice::new(Profile::h200())?);
/// let timeline = SimTimeline::new(&sim);
/// let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
/// let info = vk::BufferCreateInfo::default().size(64).usage(usage);
/// // Sound: the device is live.
/// let buffer = unsafe { sim.device().create_buffer(&info, None) }?;
///
/// let frame = timeline.submit();
/// timeline.use_until(buffer, frame);
/// timeline.complete(frame);
/// // Sound: the work that uses it is done. A line earlier, the verdict would be `Rule::InUse`.
/// unsafe { sim.device().destroy_buffer(buffer, None) };
/// sim.verdict()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SimTimeline {
    sim: Arc<SimDevice>,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    submitted: u64,
    completed: u64,
    // Invariant: each is marked once, and is waiting for a value beyond `completed`.
    uses: Vec<Use>,
}

#[derive(Clone, Copy, Debug)]
struct Use {
    object: u64,
    until: u64,
}

impl SimTimeline {
    /// A timeline at 0, on which nothing was submitted.
    pub fn new(sim: &Arc<SimDevice>) -> Self {
        Self { sim: Arc::clone(sim), line: Mutex::default() }
    }

    /// The value of what is submitted now; the next one is one more.
    pub fn submit(&self) -> u64 {
        let mut line = self.lock();
        line.submitted += 1;
        line.submitted
    }

    /// Notes that work of `value` uses a buffer, an image or a memory object, as [`SimDevice::mark_in_use`] does.
    ///
    /// Nothing, if that value is complete; one that is not submitted yet is that of work being recorded.
    pub fn use_until(&self, object: impl Handle + Copy, value: u64) {
        let mut line = self.lock();
        if value > line.completed {
            line.uses.push(Use { object: object.as_raw(), until: value });
            self.sim.mark_in_use(object);
        }
    }

    /// Ends all work up to `value`, and with it what that uses; a smaller value than before changes nothing.
    ///
    /// Whoever then asks what is [completed](Self::completed) finds the objects released.
    pub fn complete(&self, value: u64) {
        let mut line = self.lock();
        line.completed = line.completed.max(value);
        line.uses.retain(|used| {
            let open = used.until > value;
            if !open {
                self.sim.release_raw(used.object);
            }
            open
        });
    }

    /// Ends everything for ever, submitted or not: the queue is gone, or its device is lost.
    pub fn vanish(&self) {
        self.complete(u64::MAX);
    }

    /// The value up to which all work is done.
    pub fn completed(&self) -> u64 {
        self.lock().completed
    }

    /// The last value that was given out.
    pub fn submitted(&self) -> u64 {
        self.lock().submitted
    }

    /// How many uses have not ended.
    pub fn open_uses(&self) -> usize {
        self.lock().uses.len()
    }

    // The device locks itself within, and nothing of it ever calls a timeline.
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SimTimeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimTimeline").field("line", &*self.lock()).finish_non_exhaustive()
    }
}
