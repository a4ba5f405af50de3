//! Memory for a frame: pieces of large buffers that die together, once the device is done with them.

mod block;
mod bump;
mod epoch;
mod error;
mod frames;
mod free_list;
mod pieces;
mod ranges;
mod slice;
mod source;

use std::fmt;

use ash::vk;
use rm_alloc_core::{MemoryLocation, Priority, Tag};

pub use self::{
    bump::BumpTransient, epoch::EpochTransient, error::TransientError,
    free_list::FreeListTransient, slice::TransientSlice,
};
use crate::{RetireAt, Tally};

/// Gives out pieces of buffers that live for a frame.
///
/// A frame begins, pieces are taken and filled, and the frame ends with a moment: their space is used again when the device
/// has reached it, and not before. Nothing here waits.
/// End a frame *before* what uses it is submitted, for the end makes host writes available to the device.
/// [`RetireAt::Now`] covers work that signals at most what is upcoming at the end: of several submissions that use the frame,
/// [`flush`](Self::flush) before each, and end the frame before the last one; or end it with the value of the last one as its
/// points. A frame that ends with `Now` after its last submission waits for one submission more than it has to.
///
/// Alignments are powers of two, of offsets in the buffer. The limits of uniform, storage and texel buffers are added where the
/// usage says so, and atoms of memory that is not coherent; what else a use demands, such as indices, indirect commands and
/// what acceleration structures are built from, has to be asked for.
/// Pieces are for the host to write: on memory that is not coherent, such as
/// [`HostCached`](MemoryLocation::HostCached) where it is, nothing makes what the device wrote visible to the host.
///
/// An allocator that is dropped retires its blocks: those of frames that have ended for the moments that they ended with, those
/// of a frame that is open at [`RetireAt::Now`]. Work that is recorded after that must not use its pieces.
/// What uses a piece is submitted on a timeline that is attached to the queue, or covered by the points its frame ends with.
/// Until a timeline is attached, no frame that ended with [`RetireAt::Now`] is over.
///
/// Someone who implements this for a type of their own forwards to one of ours.
pub trait TransientAllocator: fmt::Debug + Send {
    /// Begins a frame.
    ///
    /// # Errors
    ///
    /// [`TransientError::FrameOpen`] if the last one has not ended, and [`TransientError::InFlight`] where the number of
    /// frames is bounded and the device is behind; nothing has changed then.
    fn begin_frame(&mut self) -> Result<(), TransientError>;

    /// Takes `size` bytes at a multiple of `alignment`, until the frame ends.
    ///
    /// # Errors
    ///
    /// [`TransientError::NoFrame`], [`TransientError::ZeroSize`], [`TransientError::Alignment`] and
    /// [`TransientError::TooLarge`] for what cannot be; [`TransientError::Allocation`] if a block was needed and there was
    /// no memory for it. No piece has been taken then.
    fn allocate(&mut self, size: u64, alignment: u64) -> Result<TransientSlice, TransientError>;

    /// Copies `bytes` to `offset` of `slice`, all of which the next [`flush`](Self::flush) covers.
    ///
    /// # Errors
    ///
    /// [`TransientError::UnknownSlice`] unless the slice is of this allocator and its frame is still open,
    /// [`TransientError::NoFrame`] where pieces end with their frames and none is open, [`TransientError::OutOfBounds`] and
    /// [`TransientError::NotMapped`]; nothing has been written then.
    fn write(
        &mut self,
        slice: &TransientSlice,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), TransientError>;

    /// Makes what the host wrote so far available to the device; does nothing on coherent memory.
    ///
    /// That is every piece given out since the last time, and every piece that was [written](Self::write) to, as a whole.
    /// Whoever writes through [`mapped`](TransientSlice::mapped) to an older piece writes something to it by `write` as well,
    /// be it nothing at all.
    ///
    /// # Errors
    ///
    /// [`TransientError::Memory`] with what `vkFlushMappedMemoryRanges` answered; it may be tried again.
    fn flush(&mut self) -> Result<(), TransientError>;

