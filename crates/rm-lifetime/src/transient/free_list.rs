//! Pieces that are given back one by one.

use std::collections::VecDeque;

use rm_alloc_core::DeviceBudgetManager;

use super::{
    TransientAllocator, TransientConfig, TransientStatistics,
    error::TransientError,
    pieces::{END, Piece, Pieces, Plot},
    slice::{TransientSlice, first_stamp},
    source::Source,
};
use crate::{DeferredDestructionQueue, RetireAt, Stamp};

/// Pieces that come back one by one, in any order, each with a moment of its own.
///
/// A piece lives until it is [released](Self::release). One that was taken by [`allocate`](TransientAllocator::allocate)
/// is released with its frame at the latest, unless it is [kept](Self::keep); one of [`hold`](Self::hold) needs no frame.
/// Until then it may be written, whether a frame is open or not; [`flush`](TransientAllocator::flush) what was written
/// outside of frames.
/// Space is found by first fit, and neighbours merge; a block without a piece becomes a spare.
#[derive(Debug)]
pub struct FreeListTransient {
    source: Source,
    // A plot keeps its index for as long as it has pieces.
    plots: Vec<Option<Plot>>,
    pieces: Pieces,
    released: VecDeque<Batch>,
    /// Pieces of the open frame, with their stamps: some may have been released, or kept, since.
    of_frame: Vec<(u32, u64)>,
    open: bool,
    frame: u64,
    stamps: u64,
}

/// Pieces that wait for the same moment.
#[derive(Debug)]
struct Batch {
    at: RetireAt,
    stamp: Stamp,
    first: u32,
    /// How many there are; as many as there may be once it is sealed.
    count: u32,
}

/// Pieces that wait together at most, though some of them could go a little earlier.
const BATCH: u32 = 64;

impl FreeListTransient {
    /// One without blocks, whose blocks come from `manager` and end in `queue`.
    ///
    /// `manager` may be another one than the queue's, as of [`BumpTransient::new`](super::BumpTransient::new).
    ///
    /// # Errors
    ///
    /// [`TransientError::InvalidConfig`] if the block size or the depth is zero, or the queue is of another device.
    pub fn new(
        manager: &DeviceBudgetManager,
        queue: &DeferredDestructionQueue,
        config: &TransientConfig<'_>,
    ) -> Result<Self, TransientError> {
        Ok(Self {
            source: Source::new(manager, queue, config)?,
            plots: Vec::new(),
            pieces: Pieces::default(),
            released: VecDeque::new(),
            of_frame: Vec::new(),
            open: false,
            frame: 0,
            stamps: first_stamp(),
        })
    }

    /// Takes `size` bytes at a multiple of `alignment` until they are released, whatever frames come and go.
    ///
    /// # Errors
    ///
    /// As of [`allocate`](TransientAllocator::allocate), but for frames.
    pub fn hold(&mut self, size: u64, alignment: u64) -> Result<TransientSlice, TransientError> {
        self.take(size, alignment, true)
    }

    /// Lets a piece outlive its frame, until it is released.
    ///
    /// # Errors
    ///
    /// [`TransientError::UnknownSlice`] unless it is live, and of this allocator.
    pub fn keep(&mut self, slice: &TransientSlice) -> Result<(), TransientError> {
        let index = self.find(slice)?;
        self.pieces.at(index).kept = true;
        Ok(())
    }

    /// Gives a piece back: its space is used again once `at` is reached.
    ///
    /// Pieces that are released one after another at [`RetireAt::Now`], in one frame, may wait for the last of them.
    ///
    /// # Errors
    ///
    /// [`TransientError::UnknownSlice`], and nothing changed, unless it is live, and of this allocator.
    pub fn release(&mut self, slice: TransientSlice, at: RetireAt) -> Result<(), TransientError> {
        let index = self.find(&slice)?;
        self.wait(index, at, &mut None);
        Ok(())
    }

    /// Gives up spare blocks until at most `keep_bytes` of them are left, and says how many bytes went to the queue.
    pub fn trim(&mut self, keep_bytes: u64) -> u64 {
        self.collect();
        self.source.trim(keep_bytes)
    }

