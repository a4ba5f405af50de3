//! Resources that share bytes with nothing but themselves, in the frame before.

use ash::vk::{AccessFlags2, PipelineStageFlags2 as S, QueueFlags};
use rm_alloc_core::Requirements;
use rm_rendergraph_bridge::{
    Access, Exclusion, FramePlanner, GraphDescription, MemoryBarrier, PlanSettings,
};

use crate::rig::square;

/// Whether a driver wants memory of its own for an image changes nothing of what its passes are to be told.
#[test]
fn an_image_with_memory_of_its_own_begins_like_every_other() {
    let mut graph = GraphDescription::new();
    let queue = graph.queue("main", QueueFlags::GRAPHICS);
    let image = graph.image(&square(64));
    let draw = graph.pass(queue, "draw");
    graph.access(draw, image, Access::COLOR_ATTACHMENT);
    let read = graph.pass(queue, "read");
    graph.access(read, image, Access::sampled(S::FRAGMENT_SHADER));

    let shared = Requirements::new(1 << 20, 256, 1);
    let mut alone = shared;
    alone.requires_dedicated = true;
    let plan = |needs| {
        let settings = PlanSettings::new(1);
        FramePlanner::new().plan(&graph, &[needs], &settings).unwrap()
    };
    let (shared, alone) = (plan(shared), plan(alone));
    assert_eq!(alone.place(image), Some(Err(Exclusion::Dedicated)));
    let barrier = MemoryBarrier {
        src_stages: S::FRAGMENT_SHADER,
        src_access: AccessFlags2::NONE,
        dst_stages: S::COLOR_ATTACHMENT_OUTPUT,
        dst_access: AccessFlags2::NONE,
    };
    assert_eq!(shared.barriers(draw).memory, [barrier], "the frame before may still read it");
    assert_eq!(alone.barriers(draw), shared.barriers(draw));
    assert_eq!(alone.barriers(draw).images.len(), 1);
}

/// What outlives the frame is never discarded.
#[test]
fn a_persistent_image_is_left_to_the_engine() {
    let mut graph = GraphDescription::new();
    let queue = graph.queue("main", QueueFlags::GRAPHICS);
    let image = graph.image(&square(64));
    graph.persistent(image);
    let draw = graph.pass(queue, "draw");
    graph.access(draw, image, Access::COLOR_ATTACHMENT);
    let needs = Requirements::new(1 << 20, 256, 1);
    let plan = FramePlanner::new().plan(&graph, &[needs], &PlanSettings::new(1)).unwrap();
    assert_eq!(plan.barriers(draw), Default::default());
}
