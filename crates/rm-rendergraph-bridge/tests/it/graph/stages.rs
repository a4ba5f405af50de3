//! Stages that stand for several.

use ash::vk::{AccessFlags2, BufferUsageFlags, PipelineStageFlags2 as S, QueueFlags};
use rm_alloc_core::{BufferRequest, Requirements};
use rm_rendergraph_bridge::{Access, FramePlanner, GraphDescription, PlanSettings};

/// Acceleration structures are copied by a stage that is one of all transfers, and is neither of the other four.
#[test]
fn copies_blits_resolves_and_clears_are_not_all_transfers() {
    let mut graph = GraphDescription::new();
    let queue = graph.queue("main", QueueFlags::GRAPHICS | QueueFlags::COMPUTE);
    let usage = BufferUsageFlags::STORAGE_BUFFER | BufferUsageFlags::TRANSFER_SRC;
    let buffer = |graph: &mut GraphDescription, size| {
        let buffer = graph.buffer(&BufferRequest::new(size, usage));
        let fill = graph.pass(queue, "fill");
        graph.access(fill, buffer, Access::storage_write(S::COMPUTE_SHADER));
        (buffer, fill)
    };
    let (first, _) = buffer(&mut graph, 256);
    let (second, _) = buffer(&mut graph, 256);
    for (from, stages) in
        [(first, S::ALL_TRANSFER), (second, S::COPY | S::BLIT | S::RESOLVE | S::CLEAR)]
    {
        let copy = graph.pass(queue, "copy");
        graph.access(copy, from, Access::new(stages, AccessFlags2::TRANSFER_READ));
    }
    let (_, fill) = buffer(&mut graph, 512);
    let requirements = [256, 256, 512].map(|size| Requirements::new(size, 256, 1));
    let plan = FramePlanner::new().plan(&graph, &requirements, &PlanSettings::new(1)).unwrap();
    assert_eq!(plan.report().planned, 512, "the third lies where the others were");
    let barriers = plan.barriers(fill).memory;
    assert!(barriers.iter().any(|it| it.src_stages.contains(S::ALL_TRANSFER)), "{barriers:?}");
}
