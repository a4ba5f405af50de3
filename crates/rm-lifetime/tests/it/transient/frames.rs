//! Space, and when it is used again.

use ash::vk::BufferUsageFlags;
use rm_alloc_core::Category;
use rm_lifetime::{GpuTimeline, RetireAt, TransientAllocator, TransientConfig, TransientError};
use rm_vksim::Profile;

use super::{BLOCK, all, bump, byte as byte_of, config, epoch};
use crate::{rig::Rig, support::KIB};

#[test]
fn space_is_reused_only_after_its_epoch() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        transient.begin_frame().unwrap();
        let first = transient.allocate(BLOCK, 1).unwrap();
        rig.sim.mark_in_use(first.buffer());
        transient.end_frame(RetireAt::Now).unwrap();
        let frame = rig.timeline.submit();

        transient.begin_frame().unwrap();
        let second = transient.allocate(BLOCK, 1).unwrap();
        assert_ne!(first.buffer(), second.buffer(), "the device uses the first");
        transient.end_frame(RetireAt::Now).unwrap();
        rig.timeline.submit();
        assert_eq!(transient.statistics().misses, 2);

        rig.sim.release_use(first.buffer());
        rig.timeline.complete(frame);
        transient.begin_frame().unwrap();
        let third = transient.allocate(BLOCK, 1).unwrap();
        assert_eq!(first.buffer(), third.buffer(), "the device is done with the first");
        assert_eq!((transient.statistics().hits, transient.statistics().misses), (1, 2));
        drop(transient);
        rig.finish();
    }
    rig.end();
}

#[test]
fn overlap_is_bounded_by_the_configured_depth() {
    for depth in 1..=4 {
        let rig = Rig::new(Profile::desktop_rebar());
        let mut transient = epoch(&rig, &config().depth(depth));
        for round in 0..3 {
            for index in 0..depth {
                transient.begin_frame().unwrap();
                assert_eq!((transient.epoch(), transient.depth()), (index, depth));
                transient.allocate(BLOCK, 1).unwrap();
                transient.end_frame(RetireAt::Now).unwrap();
                rig.timeline.submit();
            }
            let before = transient.statistics();
            assert_eq!(before.in_flight.count, u64::from(depth), "round {round}");
            assert_eq!(transient.begin_frame(), Err(TransientError::InFlight { depth }));
            assert_eq!((transient.statistics(), transient.epoch()), (before, depth - 1));
            assert_eq!(transient.allocate(1, 1), Err(TransientError::NoFrame));
            assert_eq!(transient.statistics().misses, u64::from(depth), "round {round}");
            rig.timeline.complete(rig.timeline.upcoming() - 1);
        }
        drop(transient);
        rig.end();
    }
}

#[test]
fn any_number_of_frames_may_be_in_flight_and_end_in_any_order() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut transient = bump(&rig, &config());
    let mut buffers = Vec::new();
    for value in [30, 10, 20] {
        transient.begin_frame().unwrap();
        buffers.push(transient.allocate(BLOCK, 1).unwrap().buffer());
        transient.end_frame(rig.at(value)).unwrap();
    }
    rig.timeline.complete(10);
    transient.begin_frame().unwrap();
    let again = transient.allocate(BLOCK, 1).unwrap();
    assert_eq!(again.buffer(), buffers[1], "the one that is ready, not the oldest");
    let other = transient.allocate(BLOCK, 1).unwrap();
    assert!(!buffers.contains(&other.buffer()), "the others are in flight");
    drop(transient);
    (0..30).for_each(|_| rig.finish());
    rig.end();
}

