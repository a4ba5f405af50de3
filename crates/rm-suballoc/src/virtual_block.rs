//! A region of numbers with a value for every range of it.

use alloc::vec::Vec;
use core::{error::Error, fmt};

use crate::{Allocation, Handle, Part, RegionId, RegionStatistics, SegregatedFit, SuballocError};

/// Most granules of a region.
const MOST_GRANULES: u64 = 1 << 31;

/// Sub-allocates one region of anything, and keeps a value of yours for every range.
///
/// The region is a number: bytes of a buffer, vertices of a mesh heap, rows of a table, seconds of a tape. Behind it is a
/// [`SegregatedFit`], which is the better choice where there are several regions, or values lie elsewhere.
///
/// ```
/// use rm_suballoc::VirtualBlock;
///
/// let mut meshes = VirtualBlock::new(1 << 20)?;
/// let tree = meshes.allocate(3_000, 4, "tree")?;
/// let rock = meshes.allocate(500, 4, "rock")?;
/// assert_eq!(meshes.get(rock.handle), Some(&"rock"));
///
/// let names: Vec<_> = meshes.iter().map(|(range, name)| (range.offset, *name)).collect();
/// assert_eq!(names, [(0, "tree"), (3_000, "rock")]);
/// assert_eq!(meshes.free(tree.handle), Ok("tree"));
/// # Ok::<(), rm_suballoc::SuballocError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "vmaCreateVirtualBlock")]
pub struct VirtualBlock<T> {
    fit: SegregatedFit,
    region: RegionId,
    // Invariant: a range that lives in `fit` has its value at the index of its handle, and nothing else has one.
    values: Vec<Option<T>>,
}

/// Nothing was set aside, and here is the value back.
#[derive(Clone, Copy, Eq, PartialEq)]
#[must_use]
pub struct Refused<T> {
    /// Why.
    pub error: SuballocError,
    /// What would have been kept.
    pub value: T,
}

impl<T> VirtualBlock<T> {
    /// One over `size` bytes, all of them free.
    ///
    /// Up to 2^31 bytes every size is served to the byte; above, in granules of a power of two of which the region has no
    /// more than 2^31: of 32 bytes at 64 GiB.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] if the size is zero.
    pub fn new(size: u64) -> Result<Self, SuballocError> {
        Self::with_granule(size, size.div_ceil(MOST_GRANULES).next_power_of_two())
    }

    /// The same with offsets and sizes in multiples of `granule` bytes; what is left of `size` behind the last is not used.
    ///
    /// # Errors
    ///
    /// [`SuballocError::InvalidRequest`] unless the granule is a power of two, of which the region has one to 2^31.
    pub fn with_granule(size: u64, granule: u64) -> Result<Self, SuballocError> {
        let mut fit = SegregatedFit::new(granule)?;
        let region = fit.add_region(size)?;
        Ok(Self { fit, region, values: Vec::new() })
    }

    /// Sets `size` bytes aside at a multiple of `alignment`, for `value`.
    ///
    /// # Errors
    ///
    /// As [`SegregatedFit::allocate`], with the value.
    #[doc(alias = "vmaVirtualAllocate")]
    pub fn allocate(
        &mut self,
        size: u64,
        alignment: u64,
        value: T,
    ) -> Result<Allocation, Refused<T>> {
        let range = match self.fit.allocate(size, alignment) {
            Ok(range) => range,
            Err(error) => return Err(Refused { error, value }),
        };
        let index = range.handle.index() as usize;
        if index >= self.values.len() {
            self.values.resize_with(index + 1, || None);
        }
        self.values[index] = Some(value);
        Ok(Allocation { handle: range.handle, offset: range.offset, size: range.size })
    }

    /// Gives a range back, and hands out its value.
    ///
    /// # Errors
    ///
    /// [`SuballocError::StaleHandle`] if it names nothing that is live.
    #[doc(alias = "vmaVirtualFree")]
    pub fn free(&mut self, handle: Handle) -> Result<T, SuballocError> {
        self.fit.free(handle)?;
        // What was live has a value (invariant).
        self.values[handle.index() as usize].take().ok_or(SuballocError::StaleHandle)
    }

    /// Gives everything back and drops all values; every handle is stale.
    #[doc(alias = "vmaClearVirtualBlock")]
    pub fn clear(&mut self) {
        self.fit.clear();
        self.values.clear();
    }

    /// The value of a range, to change it.
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        let live = self.fit.get(handle)?.handle;
        self.values.get_mut(live.index() as usize)?.as_mut()
    }

    /// The value of a range, while it lives.
    pub fn get(&self, handle: Handle) -> Option<&T> {
        let live = self.fit.get(handle)?.handle;
        self.values.get(live.index() as usize)?.as_ref()
    }

    /// Where a range lies, while it lives.
    #[doc(alias = "vmaGetVirtualAllocationInfo")]
    pub fn range(&self, handle: Handle) -> Option<Allocation> {
        let range = self.fit.get(handle)?;
        Some(Allocation { handle, offset: range.offset, size: range.size })
    }

    /// Every range with its value, in the order of their offsets.
    pub fn iter(&self) -> impl Iterator<Item = (Allocation, &T)> {
        self.parts().filter_map(|part| {
            let handle = part.used_by?;
            let allocation = Allocation { handle, offset: part.offset, size: part.size };
            Some((allocation, self.values.get(handle.index() as usize)?.as_ref()?))
        })
    }

    /// What the region is made of, free parts too, in the order of their offsets and without gaps.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        self.fit.parts(self.region)
    }

    /// Whether nothing lies in it.
    #[doc(alias = "vmaIsVirtualBlockEmpty")]
    pub fn is_empty(&self) -> bool {
        self.statistics().allocations == 0
    }

    /// The size of the largest hole, in bytes.
    pub fn largest_hole(&self) -> u64 {
        self.fit.largest_hole()
    }

    /// The figures.
    #[doc(alias = "vmaGetVirtualBlockStatistics")]
    pub fn statistics(&self) -> RegionStatistics {
        // The region is there as long as the block (it is never removed).
        self.fit.region(self.region).unwrap_or_default()
    }
}

/// Without the value, which need not be `Debug`.
impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl<T> Error for Refused<T> {}

impl<T> From<Refused<T>> for SuballocError {
    fn from(refused: Refused<T>) -> Self {
        refused.error
    }
}
