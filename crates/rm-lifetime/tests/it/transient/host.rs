//! What the host writes, and who may.

use rm_alloc_core::MemoryLocation;
use rm_lifetime::{
    BumpTransient, EpochTransient, FreeListTransient, RetireAt, TransientAllocator, TransientError,
    TransientSlice,
};
use rm_vksim::{Call, Profile};

use super::{BLOCK, all, bump, byte, config, epoch, free_list};
use crate::{rig::Rig, support::Bed};

#[test]
fn safe_code_cannot_write_to_what_is_over() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        transient.begin_frame().unwrap();
        let old = transient.push(&[1; 16], 1).unwrap();
        transient.end_frame(RetireAt::Now).unwrap();
        let closed = transient.write(&old, 0, &[2; 16]).unwrap_err();
        assert!(matches!(closed, TransientError::NoFrame | TransientError::UnknownSlice));
        rig.finish();
        transient.begin_frame().unwrap();
        let new = transient.push(&[3; 16], 1).unwrap();
        assert_eq!((new.buffer(), new.offset()), (old.buffer(), old.offset()), "the same space");
        assert_eq!(transient.write(&old, 0, &[4; 16]), Err(TransientError::UnknownSlice));
        assert_eq!(byte(&new, 0), 3);
        drop(transient);
        rig.finish();
    }
    rig.end();
}

#[test]
fn a_slice_of_another_allocator_is_refused() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transients: Vec<_> =
        all(&rig, &config()).into_iter().chain(all(&rig, &config())).collect();
    let slices: Vec<_> = transients
        .iter_mut()
        .map(|transient| {
            transient.begin_frame().unwrap();
            transient.allocate(16, 1).unwrap()
        })
        .collect();
    for (own, transient) in transients.iter_mut().enumerate() {
        for (index, slice) in slices.iter().enumerate() {
            let written = transient.write(slice, 0, &[1; 16]);
            let wanted = if own == index { Ok(()) } else { Err(TransientError::UnknownSlice) };
            assert_eq!(written, wanted, "{own}, {index}");
        }
    }
    drop(transients);
    rig.end();
}

#[test]
fn a_slice_of_an_allocator_that_is_gone_is_refused() {
    // This device gives equal handles to equal buffers, which Vulkan allows, and which drivers do with those destroyed.
    let bed = Bed::counting(1);
    let finish = || {
        bed.complete(0, bed.submit(0));
        bed.drain();
        assert_eq!(bed.charged().0, 0, "it is destroyed");
    };
    let framed = |index: usize| -> Box<dyn TransientAllocator> {
        match index {
            0 => Box::new(BumpTransient::new(&bed.manager, &bed.queue, &config()).unwrap()),
            _ => Box::new(EpochTransient::new(&bed.manager, &bed.queue, &config()).unwrap()),
        }
    };
    for index in 0..2 {
        let [stale, new] = [(); 2].map(|()| {
            let mut transient = framed(index);
            transient.begin_frame().unwrap();
            let slice = transient.push(&[1; 64], 1).unwrap();
            (slice, transient)
        });
        let (stale, old) = stale;
        let (live, mut new) = new;
        assert_eq!(stale.buffer(), live.buffer(), "the handle tells them not apart");
        drop(old);
        assert_eq!(new.write(&stale, 0, &[2; 64]), Err(TransientError::UnknownSlice));
        new.write(&live, 0, &[2; 64]).unwrap();
        drop(new);
        finish();
    }
    let list = || FreeListTransient::new(&bed.manager, &bed.queue, &config()).unwrap();
    let mut old = list();
    let stale = old.hold(64, 1).unwrap();
    drop(old);
    finish();
    let mut new = list();
    let live = new.hold(64, 1).unwrap();
    assert_eq!(stale.buffer(), live.buffer());
    assert_eq!(new.write(&stale, 0, &[1]), Err(TransientError::UnknownSlice));
    assert_eq!(new.release(stale, RetireAt::Now), Err(TransientError::UnknownSlice));
    assert_eq!(new.keep(&stale), Err(TransientError::UnknownSlice));
    new.release(live, RetireAt::Now).unwrap();
    drop(new);
    finish();
}

#[test]
fn writes_stay_within_their_slice() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        transient.begin_frame().unwrap();
        let slice = transient.allocate(16, 1).unwrap();
        transient.allocate(16, 1).unwrap();
        transient.write(&slice, 15, &[1]).unwrap();
        transient.write(&slice, 16, &[]).unwrap();
        for offset in [1, 16, 17, u64::MAX] {
            let error = TransientError::OutOfBounds { offset, length: 16, size: 16 };
            assert_eq!(transient.write(&slice, offset, &[0; 16]), Err(error));
        }
    }
    rig.end();
}

