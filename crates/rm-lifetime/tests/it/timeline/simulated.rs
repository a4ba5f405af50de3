//! The oracle of the simulated device sees what dies too early; nothing does.

use std::{sync::Arc, time::Duration};

use rm_lifetime::{DeferredDestructionQueue, DrainLimit, RetireAt};
use rm_vksim::{Rule, SimTimeline};

use crate::lines::{SimLine, buffer, manager};

/// Behaviour 40: what was retired waits for every timeline, and those complete in any order.
#[test]
fn buffers_in_use_by_two_queues_live_until_both_are_done() {
    let (manager, sim) = manager();
    let queue = DeferredDestructionQueue::new(&manager);
    let lines = [(); 2].map(|()| Arc::new(SimLine(SimTimeline::new(&sim))));
    for line in &lines {
        queue.attach(line.clone()).unwrap();
    }
    let retirer = queue.retirer();
    for frame in 1..=8 {
        let buffer = buffer(&manager, 64);
        for line in &lines {
            line.0.use_until(buffer.raw(), frame);
        }
        retirer.retire_buffer(buffer, RetireAt::Now);
        lines.iter().for_each(|line| assert_eq!(line.0.submit(), frame));
    }
    lines[1].0.complete(8);
    assert_eq!(queue.drain(DrainLimit::default()).entries, 0, "the other queue is at 0");
    lines[0].0.complete(3);
    assert_eq!(queue.drain(DrainLimit::default()).entries, 3);
    lines[0].0.vanish();
    assert_eq!(queue.drain(DrainLimit::default()).entries, 5);
    assert_eq!(manager.stats().allocations, 0);
    queue.shutdown(Duration::ZERO).unwrap();
    assert!(sim.violations().is_empty(), "{:?}", sim.violations());
}

/// The oracle would have seen it.
#[test]
fn a_flush_before_the_device_is_done_is_found_out() {
    let (manager, sim) = manager();
    let queue = DeferredDestructionQueue::new(&manager);
    let line = Arc::new(SimLine(SimTimeline::new(&sim)));
    queue.attach(line.clone()).unwrap();
    let buffer = buffer(&manager, 64);
    line.0.use_until(buffer.raw(), line.0.submit());
    queue.retirer().retire_buffer(buffer, RetireAt::Now);
    // SAFETY: it is not, and no device is harmed.
    unsafe { queue.flush() };
    let violations = sim.verdict().unwrap_err().violations;
    assert!(violations.iter().any(|it| it.rule == Rule::InUse), "{violations:?}");
}
