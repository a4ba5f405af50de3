//! Whatever the driver refuses in the middle of a stream, nothing is left behind.

use std::{collections::BTreeSet, sync::Arc};

use ash::vk;
use resource_management::alloc::{AllocatorStats, DeviceContext};
use rm_headless::{
    HeadlessOptions,
    calls::{self, Call},
    testing,
};
use rm_vksim::{Profile, Rule};

use super::Stream;
use crate::{
    budget::Budget,
    error::DemoError,
    options::Options,
    platform::{Platform, Real, Simulated},
    sabotage::Sabotage,
    scene::Scene,
};

/// Enough for resources to leave as well.
const FRAMES_BEFORE: usize = 40;

/// Often enough for a program to be replaced in any test.
const RELOAD_EVERY: u32 = 3;

/// Within so many frames there are both meshes and textures.
const FRAMES_AFTER: usize = 20;

/// Streams until everything is under way, lets `calls` fail until a frame does, and ends the stream.
fn nothing_is_left_when_these_fail(calls: &[Call]) {
    testing::with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let budget = Budget::new(&context, &Options::default()).unwrap();
        // SAFETY: the context is one of this device, whose queue nobody else uses.
        let mut stream = unsafe { Stream::new(&Real::new(device), &budget, RELOAD_EVERY) }.unwrap();
        let mut scene = Scene::new();
        for _ in 0..FRAMES_BEFORE {
            stream.frame(&scene.next_frame(), Sabotage::default()).unwrap();
        }
        assert!(stream.tally().bytes_out > 0, "nothing has left yet");
        for call in calls {
            // One a memory type, as a shortage in one leads to the next.
            for _ in 0..vk::MAX_MEMORY_TYPES {
                calls::fail_next(*call, vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
            }
        }
        let mut frames =
            (0..FRAMES_AFTER).map(|_| stream.frame(&scene.next_frame(), Sabotage::default()));
        let refused = frames.any(|frame| frame.is_err());
        calls::reset();
        stream.close().unwrap();
        assert!(refused, "{calls:?} failed, and no frame did");
        assert_eq!(context.blocks().count, 0);
        assert_eq!(budget.manager().allocator_stats(), AllocatorStats::default());
        let stats = budget.manager().stats();
        assert_eq!((stats.used, stats.staging_used), (0, 0));
        assert_eq!((stats.allocations, stats.aliases), (0, 0));
    });
}

#[test]
fn nothing_is_left_when_memory_is_refused() {
    nothing_is_left_when_these_fail(&[Call::AllocateMemory]);
}

#[test]
fn nothing_is_left_when_a_buffer_is_refused() {
    nothing_is_left_when_these_fail(&[Call::CreateBuffer]);
}

#[test]
fn nothing_is_left_when_an_image_is_refused() {
    nothing_is_left_when_these_fail(&[Call::CreateImage]);
}

#[test]
fn nothing_is_left_when_binding_is_refused() {
    nothing_is_left_when_these_fail(&[Call::BindBufferMemory, Call::BindBufferMemory2]);
    nothing_is_left_when_these_fail(&[Call::BindImageMemory, Call::BindImageMemory2]);
}

#[test]
fn a_stream_without_a_frame_closes() {
    testing::with_device(|device, context| {
        let budget = Budget::new(context, &Options::default()).unwrap();
        // SAFETY: the context is one of this device, whose queue nobody else uses.
        let mut stream = unsafe { Stream::new(&Real::new(device), &budget, RELOAD_EVERY) }.unwrap();
        stream.close().unwrap();
        assert_eq!(context.blocks().made, 0);
    });
}

/// One frame under a strict budget of so many bytes, which may be refused; whatever comes of it, nothing is left.
fn refused_label(budget: u64) -> Option<String> {
    // Its only heap is the device's and the host's.
    let platform = Simulated::new(Profile::builtin("lavapipe-25").unwrap()).unwrap();
    let options = Options { budget, strict: true, ..Options::default() };
    let budget = Budget::new(&platform.context().unwrap(), &options).unwrap();
    // SAFETY: the context is one of this platform, which has no queue.
    let mut stream = unsafe { Stream::new(&platform, &budget, RELOAD_EVERY) }.unwrap();
    let played = stream.frame(&Scene::new().next_frame(), Sabotage::default());
    stream.close().unwrap();
    let stats = budget.manager().stats();
    assert_eq!((stats.allocations, stats.aliases, stats.staging_used), (0, 0, 0));
    drop((stream, budget));
    assert_eq!(Box::new(platform).end(), Vec::<String>::new());
    match played {
        Err(DemoError::BudgetTooSmall { label, .. }) => Some(label),
        Err(error) => panic!("got {error:?}"),
        Ok(_) => None,
    }
}

