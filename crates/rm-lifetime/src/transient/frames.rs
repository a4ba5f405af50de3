//! Frames over blocks: one bump pointer, and the blocks of all frames that are open or in flight.

use super::{
    TransientStatistics,
    block::Block,
    error::TransientError,
    slice::{Place, TransientSlice, first_stamp},
    source::Source,
};
use crate::{RetireAt, Stamp, queue::Progress};

/// The frames of an allocator. Which of them comes next is for others to say.
#[derive(Debug)]
pub(super) struct Frames {
    cursor: Cursor,
    source: Source,
    frames: Vec<Frame>,
    /// The one that is open.
    open: Option<usize>,
}

/// Where the next piece goes: all that the common case looks at.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    // Invariant: `next <= limit`, the size of the block; both are 0 where there is no block to cut from.
    next: u64,
    limit: u64,
    /// Least alignment, less one.
    mask: u64,
    place: Place,
    /// Index of the block in the open frame; the largest of all where there is none.
    block: u32,
    /// The number of the frame that is or was open last.
    frame: u64,
    /// Everything in front of it is noted as written.
    noted: u64,
}

/// One frame, or room for one.
#[derive(Debug, Default)]
struct Frame {
    blocks: Vec<Block>,
    // Invariant: present while the frame is in flight.
    stamp: Option<Stamp>,
}

impl Cursor {
    /// In frame `number`, without a block.
    fn closed(number: u64) -> Self {
        let place = Place::default();
        Self { next: 0, limit: 0, mask: 0, place, block: u32::MAX, frame: number, noted: 0 }
    }

    #[inline]
    fn take(&mut self, size: u64, alignment: u64) -> Option<TransientSlice> {
        if !alignment.is_power_of_two() {
            return None;
        }
        let mask = (alignment - 1) | self.mask;
        let start = self.next.checked_add(mask)? & !mask;
        // Sizes of 0 become the largest of all.
        if size.wrapping_sub(1) >= self.limit.saturating_sub(start) {
            return None;
        }
        self.next = start + size;
        let Self { place, frame: stamp, block: index, .. } = *self;
        Some(TransientSlice { place, offset: start, size, stamp, index })
    }
}

impl Frames {
    pub(super) fn new(source: Source) -> Self {
        Self { cursor: Cursor::closed(first_stamp()), source, frames: Vec::new(), open: None }
    }

    /// How far the device is with the frames of so far.
    pub(super) fn progress(&self) -> Progress {
        self.source.progress()
    }

    /// Takes back the blocks of frame `index` if the device is done with it, and says whether it is.
    pub(super) fn vacate(&mut self, index: usize, progress: &mut Progress) -> bool {
        let now = self.cursor.frame;
        // One that never was is vacant.
        let Some(frame) = self.frames.get_mut(index) else { return true };
        let Some(stamp) = &frame.stamp else { return true };
        if !progress.has_come(stamp) {
            return false;
        }
        frame.stamp = None;
        frame.blocks.drain(..).for_each(|block| self.source.keep(block, now));
        true
    }

    /// Takes back the blocks of all frames that the device is done with, and answers with room for another.
    pub(super) fn collect(&mut self, progress: &mut Progress) -> usize {
        let mut vacancy = self.frames.len();
        for index in (0..self.frames.len()).rev() {
            if self.vacate(index, progress) && self.open != Some(index) {
                vacancy = index;
            }
        }
        vacancy
    }

    /// Opens frame `index`, which is vacant, while no other is open; the first one that never was may be next.
    pub(super) fn begin(&mut self, index: usize) {
        if index == self.frames.len() {
            self.frames.push(Frame::default());
        }
        let number = self.cursor.frame + 1;
        self.cursor = Cursor::closed(number);
        self.open = Some(index);
        self.source.expire(number);
    }

    #[inline]
    pub(super) fn allocate(
        &mut self,
        size: u64,
        alignment: u64,
    ) -> Result<TransientSlice, TransientError> {
        match self.cursor.take(size, alignment) {
            Some(slice) => Ok(slice),
            None => self.overflow(size, alignment),
        }
    }

