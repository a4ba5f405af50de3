//! Whatever the driver refuses in the middle of a stream, nothing is left behind.

use std::collections::BTreeSet;

use ash::vk;
use resource_management::alloc::AllocatorStats;
use rm_headless::{
    calls::{self, Call},
    testing,
};
use rm_vksim::Profile;

use super::Stream;
use crate::{
    budget::Budget,
    error::DemoError,
    options::Options,
    platform::{Platform, Real, Simulated},
    scene::Scene,
};

/// Enough for resources to leave as well.
const FRAMES_BEFORE: usize = 40;

/// Within so many frames there are both meshes and textures.
const FRAMES_AFTER: usize = 20;

/// Streams until everything is under way, lets `calls` fail until a frame does, and ends the stream.
fn nothing_is_left_when_these_fail(calls: &[Call]) {
    testing::with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let budget = Budget::new(&context, &Options::default()).unwrap();
        // SAFETY: the context is one of this device, whose queue nobody else uses.
        let mut stream = unsafe { Stream::new(&Real::new(device), &budget) }.unwrap();
        let mut scene = Scene::new();
        for _ in 0..FRAMES_BEFORE {
            stream.frame(&scene.next_frame(), false).unwrap();
        }
        assert!(stream.tally().bytes_out > 0, "nothing has left yet");
        for call in calls {
            // One a memory type, as a shortage in one leads to the next.
            for _ in 0..vk::MAX_MEMORY_TYPES {
                calls::fail_next(*call, vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
            }
        }
        let mut frames = (0..FRAMES_AFTER).map(|_| stream.frame(&scene.next_frame(), false));
        let refused = frames.any(|frame| frame.is_err());
        calls::reset();
        stream.close();
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
        let mut stream = unsafe { Stream::new(&Real::new(device), &budget) }.unwrap();
        stream.close();
        assert_eq!(context.blocks().made, 0);
    });
}

/// Wherever a strict budget ends: at the buffers of either slot, at scratch memory, or at the first mesh.
#[test]
fn nothing_is_left_when_the_budget_has_no_room() {
    let mut refused = BTreeSet::new();
    for mebibytes in 1..19 {
        // Its only heap is the device's and the host's.
        let platform = Simulated::new(Profile::builtin("lavapipe-25").unwrap()).unwrap();
        let options = Options { budget: mebibytes << 20, strict: true, ..Options::default() };
        let budget = Budget::new(&platform.context().unwrap(), &options).unwrap();
        // SAFETY: the context is one of this platform, which has no queue.
        let mut stream = unsafe { Stream::new(&platform, &budget) }.unwrap();
        let error = stream.frame(&Scene::new().next_frame(), false).unwrap_err();
        stream.close();
        let DemoError::BudgetTooSmall { label, .. } = error else { panic!("got {error:?}") };
        refused.insert(label);
        let stats = budget.manager().stats();
        assert_eq!((stats.allocations, stats.aliases, stats.staging_used), (0, 0, 0));
        drop((stream, budget));
        assert_eq!(Box::new(platform).end(), Vec::<String>::new(), "{mebibytes} MiB");
    }
    let labels: Vec<_> = refused.iter().map(String::as_str).collect();
    assert_eq!(labels, ["mesh 0 vertices", "read-back", "scratch memory", "staging"]);
}
