//! Buffers that the host shares with the device: one to write from, one to read back into.

use ash::vk;
use resource_management::{
    alloc::{
        BufferAllocation, BufferRequest, Category, MemoryError, MemoryLocation, StagingReservation,
    },
    lifetime::OwnedBuffer,
};

use crate::{
    budget::TRANSFERS,
    content::{Content, Difference},
    error::DemoError,
    supply::{self, Supply},
};

/// Where copies begin: a multiple of every block of texels, and what devices like best.
const PLACE_ALIGNMENT: u64 = 256;

/// What a buffer starts with and grows by, in bytes.
const GROWTH_BYTES: u64 = 4 << 20;

/// Bytes made, compared or copied at a time, few enough to stay in the processor's cache.
pub(crate) const CHUNK_BYTES: usize = 64 << 10;

/// A mapped buffer that grows when a frame needs more of it than any before, up to a limit.
#[derive(Debug)]
pub(crate) struct HostBuffer {
    usage: vk::BufferUsageFlags,
    location: MemoryLocation,
    label: &'static str,
    // Bytes that it never outgrows.
    limit: u64,
    // Invariant: the quota is of the same size, if this is for staging.
    buffer: Option<OwnedBuffer>,
    quota: Option<StagingReservation>,
    // Bytes handed out since the last `clear`.
    used: u64,
}

impl HostBuffer {
    /// An empty one to copy from, of `limit` bytes at most; it takes memory at the first [`reserve`](Self::reserve).
    pub(crate) fn staging(limit: u64) -> Self {
        Self {
            usage: vk::BufferUsageFlags::TRANSFER_SRC,
            location: MemoryLocation::HostVisible,
            label: "staging",
            limit,
            buffer: None,
            quota: None,
            used: 0,
        }
    }

    /// An empty one to read back from, of `limit` bytes at most; it takes memory at the first [`reserve`](Self::reserve).
    pub(crate) fn read_back(limit: u64) -> Self {
        Self {
            usage: vk::BufferUsageFlags::TRANSFER_DST,
            location: MemoryLocation::HostCached,
            label: "read-back",
            ..Self::staging(limit)
        }
    }

    /// Forgets all places.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// Hands out a place for `bytes` bytes, which [`reserve`](Self::reserve) has to back.
    pub(crate) fn place(&mut self, bytes: u64) -> u64 {
        let place = self.used.next_multiple_of(PLACE_ALIGNMENT);
        self.used = place + bytes;
        place
    }

    /// Lets go of the buffer if it has no room for all places handed out, and says whether it had one like that.
    ///
    /// Its bytes come back with the next drain, before [`reserve`](Self::reserve) takes more of them.
    ///
    /// # Safety
    ///
    /// - The device is done with the buffer.
    pub(crate) unsafe fn outgrow(&mut self) -> bool {
        let Some(small) = self.buffer.take_if(|buffer| buffer.size() < self.used) else {
            return false;
        };
        self.quota = None;
        // SAFETY: the device is done with it (caller).
        small.retire(unsafe { supply::at_once() });
        true
    }

    /// Makes room for all places handed out, and returns the buffer.
    ///
    /// Where it grows, another one takes its place, and what was written before is lost.
    pub(crate) fn reserve(&mut self, supply: &Supply) -> Result<&mut OwnedBuffer, DemoError> {
        let needed = self.used.max(1);
        if self.buffer.as_ref().is_some_and(|buffer| buffer.size() < needed) {
            self.close();
        }
        let empty = match &mut self.buffer {
            Some(buffer) => return Ok(buffer),
            empty => empty,
        };
        let bytes = needed.next_multiple_of(GROWTH_BYTES).min(self.limit).max(needed);
        // What is read back is on its way from the device, and stages nothing.
        let quota = match self.usage.contains(vk::BufferUsageFlags::TRANSFER_SRC) {
            true => {
                let taken = supply.manager().try_reserve_staging(bytes);
                Some(taken.ok_or(DemoError::StagingQuota { bytes })?)
            }
            false => None,
        };
        let request = BufferRequest::new(bytes, self.usage)
            .location(self.location)
            .category(Category::Staging)
            .tag(TRANSFERS)
            .label(self.label);
        let made = supply.factory().own_buffer(&request);
        let made = made.map_err(|error| supply.budget().explain(error))?;
        self.quota = quota;
        Ok(empty.insert(made))
    }

    /// Takes as much memory as it may ever need, and forgets all places.
    pub(crate) fn reserve_all(&mut self, supply: &Supply) -> Result<(), DemoError> {
        self.used = self.limit;
        let made = self.reserve(supply).map(|_| ());
        self.clear();
        made
    }

    /// Whether places of these sizes are left below the limit.
    pub(crate) fn has_room(&self, sizes: impl Iterator<Item = u64>) -> bool {
        let end = sizes.fold(self.used, |used, bytes| {
            used.next_multiple_of(PLACE_ALIGNMENT).saturating_add(bytes)
        });
        end <= self.limit
    }

    /// The buffer, if it has memory.
    pub(crate) fn buffer(&self) -> Option<&BufferAllocation> {
        self.buffer.as_deref()
    }

    /// Lets go of the memory, which comes back when the device is done with it.
    pub(crate) fn close(&mut self) {
        self.buffer = None;
        self.quota = None;
    }
}

/// Writes `content` to `buffer` from `place` on.
pub(crate) fn write(
    buffer: &mut OwnedBuffer,
    place: u64,
    content: Content,
) -> Result<(), MemoryError> {
    let mut chunk = vec![0; CHUNK_BYTES];
    for (offset, length) in chunks(content.bytes()) {
        content.fill(offset, &mut chunk[..length]);
        buffer.write(place + offset, &chunk[..length])?;
    }
    Ok(())
}

/// Makes one byte of `content`, which was written to `place`, wrong.
pub(crate) fn corrupt(
    buffer: &mut OwnedBuffer,
    place: u64,
    content: Content,
) -> Result<(), MemoryError> {
    let offset = content.bytes() / 2 / 8 * 8;
    let mut word = [0; 8];
    content.fill(offset, &mut word);
    buffer.write(place + offset, &[!word[0]])
}

/// Compares `content` with what `buffer` holds from `place` on.
///
/// # Safety
///
/// - The device does not write there meanwhile, and has made its earlier writes available to the host.
pub(crate) unsafe fn compare(
    buffer: &BufferAllocation,
    place: u64,
    content: Content,
) -> Result<Option<Difference>, MemoryError> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut found: Option<Difference> = None;
    for (offset, length) in chunks(content.bytes()) {
        // SAFETY: the device does not write, and its writes are available (caller).
        unsafe { buffer.read(place + offset, &mut chunk[..length]) }?;
        if let Some(later) = content.compare(offset, &chunk[..length]) {
            found = Some(found.map_or(later, |before| before.and(later)));
        }
    }
    Ok(found)
}

/// Offset and length of each chunk of `bytes` bytes.
pub(crate) fn chunks(bytes: u64) -> impl Iterator<Item = (u64, usize)> {
    (0..bytes).step_by(CHUNK_BYTES).map(move |offset| {
        let length = usize::try_from(bytes - offset).map_or(CHUNK_BYTES, |l| l.min(CHUNK_BYTES));
        (offset, length)
    })
}
