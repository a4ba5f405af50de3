//! A thread on which garbage dies.

use std::{
    fmt, io,
    thread::{Builder, JoinHandle, current},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::{DeferredDestructionQueue, DrainLimit, Drained, callback::contained, queue::WeakQueue};

/// A thread that drains a [`DeferredDestructionQueue`], for those who want nothing to die on the render thread.
///
/// It drains when it is [kicked](Self::kick), and every period at the latest.
/// It holds the queue weakly: a queue that its owner and all handles have dropped is gone, but for the drain in which the
/// thread may be, and the thread ends when it next looks.
///
/// Whoever shuts a queue down [stops](Self::stop) its drainer first, because one drain runs at a time.
///
/// Dropping it tells the thread to end, and does not wait: the thread ends after the drain in which it is, or one for a kick
/// that it has not seen yet.
///
/// ```
/// # use rm_alloc_core::DeviceBudgetManager;
/// use std::time::Duration;
///
/// use rm_lifetime::{BackgroundDrainer, DeferredDestructionQueue, DrainLimit};
///
/// fn run(queue: &DeferredDestructionQueue) -> std::io::Result<()> {
///     let period = Duration::from_millis(100);
///     let drainer = BackgroundDrainer::spawn(queue, DrainLimit::default(), period)?;
///     for _frame in 0..1000 {
///         drainer.kick();
///     }
///     let drained = drainer.stop();
///     println!("{} entries died in the background", drained.entries);
///     Ok(())
/// }
/// ```
#[must_use = "the thread ends when this is dropped"]
pub struct BackgroundDrainer {
    kicks: Sender<()>,
    thread: JoinHandle<Drained>,
}

impl BackgroundDrainer {
    /// The shortest period.
    pub const SHORTEST_PERIOD: Duration = Duration::from_millis(1);

    /// Starts a thread that drains `queue` up to `limit` at each kick, and every `period`, which is raised to
    /// [`SHORTEST_PERIOD`](Self::SHORTEST_PERIOD); [`Duration::MAX`] for kicks alone.
    ///
    /// # Errors
    ///
    /// What the system says if it has no thread for us.
    pub fn spawn(
        queue: &DeferredDestructionQueue,
        limit: DrainLimit,
        period: Duration,
    ) -> io::Result<Self> {
        let (kicks, kicked) = bounded(1);
        let (queue, period) = (queue.downgrade(), period.max(Self::SHORTEST_PERIOD));
        let thread = Builder::new()
            .name("rm-drain".to_owned())
            .spawn(move || run(&queue, limit, period, &kicked))?;
        Ok(Self { kicks, thread })
    }

    /// Has the thread drain soon; never waits.
    ///
    /// A drain begins after this call, however many kicks come meanwhile; it does nothing if somebody else drains just then.
    pub fn kick(&self) {
        // Full: a kick that was not seen yet does for both. Disconnected: the queue is gone.
        let _done = self.kicks.try_send(());
    }

    /// Ends the thread after its last drain, waits for that, and says what all of its drains have done.
    ///
    /// A kick before this call is still answered. `left` is that of the last drain.
    /// Called by garbage that dies on the thread itself, it waits for nothing and knows nothing.
    pub fn stop(self) -> Drained {
        let Self { kicks, thread } = self;
        drop(kicks);
        if thread.thread().id() == current().id() {
            return Drained::default();
        }
        // It contains what panics.
        thread.join().unwrap_or_default()
    }
}

fn run(queue: &WeakQueue, limit: DrainLimit, period: Duration, kicked: &Receiver<()>) -> Drained {
    let mut all = Drained::default();
    loop {
        match kicked.recv_timeout(period) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return all,
        }
        // Garbage is contained one by one; this is for the end of a queue, should the thread be the last to hold it.
        match contained(|| queue.drain(limit)) {
            Some(Some(drained)) => all.add(drained),
            Some(None) => return all,
            None => {}
        }
    }
}

impl fmt::Debug for BackgroundDrainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundDrainer")
            .field("running", &!self.thread.is_finished())
            .finish_non_exhaustive()
    }
}
