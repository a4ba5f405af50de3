//! Pieces that come back one by one.

use rm_alloc_core::MemoryLocation;
use rm_lifetime::{RetireAt, TransientAllocator, TransientError};
use rm_vksim::Profile;

use super::{BLOCK, config, free_list};
use crate::rig::Rig;

#[test]
fn a_released_piece_is_used_again_only_after_its_point() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transient = free_list(&rig, &config());
    let [first, second] = [(); 2].map(|()| transient.hold(BLOCK / 2, 1).unwrap());
    assert_eq!(first.buffer(), second.buffer());
    transient.release(first, rig.at(2)).unwrap();
    rig.finish();
    let elsewhere = transient.hold(BLOCK / 2, 1).unwrap();
    assert_ne!(elsewhere.buffer(), first.buffer(), "the device is at 1");
    let filler = transient.hold(BLOCK / 2, 1).unwrap();
    rig.finish();
    let again = transient.hold(BLOCK / 2, 1).unwrap();
    assert_eq!((again.buffer(), again.offset()), (first.buffer(), first.offset()));
    assert_eq!(filler.buffer(), elsewhere.buffer());
    drop(transient);
    rig.end();
}

#[test]
fn pieces_come_back_in_any_order_and_neighbours_merge() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transient = free_list(&rig, &config());
    // One that stays keeps the block.
    let rest = transient.hold(BLOCK / 2, 1).unwrap();
    let pieces = [(); 4].map(|()| transient.hold(BLOCK / 8, 1).unwrap());
    for index in [2, 0, 3, 1] {
        transient.release(pieces[index], RetireAt::Now).unwrap();
    }
    rig.finish();
    let whole = transient.hold(BLOCK / 2, 1).unwrap();
    assert_eq!((whole.buffer(), whole.offset()), (rest.buffer(), BLOCK / 2));
    assert_eq!(transient.statistics().misses, 1);
    drop(transient);
    rig.end();
}

#[test]
fn a_piece_is_released_once_and_by_its_owner() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (mut own, mut other) = (free_list(&rig, &config()), free_list(&rig, &config()));
    let slice = own.hold(BLOCK, 1).unwrap();
    other.hold(100, 1).unwrap();
    assert_eq!(other.release(slice, RetireAt::Now), Err(TransientError::UnknownSlice));
    assert_eq!(other.keep(&slice), Err(TransientError::UnknownSlice));
    own.release(slice, RetireAt::Now).unwrap();
    let before = own.statistics();
    assert_eq!(own.release(slice, RetireAt::Now), Err(TransientError::UnknownSlice));
    assert_eq!(own.write(&slice, 0, &[1]), Err(TransientError::UnknownSlice));
    assert_eq!(own.statistics(), before);
    rig.finish();
    let again = own.hold(BLOCK, 1).unwrap();
    assert_eq!((again.buffer(), again.offset()), (slice.buffer(), slice.offset()));
    let stale = own.release(slice, RetireAt::Now);
    assert_eq!(stale, Err(TransientError::UnknownSlice), "the same space, another piece");
    own.release(again, RetireAt::Now).unwrap();
    drop((own, other));
    rig.end();
}

#[test]
fn pieces_end_with_their_frame_unless_they_are_kept() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transient = free_list(&rig, &config());
    transient.begin_frame().unwrap();
    let [gone, released, kept] = [(); 3].map(|()| transient.allocate(100, 1).unwrap());
    let held = transient.hold(100, 1).unwrap();
    transient.keep(&kept).unwrap();
    transient.release(released, RetireAt::Now).unwrap();
    transient.end_frame(RetireAt::Now).unwrap();
    for over in [gone, released] {
        assert_eq!(transient.write(&over, 0, &[1]), Err(TransientError::UnknownSlice));
        assert_eq!(transient.release(over, RetireAt::Now), Err(TransientError::UnknownSlice));
    }
    rig.finish();
    transient.begin_frame().unwrap();
    let again = transient.allocate(200, 1).unwrap();
    assert_eq!(again.offset(), 0, "both of them, merged");
    for live in [kept, held] {
        transient.write(&live, 0, &[1]).unwrap();
        transient.release(live, RetireAt::Now).unwrap();
    }
    transient.end_frame(RetireAt::Now).unwrap();
    assert_eq!(transient.statistics().in_flight.count, 1);
    rig.finish();
    transient.begin_frame().unwrap();
    let statistics = transient.statistics();
    assert_eq!((statistics.in_flight.count, statistics.spares.count), (0, 1), "nothing is in it");
    drop(transient);
    rig.end();
}

#[test]
fn a_block_serves_whatever_fits_whole_atoms_included() {
    let rig = Rig::new(Profile::arm_noncoherent());
    let config = config().location(MemoryLocation::HostCached);
    let mut transient = free_list(&rig, &config);
    for size in [BLOCK, BLOCK - 1, BLOCK + 1, 3 * BLOCK + 7] {
        let slice = transient.hold(size, 1).unwrap();
        transient.write(&slice, size - 1, &[1]).unwrap();
        transient.release(slice, RetireAt::Now).unwrap();
        rig.finish();
    }
    transient.flush().unwrap();
    let before = transient.statistics().misses;
    let slices = [(); 4].map(|()| transient.hold(BLOCK / 4, 1).unwrap());
    assert!(slices.iter().all(|slice| slice.buffer() == slices[0].buffer()));
    assert_eq!(transient.statistics().misses, before);
    drop(transient);
    rig.end();
}
