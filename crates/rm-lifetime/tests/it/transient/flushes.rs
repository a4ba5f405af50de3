//! Which bytes are flushed.

use std::ops::Range;

use rm_alloc_core::MemoryLocation;
use rm_lifetime::{RetireAt, TransientSlice};
use rm_vksim::{Call, Profile};

use super::{BLOCK, all, config};
use crate::rig::Rig;

/// What `call` flushes: of memory objects, each of which is one block here, so that offsets are those of the buffer.
fn flushed(rig: &Rig, call: impl FnOnce()) -> Vec<Range<u64>> {
    rig.sim.start_journal();
    call();
    let journal = rig.sim.stop_journal();
    let flushes = journal.iter().filter(|it| it.call == Call::FlushMappedMemoryRanges);
    flushes.map(|it| it.offset..it.offset.saturating_add(it.size)).collect()
}

fn covers(flush: &Range<u64>, slice: &TransientSlice) -> bool {
    flush.start <= slice.offset() && flush.end >= slice.offset() + slice.size()
}

/// Writes a byte of a live piece through its pointer.
fn poke(slice: &TransientSlice, offset: usize) {
    // SAFETY: within the piece.
    let at = unsafe { slice.mapped().unwrap().add(offset) };
    // SAFETY: nobody else touches it.
    unsafe { at.write(7) };
}

#[test]
fn flushed_ranges_cover_what_was_given_out_and_what_was_written() {
    let rig = Rig::new(Profile::arm_noncoherent());
    for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
        transient.begin_frame().unwrap();
        let pieces = [100, 1, 5000, 640].map(|size| transient.allocate(size, 1).unwrap());
        let [first, .., last] = pieces;
        assert_eq!(first.buffer(), last.buffer());
        let given_out = flushed(&rig, || transient.flush().unwrap());
        assert_eq!(given_out.len(), 1);
        assert!(pieces.iter().all(|piece| covers(&given_out[0], piece)), "{given_out:?}");
        transient.write(&last, 0, &[1; 640]).unwrap();
        transient.write(&first, 0, &[1; 100]).unwrap();
        let written = flushed(&rig, || transient.end_frame(RetireAt::Now).unwrap());
        assert_eq!(written.len(), 1);
        assert!(covers(&written[0], &first) && covers(&written[0], &last), "{written:?}");
    }
    rig.end();
}

#[test]
fn pieces_of_every_block_are_covered() {
    let rig = Rig::new(Profile::arm_noncoherent());
    for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
        transient.begin_frame().unwrap();
        let pieces = [BLOCK / 2, BLOCK, 3 * BLOCK + 5, BLOCK / 4]
            .map(|size| transient.allocate(size, 1).unwrap());
        let flushes = flushed(&rig, || transient.end_frame(RetireAt::Now).unwrap());
        for piece in pieces {
            assert!(flushes.iter().any(|flush| covers(flush, &piece)), "{piece:?}: {flushes:?}");
        }
    }
    rig.end();
}

#[test]
fn writing_something_flushes_the_whole_piece() {
    let rig = Rig::new(Profile::arm_noncoherent());
    for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
        transient.begin_frame().unwrap();
        transient.allocate(64, 1).unwrap();
        let piece = transient.allocate(4096, 1).unwrap();
        let untouched = transient.allocate(4096, 1).unwrap();
        transient.flush().unwrap();
        for bytes in [&[1][..], &[]] {
            poke(&piece, 4095);
            transient.write(&piece, 0, bytes).unwrap();
            let flushes = flushed(&rig, || transient.flush().unwrap());
            assert_eq!(flushes.len(), 1);
            assert!(covers(&flushes[0], &piece), "{flushes:?}");
            assert!(!covers(&flushes[0], &untouched), "no more than that");
        }
        transient.end_frame(RetireAt::Now).unwrap();
    }
    rig.end();
}

#[test]
fn memory_with_atoms_of_one_byte_is_flushed() {
    let mut profile = Profile::arm_noncoherent();
    profile.limits.non_coherent_atom_size = 1;
    let rig = Rig::new(profile);
    for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
        transient.begin_frame().unwrap();
        let piece = transient.push(&[1; 100], 1).unwrap();
        let flushes = flushed(&rig, || transient.end_frame(RetireAt::Now).unwrap());
        assert_eq!(flushes.len(), 1);
        assert!(covers(&flushes[0], &piece), "{flushes:?}");
    }
    rig.end();
}
