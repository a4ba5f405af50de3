//! Scratch buffers share their bytes on purpose, and cost them once.

use std::time::Duration;

use resource_management::lifetime::DeferredDestructionQueue;
use rm_vksim::Profile;

use super::Scratch;
use crate::{
    budget::Budget,
    executor::Executor,
    host::HostBuffer,
    options::Options,
    platform::{Platform, Simulated},
    supply::Supply,
};

/// A simulated device, and resources of it.
fn device(profile: &str) -> (Simulated, Supply, DeferredDestructionQueue) {
    let platform = Simulated::new(Profile::builtin(profile).unwrap()).unwrap();
    let budget = Budget::new(&platform.context().unwrap(), &Options::default()).unwrap();
    let (supply, queue) = Supply::idle(&budget);
    (platform, supply, queue)
}

#[test]
fn two_buffers_cost_the_bytes_of_one_on_every_profile() {
    for name in Profile::names() {
        let (platform, supply, queue) = device(name);
        let (manager, executor) = (supply.manager(), platform.host_executor());
        let scratch = Scratch::new(&supply, |memory| executor.expect_aliases(memory)).unwrap();
        let memory = scratch.memory.raw();
        assert!(scratch.buffers.iter().all(|it| it.is_aliased() && it.device_memory() == memory));
        let stats = manager.stats();
        let figures = (stats.used, stats.allocations, stats.aliases);
        assert_eq!(figures, (scratch.memory.size(), 1, 2), "{name}");
        assert!(scratch.saved_bytes() > 0, "{name}");
        drop(scratch);
        queue.shutdown(Duration::ZERO).unwrap();
        let stats = manager.stats();
        assert_eq!((stats.used, stats.allocations, stats.aliases), (0, 0, 0), "{name}");
        drop((executor, supply));
        assert_eq!(Box::new(platform).end(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn an_oracle_that_nobody_told_objects_to_the_overlap_and_nothing_is_left() {
    let (platform, supply, queue) = device("h200");
    Scratch::new(&supply, |_| ()).unwrap_err();
    queue.shutdown(Duration::ZERO).unwrap();
    let stats = supply.manager().stats();
    assert_eq!((stats.used, stats.aliases), (0, 0));
    let verdict = platform.device().verdict().unwrap_err();
    assert!(verdict.violations.iter().all(|it| it.to_string().contains("scratch")), "{verdict}");
}

#[test]
fn no_two_uses_pass_the_same_bytes() {
    let (platform, supply, queue) = device("h200");
    let executor = platform.host_executor();
    let scratch = Scratch::new(&supply, |memory| executor.expect_aliases(memory)).unwrap();
    let mut heads: Vec<_> = (0..50)
        .flat_map(|frame| {
            let [mut from, mut to] =
                [HostBuffer::staging(u64::MAX), HostBuffer::read_back(u64::MAX)];
            scratch.errands(frame, &mut from, &mut to)
        })
        .map(|errand| {
            let mut head = [0; 8];
            errand.content.fill(0, &mut head);
            head
        })
        .collect();
    heads.sort_unstable();
    heads.dedup();
    assert_eq!(heads.len(), 100);
    drop(scratch);
    queue.shutdown(Duration::ZERO).unwrap();
}