    fn take(
        &mut self,
        size: u64,
        alignment: u64,
        kept: bool,
    ) -> Result<TransientSlice, TransientError> {
        if size == 0 {
            return Err(TransientError::ZeroSize);
        }
        if !alignment.is_power_of_two() {
            return Err(TransientError::Alignment { alignment });
        }
        let found = self.fit(size, alignment).or_else(|| {
            self.collect();
            self.fit(size, alignment)
        });
        let (plot, offset, taken) = match found {
            Some(found) => found,
            None => self.grow(size, alignment)?,
        };
        self.stamps += 1;
        let (stamp, next) = (self.stamps, END);
        let index = self.pieces.enter(Piece { stamp, plot, offset, taken, kept, next });
        if !kept {
            self.of_frame.push((index, stamp));
        }
        let plot = self.plot_of(index).ok_or(TransientError::UnknownSlice)?;
        plot.live += 1;
        plot.block.touch(offset..offset + size);
        let place = plot.block.place();
        Ok(TransientSlice { place, offset, size, stamp, index })
    }

    /// The first plot that has room: its index, the offset, and the bytes taken there.
    fn fit(&mut self, size: u64, alignment: u64) -> Option<(u32, u64, u64)> {
        let source = &self.source;
        self.plots.iter_mut().zip(0..).find_map(|(plot, index)| {
            let (offset, taken) = plot.as_mut()?.take(source, size, alignment)?;
            Some((index, offset, taken))
        })
    }

    #[cold]
    fn grow(&mut self, size: u64, alignment: u64) -> Result<(u32, u64, u64), TransientError> {
        let too_large = || TransientError::TooLarge { size };
        // Whole atoms, so that it holds what is taken of it, wherever the memory turns out to be.
        let whole = size.checked_next_multiple_of(self.source.atom()).ok_or_else(too_large)?;
        let block = self.source.spare(whole).map_or_else(|| self.source.make(whole), Ok)?;
        let mut plot = Plot::new(block, (size > self.source.block_size()).then_some(size));
        let Some((offset, taken)) = plot.take(&self.source, size, alignment) else {
            self.source.keep(plot.block, self.frame);
            return Err(too_large());
        };
        let vacant = self.plots.iter().position(Option::is_none);
        let index = vacant.unwrap_or(self.plots.len());
        let number = u32::try_from(index).ok().filter(|number| *number != END);
        let Some(number) = number else {
            self.source.keep(plot.block, self.frame);
            return Err(too_large());
        };
        match self.plots.get_mut(index) {
            Some(vacant) => *vacant = Some(plot),
            None => self.plots.push(Some(plot)),
        }
        Ok((number, offset, taken))
    }

    /// The plot of a piece, which is there as long as the piece is.
    fn plot_of(&mut self, index: u32) -> Option<&mut Plot> {
        let plot = self.pieces.get(index)?.plot;
        self.plots.get_mut(plot as usize)?.as_mut()
    }

    /// The index of a live piece.
    fn find(&self, slice: &TransientSlice) -> Result<u32, TransientError> {
        let piece = self.pieces.get(slice.index).filter(|piece| {
            let plot = self.plots.get(piece.plot as usize).and_then(Option::as_ref);
            let same = (piece.stamp, piece.offset) == (slice.stamp, slice.offset);
            let fits = slice.size <= piece.taken;
            same && fits && plot.is_some_and(|plot| plot.block.raw() == slice.buffer())
        });
        piece.map(|_| slice.index).ok_or(TransientError::UnknownSlice)
    }

    /// Lets a live piece wait for `at`, whose stamp is made once.
    fn wait(&mut self, index: u32, at: RetireAt, stamp: &mut Option<Stamp>) {
        if let Some(plot) = self.plot_of(index) {
            plot.live -= 1;
        }
        let piece = self.pieces.at(index);
        piece.stamp = 0;
        piece.next = END;
        let stamp = stamp.get_or_insert_with(|| self.source.stamp(at));
        match self.released.back_mut().filter(|last| last.at == at && last.count < BATCH) {
            Some(last) => {
                // What is retired now waits for no less than what was before.
                last.stamp.clone_from(stamp);
                piece.next = last.first;
                last.first = index;
                last.count += 1;
            }
            None => {
                let stamp = stamp.clone();
                self.released.push_back(Batch { at, stamp, first: index, count: 1 });
            }
        }
    }

    /// Lets nothing more join what was released last, so that frames do not wait for one another.
    fn seal(&mut self) {
        if let Some(last) = self.released.back_mut() {
            last.count = BATCH;
        }
    }

