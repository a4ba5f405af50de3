//! The stream itself: resources come in frame by frame, live for a while, and leave in the order they came.

mod admission;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use self::admission::Arrival;
use crate::{
    budget::Budget,
    content::{Content, Difference},
    error::DemoError,
    metrics::FrameMetrics,
    platform::Platform,
    report::Mismatch,
    resource::Resident,
    scene::Asset,
    slot::Slot,
};

/// Frames that the host may be ahead of the device.
const FRAMES_IN_FLIGHT: usize = 2;

/// Resources that stay when a frame has brought its own: what a level keeps loaded.
const WORKING_SET: usize = 48;

/// Resources that leave in a frame once nothing comes in any more.
const LEAVING_AT_THE_END: usize = 3;

/// What has been streamed so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) meshes: u64,
    pub(crate) textures: u64,
    /// Meshes and textures among them that came with less detail than wanted.
    pub(crate) reduced: u64,
    /// Meshes and textures that did not come.
    pub(crate) skipped: u64,
    /// Resources over memory of others.
    pub(crate) aliased: u32,
    /// Bytes that those save by sharing.
    pub(crate) saved_bytes: u64,
    /// Bytes uploaded, to scratch memory as well.
    pub(crate) bytes_in: u64,
    /// Bytes read back and compared.
    pub(crate) bytes_out: u64,
    pub(crate) mismatches: Vec<Mismatch>,
}

/// A stream of resources through one device.
///
/// It has no destructor, because the end has to wait for the device: call [`close`](Self::close), also after an error.
#[derive(Debug)]
#[must_use = "a stream owns device memory; it has to be closed"]
pub(crate) struct Stream {
    // Invariant: the slots and everything in `live` are of `budget`, and nobody else uses the queue of its device.
    budget: Budget,
    // One a frame in flight.
    slots: Vec<Slot>,
    // From the oldest to the youngest.
    live: VecDeque<Resident>,
    tally: Tally,
    // The next frame.
    frame: u32,
}

impl Stream {
    /// A stream of nothing yet.
    ///
    /// # Safety
    ///
    /// - The context of `budget` is one of `platform`.
    /// - Nobody else uses the queue of `platform`, if it has one, until the stream is closed.
    pub(crate) unsafe fn new(platform: &dyn Platform, budget: &Budget) -> Result<Self, DemoError> {
        // SAFETY: each is new, and of the platform that the budget is of as well (caller).
        let slot = |executor| unsafe { Slot::new(budget, executor) };
        let slots = (0..FRAMES_IN_FLIGHT).map(|_| platform.executor().map(slot));
        Ok(Self {
            budget: budget.clone(),
            slots: slots.collect::<Result<_, _>>()?,
            live: VecDeque::new(),
            tally: Tally::default(),
            frame: 0,
        })
    }

    /// Streams `assets` in, and the oldest resources beyond the working set out.
    pub(crate) fn frame(
        &mut self,
        assets: &[Asset],
        corrupted: bool,
    ) -> Result<FrameMetrics, DemoError> {
        let leaving = (self.live.len() + assets.len()).saturating_sub(WORKING_SET);
        self.step(assets, leaving, corrupted)
    }

    /// Streams a few of the oldest resources out.
    pub(crate) fn ebb(&mut self) -> Result<FrameMetrics, DemoError> {
        if self.live.back().is_some_and(|youngest| !youngest.is_ready()) {
            self.settle()?;
        }
        self.step(&[], LEAVING_AT_THE_END, false)
    }

    /// Waits for every frame in flight, and judges what it read back.
    pub(crate) fn settle(&mut self) -> Result<(), DemoError> {
        (0..FRAMES_IN_FLIGHT).try_for_each(|slot| self.settle_slot(slot))
    }

    /// Waits for the device and gives everything back, whatever state the stream is in.
    pub(crate) fn close(&mut self) {
        self.slots.iter_mut().for_each(Slot::halt);
        for slot in &mut self.slots {
            // SAFETY: every slot was halted.
            unsafe { slot.close() };
        }
        for resident in self.live.drain(..) {
            // SAFETY: every slot was halted.
            unsafe { resident.free(self.budget.manager()) };
        }
    }

    /// What has been streamed so far.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether everything has left, or is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// One frame, from what it frees to what it submits, and what it leaves of memory.
    fn step(
        &mut self,
        assets: &[Asset],
        leaving: usize,
        corrupted: bool,
    ) -> Result<FrameMetrics, DemoError> {
        self.budget.manager().begin_frame();
        if self.frame == 0 {
            self.slots.iter_mut().try_for_each(Slot::furnish)?;
            self.tally.aliased = self.budget.manager().aliased_allocation_count();
            self.tally.saved_bytes = self.slots.iter().map(Slot::saved_bytes).sum();
        }
        let frame = self.frame;
        self.frame += 1;
        let index = frame as usize % FRAMES_IN_FLIGHT;
        self.settle_slot(index)?;
        if !assets.is_empty() {
            self.slots[index].use_scratch(frame);
        }
        for _ in 0..leaving {
            self.evict(index)?;
        }
        for (behind, asset) in (0..assets.len()).rev().zip(assets) {
            self.admit(*asset, Arrival { frame, slot: index, behind })?;
        }
        // Not all may have come, and old ones may have left for them.
        let arriving = self.live.iter().filter(|resident| resident.frame() == frame);
        let arrivals: Vec<_> = arriving.flat_map(Resident::parts).collect();
        let slot = &mut self.slots[index];
        // SAFETY: it was settled (above); arrivals are new, staged and of this budget (invariant), and live on, because
        // only resources of settled frames leave; the queue is ours (invariant).
        self.tally.bytes_in += unsafe { slot.submit(&arrivals, frame, corrupted) }?;
        self.tally.bytes_in += arrivals.iter().map(|part| part.content().bytes()).sum::<u64>();
        let delta = self.budget.manager().end_frame();
        Ok(FrameMetrics::new(&self.budget, &delta, &self.tally))
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
            // SAFETY: its upload was waited for, and it is no longer in `live`.
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

impl Tally {
    fn judge(&mut self, name: &str, content: Content, difference: Option<Difference>) {
        let bytes = content.bytes();
        self.bytes_out += bytes;
        if let Some(difference) = difference {
            self.mismatches.push(Mismatch { name: name.to_owned(), bytes, difference });
        }
    }
}
