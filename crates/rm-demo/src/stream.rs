//! The stream itself: resources come in frame by frame, live for a while, and leave in the order they came.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use resource_management::alloc::MemoryAllocator;

use crate::{
    content::Difference,
    error::DemoError,
    platform::Platform,
    report::Mismatch,
    resource::{Part, Resident},
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
    /// Bytes uploaded.
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
    // Invariant: the slots and everything in `live` are of `allocator`, and nobody else uses the queue of its device.
    allocator: Arc<dyn MemoryAllocator>,
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
    /// - The context of `allocator` is one of `platform`.
    /// - Nobody else uses the queue of `platform`, if it has one, until the stream is closed.
    pub(crate) unsafe fn new(
        platform: &dyn Platform,
        allocator: &Arc<dyn MemoryAllocator>,
    ) -> Result<Self, DemoError> {
        let mut executors = Vec::with_capacity(FRAMES_IN_FLIGHT);
        for _ in 0..FRAMES_IN_FLIGHT {
            executors.push(platform.executor()?);
        }
        // SAFETY: each is new, and of the platform that the allocator is of as well (caller).
        let slot = |executor| unsafe { Slot::new(allocator, executor) };
        Ok(Self {
            allocator: Arc::clone(allocator),
            slots: executors.into_iter().map(slot).collect(),
            live: VecDeque::new(),
            tally: Tally::default(),
            frame: 0,
        })
    }

    /// Streams `assets` in, and the oldest resources beyond the working set out.
    pub(crate) fn frame(&mut self, assets: &[Asset], corrupted: bool) -> Result<(), DemoError> {
        let leaving = (self.live.len() + assets.len()).saturating_sub(WORKING_SET);
        self.step(assets, leaving, corrupted)
    }

    /// Streams a few of the oldest resources out, and says whether there are more.
    pub(crate) fn ebb(&mut self) -> Result<bool, DemoError> {
        if self.live.back().is_some_and(|youngest| !youngest.is_ready()) {
            self.settle()?;
        }
        self.step(&[], LEAVING_AT_THE_END, false)?;
        Ok(!self.live.is_empty())
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
            // SAFETY: it is of `allocator` (invariant), and every slot was halted.
            unsafe { resident.free(&*self.allocator) };
        }
    }

    /// What has been streamed so far.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    fn step(&mut self, assets: &[Asset], leaving: usize, corrupted: bool) -> Result<(), DemoError> {
        let frame = self.frame;
        self.frame += 1;
        let index = frame as usize % FRAMES_IN_FLIGHT;
        self.settle_slot(index)?;
        for _ in 0..leaving {
            self.evict(index)?;
        }
        let staying = self.live.len();
        for asset in assets {
            self.admit(*asset, frame)?;
        }
        let arrivals: Vec<_> = self.live.range(staying..).flat_map(Resident::parts).collect();
        let slot = &mut self.slots[index];
        // SAFETY: it was waited for (above); arrivals are new and of this allocator (invariant), and live on, because only
        // resources of settled frames leave; the queue is ours (invariant).
        unsafe { slot.submit(&arrivals, frame, corrupted) }?;
        self.tally.bytes_in += arrivals.iter().map(|part| part.content().bytes()).sum::<u64>();
        Ok(())
    }

    /// Sends the oldest resource off, if its upload has been executed.
    fn evict(&mut self, slot: usize) -> Result<(), DemoError> {
        let Some(oldest) = self.live.front_mut().filter(|oldest| oldest.is_ready()) else {
            return Ok(());
        };
        oldest.mark_outdated()?;
        if let Some(oldest) = self.live.pop_front() {
            // SAFETY: it is of this allocator (invariant), its upload was waited for, and it is no longer in `live`.
            unsafe { self.slots[slot].depart(oldest) };
        }
        Ok(())
    }

    /// Makes the objects of `asset`, to be uploaded in `frame`.
    fn admit(&mut self, asset: Asset, frame: u32) -> Result<(), DemoError> {
        let number = self.tally.meshes + self.tally.textures;
        let resident = Resident::create(&*self.allocator, asset, number, frame)?;
        self.live.push_back(resident);
        match asset {
            Asset::Mesh(_) => self.tally.meshes += 1,
            Asset::Texture(_) => self.tally.textures += 1,
        }
        // Only now, when an error can no longer lose it.
        self.live.back_mut().map_or(Ok(()), Resident::mark_pending)?;
        Ok(())
    }

    fn settle_slot(&mut self, index: usize) -> Result<(), DemoError> {
        let slot = &mut self.slots[index];
        if let Some(done) = slot.wait()? {
            let mut uploaded = self.live.iter_mut().filter(|resident| resident.frame() == done);
            uploaded.try_for_each(Resident::mark_ready)?;
        }
        let tally = &mut self.tally;
        Ok(slot.land(|part, difference| tally.judge(part, difference))?)
    }
}

impl Tally {
    fn judge(&mut self, part: &Part, difference: Option<Difference>) {
        let bytes = part.content().bytes();
        self.bytes_out += bytes;
        if let Some(difference) = difference {
            self.mismatches.push(Mismatch { name: part.name().to_owned(), bytes, difference });
        }
    }
}
