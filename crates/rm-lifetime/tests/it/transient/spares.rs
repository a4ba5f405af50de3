//! Blocks that nobody uses.

use std::fmt;

use rm_alloc_core::{BufferRequest, Category, ErrorKind, MemoryLocation};
use rm_lifetime::{RetireAt, TransientAllocator, TransientError};
use rm_vksim::Profile;

use super::{BLOCK, all, bump, config, epoch, free_list};
use crate::{rig::Rig, support::strict};

/// A frame that needs so many blocks, and that the device finishes.
fn frame(rig: &Rig, transient: &mut dyn TransientAllocator, blocks: u64) {
    transient.begin_frame().unwrap();
    for _ in 0..blocks {
        transient.allocate(BLOCK, 1).unwrap();
    }
    transient.end_frame(RetireAt::Now).unwrap();
    rig.finish();
}

#[test]
fn blocks_beyond_what_the_last_frames_needed_are_given_back() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config().keep_frames(5)) {
        frame(&rig, &mut *transient, 10);
        frame(&rig, &mut *transient, 1);
        (0..3).for_each(|_| frame(&rig, &mut *transient, 2));
        let held = rig.manager.category_figures(Category::Transient).count;
        assert_eq!(held, 10, "five frames have not passed");
        (0..6).for_each(|_| frame(&rig, &mut *transient, 2));
        rig.drain();
        let held = rig.manager.category_figures(Category::Transient).count;
        assert!((2..=4).contains(&held), "{held} blocks for two a frame");
        assert_eq!(transient.statistics().misses, 10);
        drop(transient);
        rig.finish();
        rig.drain();
    }
    rig.end();
}

#[test]
fn a_block_is_given_back_after_exactly_so_many_frames_without_need_of_it() {
    let rig = Rig::new(Profile::desktop_rebar());
    let held = || {
        rig.drain();
        rig.manager.category_figures(Category::Transient).count
    };
    for (keep, frames) in [(0, 1), (1, 1), (2, 2), (7, 7)] {
        for mut transient in all(&rig, &config().keep_frames(keep)) {
            frame(&rig, &mut *transient, 2);
            for passed in 0..frames {
                frame(&rig, &mut *transient, 1);
                assert_eq!(held(), 2, "{passed} of {keep}");
            }
            frame(&rig, &mut *transient, 1);
            assert_eq!(held(), 1, "{keep}");
            (0..10).for_each(|_| frame(&rig, &mut *transient, 1));
            assert_eq!(transient.statistics().misses, 2, "what every frame needs stays");
            drop(transient);
            assert_eq!(held(), 0);
        }
    }
    rig.end();
}

#[test]
fn trimming_takes_what_the_device_has_finished_since() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (mut one, mut two) = (bump(&rig, &config()), epoch(&rig, &config()));
    let mut three = free_list(&rig, &config());
    for transient in [&mut one as &mut dyn TransientAllocator, &mut two, &mut three] {
        frame(&rig, transient, 2);
        assert_eq!(
            (transient.statistics().in_flight.count, transient.statistics().spares.count),
            (2, 0)
        );
    }
    assert_eq!((one.trim(BLOCK), two.trim(0), three.trim(0)), (BLOCK, 2 * BLOCK, 2 * BLOCK));
    rig.drain();
    assert_eq!(rig.manager.stats().used, BLOCK);
    drop((one, two, three));
    rig.end();
}

#[test]
fn trimming_takes_spares_and_never_what_is_in_flight() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (mut one, mut two) = (bump(&rig, &config()), epoch(&rig, &config()));
    let mut three = free_list(&rig, &config());
    frame(&rig, &mut one, 4);
    frame(&rig, &mut two, 4);
    frame(&rig, &mut three, 4);
    let flying: Vec<_> = [&mut one as &mut dyn TransientAllocator, &mut two, &mut three]
        .into_iter()
        .map(|transient| {
            transient.begin_frame().unwrap();
            let slice = transient.allocate(BLOCK, 1).unwrap();
            rig.sim.mark_in_use(slice.buffer());
            transient.end_frame(RetireAt::Now).unwrap();
            slice
        })
        .collect();
    assert_eq!(one.trim(2 * BLOCK), BLOCK);
    assert_eq!((one.trim(0), two.trim(0), three.trim(0)), (2 * BLOCK, 3 * BLOCK, 3 * BLOCK));
    assert_eq!(one.trim(0), 0);
    rig.drain();
    assert_eq!(rig.manager.stats().used, 3 * BLOCK, "what is in flight");
    flying.iter().for_each(|slice| rig.sim.release_use(slice.buffer()));
    drop((one, two, three));
    rig.end();
}

