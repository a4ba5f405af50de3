//! What a frame costs that is described as before, and one that is not.
//!
//! On the counting-only simulated device, in one process, in short alternating rounds.
//! `cargo bench -p rm-rendergraph-bridge --bench frame` prints the medians.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks, and fails loudly")]

use std::{hint::black_box, sync::Arc, time::Instant};

use ash::vk::{Format, ImageUsageFlags, PipelineStageFlags2, QueueFlags};
use rm_alloc_core::{BudgetConfig, DeviceBudgetManager, ImageRequest, MemoryFeatures};
use rm_alloc_direct::DirectAllocator;
use rm_headless::simulated;
use rm_lifetime::{DeferredDestructionQueue, SharedResourceFactory};
use rm_rendergraph_bridge::{
    Access, FramePlanner, GraphDescription, GraphMemory, GraphMemoryConfig, PlanSettings,
};
use rm_vksim::{Profile, SimDevice};

const IMAGES: u32 = 150;
const ROUNDS: usize = 401;

fn factory() -> (SharedResourceFactory, DeferredDestructionQueue) {
    let sim = SimDevice::counting(Profile::desktop_rebar()).unwrap();
    let (context, _) = simulated::context_with(sim, MemoryFeatures::MAINTENANCE4);
    let allocator = Arc::new(DirectAllocator::new(&context));
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let queue = DeferredDestructionQueue::new(&manager);
    (SharedResourceFactory::new(&manager, &queue), queue)
}

/// A chain of passes, each of which draws an image and reads up to three of the ten before; `width` is of the last one.
fn describe(graph: &mut GraphDescription, width: u32) {
    graph.clear();
    let queue = graph.queue("main", QueueFlags::GRAPHICS);
    let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
    let mut last = Vec::with_capacity(IMAGES as usize);
    for index in 0..IMAGES {
        let width = if index + 1 == IMAGES { width } else { 64 << (index % 6) };
        let request = ImageRequest::new_2d(Format::R16G16B16A16_SFLOAT, width, 512, usage);
        last.push(graph.image(&request.label("an image of the frame")));
        let pass = graph.pass(queue, "a pass of the frame");
        graph.access(pass, last[index as usize], Access::COLOR_ATTACHMENT);
        for back in [1, 4, 9] {
            if let Some(read) = (index as usize).checked_sub(back + (index % 3) as usize) {
                let sampled = Access::sampled(PipelineStageFlags2::FRAGMENT_SHADER);
                graph.access(pass, last[read], sampled);
            }
        }
    }
}

fn time(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e9
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let (factory, queue) = factory();
    let mut memory = GraphMemory::new(&factory, GraphMemoryConfig::new());
    let mut graph = GraphDescription::new();
    describe(&mut graph, 512);
    let report = memory.update(&graph).unwrap().report();
    let requirements: Vec<_> =
        graph.resources().map(|_| rm_alloc_core::Requirements::new(4 << 20, 64 << 10, 1)).collect();
    let settings = PlanSettings::new(1);

    let (mut unchanged, mut described, mut planned, mut replanned) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        unchanged.push(time(|| {
            black_box(memory.update(black_box(&graph)).unwrap().generation());
        }));
        described.push(time(|| describe(black_box(&mut graph), 512)));
        if round % 10 == 0 {
            planned.push(time(|| {
                black_box(FramePlanner::new().plan(&graph, &requirements, &settings).unwrap());
            }));
            let width = 256 + u32::try_from(round).unwrap();
            describe(&mut graph, width);
            replanned.push(time(|| {
                black_box(memory.update(&graph).unwrap().generation());
            }));
            describe(&mut graph, 512);
            memory.update(&graph).unwrap();
            queue.drain(rm_lifetime::DrainLimit::default());
        }
    }
    let images = f64::from(IMAGES);
    println!("{report}");
    println!("unchanged frame     {:8.2} ns a resource", median(unchanged) / images);
    println!("describing it       {:8.2} ns a resource", median(described) / images);
    println!("planning it anew    {:8.1} us a frame", median(planned) / 1e3);
    println!("one image changed   {:8.1} us a frame", median(replanned) / 1e3);
}
