//! Frames at the edge: with nothing in them, with the least in them, and with hand-overs that can be told by heart.

use ash::vk::{AccessFlags2, BufferUsageFlags, Format, ImageLayout, ImageUsageFlags, QueueFlags};
use ash::vk::{ImageCreateFlags, PipelineStageFlags2 as Stage};
use rm_alloc_core::{BufferRequest, ImageRequest, MemoryLocation, Requirements};
use rm_rendergraph_bridge::{
    Access, Exclusion, FramePlan, FramePlanner, GraphDescription, MemoryBarrier, PassId,
    PlanSettings, QueueId, ResourceId,
};

const COMPUTE: Stage = Stage::COMPUTE_SHADER;

fn plan(graph: &GraphDescription) -> FramePlan {
    let needs = vec![Requirements::new(256, 256, 1); graph.resource_count()];
    FramePlanner::new().plan(graph, &needs, &PlanSettings::new(1)).unwrap()
}

fn queue(graph: &mut GraphDescription) -> QueueId {
    graph.queue("main", QueueFlags::GRAPHICS | QueueFlags::COMPUTE)
}

fn buffer(graph: &mut GraphDescription) -> ResourceId {
    graph.buffer(&BufferRequest::new(256, BufferUsageFlags::STORAGE_BUFFER))
}

fn pass(
    graph: &mut GraphDescription,
    queue: QueueId,
    resource: ResourceId,
    access: Access,
) -> PassId {
    let pass = graph.pass(queue, "pass");
    graph.access(pass, resource, access);
    pass
}

#[test]
fn a_frame_that_does_nothing_has_a_plan() {
    let mut graph = GraphDescription::new();
    assert!(plan(&graph).groups().is_empty());
    let unused = buffer(&mut graph);
    assert_eq!(plan(&graph).place(unused), Some(Err(Exclusion::Unused)), "without a queue");
    let main = queue(&mut graph);
    let idle = graph.pass(main, "idle");
    let plan = plan(&graph);
    assert!(plan.groups().is_empty() && plan.semaphores().is_empty());
    assert!(plan.barriers(idle).memory.is_empty() && plan.barriers(idle).images.is_empty());
    let mut other = GraphDescription::new();
    let strange = [(); 3].map(|()| buffer(&mut other))[2];
    assert_eq!(plan.place(strange), None, "there is no such resource");
}

#[test]
fn a_resource_alone_waits_for_itself_in_the_last_frame() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let only = buffer(&mut graph);
    let write = pass(&mut graph, main, only, Access::storage_write(COMPUTE));
    let read = pass(&mut graph, main, only, Access::storage_read(Stage::FRAGMENT_SHADER));
    let plan = plan(&graph);
    let barrier = MemoryBarrier {
        src_stages: Stage::FRAGMENT_SHADER,
        src_access: AccessFlags2::NONE,
        dst_stages: COMPUTE,
        dst_access: AccessFlags2::SHADER_STORAGE_WRITE,
    };
    assert_eq!(plan.barriers(write).memory, [barrier]);
    assert!(plan.barriers(read).memory.is_empty());
}

#[test]
fn a_hand_over_names_stages_and_writes_of_the_last_owner() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let (first, second) = (buffer(&mut graph), buffer(&mut graph));
    pass(&mut graph, main, first, Access::storage_write(COMPUTE));
    let next = pass(&mut graph, main, second, Access::storage_write(Stage::FRAGMENT_SHADER));
    let plan = plan(&graph);
    assert_eq!(plan.groups()[0].size, 256, "they share their bytes");
    let barrier = MemoryBarrier {
        src_stages: COMPUTE,
        src_access: AccessFlags2::SHADER_STORAGE_WRITE,
        dst_stages: Stage::FRAGMENT_SHADER,
        dst_access: AccessFlags2::SHADER_STORAGE_WRITE,
    };
    assert_eq!(plan.barriers(next).memory, [barrier]);
}

#[test]
fn passes_on_two_queues_share_where_they_wait_and_not_elsewhere() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let side = graph.queue("side", QueueFlags::COMPUTE);
    let (first, second) = (buffer(&mut graph), buffer(&mut graph));
    let one = pass(&mut graph, main, first, Access::storage_write(COMPUTE));
    let other = pass(&mut graph, side, second, Access::storage_write(COMPUTE));
    assert_eq!(plan(&graph).groups()[0].size, 512, "they run at the same time");
    graph.wait(other, one);
    let plan = plan(&graph);
    assert_eq!(plan.groups()[0].size, 256);
    let pairs: Vec<_> =
        plan.semaphores().iter().map(|it| (it.before, it.after, it.wraps, it.described)).collect();
    assert_eq!(pairs.len(), 2, "{pairs:?}");
    assert!(pairs.contains(&(one, other, false, true)), "{pairs:?}");
    assert!(pairs.contains(&(other, one, true, false)), "{pairs:?}");
}

