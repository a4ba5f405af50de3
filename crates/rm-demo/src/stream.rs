//! The stream itself: resources come in frame by frame, live for a while, and leave in the order they came.

mod admission;
mod pace;
mod tally;

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use resource_management::lifetime::{DeferredDestructionQueue, DrainLimit};

use self::admission::Arrival;
pub(crate) use self::tally::Tally;
use crate::{
    budget::Budget,
    error::DemoError,
    passes::{Passes, Plan, Play},
    platform::{Line, Platform},
    resource::Resident,
    sabotage::Sabotage,
    scene::Asset,
    slot::Slot,
    supply::Supply,
};

/// Frames that the host may be ahead of the device.
const FRAMES_IN_FLIGHT: u32 = 2;

/// Resources that stay when a frame has brought its own: what a level keeps loaded.
const WORKING_SET: usize = 48;

/// Resources that leave in a frame once nothing comes in any more.
const LEAVING_AT_THE_END: usize = 3;

/// How long the end waits for a device that was waited for before: no more than a bound.
const PATIENCE: Duration = Duration::from_secs(10);

/// A stream of resources through one device.
///
/// It has no destructor, because the end has to wait for the device: call [`close`](Self::close), also after an error.
#[derive(Debug)]
#[must_use = "a stream owns device memory; it has to be closed"]
pub(crate) struct Stream {
    // Invariant: the slots, the passes and everything in `live` are of `supply`, which retires to `queue`; that waits for the
    // line of work of the slots, and nobody else uses the queue of its device.
    supply: Supply,
    // Present until the stream is closed.
    queue: Option<DeferredDestructionQueue>,
    // One a frame in flight.
    slots: Vec<Slot>,
    plan: Plan,
    // Present from the first frame on.
    passes: Option<Passes>,
    // From the oldest to the youngest.
    live: VecDeque<Resident>,
    tally: Tally,
    // The next frame.
    frame: u32,
}

/// Figures of a stream after a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StreamFigures {
    /// Requests that a limit has refused so far.
    pub(crate) refused: u64,
    /// Resources that have come with less detail than wanted so far.
    pub(crate) reduced: u64,
    /// Resources that have not come at all so far.
    pub(crate) skipped: u64,
    /// Entries that wait for the device before they are destroyed: buffers, images, pipelines.
    pub(crate) retired_waiting: u64,
}

impl Stream {
    /// A stream of nothing yet, with a program every `reload_every` frames.
    ///
    /// # Safety
    ///
    /// - The context of `budget` is one of `platform`.
    /// - Nobody else uses the queue of `platform`, if it has one, until the stream is closed.
    pub(crate) unsafe fn new(
        platform: &dyn Platform,
        budget: &Budget,
        reload_every: u32,
    ) -> Result<Self, DemoError> {
        let context = budget.manager().context();
        // SAFETY: the context is one of this platform, and only the stream uses what is made with it (caller).
        let line = unsafe { platform.line(context, FRAMES_IN_FLIGHT as usize) }?;
        let Line { timeline, executors, machinery } = line;
        let queue = DeferredDestructionQueue::new(budget.manager());
        queue.attach(timeline)?;
        let supply = Supply::new(budget, &queue);
        // SAFETY: each is new, and of the platform that the budget is of as well (caller); the queue waits for their line.
        let slot = |executor| unsafe { Slot::new(&supply, executor) };
        Ok(Self {
            slots: executors.into_iter().map(slot).collect(),
            supply,
            queue: Some(queue),
            plan: Plan { depth: FRAMES_IN_FLIGHT, machinery, reload_every },
            passes: None,
            live: VecDeque::new(),
            tally: Tally::default(),
            frame: 0,
        })
    }

    /// Streams `assets` in, and the oldest resources beyond the working set out.
    pub(crate) fn frame(&mut self, assets: &[Asset], sabotage: Sabotage) -> Result<(), DemoError> {
        let leaving = (self.live.len() + assets.len()).saturating_sub(WORKING_SET);
        self.step(assets, leaving, sabotage)
    }

    /// Streams a few of the oldest resources out.
    pub(crate) fn ebb(&mut self) -> Result<(), DemoError> {
        if self.live.back().is_some_and(|youngest| !youngest.is_ready()) {
            self.settle()?;
        }
        self.step(&[], LEAVING_AT_THE_END, Sabotage::default())
    }

    /// Waits for every frame in flight, the oldest first, and judges what it read back.
    pub(crate) fn settle(&mut self) -> Result<(), DemoError> {
        let next = self.frame as usize;
        let count = self.slots.len();
        (next..next + count).try_for_each(|frame| self.settle_slot(frame % count))
    }

    /// Waits for the device and gives everything back, whatever state the stream is in.
    ///
    /// # Errors
    ///
    /// [`DemoError::Timeline`] if nobody can say whether the device is done.
    pub(crate) fn close(&mut self) -> Result<(), DemoError> {
        self.slots.iter_mut().for_each(Slot::halt);
        self.slots.iter_mut().for_each(Slot::close);
        self.live.clear();
        self.passes = None;
        let Some(queue) = self.queue.take() else { return Ok(()) };
        let before = queue.statistics();
        let drained = queue.shutdown(PATIENCE)?;
        self.tally.destroyed = before.destroyed + drained.entries;
        self.tally.most_waiting = before.high_water.max(before.waiting);
        Ok(())
    }

