//! How the host touches mapped memory: raw copies, and whole atoms where memory is not coherent.

use std::{ops::Range, ptr::NonNull};

use ash::vk;

use crate::{Allocation, DeviceContext, MemoryError};

/// `size` bytes from `start` of an allocation, as the host sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostRange<'a> {
    // Invariant: `allocation` is live memory of `context`, and the range lies within.
    pub(crate) context: &'a DeviceContext,
    pub(crate) allocation: &'a Allocation,
    pub(crate) start: u64,
    pub(crate) size: u64,
}

impl HostRange<'_> {
    /// Copies `bytes` to `offset` and makes them available to the device.
    ///
    /// # Safety
    ///
    /// - No other host thread touches the range meanwhile.
    pub(crate) unsafe fn write(self, offset: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        let length = bytes.len();
        let to = self.at(offset, length as u64)?;
        // SAFETY: `to` is valid for `length` bytes (checked above), which no other host thread touches (caller).
        unsafe { to.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), length) };
        self.flush(offset, length as u64)
    }

    /// Makes what the device wrote visible and copies it into `bytes`.
    ///
    /// # Safety
    ///
    /// - Neither the device nor another host thread writes the range meanwhile.
    pub(crate) unsafe fn read(self, offset: u64, bytes: &mut [u8]) -> Result<(), MemoryError> {
        let length = bytes.len();
        let from = self.at(offset, length as u64)?;
        self.invalidate(offset, length as u64)?;
        // SAFETY: `from` is valid for `length` bytes (checked above), which nobody writes (caller).
        unsafe { from.as_ptr().copy_to_nonoverlapping(bytes.as_mut_ptr(), length) };
        Ok(())
    }

    /// Makes host writes available to the device.
    pub(crate) fn flush(self, offset: u64, length: u64) -> Result<(), MemoryError> {
        let Some(range) = self.atoms(offset, length)? else { return Ok(()) };
        // SAFETY: the memory is live (invariant) and mapped, and the range is made of whole atoms (both from `atoms`).
        let flushed = unsafe { self.context.device().flush_mapped_memory_ranges(&[range]) };
        flushed.map_err(MemoryError::from)
    }

    /// Makes device writes visible to the host.
    pub(crate) fn invalidate(self, offset: u64, length: u64) -> Result<(), MemoryError> {
        let Some(range) = self.atoms(offset, length)? else { return Ok(()) };
        // SAFETY: the memory is live (invariant) and mapped, and the range is made of whole atoms (both from `atoms`).
        let done = unsafe { self.context.device().invalidate_mapped_memory_ranges(&[range]) };
        done.map_err(MemoryError::from)
    }

    /// The address of `length` bytes at `offset`.
    fn at(self, offset: u64, length: u64) -> Result<NonNull<u8>, MemoryError> {
        let base = self.allocation.mapped();
        let base = base.ok_or(MemoryError::InvalidRequest("the memory is not mapped"))?;
        let fits = offset.checked_add(length).is_some_and(|end| end <= self.size);
        let offset = usize::try_from(self.start.saturating_add(offset)).ok().filter(|_| fits);
        let offset = offset.ok_or(MemoryError::InvalidRequest("the range leaves the resource"))?;
        // SAFETY: `offset` is within the mapped range (checked above).
        Ok(unsafe { base.add(offset) })
    }

    /// The whole atoms around `length` bytes at `offset`; `None` if nothing has to be done.
    fn atoms(
        self,
        offset: u64,
        length: u64,
    ) -> Result<Option<vk::MappedMemoryRange<'static>>, MemoryError> {
        self.at(offset, length)?;
        if length == 0 || !self.context.is_non_coherent(self.allocation.memory_type()) {
            return Ok(None);
        }
        let atom = self.context.limits().non_coherent_atom_size;
        let base = self.allocation.offset();
        let whole = base..base + self.allocation.size();
        let range = whole_atoms(&whole, self.start + offset, length, atom);
        let info = vk::MappedMemoryRange::default()
            .memory(self.allocation.memory())
            .offset(range.start)
            .size(range.end - range.start);
        Ok(Some(info))
    }
}

/// The multiples of `atom` around `length` bytes at `offset` of `whole`, but not beyond it: an allocation ends at an
/// atom or with its memory object, and Vulkan accepts either.
fn whole_atoms(whole: &Range<u64>, offset: u64, length: u64, atom: u64) -> Range<u64> {
    let start = whole.start + offset;
    let end = (start + length).checked_next_multiple_of(atom);
    let start = start - start % atom;
    start.max(whole.start)..end.map_or(whole.end, |end| end.min(whole.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Behaviour 33: flushed ranges are whole atoms, and stop where the memory object does.
    #[test]
    fn ranges_widen_to_atoms_within_the_allocation() {
        let whole = 128..1000;
        assert_eq!(whole_atoms(&whole, 2, 1, 64), 128..192);
        assert_eq!(whole_atoms(&whole, 64, 64, 64), 192..256, "atoms already");
        assert_eq!(whole_atoms(&whole, 100, 100, 64), 192..384);
        assert_eq!(whole_atoms(&whole, 862, 9, 64), 960..1000, "the end of the object");
        assert_eq!(whole_atoms(&whole, 0, 872, 1), 128..1000);
        let top = u64::MAX - 10..u64::MAX;
        assert_eq!(whole_atoms(&top, 5, 5, 64), u64::MAX - 10..u64::MAX, "no overflow");
    }
}