#[test]
fn spares_make_room_for_what_is_refused_otherwise() {
    let rig = Rig::with(Profile::desktop_rebar(), strict(6 * BLOCK));
    let config = config().location(MemoryLocation::DeviceLocal);
    for mut transient in all(&rig, &config) {
        frame(&rig, &mut *transient, 4);
        transient.begin_frame().unwrap();
        let live = transient.allocate(BLOCK, 1).unwrap();
        rig.sim.mark_in_use(live.buffer());
        let request = BufferRequest::new(5 * BLOCK, config.usage);
        let buffer = rig.manager.allocate_buffer(&request).unwrap();
        assert_eq!(transient.statistics().spares.count, 0, "all three had to go");
        assert_eq!(transient.statistics().live.count, 1);
        let refused = transient.allocate(BLOCK, 1).unwrap_err();
        let TransientError::Allocation(error) = refused else { panic!("{refused}") };
        assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
        assert!(error.to_string().contains("frame"), "the label: {error}");
        rig.sim.release_use(live.buffer());
        // SAFETY: the device never used it.
        unsafe { rig.manager.free_buffer(buffer) };
        drop(transient);
        rig.finish();
        rig.drain();
    }
    rig.end();
}

#[test]
fn finished_blocks_serve_before_more_memory_is_asked_for() {
    for index in 0..3 {
        let rig = Rig::with(Profile::desktop_rebar(), strict(3 * BLOCK));
        let config = config().location(MemoryLocation::DeviceLocal);
        let mut transient = all(&rig, &config).into_iter().nth(index).unwrap();
        transient.begin_frame().unwrap();
        for _ in 0..2 {
            transient.allocate(BLOCK, 1).unwrap();
        }
        transient.end_frame(RetireAt::Now).unwrap();
        let value = rig.timeline.submit();
        transient.begin_frame().unwrap();
        transient.allocate(BLOCK, 1).unwrap();
        transient.allocate(BLOCK, 1).unwrap_err();
        rig.timeline.complete(value);
        for _ in 0..2 {
            transient.allocate(BLOCK, 1).unwrap();
        }
        assert_eq!((transient.statistics().hits, transient.statistics().misses), (2, 3), "{index}");
        drop(transient);
        rig.end();
    }
}

#[test]
fn spares_of_another_heap_are_left_alone() {
    let rig = Rig::new(Profile::desktop_bar256());
    let here = |location| config().location(location);
    // Whoever came first is asked first.
    let far = all(&rig, &here(MemoryLocation::HostVisible));
    let near = all(&rig, &here(MemoryLocation::DeviceLocal));
    for (mut near, mut far) in near.into_iter().zip(far) {
        frame(&rig, &mut *near, 2);
        frame(&rig, &mut *far, 2);
        near.begin_frame().unwrap();
        far.begin_frame().unwrap();
        let spares = || (near.statistics().spares.count, far.statistics().spares.count);
        assert_eq!(spares(), (2, 2));
        rig.sim.limit_heap(0, Some(rig.sim.heap_usage(0)));
        let request = BufferRequest::new(BLOCK, config().usage);
        let made = rig.manager.allocate_buffer(&request).unwrap();
        assert_eq!(spares(), (1, 2), "one of the heap that is short");
        rig.sim.limit_heap(0, None);
        // SAFETY: the device never used it.
        unsafe { rig.manager.free_buffer(made) };
        drop((near, far));
        rig.drain();
    }
    rig.end();
}

#[test]
fn whoever_shows_an_allocator_may_ask_it() {
    struct Nosy<'a>(&'a dyn TransientAllocator);
    impl fmt::Write for Nosy<'_> {
        fn write_str(&mut self, _: &str) -> fmt::Result {
            assert_eq!(self.0.statistics().spares.count, 2);
            Ok(())
        }
    }
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        frame(&rig, &mut *transient, 2);
        transient.begin_frame().unwrap();
        fmt::Write::write_fmt(&mut Nosy(&*transient), format_args!("{transient:?}")).unwrap();
    }
    rig.end();
}

#[test]
fn spares_serve_requests_of_their_own_size_only() {
    let rig = Rig::new(Profile::desktop_rebar());
    for mut transient in all(&rig, &config()) {
        let mut frame = |sizes: &[u64]| {
            transient.begin_frame().unwrap();
            let slices: Vec<_> =
                sizes.iter().map(|size| transient.allocate(*size, 1).unwrap().buffer()).collect();
            transient.end_frame(RetireAt::Now).unwrap();
            rig.finish();
            (slices, transient.statistics().misses)
        };
        let (huge, _) = frame(&[9 * BLOCK]);
        let (others, misses) = frame(&[BLOCK, 3 * BLOCK]);
        assert!(!others.contains(&huge[0]), "it is far too large for either");
        assert_eq!(misses, 3);
        let (again, misses) = frame(&[8 * BLOCK, 3 * BLOCK - 7, BLOCK / 2]);
        assert_eq!((again, misses), (vec![huge[0], others[1], others[0]], 3));
        drop(transient);
        rig.finish();
    }
    rig.end();
}