/// Wherever a strict budget ends: at the buffers of either slot, at scratch memory, at what the passes need, or at the first mesh.
#[test]
fn nothing_is_left_when_the_budget_has_no_room() {
    let budgets = (1..18).map(|mebibytes| mebibytes << 20);
    let mut budgets = budgets.chain((18 << 20..32 << 20).step_by(4 << 10));
    let mut refused = BTreeSet::new();
    while let Some(label) = budgets.next().and_then(refused_label) {
        refused.insert(label);
    }
    assert!(budgets.next().is_some_and(|budget| budget < 20 << 20), "{refused:?}");
    // Not the buffers of the passes, which take the room of a spare block if they have to.
    let expected = [
        "staging",
        "read-back",
        "scratch memory",
        "transient block",
        "lookup texture",
        "code of program 0",
        "mesh 0 vertices",
    ];
    let missing: Vec<_> = expected.iter().filter(|label| !refused.contains(**label)).collect();
    assert!(missing.is_empty(), "never {missing:?} among {refused:?}");
}

/// Plays a stream from its begin to its end, with a program every other frame.
fn every_byte_comes_back(platform: &dyn Platform, context: &Arc<DeviceContext>) {
    let budget = Budget::new(context, &Options::default()).unwrap();
    // SAFETY: the context is one of this platform, whose queue nobody else uses.
    let mut stream = unsafe { Stream::new(platform, &budget, 2) }.unwrap();
    let mut scene = Scene::new();
    for _ in 0..FRAMES_BEFORE {
        stream.frame(&scene.next_frame(), Sabotage::default()).unwrap();
    }
    while !stream.is_empty() {
        stream.ebb().unwrap();
    }
    stream.settle().unwrap();
    stream.close().unwrap();
    let tally = stream.tally();
    assert_eq!((tally.bytes_in, tally.mismatches.len()), (tally.bytes_out, 0));
    assert!(tally.passes.reloads >= FRAMES_BEFORE as u64 / 2 - 1);
    assert_eq!(budget.manager().stats().allocations, 0);
}

#[test]
fn a_device_without_timeline_semaphores_counts_by_fences() {
    testing::with_device(|device, context| {
        every_byte_comes_back(&Real::new(device).without_semaphores(), context);
    });
}

#[test]
fn a_device_of_vulkan_1_1_is_enough() {
    let options = HeadlessOptions::default().api_version(vk::API_VERSION_1_1);
    testing::with_options(&options, |device, context| {
        every_byte_comes_back(&Real::new(device), context);
    });
}

/// A stream on a simulated device with a program in use, and what the oracle finds when `end` has made an end of it.
fn findings(end: impl FnOnce(&mut Stream)) -> Vec<Rule> {
    let platform = Simulated::new(Profile::h200()).unwrap();
    let budget = Budget::new(&platform.context().unwrap(), &Options::default()).unwrap();
    // SAFETY: the context is one of this platform, which has no queue.
    let mut stream = unsafe { Stream::new(&platform, &budget, 0) }.unwrap();
    let mut scene = Scene::new();
    for _ in 0..3 {
        stream.frame(&scene.next_frame(), Sabotage::default()).unwrap();
    }
    end(&mut stream);
    stream.close().unwrap();
    drop((stream, budget));
    let verdict = platform.device().verdict();
    verdict.map_or_else(|it| it.violations.iter().map(|it| it.rule).collect(), |()| Vec::new())
}

#[test]
fn a_program_that_is_freed_while_frames_use_it_is_found_out() {
    let found = findings(|stream| stream.passes.as_mut().unwrap().free_program());
    assert!(!found.is_empty() && found.iter().all(|rule| *rule == Rule::InUse), "{found:?}");
}

#[test]
fn a_program_that_retires_while_frames_use_it_is_nobodys_concern() {
    let found = findings(|stream| {
        drop(stream.passes.take());
        assert!(stream.queue.as_ref().unwrap().statistics().waiting > 0);
    });
    assert_eq!(found, []);
}