#[test]
fn a_frame_of_several_submissions_ends_before_the_last_or_with_its_value() {
    for points in [false, true] {
        let rig = Rig::new(Profile::desktop_rebar());
        for mut transient in all(&rig, &config()) {
            transient.begin_frame().unwrap();
            let slice = transient.allocate(BLOCK, 1).unwrap();
            transient.flush().unwrap();
            rig.sim.mark_in_use(slice.buffer());
            let uploads = rig.timeline.submit();
            let at = if points { rig.at(uploads + 1) } else { RetireAt::Now };
            transient.end_frame(at).unwrap();
            let draws = rig.timeline.submit();
            rig.timeline.complete(uploads);
            transient.begin_frame().unwrap();
            let next = transient.allocate(BLOCK, 1).unwrap();
            assert_ne!(next.buffer(), slice.buffer(), "the draws still read it");
            rig.sim.release_use(slice.buffer());
            rig.timeline.complete(draws);
            let again = transient.allocate(BLOCK, 1).unwrap();
            assert_eq!(again.buffer(), slice.buffer(), "the draws are done");
            drop(transient);
            rig.finish();
            rig.drain();
        }
        rig.end();
    }
}

#[test]
fn growth_adds_a_block_and_never_moves_live_pieces() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        transient.begin_frame().unwrap();
        let mut pieces = Vec::new();
        for byte in 0..200_u8 {
            let piece = transient.push(&[byte; 1000], 8).unwrap();
            pieces.push((piece, piece.mapped().unwrap(), byte));
        }
        for (piece, mapped, byte) in &pieces {
            assert_eq!(piece.mapped().unwrap(), *mapped);
            assert_eq!([byte_of(piece, 0), byte_of(piece, 999)], [*byte; 2]);
        }
        let blocks = transient.statistics().live;
        assert_eq!((blocks.count, blocks.bytes), (4, 4 * BLOCK), "65 pieces a block");
        drop(transient);
        rig.finish();
    }
    rig.end();
}

#[test]
fn a_frame_not_closed_is_never_reused() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        transient.begin_frame().unwrap();
        let open = transient.push(&[1; 64], 1).unwrap();
        let before = transient.statistics();
        (0..3).for_each(|_| rig.finish());
        assert_eq!(transient.begin_frame(), Err(TransientError::FrameOpen));
        assert_eq!(transient.statistics(), before);
        transient.write(&open, 0, &[2; 64]).unwrap();
        let next = transient.allocate(64, 1).unwrap();
        assert_eq!((next.buffer(), next.offset()), (open.buffer(), 64), "it goes on");
        rig.sim.mark_in_use(open.buffer());
        drop(transient);
        rig.drain();
        assert!(rig.manager.stats().retiring > 0, "its block waits for what is being recorded");
        rig.sim.release_use(open.buffer());
        rig.finish();
        rig.drain();
    }
    rig.end();
}

#[test]
fn oversize_requests_get_their_own_block() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        for _ in 0..2 {
            transient.begin_frame().unwrap();
            let huge = transient.allocate(5 * BLOCK, 4096).unwrap();
            let small = transient.allocate(100, 4).unwrap();
            let large = transient.allocate(BLOCK + 1, 4096).unwrap();
            let next = transient.allocate(100, 4).unwrap();
            assert_eq!(small.buffer(), next.buffer());
            assert_eq!(next.offset(), 100, "the bump pointer stays where it is");
            assert_ne!(large.buffer(), small.buffer());
            assert_ne!(huge.buffer(), large.buffer());
            assert_eq!((huge.offset(), large.offset()), (0, 0));
            transient.write(&huge, 5 * BLOCK - 1, &[1]).unwrap();
            transient.write(&large, BLOCK, &[1]).unwrap();
            transient.end_frame(RetireAt::Now).unwrap();
            rig.finish();
        }
        assert_eq!(transient.statistics().misses, 3, "they are used again");
        drop(transient);
        rig.finish();
    }
    rig.end();
}

