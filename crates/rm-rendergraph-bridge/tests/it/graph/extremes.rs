//! Descriptions that nobody means are refused or planned, and never bring anything down.

use ash::vk::{
    AccessFlags2, BufferUsageFlags, Format, ImageLayout, ImageUsageFlags, PipelineStageFlags2,
    QueueFlags,
};
use rm_alloc_core::{BufferRequest, ImageRequest, Requirements};
use rm_rendergraph_bridge::{
    Access, FramePlan, FramePlanner, GraphDescription, GraphError, PassId, PlanSettings, QueueId,
    ResourceId,
};

use crate::bed::Random;

fn plan(graph: &GraphDescription, needs: &[Requirements]) -> Result<FramePlan, GraphError> {
    FramePlanner::new().plan(graph, needs, &PlanSettings::new(1))
}

/// Ids of a description with so many of each.
fn ids(many: usize) -> (Vec<QueueId>, Vec<PassId>, Vec<ResourceId>) {
    let mut graph = GraphDescription::new();
    let queues: Vec<_> = (0..many).map(|_| graph.queue("", QueueFlags::GRAPHICS)).collect();
    let passes = (0..many).map(|_| graph.pass(queues[0], "")).collect();
    let resources = (0..many).map(|_| graph.external_buffer("")).collect();
    (queues, passes, resources)
}

#[test]
fn a_frame_of_nothing_is_planned() {
    let mut graph = GraphDescription::new();
    let nothing = plan(&graph, &[]).unwrap();
    assert_eq!((nothing.groups(), nothing.report().planned), (&[][..], 0));
    graph.buffer(&BufferRequest::new(0, BufferUsageFlags::empty()));
    graph.external_image("");
    assert_eq!(plan(&graph, &[]).unwrap().report().excluded.len(), 2);
}

#[test]
fn sizes_that_no_memory_has_are_refused() {
    for size in [0, u64::MAX, u64::MAX / 2 + 1, (1 << 62) - 1] {
        for alignment in [0, 1, 3, 1 << 63] {
            let mut graph = GraphDescription::new();
            let queue = graph.queue("", QueueFlags::COMPUTE);
            let request = BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER);
            let touch = Access::storage_write(PipelineStageFlags2::COMPUTE_SHADER);
            for _ in 0..3 {
                let (pass, buffer) = (graph.pass(queue, ""), graph.buffer(&request));
                graph.access(pass, buffer, touch);
            }
            let answer = plan(&graph, &[Requirements::new(size, alignment, 1); 3]);
            assert!(answer.is_err(), "{size} {alignment}");
        }
    }
}

#[test]
fn as_many_queues_as_passes_are_planned() {
    let mut graph = GraphDescription::new();
    let request = BufferRequest::new(64, BufferUsageFlags::STORAGE_BUFFER);
    let touch = Access::storage_write(PipelineStageFlags2::COMPUTE_SHADER);
    for index in 0..100 {
        let queue = graph.queue("", QueueFlags::COMPUTE);
        let pass = graph.pass(queue, "");
        if let Some(last) = graph.passes().nth(index).filter(|_| index % 3 == 0) {
            graph.wait(last, graph.passes().nth(index / 2).unwrap());
        }
        let buffer = graph.buffer(&request);
        graph.access(pass, buffer, touch);
    }
    // The very first pass was told to wait for itself.
    assert!(matches!(plan(&graph, &[]), Err(GraphError::Cycle { .. })));
}

/// Ids of other descriptions, flags, layouts and sizes at random: an answer, whichever, each time, and figures of it.
#[test]
fn whatever_is_described_gets_an_answer() {
    let (queues, passes, resources) = ids(24);
    let mut random = Random(0x5eed);
    let mut planned = 0;
    for round in 0..20_000 {
        let mut graph = GraphDescription::new();
        let (wild, mut needs) = (random.below(3) == 0, Vec::new());
        let flags = [QueueFlags::GRAPHICS, QueueFlags::COMPUTE, QueueFlags::from_raw(u32::MAX)];
        let width = 1 + random.index(3);
        for at in 0..width {
            graph.queue("a queue", flags[at % 3]);
        }
        let end = if wild { 24 } else { width };
        let count = 1 + random.index(12);
        for _ in 0..count {
            graph.pass(queues[random.index(end)], "\u{1f4a5}");
        }
        let end = if wild { 24 } else { count };
        for _ in 0..random.index(4) {
            graph.wait(passes[random.index(end)], passes[random.index(end)]);
        }
        for at in 0..count {
            let side = 1 << random.below(12);
            let usage = ImageUsageFlags::from_raw(0xff);
            let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, side, side, usage);
            let id = if random.below(2) == 0 {
                graph.image(&image)
            } else {
                graph.buffer(&BufferRequest::new(64, BufferUsageFlags::from_raw(0x1ff)))
            };
            if random.below(5) == 0 {
                graph.persistent(id);
            }
            let size = if wild { random.below(u64::MAX) } else { 1 + random.below(1 << 20) };
            let alignment = if wild { random.below(65) } else { 1 << random.below(9) };
            let bits = u32::try_from(random.below(16)).unwrap();
            needs.push(Requirements::new(size, alignment, bits));
            for later in 0..random.index(4) {
                let access = Access {
                    stages: PipelineStageFlags2::ALL_COMMANDS,
                    access: [AccessFlags2::MEMORY_WRITE, AccessFlags2::MEMORY_READ][later.min(1)],
                    layout: [ImageLayout::UNDEFINED, ImageLayout::GENERAL][random.index(2)],
                };
                let to = if wild { resources[random.index(24)] } else { id };
                graph.access(passes[(at + later).min(end - 1)], to, access);
            }
        }
        if let Ok(plan) = plan(&graph, &needs) {
            planned += 1;
            let report = plan.report();
            assert!(report.planned >= report.lower_bound, "round {round}");
            assert!(!report.named(&graph).to_string().is_empty());
            let all = passes.iter().map(|pass| plan.barriers(*pass).images.len());
            assert!(all.sum::<usize>() <= count, "an image begins once");
            assert_eq!(resources.iter().filter_map(|it| plan.place(*it)).count(), count);
        } else {
            assert!(!plan_error(&graph, &needs).is_empty());
        }
    }
    assert!(planned > 200, "only {planned} were without mistakes");
}

fn plan_error(graph: &GraphDescription, needs: &[Requirements]) -> String {
    plan(graph, needs).unwrap_err().to_string()
}