    /// Ends the frame: its space is used again when `at` is reached.
    ///
    /// # Errors
    ///
    /// [`TransientError::NoFrame`], or what [`flush`](Self::flush) says, with the frame still open.
    fn end_frame(&mut self, at: RetireAt) -> Result<(), TransientError>;

    /// What it holds.
    fn statistics(&self) -> TransientStatistics;

    /// Takes a piece and copies `bytes` into it.
    ///
    /// # Errors
    ///
    /// As of [`allocate`](Self::allocate) and [`write`](Self::write). By default, a piece that cannot be written is taken all
    /// the same until the frame ends; ours take none then.
    fn push(&mut self, bytes: &[u8], alignment: u64) -> Result<TransientSlice, TransientError> {
        let slice = self.allocate(bytes.len() as u64, alignment)?;
        self.write(&slice, 0, bytes)?;
        Ok(slice)
    }
}

/// How a transient allocator makes its blocks.
///
/// ```
/// use ash::vk::BufferUsageFlags;
/// use rm_lifetime::TransientConfig;
///
/// let config = TransientConfig::new(4 << 20, BufferUsageFlags::UNIFORM_BUFFER).depth(3).label("draws");
/// assert_eq!((config.block_size, config.depth), (4_194_304, 3));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TransientConfig<'a> {
    /// Bytes of a block, which is one buffer. Never zero; what is larger gets a block of its own.
    pub block_size: u64,
    /// What the pieces will be used for.
    pub usage: vk::BufferUsageFlags,
    /// Where the memory should live, which the host writes and does not read back.
    pub location: MemoryLocation,
    /// Frames that may be in flight or open at a time; never zero. [`EpochTransient`] alone looks at it.
    pub depth: u32,
    /// Frames after which a block that none of them needed is given back; 0 counts as 1.
    pub keep_frames: u32,
    /// How much the blocks suffer when the driver moves memory out.
    pub priority: Priority,
    /// Queue families that use the blocks without handing them over; fewer than two mean exclusive use.
    pub queue_families: &'a [u32],
    /// The user's own account.
    pub tag: Tag,
    /// Shown in captures, errors and leak reports.
    pub label: Option<&'a str>,
}

impl<'a> TransientConfig<'a> {
    /// Blocks of `block_size` bytes that the host writes, for two frames in flight.
    pub const fn new(block_size: u64, usage: vk::BufferUsageFlags) -> Self {
        Self {
            block_size,
            usage,
            location: MemoryLocation::HostVisible,
            depth: 2,
            keep_frames: 64,
            priority: Priority::Normal,
            queue_families: &[],
            tag: Tag(0),
            label: None,
        }
    }

    /// Puts the memory at `location`.
    pub fn location(mut self, location: MemoryLocation) -> Self {
        self.location = location;
        self
    }

    /// Sets how many frames may be in flight or open at a time.
    pub fn depth(mut self, frames: u32) -> Self {
        self.depth = frames;
        self
    }

    /// Sets after how many frames an unneeded block is given back.
    pub fn keep_frames(mut self, frames: u32) -> Self {
        self.keep_frames = frames;
        self
    }

    /// Asks for device addresses, by adding the usage that stands for them.
    pub fn device_address(mut self) -> Self {
        self.usage |= vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
        self
    }

    /// Sets how much the blocks suffer when the driver moves memory out.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Shares the blocks between `families` without ownership transfers.
    pub fn queue_families(mut self, families: &'a [u32]) -> Self {
        self.queue_families = families;
        self
    }

    /// Books the blocks under the user's own account `tag`.
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tag = tag;
        self
    }

    /// Names the blocks in captures, errors and leak reports.
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = Some(label);
        self
    }
}

/// What a transient allocator holds, in blocks, and how often it needed one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TransientStatistics {
    /// Blocks with pieces that may still be written: of the open frame, or not released.
    pub live: Tally,
    /// Blocks that wait for the device alone.
    pub in_flight: Tally,
    /// Blocks that nobody uses.
    pub spares: Tally,
    /// Blocks that were needed and came from the spares.
    pub hits: u64,
    /// Blocks that were needed and had to be made.
    pub misses: u64,
}