#[test]
fn memory_that_is_not_mapped_is_not_written_and_not_lost() {
    let rig = Rig::new(Profile::desktop_bar256());
    for mut transient in all(&rig, &config().location(MemoryLocation::DeviceLocal)) {
        transient.begin_frame().unwrap();
        let first = transient.allocate(64, 1).unwrap();
        assert_eq!(first.mapped(), None);
        assert_eq!(transient.write(&first, 0, &[1]), Err(TransientError::NotMapped));
        assert_eq!(transient.push(&[1; 64], 1), Err(TransientError::NotMapped));
        assert_eq!(transient.allocate(64, 1).unwrap().offset(), 64, "nothing was taken for it");
        let live = transient.statistics().live;
        let huge = vec![1; usize::try_from(5 * BLOCK).unwrap()];
        assert_eq!(transient.push(&huge, 1), Err(TransientError::NotMapped));
        assert_eq!(transient.statistics().live, live, "nor a block of its own");
        transient.end_frame(RetireAt::Now).unwrap();
    }
    rig.end();
}

#[test]
fn the_end_of_a_frame_flushes_each_block_once_where_memory_is_not_coherent() {
    let flushes = |rig: &Rig| rig.sim.counts().of(Call::FlushMappedMemoryRanges);
    for (profile, coherent) in [(Profile::arm_noncoherent(), false), (Profile::h200(), true)] {
        let rig = Rig::new(profile);
        for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
            transient.begin_frame().unwrap();
            let pieces: Vec<_> =
                (0..250_u8).map(|byte| transient.push(&[byte; 600], 1).unwrap()).collect();
            let blocks = transient.statistics().live.count;
            assert_eq!((flushes(&rig), blocks), (0, 3), "none before the end");
            transient.end_frame(RetireAt::Now).unwrap();
            assert_eq!(flushes(&rig), if coherent { 0 } else { blocks });
            for (piece, written) in pieces.iter().zip(0..) {
                assert_eq!([byte(piece, 0), byte(piece, 599)], [written; 2]);
            }
            rig.sim.reset_counts();
            transient.begin_frame().unwrap();
            transient.end_frame(RetireAt::Now).unwrap();
            assert_eq!(flushes(&rig), 0, "nothing was written");
            drop(transient);
            rig.finish();
            rig.sim.reset_counts();
        }
        rig.end();
    }
}

#[test]
fn what_is_written_through_pointers_is_flushed_as_well() {
    let rig = Rig::new(Profile::arm_noncoherent());
    for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
        rig.sim.reset_counts();
        transient.begin_frame().unwrap();
        for size in [100, 5 * BLOCK] {
            let slice = transient.allocate(size, 1).unwrap();
            // SAFETY: the last byte of a live piece, which nobody else touches.
            let last = unsafe { slice.mapped().unwrap().add(usize::try_from(size - 1).unwrap()) };
            // SAFETY: as above.
            unsafe { last.write(1) };
        }
        transient.end_frame(RetireAt::Now).unwrap();
        assert_eq!(rig.sim.counts().of(Call::FlushMappedMemoryRanges), 2, "one a block");
    }
    rig.end();
}

#[test]
fn a_flush_in_between_leaves_only_what_came_after_it() {
    let flushes = |rig: &Rig| rig.sim.counts().of(Call::FlushMappedMemoryRanges);
    let rig = Rig::new(Profile::arm_noncoherent());
    for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
        rig.sim.reset_counts();
        transient.begin_frame().unwrap();
        let first = transient.push(&[1; 64], 1).unwrap();
        transient.flush().unwrap();
        transient.flush().unwrap();
        assert_eq!(flushes(&rig), 1, "once is enough");
        transient.write(&first, 0, &[2; 64]).unwrap();
        transient.flush().unwrap();
        assert_eq!(flushes(&rig), 2);
        transient.end_frame(RetireAt::Now).unwrap();
        assert_eq!(flushes(&rig), 2);
    }
    rig.end();
}

#[test]
fn pieces_of_memory_that_is_not_coherent_never_share_an_atom() {
    let rig = Rig::new(Profile::arm_noncoherent());
    for mut transient in all(&rig, &config().location(MemoryLocation::HostCached)) {
        transient.begin_frame().unwrap();
        let offsets = [(); 3].map(|()| transient.allocate(1, 1).unwrap().offset());
        assert_eq!(offsets, [0, 64, 128]);
    }
    rig.end();
}

#[test]
fn allocators_and_slices_cross_threads() {
    fn sendable<T: Send>() {}
    fn shareable<T: Send + Sync>() {}
    sendable::<Box<dyn TransientAllocator>>();
    shareable::<TransientSlice>();
    let rig = Rig::new(Profile::desktop_rebar());
    let (mut one, mut two, mut three) =
        (bump(&rig, &config()), epoch(&rig, &config()), free_list(&rig, &config()));
    std::thread::scope(|scope| {
        let work = |transient: &mut dyn TransientAllocator| {
            for _ in 0..100 {
                // All frames end at once here: there is nothing on any timeline that they wait for.
                transient.begin_frame().unwrap();
                transient.push(&[1; 1000], 16).unwrap();
                transient.end_frame(rig.at(0)).unwrap();
            }
        };
        scope.spawn(move || work(&mut one));
        scope.spawn(move || work(&mut two));
        scope.spawn(move || work(&mut three));
    });
    rig.end();
}
