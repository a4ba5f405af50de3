//! What stays when the frame changes, and when memory grows and shrinks.

use rm_alloc_core::AllocationError;
use rm_headless::heap::allocations_of;
use rm_lifetime::SharedImage;
use rm_rendergraph_bridge::{GraphMemory, GraphMemoryConfig, GraphMemoryError};

use super::bytes;
use crate::rig::{Chain, Rig};

fn images(memory: &mut GraphMemory, chain: &Chain) -> Vec<SharedImage> {
    let frame = memory.update(&chain.graph).unwrap();
    chain.images.iter().map(|it| frame.image(*it).unwrap().clone()).collect()
}

#[test]
fn what_does_not_change_keeps_its_object() {
    let rig = Rig::new(Default::default());
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let before = images(&mut memory, &Chain::new(&[512, 256, 512, 256, 64]));
    let after = images(&mut memory, &Chain::new(&[512, 256, 512, 256, 32]));
    let kept = before.iter().zip(&after).map(|(old, new)| old.is_same(new));
    assert_eq!(kept.collect::<Vec<_>>(), [true, true, true, true, false]);
    drop((before, after, memory));
    rig.end();
}

#[test]
fn a_switch_is_told_once_and_only_when_another_frame_used_the_bytes() {
    let rig = Rig::new(Default::default());
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let (one, other) = (Chain::new(&[512, 256]), Chain::new(&[512, 128]));
    let mut told = |chain: &Chain| memory.update(&chain.graph).unwrap().switch().is_some();
    assert!(!told(&one) && !told(&one), "nobody used them before");
    assert!(told(&other) && !told(&other));
    assert!(told(&one) && !told(&one));
    drop(memory);
    rig.end();
}

#[test]
fn a_switch_of_a_frame_that_was_not_submitted_is_told_again() {
    let rig = Rig::new(Default::default());
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let (one, other) = (Chain::new(&[512, 256]), Chain::new(&[512, 128]));
    memory.update(&one.graph).unwrap();
    for _ in 0..3 {
        assert!(memory.update(&other.graph).unwrap().switch().is_some());
        memory.not_submitted();
    }
    assert!(memory.update(&one.graph).unwrap().switch().is_none(), "the device knows no other");
    drop(memory);
    rig.end();
}

#[test]
fn variants_that_come_and_go_cost_nothing_once_all_were_there() {
    let rig = Rig::new(Default::default());
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let variants =
        [Chain::new(&[512, 256, 128]), Chain::new(&[512, 256]), Chain::new(&[256, 512, 64])];
    for _ in 0..2 {
        variants.iter().for_each(|chain| drop(images(&mut memory, chain)));
    }
    let known: Vec<_> = variants.iter().map(|chain| images(&mut memory, chain)).collect();
    let calls = rig.sim.counts().total();
    let heap = allocations_of(|| {
        for index in 0..300 {
            let frame = memory.update(&variants[index % 3].graph).unwrap();
            assert!(
                frame.image(variants[index % 3].images[1]).unwrap().is_same(&known[index % 3][1])
            );
        }
    });
    assert_eq!((heap, rig.sim.counts().total() - calls), (0, 0));
    drop((known, memory));
    rig.end();
}

#[test]
fn memory_grows_at_once_and_shrinks_when_it_was_too_large_for_long() {
    let rig = Rig::new(Default::default());
    let config = GraphMemoryConfig::new().keep_frames(10);
    let mut memory = GraphMemory::new(&rig.factory, config);
    let (small, large) = (Chain::new(&[128, 128]), Chain::new(&[512, 512]));
    memory.update(&small.graph).unwrap();
    assert_eq!(memory.block_bytes(), 2 * bytes(128));
    memory.update(&large.graph).unwrap();
    assert_eq!(memory.block_bytes(), 2 * bytes(512));
    for frame in 1..10 {
        memory.update(&small.graph).unwrap();
        rig.finish();
        assert_eq!(rig.used().0, 2 * bytes(512), "frame {frame}");
    }
    assert!(memory.update(&small.graph).unwrap().switch().is_some(), "it lies elsewhere now");
    rig.finish();
    assert_eq!((memory.block_bytes(), rig.used().0), (2 * bytes(128), 2 * bytes(128)));
    let calls = rig.sim.counts().total();
    for _ in 0..50 {
        assert_eq!(memory.update(&small.graph).unwrap().switch(), None);
    }
    assert_eq!(rig.sim.counts().total(), calls, "and stays");
    drop(memory);
    rig.end();
}

#[test]
fn memory_that_is_needed_now_and_then_stays() {
    let rig = Rig::new(Default::default());
    let config = GraphMemoryConfig::new().keep_frames(10);
    let mut memory = GraphMemory::new(&rig.factory, config);
    let (small, large) = (Chain::new(&[128, 128]), Chain::new(&[512, 512]));
    for frame in 0..60 {
        let chain = if frame % 8 == 0 { &large } else { &small };
        memory.update(&chain.graph).unwrap();
        rig.finish();
        assert_eq!(rig.used().0, 2 * bytes(512), "frame {frame}");
    }
    drop(memory);
    rig.end();
}

#[test]
fn growth_that_does_not_fit_beside_the_old_memory_is_refused_and_fits_after_a_release() {
    let rig = Rig::strict(2 * bytes(512) + bytes(128));
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let (small, large) = (Chain::new(&[256, 256]), Chain::new(&[512, 512]));
    let before = images(&mut memory, &small);
    let refused: AllocationError = match memory.update(&large.graph).map(|_| ()) {
        Err(GraphMemoryError::Allocation(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(refused.to_string().contains("render graph"), "{refused}");
    let after = images(&mut memory, &small);
    assert!(before.iter().zip(&after).all(|(old, new)| old.is_same(new)), "all is as it was");
    drop((before, after));
    memory.release();
    rig.finish();
    memory.update(&large.graph).unwrap();
    drop(memory);
    rig.end();
}

#[test]
fn what_stays_high_up_does_not_keep_memory_large() {
    let rig = Rig::new(Default::default());
    let config = GraphMemoryConfig::new().keep_frames(5).keep_arrangements(1);
    let mut memory = GraphMemory::new(&rig.factory, config);
    // The third and fourth are the last to be placed; without the first two they could lie lower.
    let mut chain = Chain::new(&[512, 512, 64, 64]);
    memory.update(&chain.graph).unwrap();
    chain.describe(&[64, 64, 64, 64]);
    for _ in 0..20 {
        memory.update(&chain.graph).unwrap();
        rig.finish();
    }
    assert_eq!((memory.block_bytes(), rig.used().0), (2 * bytes(64), 2 * bytes(64)));
    drop(memory);
    rig.end();
}
