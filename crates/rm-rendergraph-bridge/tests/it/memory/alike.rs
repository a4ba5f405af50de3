//! Resources that are described alike, and what tells them apart from frame to frame.

use rm_lifetime::SharedImage;
use rm_rendergraph_bridge::{Access, GraphMemory, GraphMemoryConfig, ResourceId};

use crate::rig::{Chain, Rig, square};

/// A frame that also draws to so many images of the same description, which are persistent or have memory of their own.
fn frame(sides: &[u32], alike: usize, persistent: bool) -> (Chain, Vec<ResourceId>) {
    let mut chain = Chain::new(sides);
    let ids = (0..alike).map(|_| {
        let image = chain.graph.image(&square(32).dedicated());
        if persistent {
            chain.graph.persistent(image);
        }
        chain.graph.access(chain.passes[0], image, Access::COLOR_ATTACHMENT);
        image
    });
    let ids = ids.collect();
    (chain, ids)
}

fn update(memory: &mut GraphMemory, (chain, ids): &(Chain, Vec<ResourceId>)) -> Vec<SharedImage> {
    let frame = memory.update(&chain.graph).unwrap();
    ids.iter().map(|it| frame.image(*it).unwrap().clone()).collect()
}

/// Arrangements share objects, so that one object may be found in several of them.
#[test]
fn two_resources_of_a_frame_never_have_one_object() {
    for persistent in [false, true] {
        let rig = Rig::new(Default::default());
        let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
        let one = update(&mut memory, &frame(&[64, 64], 1, persistent));
        let same = update(&mut memory, &frame(&[64, 64, 32], 1, persistent));
        assert!(one[0].is_same(&same[0]));
        let two = update(&mut memory, &frame(&[64, 32, 32], 2, persistent));
        assert!(!two[0].is_same(&two[1]), "both are written in one pass");
        drop((one, same, two, memory));
        rig.end();
    }
}

/// Another image in front of them is no reason for two histories to change places.
#[test]
fn persistent_resources_alike_keep_their_order() {
    let rig = Rig::new(Default::default());
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let before = update(&mut memory, &frame(&[64], 2, true));
    let after = update(&mut memory, &frame(&[64, 64], 2, true));
    assert!(before.iter().zip(&after).all(|(old, new)| old.is_same(new)));
    drop((before, after, memory));
    rig.end();
}

/// What is kept of a history is not drawn over by a frame that has another use for an image like it.
#[test]
fn a_transient_resource_never_has_the_object_of_a_persistent_one() {
    let rig = Rig::new(Default::default());
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let history = update(&mut memory, &frame(&[64], 1, true));
    let scratch = update(&mut memory, &frame(&[64], 1, false));
    assert!(!history[0].is_same(&scratch[0]));
    let again = update(&mut memory, &frame(&[64], 1, true));
    assert!(history[0].is_same(&again[0]));
    drop((history, scratch, again, memory));
    rig.end();
}
