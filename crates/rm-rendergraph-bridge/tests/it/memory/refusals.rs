//! Every call that can fail, failed once: what was there stays, and nothing is left behind.

use ash::vk;
use rm_rendergraph_bridge::{GraphMemory, GraphMemoryConfig, GraphMemoryError};

use crate::rig::{Chain, Rig};

#[test]
fn a_wrong_description_changes_nothing() {
    let rig = Rig::new(Default::default());
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let chain = Chain::new(&[256, 128]);
    let before = memory.update(&chain.graph).unwrap().generation();
    let mut wrong = Chain::new(&[256, 128]);
    wrong.graph.wait(wrong.passes[0], wrong.passes[1]);
    let error = memory.update(&wrong.graph).unwrap_err();
    assert!(matches!(error, GraphMemoryError::Graph(_)), "{error}");
    assert_eq!(memory.update(&chain.graph).unwrap().generation(), before);
    drop(memory);
    rig.end();
}

#[test]
fn whichever_call_fails_the_last_frame_goes_on_and_the_next_one_is_tried_again() {
    let (one, other) = (Chain::new(&[256, 128, 256]), Chain::new(&[512, 128, 512]));
    for nth in 1.. {
        let rig = Rig::new(Default::default());
        let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
        let before = memory.update(&one.graph).unwrap().generation();
        let used = rig.used();
        rig.sim.fail_call_number(nth, vk::Result::ERROR_OUT_OF_HOST_MEMORY);
        let failed = memory.update(&other.graph).map(drop).is_err();
        rig.sim.clear_faults();
        if failed {
            rig.finish();
            assert_eq!(rig.used(), used, "call {nth} left something behind");
            assert_eq!(memory.update(&one.graph).unwrap().generation(), before);
        }
        let frame = memory.update(&other.graph).unwrap();
        assert!(other.images.iter().all(|it| frame.image(*it).is_some()));
        drop(memory);
        rig.end();
        if !failed {
            assert!(nth > 5, "only {nth} calls could fail");
            break;
        }
    }
}