    /// What does not fit into the block, or cannot be.
    #[cold]
    fn overflow(&mut self, size: u64, alignment: u64) -> Result<TransientSlice, TransientError> {
        let open = self.open.ok_or(TransientError::NoFrame)?;
        if size == 0 {
            return Err(TransientError::ZeroSize);
        }
        if !alignment.is_power_of_two() {
            return Err(TransientError::Alignment { alignment });
        }
        let count = self.frames[open].blocks.len();
        let index = u32::try_from(count).map_err(|_| TransientError::TooLarge { size })?;
        let mut block = match self.source.spare(size) {
            Some(spare) => spare,
            None => {
                // What the device has finished since the frame began comes first.
                self.collect(&mut self.progress());
                self.source.spare(size).map_or_else(|| self.source.make(size), Ok)?
            }
        };
        if size > self.source.block_size() {
            // It begins where the block does, whatever the alignment, and the bump pointer stays where it is.
            block.used = size;
            block.touch(0..size);
            let (place, stamp) = (block.place(), self.cursor.frame);
            let slice = TransientSlice { place, offset: 0, size, stamp, index };
            self.frames[open].blocks.push(block);
            return Ok(slice);
        }
        self.note();
        self.cursor = Cursor {
            next: 0,
            limit: block.size(),
            mask: self.source.alignment(&block) - 1,
            place: block.place(),
            block: index,
            frame: self.cursor.frame,
            noted: 0,
        };
        self.frames[open].blocks.push(block);
        self.cursor.take(size, alignment).ok_or(TransientError::TooLarge { size })
    }

    pub(super) fn write(
        &mut self,
        slice: &TransientSlice,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), TransientError> {
        let open = self.open.ok_or(TransientError::NoFrame)?;
        let cursor = self.cursor;
        let blocks = &mut self.frames[open].blocks;
        let block = blocks.get_mut(slice.index as usize).filter(|block| {
            let used = if slice.index == cursor.block { cursor.next } else { block.used };
            let end = slice.offset.checked_add(slice.size);
            let given_out = end.is_some_and(|end| end <= used);
            block.raw() == slice.buffer() && slice.stamp == cursor.frame && given_out
        });
        let block = block.ok_or(TransientError::UnknownSlice)?;
        block.write(slice, offset, bytes)
    }

    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        alignment: u64,
    ) -> Result<TransientSlice, TransientError> {
        let slice = self.allocate(bytes.len() as u64, alignment)?;
        let written = self.write(&slice, 0, bytes);
        if written.is_err() {
            self.undo(&slice);
        }
        written.map(|()| slice)
    }

    /// Takes back the piece that was taken last, which nobody has seen.
    #[cold]
    fn undo(&mut self, slice: &TransientSlice) {
        if slice.index == self.cursor.block {
            self.cursor.next = slice.offset;
        } else if let Some(open) = self.open
            && let Some(alone) = self.frames[open].blocks.pop()
        {
            self.source.keep(alone, self.cursor.frame);
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), TransientError> {
        self.note();
        let open = self.open.and_then(|open| self.frames.get_mut(open));
        open.into_iter().flat_map(|frame| &mut frame.blocks).try_for_each(Block::flush)
    }

    pub(super) fn end(&mut self, at: RetireAt) -> Result<(), TransientError> {
        let open = self.open.ok_or(TransientError::NoFrame)?;
        self.flush()?;
        self.frames[open].stamp = Some(self.source.stamp(at));
        self.open = None;
        self.cursor = Cursor::closed(self.cursor.frame);
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn trim(&mut self, keep_bytes: u64) -> u64 {
        self.collect(&mut self.progress());
        self.source.trim(keep_bytes)
    }

    pub(super) fn statistics(&self) -> TransientStatistics {
        let mut statistics = self.source.statistics();
        for (index, frame) in self.frames.iter().enumerate() {
            let open = self.open == Some(index);
            let tally = if open { &mut statistics.live } else { &mut statistics.in_flight };
            frame.blocks.iter().for_each(|block| tally.add(block.size()));
        }
        statistics
    }

    /// Notes in the block how far the bump pointer has come, and that the host writes all in front of it.
    fn note(&mut self) {
        let cursor = &mut self.cursor;
        let open = self.open.and_then(|open| self.frames.get_mut(open));
        let block = open.and_then(|frame| frame.blocks.get_mut(cursor.block as usize));
        if let Some(block) = block.filter(|_| cursor.noted < cursor.next) {
            block.used = cursor.next;
            block.touch(cursor.noted..cursor.next);
            cursor.noted = cursor.next;
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        // What the device has finished waits for nothing any more.
        self.collect(&mut self.progress());
        for Frame { blocks, stamp } in self.frames.drain(..) {
            // One that is open ends now.
            let until = stamp.unwrap_or_else(|| self.source.stamp(RetireAt::Now));
            blocks.into_iter().for_each(|block| self.source.retire(block, &until));
        }
    }
}
