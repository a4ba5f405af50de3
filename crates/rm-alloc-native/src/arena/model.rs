//! Threads that hand ranges and blocks to each other, under every interleaving.
//!
//! Run by `cargo xtask loom`. The memory is a simulated device's, the arena is the real one, with one shard; each range has
//! a number beside it which its owner writes without any order of its own.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use loom::{cell::UnsafeCell, model::Builder, sync::Arc as Shared, thread};
use rm_alloc_core::{
    Allocation, BlockOwner, DeviceContext, DeviceContextInfo, MemoryFeatures, MemoryRequest,
    Priority, TilingClass,
};
use rm_vksim::{Profile, SimDevice};

use super::{Arena, NoBlock, Settings};
use crate::{NativeConfig, shard::Need};

/// Bytes of a range, one granule.
const RANGE: u64 = 16;
const RANGES: usize = 3;

/// One for all runs: what they leave in it is nothing.
static DEVICE: LazyLock<Arc<DeviceContext>> = LazyLock::new(|| {
    let sim = Arc::new(SimDevice::counting(Profile::h200()).unwrap());
    let info = DeviceContextInfo {
        instance: sim.instance(),
        physical_device: sim.physical_device(),
        device: sim.device(),
        api_version: sim.profile().api_version,
        features: MemoryFeatures::empty(),
        keep_alive: Some(sim.clone()),
    };
    // SAFETY: the handles belong together, and the device is kept alive.
    unsafe { DeviceContext::new(info) }.unwrap()
});

/// An arena of blocks of three ranges, with a number a range.
struct Rig {
    arena: Arena,
    owner: BlockOwner,
    owners: [UnsafeCell<u32>; RANGES],
}

impl Rig {
    /// Empty blocks go at once, and there are `most` at most.
    fn new(most: u32) -> Shared<Self> {
        let config = NativeConfig::default().shards(1).keep_empty(0, Duration::ZERO);
        let mut settings = Settings::of(&DEVICE, &config, 0, TilingClass::Linear, Priority::Normal);
        settings.index = 0;
        settings.growth.fixed = Some(RANGE * RANGES as u64);
        settings.growth.most_blocks = most;
        Shared::new(Self {
            arena: Arena::new(settings, None).unwrap(),
            owner: BlockOwner::new(&DEVICE, "model"),
            owners: [0; RANGES].map(UnsafeCell::new),
        })
    }

    fn reuse(&self) -> Option<Allocation> {
        let taken = self.arena.reuse(need());
        taken.inspect(|allocation| self.touch(allocation))
    }

    fn grow(&self) -> Option<Allocation> {
        match self.arena.grow(&self.owner, need()) {
            Ok(allocation) => Some(allocation),
            Err(NoBlock::Refused(_)) => None,
            Err(NoBlock::Failed(error)) => panic!("{error}"),
        }
    }

    /// Writes what is the owner's alone to write.
    fn touch(&self, allocation: &Allocation) {
        let index = usize::try_from(allocation.offset() / RANGE).unwrap();
        // SAFETY: whoever owns the range is alone with its number; loom finds out if not.
        self.owners[index].with_mut(|owners| unsafe { *owners += 1 });
    }

    fn put_back(&self, allocation: Allocation) {
        self.touch(&allocation);
        self.arena.put_back(0, allocation);
    }
}

fn need() -> Need<'static> {
    Need::from(&MemoryRequest::new(RANGE, 1, 0, TilingClass::Linear))
}

fn model(body: impl Fn() + Send + Sync + 'static) {
    // Made before loom watches.
    LazyLock::force(&DEVICE);
    let mut builder = Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(body);
}

#[test]
fn a_range_that_another_thread_gives_back_has_one_owner_at_a_time() {
    model(|| {
        let rig = Rig::new(1);
        let [given, kept] = [(); 2].map(|()| rig.grow().unwrap());
        rig.touch(&given);
        let other = Shared::clone(&rig);
        let thread = thread::spawn(move || other.put_back(given));
        // The third range, and the first one if it is back by now.
        let taken = [rig.reuse(), rig.reuse()];
        thread.join().unwrap();
        let held = taken.into_iter().flatten().chain([kept]);
        held.for_each(|allocation| rig.put_back(allocation));
        assert_eq!(rig.arena.figures().used, 0);
        assert_eq!(rig.owner.stats().total().blocks, 0, "what was emptied last went");
    });
}

#[test]
fn a_block_that_goes_takes_nothing_with_it() {
    model(|| {
        let rig = Rig::new(1);
        let last = rig.grow().unwrap();
        rig.touch(&last);
        let other = Shared::clone(&rig);
        let thread = thread::spawn(move || other.put_back(last));
        let taken = rig.reuse();
        thread.join().unwrap();
        // Either the block was there in time and stayed, or it went and nobody found room in it.
        let blocks = u32::from(taken.is_some());
        assert_eq!(rig.arena.figures().blocks, blocks);
        assert_eq!(rig.owner.stats().total().blocks, blocks);
        taken.into_iter().for_each(|allocation| rig.put_back(allocation));
        assert_eq!(rig.owner.stats().total().blocks, 0);
    });
}

#[test]
fn threads_that_grow_at_a_time_stay_within_the_bound_together() {
    model(|| {
        let rig = Rig::new(1);
        let other = Shared::clone(&rig);
        let thread = thread::spawn(move || other.grow());
        let here = rig.grow();
        let there = thread.join().unwrap();
        assert_eq!(rig.owner.stats().total().blocks, 1);
        assert!(here.is_some() || there.is_some(), "whoever made the block has room in it");
        [here, there].into_iter().flatten().for_each(|allocation| rig.put_back(allocation));
        assert_eq!(rig.owner.stats().total().blocks, 0);
    });
}
