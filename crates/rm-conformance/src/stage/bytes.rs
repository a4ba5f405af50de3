//! Patterns in memory: written and read by the host, and by the simulated device where there is one.

use std::ptr::NonNull;

use ash::vk;
use rm_alloc_core::Allocation;

use super::{Broken, Stage, check::promise};

impl Stage {
    /// Fills `allocation` with the pattern of `seed`, if host or device can reach it.
    pub(crate) fn fill(&self, allocation: &Allocation, seed: u64) {
        let bytes = pattern(seed, allocation.size());
        if let Some(mapped) = allocation.mapped() {
            // SAFETY: valid for `size` bytes (the backend's promise), and nobody else touches them now.
            unsafe { mapped.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        } else if let Some(sim) = &self.sim {
            let there = sim.write_bytes(allocation.memory(), allocation.offset(), &bytes);
            assert!(there, "the device does not know the memory of {allocation:?}");
        }
    }

    /// The pattern of `seed` is still there, as host and device see it.
    pub(crate) fn verify(&self, allocation: &Allocation, seed: u64) -> Result<(), Broken> {
        let expected = pattern(seed, allocation.size());
        if let Some(mapped) = allocation.mapped() {
            let found = copy_out(mapped, expected.len());
            promise!(found == expected, "the host finds other bytes in {allocation:?}");
        }
        if let Some(sim) = &self.sim {
            let mut found = vec![0; expected.len()];
            let there = sim.read_bytes(allocation.memory(), allocation.offset(), &mut found);
            promise!(there, "the device does not know the memory of {allocation:?}");
            promise!(found == expected, "the device finds other bytes in {allocation:?}");
        }
        Ok(())
    }

    /// Panics unless the pattern of `seed` is still there.
    pub(crate) fn assert_holds(&self, allocation: &Allocation, seed: u64) {
        self.verify(allocation, seed).unwrap_or_else(|broken| panic!("{broken}"));
    }

    /// Flushes and invalidates the whole of `allocation`, which fails on memory that is not mapped.
    pub(crate) fn flush(&self, allocation: &Allocation) -> Result<(), Broken> {
        let atom = self.context.limits().non_coherent_atom_size;
        // Rounded down, as the end of the object is not known here; a backend keeps whole atoms or ends with the object.
        let start = allocation.offset().next_multiple_of(atom);
        let end = allocation.offset() + allocation.size();
        let end = end - end % atom;
        if start >= end {
            return Ok(());
        }
        let range = vk::MappedMemoryRange::default()
            .memory(allocation.memory())
            .offset(start)
            .size(end - start);
        let device = self.context.device();
        // SAFETY: live, mapped by the backend's promise, and whole atoms.
        let flushed = unsafe { device.flush_mapped_memory_ranges(&[range]) };
        promise!(flushed.is_ok(), "flushing {allocation:?} answered {flushed:?}");
        // SAFETY: as above.
        let invalidated = unsafe { device.invalidate_mapped_memory_ranges(&[range]) };
        promise!(invalidated.is_ok(), "invalidating {allocation:?} answered {invalidated:?}");
        Ok(())
    }
}

/// Bytes that differ for every seed, and from their own copies at other places only every eight bytes.
pub(crate) fn pattern(seed: u64, size: u64) -> Vec<u8> {
    let word = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = word.repeat(size.div_ceil(word.len()));
    bytes.truncate(size);
    bytes
}

fn copy_out(from: NonNull<u8>, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // SAFETY: valid for `length` bytes (the backend's promise), and nobody writes them now.
    unsafe { from.as_ptr().copy_to_nonoverlapping(bytes.as_mut_ptr(), length) };
    bytes
}