    /// Takes back the space of everything that the device is done with.
    fn collect(&mut self) {
        let mut progress = self.source.progress();
        for _ in 0..self.released.len() {
            let Some(batch) = self.released.pop_front() else { break };
            if !progress.has_come(&batch.stamp) {
                // Once around, so that the order stays.
                self.released.push_back(batch);
                continue;
            }
            let mut at = batch.first;
            while at != END {
                at = self.vacate(at);
            }
        }
    }

    /// Forgets a piece, and says which one is behind it.
    fn vacate(&mut self, index: u32) -> u32 {
        let Piece { plot, offset, taken, next, .. } = self.pieces.remove(index);
        let slot = &mut self.plots[plot as usize];
        if let Some(plot) = slot {
            plot.free.put(offset, taken);
        }
        if let Some(plot) = slot.take_if(|plot| plot.free.is_whole()) {
            self.source.keep(plot.block, self.frame);
        }
        next
    }
}

impl TransientAllocator for FreeListTransient {
    fn begin_frame(&mut self) -> Result<(), TransientError> {
        if self.open {
            return Err(TransientError::FrameOpen);
        }
        self.collect();
        self.seal();
        self.frame += 1;
        self.open = true;
        self.source.expire(self.frame);
        Ok(())
    }

    fn allocate(&mut self, size: u64, alignment: u64) -> Result<TransientSlice, TransientError> {
        if !self.open {
            return Err(TransientError::NoFrame);
        }
        self.take(size, alignment, false)
    }

    fn write(
        &mut self,
        slice: &TransientSlice,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), TransientError> {
        let index = self.find(slice)?;
        let plot = self.plot_of(index).ok_or(TransientError::UnknownSlice)?;
        plot.block.write(slice, offset, bytes)
    }

    fn flush(&mut self) -> Result<(), TransientError> {
        self.plots.iter_mut().flatten().try_for_each(|plot| plot.block.flush())
    }

    fn end_frame(&mut self, at: RetireAt) -> Result<(), TransientError> {
        if !self.open {
            return Err(TransientError::NoFrame);
        }
        self.flush()?;
        let (mut stamp, mut of_frame) = (None, std::mem::take(&mut self.of_frame));
        for (index, known) in of_frame.drain(..) {
            let piece = *self.pieces.at(index);
            if piece.stamp == known && !piece.kept {
                self.wait(index, at, &mut stamp);
            }
        }
        self.of_frame = of_frame;
        self.seal();
        self.open = false;
        Ok(())
    }

    fn statistics(&self) -> TransientStatistics {
        let mut statistics = self.source.statistics();
        for plot in self.plots.iter().flatten() {
            let live = plot.live > 0;
            let tally = if live { &mut statistics.live } else { &mut statistics.in_flight };
            tally.add(plot.block.size());
        }
        statistics
    }

    fn push(&mut self, bytes: &[u8], alignment: u64) -> Result<TransientSlice, TransientError> {
        let slice = self.allocate(bytes.len() as u64, alignment)?;
        let written = self.write(&slice, 0, bytes);
        if written.is_err() {
            // Nobody has seen the piece.
            if let Some(plot) = self.plot_of(slice.index) {
                plot.live -= 1;
            }
            self.vacate(slice.index);
        }
        written.map(|()| slice)
    }
}

impl Drop for FreeListTransient {
    fn drop(&mut self) {
        // What the device has finished waits for nothing any more.
        self.collect();
        let now = self.source.stamp(RetireAt::Now);
        // Until when the device uses what is left: pieces that wait, and those that nobody released.
        let live =
            |plot: &Option<Plot>| plot.as_ref().filter(|plot| plot.live > 0).map(|_| now.clone());
        let mut until: Vec<Option<Stamp>> = self.plots.iter().map(live).collect();
        for Batch { stamp, first, .. } in &self.released {
            let mut at = *first;
            while let Some(piece) = self.pieces.get(at) {
                match &mut until[piece.plot as usize] {
                    Some(until) => until.join(stamp),
                    none => *none = Some(stamp.clone()),
                }
                at = piece.next;
            }
        }
        for (plot, until) in self.plots.drain(..).zip(until) {
            if let Some(plot) = plot {
                self.source.retire(plot.block, until.as_ref().unwrap_or(&now));
            }
        }
    }
}