#[test]
fn a_semaphore_makes_everybody_wait_who_relies_on_it() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let side = graph.queue("side", QueueFlags::COMPUTE);
    let large = buffer(&mut graph);
    let (low, high) = (buffer(&mut graph), buffer(&mut graph));
    let first = pass(&mut graph, main, low, Access::storage_write(Stage::VERTEX_SHADER));
    let second = pass(&mut graph, main, high, Access::storage_write(Stage::FRAGMENT_SHADER));
    // Both live to the end of the queue, so that they lie side by side.
    graph.access(second, low, Access::storage_read(Stage::FRAGMENT_SHADER));
    let last = pass(&mut graph, side, large, Access::storage_write(COMPUTE));
    graph.wait(last, second);
    let needs = [512, 256, 256].map(|size| Requirements::new(size, 256, 1));
    let plan = FramePlanner::new().plan(&graph, &needs, &PlanSettings::new(1)).unwrap();
    let wraps: Vec<_> = plan.semaphores().iter().filter(|it| it.wraps).collect();
    assert_eq!(wraps.len(), 1, "the first wait is enough");
    assert_eq!((wraps[0].before, wraps[0].after), (last, first));
    assert!(wraps[0].stages.contains(Stage::VERTEX_SHADER | Stage::FRAGMENT_SHADER));
}

#[test]
fn a_pass_named_twice_or_waited_for_twice_is_one() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let side = graph.queue("side", QueueFlags::COMPUTE);
    let shared = buffer(&mut graph);
    let write = pass(&mut graph, main, shared, Access::storage_write(COMPUTE));
    graph.access(write, shared, Access::storage_write(COMPUTE));
    graph.access(write, shared, Access::storage_read(Stage::VERTEX_SHADER));
    let read = pass(&mut graph, side, shared, Access::storage_read(COMPUTE));
    (0..3).for_each(|_| graph.wait(read, write));
    let plan = plan(&graph);
    assert_eq!(plan.semaphores().len(), 1, "{:?}", plan.semaphores());
    assert_eq!(plan.semaphores()[0].stages, COMPUTE | Stage::VERTEX_SHADER);
}

#[test]
fn what_shares_with_nobody_says_why() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let touched = |graph: &mut GraphDescription, resource, access| {
        pass(graph, main, resource, access);
        resource
    };
    let storage = BufferRequest::new(256, BufferUsageFlags::STORAGE_BUFFER);
    let write = Access::storage_write(COMPUTE);
    let image = |usage| ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 8, 8, usage);
    let attachment = image(ImageUsageFlags::COLOR_ATTACHMENT);
    let transient =
        image(ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::TRANSIENT_ATTACHMENT);
    let protected = attachment.clone().flags(ImageCreateFlags::PROTECTED);
    let sparse = attachment.clone().flags(ImageCreateFlags::SPARSE_BINDING);
    let mut expected = Vec::new();
    for (request, why) in [
        (storage.clone().location(MemoryLocation::HostVisible), Exclusion::HostVisible),
        (BufferRequest { dedicated: true, ..storage.clone() }, Exclusion::Dedicated),
    ] {
        let resource = graph.buffer(&request);
        expected.push((touched(&mut graph, resource, write), why));
    }
    for (request, why) in [
        (transient, Exclusion::LazilyAllocated),
        (protected, Exclusion::Protected),
        (sparse, Exclusion::Sparse),
    ] {
        let resource = graph.image(&request);
        expected.push((touched(&mut graph, resource, Access::COLOR_ATTACHMENT), why));
    }
    let resource = graph.external_buffer("swapchain");
    expected.push((touched(&mut graph, resource, write), Exclusion::External));
    let resource = buffer(&mut graph);
    graph.persistent(resource);
    let read = Access::storage_read(COMPUTE);
    expected.push((touched(&mut graph, resource, read), Exclusion::Persistent));
    let needs = vec![Requirements::new(256, 256, 1); graph.resource_count()];
    let settings = PlanSettings { lazy_types: 1, ..PlanSettings::new(1) };
    let plan = FramePlanner::new().plan(&graph, &needs, &settings).unwrap();
    for (resource, why) in &expected {
        assert_eq!(plan.place(*resource), Some(Err(*why)));
    }
    assert_eq!(plan.report().excluded, expected);
    assert_eq!((plan.report().planned, plan.report().resources), (0, 0));
}

#[test]
fn an_image_begins_to_live_where_it_is_touched_first() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let usage = ImageUsageFlags::COLOR_ATTACHMENT | ImageUsageFlags::SAMPLED;
    let image = graph.image(&ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 8, 8, usage));
    let draw = pass(&mut graph, main, image, Access::COLOR_ATTACHMENT);
    let read = pass(&mut graph, main, image, Access::sampled(COMPUTE));
    let plan = plan(&graph);
    let begins = plan.barriers(draw).images;
    assert_eq!((begins.len(), begins[0].image), (1, image));
    assert_eq!(begins[0].layout, ImageLayout::COLOR_ATTACHMENT_OPTIMAL);
    assert!(plan.barriers(read).images.is_empty(), "later transitions are the engine's");
    let memory = plan.barriers(draw).memory;
    assert_eq!((memory[0].src_stages, memory[0].dst_access), (COMPUTE, AccessFlags2::NONE));
}

#[test]
fn resources_without_a_memory_type_in_common_are_apart() {
    let mut graph = GraphDescription::new();
    let main = queue(&mut graph);
    let resources = [0b01, 0b10, 0b11].map(|bits| (buffer(&mut graph), bits));
    for (resource, _) in resources {
        pass(&mut graph, main, resource, Access::storage_write(COMPUTE));
    }
    let needs = resources.map(|(_, bits)| Requirements::new(256, 1, bits));
    let plan = FramePlanner::new().plan(&graph, &needs, &PlanSettings::new(1)).unwrap();
    assert_eq!(plan.groups().len(), 2);
    assert_eq!(plan.report().planned, 512);
}
