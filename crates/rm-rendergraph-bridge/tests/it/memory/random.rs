//! Frames at random, with calls that fail, releases and pauses: what a frame is given is always what was planned.

use ash::vk::{self, BufferUsageFlags, PipelineStageFlags2};
use rm_alloc_core::BufferRequest;
use rm_lifetime::SharedImage;
use rm_rendergraph_bridge::{
    Access, FramePlanner, GraphDescription, GraphFrame, GraphMemory, GraphMemoryConfig,
    PlanSettings, ResourceId,
};

use super::bytes;
use crate::{
    bed::Random,
    rig::{Chain, Rig, square},
};

/// A frame of a few images, now and then with buffers among them, and a history.
fn describe(random: &mut Random) -> (Chain, ResourceId) {
    const SIDES: [u32; 4] = [32, 64, 128, 256];
    let sides: Vec<u32> = (0..1 + random.index(6)).map(|_| SIDES[random.index(4)]).collect();
    let mut chain = Chain::new(&sides);
    for _ in 0..random.index(3) {
        let size = 1 << (10 + random.below(8));
        let buffer =
            chain.graph.buffer(&BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER));
        let pass = chain.passes[random.index(sides.len())];
        let touch = Access::storage_write(PipelineStageFlags2::FRAGMENT_SHADER);
        chain.graph.access(pass, buffer, touch);
    }
    for _ in 0..random.index(3) {
        let alone = chain.graph.image(&square(16).dedicated());
        chain.graph.access(chain.passes[0], alone, Access::COLOR_ATTACHMENT);
    }
    let history = chain.graph.image(&square(16).label("history"));
    chain.graph.persistent(history);
    chain.graph.access(chain.passes[0], history, Access::COLOR_ATTACHMENT);
    (chain, history)
}

/// Objects differ, and lie where the plan says.
fn look(graph: &GraphDescription, frame: &GraphFrame<'_>) {
    let mut starts = vec![None; frame.plan().groups().len()];
    let mut seen = Vec::new();
    for it in graph.resources() {
        let (handle, memory, offset) = match (frame.image(it), frame.buffer(it)) {
            (Some(image), None) => {
                (vk::Handle::as_raw(image.raw()), image.device_memory(), image.memory_offset())
            }
            (None, Some(buffer)) => {
                (vk::Handle::as_raw(buffer.raw()), buffer.device_memory(), buffer.memory_offset())
            }
            other => panic!("{it:?} is {other:?}"),
        };
        assert!(
            !seen.contains(&(frame.image(it).is_some(), handle)),
            "{it:?} has another's object"
        );
        seen.push((frame.image(it).is_some(), handle));
        if let Some(Ok(placed)) = frame.plan().place(it) {
            let start = (memory, offset - placed.offset);
            assert_eq!(*starts[placed.group].get_or_insert(start), start, "{it:?} of one block");
            assert!(placed.offset + placed.size <= frame.plan().groups()[placed.group].size);
        }
    }
}

#[test]
fn whatever_happens_every_frame_has_what_was_planned() {
    for seed in 1..=60 {
        let random = &mut Random(0x9e37_79b9_7f4a_7c15 ^ seed);
        let rig = Rig::new(Default::default());
        let config = GraphMemoryConfig::new()
            .keep_frames(u32::try_from(random.below(5)).unwrap())
            .keep_arrangements(random.index(4));
        let mut memory = GraphMemory::new(&rig.factory, config);
        let variants: Vec<_> = (0..4).map(|_| describe(random)).collect();
        let mut last: Option<(usize, SharedImage)> = None;
        for _ in 0..80 {
            let which = random.index(4);
            let (chain, history) = &variants[which];
            if random.below(8) == 0 {
                let nth = 1 + random.below(12);
                rig.sim.fail_call_number(nth, vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
            }
            match memory.update(&chain.graph) {
                Ok(frame) => {
                    look(&chain.graph, &frame);
                    let now = frame.image(*history).unwrap();
                    if let Some((before, old)) = &last {
                        assert!(old.is_same(now), "seed {seed}: a history is gone");
                        let same = variants[*before].0.graph == chain.graph;
                        assert!(same || frame.switch().is_some(), "seed {seed}: nobody is told");
                    }
                    last = Some((which, now.clone()));
                }
                Err(_) => assert_eq!(memory.frame().is_some(), last.is_some()),
            }
            rig.sim.clear_faults();
            if random.below(3) == 0 {
                rig.finish();
            }
            if random.below(30) == 0 {
                memory.release();
                last = None;
                assert!(memory.frame().is_none() && memory.block_bytes() == 0);
            }
        }
        // What is not needed any more goes, down to what a fresh plan takes.
        let (chain, _) = &variants[0];
        for _ in 0..20 {
            memory.update(&chain.graph).unwrap();
            rig.finish();
        }
        let settings = PlanSettings::of(rig.manager.context());
        let needs: Vec<_> =
            chain.graph.resources().map(|it| requirements(&rig, chain, it)).collect();
        let fresh = FramePlanner::new().plan(&chain.graph, &needs, &settings).unwrap();
        assert_eq!(memory.block_bytes(), fresh.report().planned, "seed {seed}");
        assert!(fresh.report().planned <= 8 * bytes(256));
        drop((last, memory));
        rig.end();
    }
}

fn requirements(rig: &Rig, chain: &Chain, it: ResourceId) -> rm_alloc_core::Requirements {
    use rm_rendergraph_bridge::Described;
    match chain.graph.resource(it).unwrap() {
        Described::Buffer(buffer) => rig.manager.buffer_requirements(&buffer).unwrap(),
        Described::Image(image) => rig.manager.image_requirements(&image).unwrap(),
        _ => panic!("nothing here is external"),
    }
}
