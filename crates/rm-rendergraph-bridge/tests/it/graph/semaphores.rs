//! What a semaphore has to stop.

use ash::vk::{BufferUsageFlags, PipelineStageFlags2 as S, QueueFlags};
use rm_alloc_core::{BufferRequest, Requirements};
use rm_rendergraph_bridge::{Access, FramePlanner, GraphDescription, PlanSettings};

/// Where one semaphore serves a later pass of its queue as well, it has to stop the stages of that one, too.
#[test]
fn a_semaphore_stops_the_stages_of_all_passes_that_rely_on_it() {
    let mut graph = GraphDescription::new();
    let main = graph.queue("main", QueueFlags::GRAPHICS | QueueFlags::COMPUTE);
    let side = graph.queue("side", QueueFlags::COMPUTE);
    let usage = BufferUsageFlags::STORAGE_BUFFER | BufferUsageFlags::TRANSFER_DST;
    let request = BufferRequest::new(1 << 20, usage);
    let (computed, copied) = (graph.buffer(&request), graph.buffer(&request));
    let compute = graph.pass(side, "compute");
    graph.access(compute, computed, Access::storage_write(S::COMPUTE_SHADER));
    let copy = graph.pass(side, "copy");
    graph.access(copy, copied, Access::COPY_TARGET_BUFFER);
    let last = graph.pass(main, "last");
    graph.wait(last, copy);
    for buffer in [computed, copied] {
        graph.access(last, buffer, Access::storage_read(S::FRAGMENT_SHADER));
    }
    let requirements = [Requirements::new(1 << 20, 256, 1); 2];
    let plan = FramePlanner::new().plan(&graph, &requirements, &PlanSettings::new(1)).unwrap();
    let [pair] = plan.semaphores() else { panic!("{:?}", plan.semaphores()) };
    assert_eq!((pair.before, pair.after, pair.wraps), (last, compute, true));
    assert_eq!(pair.stages, S::COMPUTE_SHADER | S::ALL_TRANSFER, "the copy relies on it");
    for pass in [compute, copy] {
        assert!(plan.barriers(pass).memory.is_empty(), "nothing else orders it");
    }
}
