//! A thread that waits for the driver, so that nobody else has to.

use std::{
    fmt, io,
    sync::{Arc, Weak},
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Select, Sender, TryRecvError, bounded, tick};

use crate::{NativeAllocator, allocator::Shared, errand::Errand};

/// A thread that makes blocks before they are needed, and frees those that are not needed any more.
///
/// For an allocator that [grows ahead](crate::NativeConfig::grow_ahead): what its shards order and give back is done here as
/// it comes, and blocks that have been empty for too long are looked for once a period.
/// It holds the allocator weakly, and the thread ends when the allocator is gone.
///
/// A block that was ordered stays within the headroom of the request that ran low.
///
/// Dropping it tells the thread to end, and does not wait; whoever destroys the device [stops](Self::stop) it first.
///
/// ```
/// # use rm_alloc_core::DeviceContext;
/// use std::{sync::Arc, time::Duration};
///
/// use rm_alloc_native::{BackgroundGrower, NativeAllocator, NativeConfig};
///
/// fn run(context: &Arc<DeviceContext>) -> Result<(), Box<dyn std::error::Error>> {
///     let config = NativeConfig::default().grow_ahead();
///     let allocator = NativeAllocator::with_config(context, &config)?;
///     let grower = BackgroundGrower::spawn(&allocator, Duration::from_millis(250))?;
///     // ... frames, none of which waits for a block ...
///     grower.stop();
///     Ok(())
/// }
/// ```
#[must_use = "the thread ends when this is dropped"]
pub struct BackgroundGrower {
    // Dropped, it tells the thread to end.
    alive: Sender<()>,
    thread: JoinHandle<()>,
}

impl BackgroundGrower {
    /// The shortest period.
    pub const SHORTEST_PERIOD: Duration = Duration::from_millis(1);

    /// Starts a thread for `allocator`, which looks for empty blocks every `period`, raised to
    /// [`SHORTEST_PERIOD`](Self::SHORTEST_PERIOD).
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`] if the allocator does not grow ahead, otherwise what the system says if it has no
    /// thread for us.
    pub fn spawn(allocator: &NativeAllocator, period: Duration) -> io::Result<Self> {
        let shared = allocator.shared();
        let Some(waiting) = shared.errands() else {
            let reason = "the allocator was not configured to grow ahead";
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        };
        let (alive, ended) = bounded(0);
        let (shared, waiting) = (Arc::downgrade(shared), waiting.clone());
        let period = period.max(Self::SHORTEST_PERIOD);
        let thread = Builder::new()
            .name("rm-grow".to_owned())
            .spawn(move || run(&shared, &waiting, &ended, period))?;
        Ok(Self { alive, thread })
    }

    /// Ends the thread after the errand that it is on, and waits for that.
    pub fn stop(self) {
        let Self { alive, thread } = self;
        drop(alive);
        // It calls nothing that panics; if it did, there would be nothing left to wait for.
        drop(thread.join());
    }
}

fn run(shared: &Weak<Shared>, waiting: &Receiver<Errand>, ended: &Receiver<()>, period: Duration) {
    let ticks = tick(period);
    let mut looked_for = Instant::now();
    let mut any = Select::new();
    any.recv(ended);
    any.recv(waiting);
    any.recv(&ticks);
    loop {
        // Nothing is taken from a channel before the allocator is held: a block that waits to be freed is the allocator's.
        any.ready();
        if ended.try_recv() == Err(TryRecvError::Disconnected) {
            return;
        }
        let Some(shared) = shared.upgrade() else { return };
        if let Ok(errand) = waiting.try_recv() {
            shared.run(errand);
        }
        let _tick = ticks.try_recv();
        if looked_for.elapsed() >= period {
            looked_for = Instant::now();
            shared.expire(looked_for);
        }
    }
}

impl fmt::Debug for BackgroundGrower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundGrower")
            .field("running", &!self.thread.is_finished())
            .finish_non_exhaustive()
    }
}