#[test]
fn backing_bytes_go_through_the_manager_and_return_to_zero() {
    for profile in [Profile::desktop_rebar(), Profile::arm_noncoherent(), Profile::integrated()] {
        let rig = Rig::new(profile);
        for mut transient in all(&rig, &config().depth(3)) {
            for _ in 0..2 {
                transient.begin_frame().unwrap();
                for _ in 0..3 {
                    transient.allocate(BLOCK, 1).unwrap();
                }
                transient.end_frame(RetireAt::Now).unwrap();
            }
            transient.begin_frame().unwrap();
            transient.allocate(1, 1).unwrap();
            let figures = rig.manager.category_figures(Category::Transient);
            assert_eq!((figures.reserved, figures.count), (7 * BLOCK, 7));
            drop(transient);
            rig.drain();
            assert_eq!(rig.manager.stats().retiring, 7 * BLOCK, "the device may use all of them");
            rig.finish();
            rig.drain();
            assert_eq!(rig.manager.category_figures(Category::Transient).reserved, 0);
        }
        rig.end();
    }
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        assert_eq!(transient.allocate(1, 1), Err(TransientError::NoFrame));
        assert_eq!(transient.end_frame(RetireAt::Now), Err(TransientError::NoFrame));
        transient.begin_frame().unwrap();
        let first = transient.allocate(10, 1).unwrap();
        let before = (transient.statistics(), rig.manager.stats().used);
        assert_eq!(transient.allocate(0, 1), Err(TransientError::ZeroSize));
        for alignment in [0, 3, u64::MAX] {
            let refused = transient.allocate(1, alignment);
            assert_eq!(refused, Err(TransientError::Alignment { alignment }));
        }
        for size in [u64::MAX, u64::MAX - 63, 1 << 63, 1 << 62] {
            for alignment in [1, 256, 1 << 63] {
                transient.allocate(size, alignment).unwrap_err();
            }
        }
        assert_eq!((transient.statistics(), rig.manager.stats().used), before);
        let next = transient.allocate(10, 1).unwrap();
        assert_eq!((next.buffer(), next.offset()), (first.buffer(), 10));
        drop(transient);
        rig.finish();
    }
    let error = |config: &TransientConfig<'_>| {
        rm_lifetime::EpochTransient::new(&rig.manager, &rig.queue, config).unwrap_err()
    };
    assert!(matches!(error(&config().depth(0)), TransientError::InvalidConfig(_)));
    let empty = TransientConfig::new(0, BufferUsageFlags::VERTEX_BUFFER);
    assert!(matches!(error(&empty), TransientError::InvalidConfig(_)));
    let other = Rig::new(Profile::desktop_rebar());
    let foreign = rm_lifetime::BumpTransient::new(&rig.manager, &other.queue, &config());
    assert!(matches!(foreign.unwrap_err(), TransientError::InvalidConfig(_)));
    other.end();
    rig.end();
}

#[test]
fn alignments_combine_with_what_the_usage_demands() {
    let rig = Rig::new(Profile::desktop_rebar());
    let usages = [
        (BufferUsageFlags::VERTEX_BUFFER, 1),
        (BufferUsageFlags::STORAGE_BUFFER, 64),
        (BufferUsageFlags::UNIFORM_BUFFER | BufferUsageFlags::STORAGE_BUFFER, 256),
        (BufferUsageFlags::STORAGE_TEXEL_BUFFER, 64),
    ];
    for (usage, demanded) in usages {
        for mut transient in all(&rig, &TransientConfig::new(BLOCK, usage)) {
            transient.begin_frame().unwrap();
            transient.allocate(1, 1).unwrap();
            assert_eq!(transient.allocate(1, 1).unwrap().offset(), demanded, "{usage:?}");
            let next = transient.allocate(1, 4 * KIB).unwrap();
            assert_eq!(next.offset(), 4 * KIB, "{usage:?}");
            drop(transient);
        }
    }
    rig.end();
}

#[test]
fn device_addresses_point_at_the_piece() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config().device_address()) {
        transient.begin_frame().unwrap();
        let first = transient.allocate(100, 4).unwrap();
        let second = transient.allocate(100, 4).unwrap();
        let [first, second] = [first, second].map(|slice| slice.device_address().unwrap());
        assert_eq!(second - first, 100);
    }
    for mut transient in all(&rig, &config()) {
        transient.begin_frame().unwrap();
        assert_eq!(transient.allocate(100, 4).unwrap().device_address(), None);
    }
    rig.end();
}