    /// What has been streamed so far.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What there is to say beside what the manager counts.
    pub(crate) fn figures(&self) -> StreamFigures {
        StreamFigures {
            refused: self.supply.budget().refusals(),
            reduced: self.tally.reduced,
            skipped: self.tally.skipped,
            retired_waiting: self.queue.as_ref().map_or(0, |queue| queue.statistics().waiting),
        }
    }

    /// Whether everything has left, or is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// One frame, from what it waits for to what it submits.
    fn step(
        &mut self,
        assets: &[Asset],
        leaving: usize,
        sabotage: Sabotage,
    ) -> Result<(), DemoError> {
        let start = Instant::now();
        if self.passes.is_none() {
            self.furnish()?;
        }
        let frame = self.frame;
        self.frame += 1;
        let index = frame as usize % self.slots.len();
        self.settle_slot(index)?;
        self.drain();
        let slot = &mut self.slots[index];
        let passes = self.passes.as_mut();
        let play = passes.map(|passes| passes.begin(frame, slot, sabotage)).transpose()?;
        if !assets.is_empty() {
            self.slots[index].use_scratch(frame);
        }
        for _ in 0..leaving {
            self.evict(index)?;
        }
        for (behind, asset) in (0..assets.len()).rev().zip(assets) {
            self.admit(*asset, Arrival { frame, slot: index, behind })?;
        }
        // SAFETY: it was settled (above).
        if unsafe { self.slots[index].outgrow() } {
            self.drain();
        }
        // Not all may have come, and old ones may have left for them.
        let arriving = self.live.iter().filter(|resident| resident.frame() == frame);
        let arrivals: Vec<_> = arriving.flat_map(Resident::parts).collect();
        let steps: Vec<_> = play.iter().flat_map(Play::steps).collect();
        let slot = &mut self.slots[index];
        // SAFETY: it was settled (above); arrivals are new, staged and of this supply (invariant), and live on, because
        // only resources of settled frames leave; passes keep what their steps use, or retire it below.
        self.tally.bytes_in += unsafe { slot.record(&arrivals, &steps, sabotage) }?;
        self.tally.bytes_in += arrivals.iter().map(|part| part.content().bytes()).sum::<u64>();
        let reloaded = self.end_passes(play)?;
        // SAFETY: just recorded, and the queue is ours (invariant).
        unsafe { self.slots[index].submit(frame) }?;
        self.tally.pace.note(start.elapsed(), reloaded);
        Ok(())
    }

    /// Destroys what the device is done with.
    fn drain(&self) {
        if let Some(queue) = &self.queue {
            queue.drain(DrainLimit::default());
        }
    }

    /// Takes the memory that every frame needs, before resources come and take it all.
    fn furnish(&mut self) -> Result<(), DemoError> {
        self.slots.iter_mut().try_for_each(Slot::furnish)?;
        self.tally.aliased = self.supply.manager().aliased_allocation_count();
        self.tally.saved_bytes = self.slots.iter().map(Slot::saved_bytes).sum();
        if let Some(queue) = &self.queue {
            self.passes = Some(Passes::new(&self.supply, queue, self.plan)?);
        }
        Ok(())
    }

    /// Ends the passes of a frame that is recorded, and says whether they had another program.
    fn end_passes(&mut self, play: Option<Play>) -> Result<bool, DemoError> {
        let (Some(passes), Some(play)) = (&mut self.passes, play) else { return Ok(false) };
        let reloaded = play.reloaded;
        self.tally.bytes_in += play.bytes;
        passes.end(play)?;
        self.tally.passes = passes.figures();
        Ok(reloaded)
    }

    /// Sends the oldest resource off, if its upload has been executed and it can be read back in this frame.
    fn evict(&mut self, slot: usize) -> Result<(), DemoError> {
        let slot = &mut self.slots[slot];
        let leaves = |oldest: &&mut Resident| oldest.is_ready() && slot.can_depart(oldest);
        let Some(oldest) = self.live.front_mut().filter(leaves) else {
            return Ok(());
        };
        oldest.mark_outdated()?;
        if let Some(oldest) = self.live.pop_front() {
            // SAFETY: its upload was waited for.
            unsafe { slot.depart(oldest) };
        }
        Ok(())
    }

    fn settle_slot(&mut self, index: usize) -> Result<(), DemoError> {
        let tally = &mut self.tally;
        let judge = |name: &_, content, difference| tally.judge(name, content, difference);
        let Some(done) = self.slots[index].settle(judge)? else { return Ok(()) };
        let mut uploaded = self.live.iter_mut().filter(|resident| resident.frame() == done);
        Ok(uploaded.try_for_each(Resident::mark_ready)?)
    }
}
