//! Planned frames made real: what is charged, kept, grown, shrunk and given back.

mod alike;
mod keeping;
mod random;
mod real;
mod refusals;

use ash::vk::{BufferUsageFlags, ImageCreateFlags, ImageUsageFlags, PipelineStageFlags2};
use rm_alloc_core::{BufferRequest, Category, MemoryLocation, Tag};
use rm_headless::heap::allocations_of;
use rm_rendergraph_bridge::{
    Access, BudgetBridge, Exclusion, GraphMemory, GraphMemoryConfig, ResourceId,
};

use rm_vksim::Profile;

use crate::rig::{Chain, Rig, square};

/// Bytes of a square of so many texels a side.
fn bytes(side: u64) -> u64 {
    4 * side * side
}

#[test]
fn the_bytes_of_a_frame_appear_once_as_transient_and_return() {
    let rig = Rig::new(Default::default());
    let chain = Chain::new(&[512, 256, 512, 256]);
    let config = GraphMemoryConfig::new().tag(Tag(7));
    let mut memory = BudgetBridge::new(&rig.manager).graph_memory(&rig.queue, config);
    let frame = memory.update(&chain.graph).unwrap();
    let report = frame.report();
    assert_eq!(report.unaliased, 2 * bytes(512) + 2 * bytes(256));
    assert_eq!(report.planned, bytes(512) + bytes(256), "two live at a time");
    assert_eq!(report.planned, report.lower_bound);
    assert_eq!(rig.used(), (report.planned, report.planned));
    assert_eq!(rig.manager.tag_figures(Tag(7)).used(), report.planned);
    assert_eq!(rig.manager.category_figures(Category::Image).used(), 0);
    assert_eq!(rig.manager.aliased_allocation_count(), 4);
    assert_eq!(memory.block_bytes(), report.planned);
    memory.release();
    assert_eq!(memory.block_bytes(), 0);
    assert_ne!(rig.used().0, 0, "the device may still use it");
    rig.finish();
    assert_eq!(rig.used(), (0, 0));
    memory.update(&chain.graph).unwrap();
    drop(memory);
    rig.end();
}

#[test]
fn an_unchanged_frame_costs_no_driver_call_and_no_heap_allocation() {
    let rig = Rig::new(Default::default());
    let sides = [512, 64, 256, 128, 512];
    let mut chain = Chain::new(&sides);
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let first = memory.update(&chain.graph).unwrap().generation();
    let calls = rig.sim.counts().total();
    let heap = allocations_of(|| {
        for _ in 0..1000 {
            chain.describe(&sides);
            let frame = memory.update(&chain.graph).unwrap();
            assert_eq!((frame.generation(), frame.switch()), (first, None));
            assert!(frame.image(chain.images[4]).is_some());
            assert!(!frame.barriers(chain.passes[2]).images.is_empty());
        }
    });
    assert_eq!((heap, rig.sim.counts().total() - calls), (0, 0));
    drop(memory);
    rig.end();
}

#[test]
fn without_aliasing_every_resource_has_bytes_of_its_own() {
    let rig = Rig::new(Default::default());
    let chain = Chain::new(&[256, 256, 256]);
    let config = GraphMemoryConfig::new().aliasing(false);
    let mut memory = GraphMemory::new(&rig.factory, config);
    let frame = memory.update(&chain.graph).unwrap();
    assert_eq!(frame.report().planned, 3 * bytes(256));
    let mut offsets: Vec<u64> =
        chain.images.iter().map(|it| frame.image(*it).unwrap().memory_offset()).collect();
    offsets.sort_unstable();
    assert_eq!(offsets, [0, bytes(256), 2 * bytes(256)]);
    drop(memory);
    rig.end();
}

#[test]
fn what_shares_with_nothing_has_memory_of_its_own() {
    let rig = Rig::new(Default::default());
    let mut chain = Chain::new(&[256, 256]);
    let (graph, pass) = (&mut chain.graph, chain.passes[1]);
    let history = graph.image(&square(128).label("history"));
    graph.persistent(history);
    let dedicated = graph.image(&square(64).dedicated().label("dedicated"));
    let readback = BufferRequest::new(4096, BufferUsageFlags::TRANSFER_DST).label("read back");
    let readback = graph.buffer(&readback.location(MemoryLocation::HostCached));
    let mut on_tile = square(32).label("on tile");
    on_tile.usage = ImageUsageFlags::TRANSIENT_ATTACHMENT | ImageUsageFlags::COLOR_ATTACHMENT;
    let on_tile = graph.image(&on_tile);
    let unused = graph.image(&square(16).label("unused"));
    let mut sparse = square(2048).label("sparse");
    sparse.flags = ImageCreateFlags::SPARSE_BINDING | ImageCreateFlags::SPARSE_RESIDENCY;
    let sparse = graph.image(&sparse);
    let swapchain = graph.external_image("swapchain");
    graph.access(pass, history, Access::sampled(PipelineStageFlags2::FRAGMENT_SHADER));
    for image in [dedicated, on_tile, sparse, swapchain] {
        graph.access(pass, image, Access::COLOR_ATTACHMENT);
    }
    graph.access(pass, readback, Access::COPY_TARGET_BUFFER);

    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let frame = memory.update(&chain.graph).unwrap();
    let why = |resource: ResourceId| frame.plan().place(resource).unwrap().unwrap_err();
    assert_eq!(why(history), Exclusion::Persistent);
    assert_eq!(why(dedicated), Exclusion::Dedicated);
    assert_eq!(why(readback), Exclusion::HostVisible);
    assert!(frame.plan().place(on_tile).unwrap().is_ok(), "no memory of this device is lazy");
    assert_eq!(why(unused), Exclusion::Unused);
    assert_eq!(why(sparse), Exclusion::Sparse);
    assert_eq!(why(swapchain), Exclusion::External);
    let report = frame.report();
    assert_eq!(report.excluded.len(), 6);
    let named = report.named(&chain.graph).to_string();
    assert!(named.contains("\n  `history` outlives the frame\n"), "{named}");
    assert!(frame.buffer(readback).is_some_and(|buffer| buffer.mapped().is_some()));
    assert!(frame.image(history).is_some_and(|image| !image.is_aliased()));
    assert!([unused, sparse, swapchain].iter().all(|it| frame.image(*it).is_none()));
    assert!(frame.image(readback).is_none() && frame.buffer(history).is_none());
    let planned = frame.report().planned;
    let (all, transient) = rig.used();
    assert!(transient == planned && all > planned, "each has its own account");
    drop(memory);
    rig.end();
}

#[test]
fn attachments_that_never_leave_the_tile_have_no_bytes_to_share() {
    let rig = Rig::on(Profile::tiler_lazy(), Default::default());
    let mut chain = Chain::new(&[256, 256]);
    let mut on_tile = square(128).label("on tile");
    on_tile.usage = ImageUsageFlags::TRANSIENT_ATTACHMENT | ImageUsageFlags::COLOR_ATTACHMENT;
    let on_tile = chain.graph.image(&on_tile);
    chain.graph.access(chain.passes[0], on_tile, Access::COLOR_ATTACHMENT);
    let mut memory = GraphMemory::new(&rig.factory, GraphMemoryConfig::new());
    let frame = memory.update(&chain.graph).unwrap();
    assert_eq!(frame.plan().place(on_tile), Some(Err(Exclusion::LazilyAllocated)));
    assert!(frame.image(on_tile).is_some_and(|image| !image.is_aliased()));
    drop(memory);
    rig.end();
}
