//! What a timeline uses is in use until its work is done.

use std::sync::Arc;

use ash::vk;
use rm_vksim::{Profile, Rule, SimDevice, SimTimeline};

fn device() -> Arc<SimDevice> {
    Arc::new(SimDevice::new(Profile::desktop_rebar()).unwrap())
}

fn buffer(sim: &SimDevice) -> vk::Buffer {
    let usage = vk::BufferUsageFlags::STORAGE_BUFFER;
    let info = vk::BufferCreateInfo::default().size(256).usage(usage);
    // SAFETY: the device is live.
    unsafe { sim.device().create_buffer(&info, None) }.unwrap()
}

fn destroy(sim: &SimDevice, buffer: vk::Buffer) {
    // SAFETY: what is wrong with it the oracle says.
    unsafe { sim.device().destroy_buffer(buffer, None) };
}

fn early(sim: &SimDevice) -> usize {
    let verdict = sim.verdict().err();
    let violations = verdict.map_or_else(Vec::new, |verdict| verdict.violations);
    assert!(violations.iter().all(|it| it.rule == Rule::InUse), "{violations:?}");
    violations.len()
}

#[test]
fn an_object_dies_too_early_until_its_value_is_complete() {
    let sim = device();
    let timeline = SimTimeline::new(&sim);
    let (first, second) = (buffer(&sim), buffer(&sim));
    assert_eq!((timeline.submit(), timeline.submit()), (1, 2));
    timeline.use_until(first, 1);
    timeline.use_until(second, 2);
    timeline.complete(1);
    assert_eq!((timeline.completed(), timeline.submitted(), timeline.open_uses()), (1, 2, 1));
    destroy(&sim, first);
    assert_eq!(early(&sim), 0);
    destroy(&sim, second);
    assert_eq!(early(&sim), 1);
    timeline.complete(2);
    assert_eq!(early(&sim), 0, "what is gone is not released");
}

#[test]
fn timelines_do_not_wait_for_each_other() {
    let sim = device();
    let (graphics, compute) = (SimTimeline::new(&sim), SimTimeline::new(&sim));
    let shared = || {
        let shared = buffer(&sim);
        graphics.use_until(shared, 1);
        compute.use_until(shared, 1);
        compute.use_until(shared, 3);
        shared
    };
    let (first, second) = (shared(), shared());
    compute.complete(3);
    destroy(&sim, first);
    assert_eq!(early(&sim), 1, "the other timeline uses it");
    graphics.complete(1);
    destroy(&sim, second);
    assert_eq!(early(&sim), 0);
}

#[test]
fn complete_values_use_nothing_and_never_go_back() {
    let sim = device();
    let timeline = SimTimeline::new(&sim);
    let buffer = buffer(&sim);
    timeline.complete(5);
    timeline.complete(3);
    timeline.use_until(buffer, 5);
    assert_eq!((timeline.completed(), timeline.open_uses()), (5, 0));
    destroy(&sim, buffer);
    assert_eq!(early(&sim), 0);
}

#[test]
fn a_vanished_timeline_uses_nothing_any_more() {
    let sim = device();
    let timeline = SimTimeline::new(&sim);
    let buffer = buffer(&sim);
    timeline.use_until(buffer, 7);
    timeline.vanish();
    timeline.use_until(buffer, u64::MAX);
    assert_eq!(timeline.completed(), u64::MAX);
    destroy(&sim, buffer);
    assert_eq!(early(&sim), 0);
}

#[test]
fn an_object_of_the_dead_is_told_of_once() {
    let sim = device();
    let timeline = SimTimeline::new(&sim);
    let buffer = buffer(&sim);
    destroy(&sim, buffer);
    timeline.use_until(buffer, 1);
    timeline.complete(1);
    let violations = sim.verdict().unwrap_err().violations;
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert_eq!(violations[0].rule, Rule::UseAfterFree);
}
