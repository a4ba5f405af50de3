//! When an object comes back.

use ash::vk;
use rm_alloc_core::MemoryLocation;
use rm_headless::heap::allocations_of;
use rm_lifetime::{BufferPool, Point, PoolConfig, PooledBuffer, PooledTexture, TexturePool};
use rm_vksim::Profile;

use super::{MIB, buffer, buffers, image, textures};
use crate::{rig::Rig, support::attach};

#[test]
fn the_same_description_gives_the_same_object_after_its_last_use_retired() {
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default());
    let first = pool.acquire(&buffer(MIB)).unwrap();
    let raw = first.raw();
    rig.sim.mark_in_use(raw);
    drop(first);
    rig.drain();
    let second = pool.acquire(&buffer(MIB)).unwrap();
    assert_ne!(second.raw(), raw, "the device uses the first");
    rig.sim.release_use(raw);
    rig.finish();
    rig.drain();
    let third = pool.acquire(&buffer(MIB).label("a label is no part of it")).unwrap();
    assert_eq!(third.raw(), raw, "the device is done with the first");
    let statistics = pool.statistics();
    assert_eq!((statistics.hits, statistics.misses), (1, 2));
    assert_eq!((statistics.live.count, statistics.live.bytes), (2, 2 * MIB));
    drop((second, third, pool));
    rig.end();
}

#[test]
fn images_come_back_as_buffers_do() {
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = textures(&rig, PoolConfig::default());
    let first = pool.acquire(&image()).unwrap();
    let raw = first.raw();
    rig.sim.mark_in_use(raw);
    drop(first);
    rig.drain();
    assert_ne!(pool.acquire(&image()).unwrap().raw(), raw);
    rig.sim.release_use(raw);
    rig.finish();
    rig.drain();
    assert_eq!(pool.statistics().spares.count, 2);
    let both = [pool.acquire(&image()).unwrap(), pool.acquire(&image()).unwrap()];
    assert!(both.iter().any(|image| image.raw() == raw));
    assert_eq!((pool.statistics().hits, pool.statistics().misses), (2, 2));
    drop((both, pool));
    rig.end();
}

#[test]
fn noted_uses_let_it_come_back_earlier() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (other_id, other) = attach(&rig.queue);
    let pool = buffers(&rig, PoolConfig::default());
    let mut pooled = pool.acquire(&buffer(MIB)).unwrap();
    let value = rig.timeline.submit();
    rig.timeline.submit();
    // SAFETY: the simulated device uses nothing.
    unsafe { pooled.used(Point { timeline: rig.id, value }) };
    // SAFETY: as above.
    unsafe { pooled.used(Point { timeline: other_id, value: 1 }) };
    drop(pooled);
    rig.timeline.complete(value);
    rig.drain();
    assert_eq!(pool.statistics().in_flight.count, 1, "the other timeline is behind");
    other.complete(other.submit());
    rig.drain();
    assert_eq!(pool.statistics().spares.count, 1, "though more is in flight");
    drop(pool);
    rig.end();
}

#[test]
fn uses_on_more_timelines_than_can_be_noted_wait_for_everything() {
    let rig = Rig::new(Profile::desktop_rebar());
    let others: Vec<_> = (0..5).map(|_| attach(&rig.queue)).collect();
    let pool = buffers(&rig, PoolConfig::default());
    let mut pooled = pool.acquire(&buffer(MIB)).unwrap();
    for (timeline, _) in &others {
        // SAFETY: the simulated device uses nothing.
        unsafe { pooled.used(Point { timeline: *timeline, value: 1 }) };
    }
    drop(pooled);
    for (index, (_, timeline)) in others.iter().enumerate() {
        rig.drain();
        assert_eq!(pool.statistics().in_flight.count, 1, "{index}");
        timeline.complete(timeline.submit());
    }
    rig.finish();
    rig.drain();
    assert_eq!(pool.statistics().spares.count, 1);
    drop(pool);
    rig.end();
}

#[test]
fn what_waits_stays_charged_and_is_not_shown_as_retiring() {
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default());
    drop(pool.acquire(&buffer(MIB)).unwrap());
    let (stats, pooled) = (rig.manager.stats(), pool.statistics());
    assert_eq!((stats.used, stats.retiring), (MIB, 0));
    assert_eq!((pooled.in_flight.bytes, pooled.spares.bytes), (MIB, 0));
    rig.finish();
    rig.drain();
    let pooled = pool.statistics();
    assert_eq!((pooled.in_flight.bytes, pooled.spares.bytes), (0, MIB));
    assert_eq!(rig.manager.stats().used, MIB);
    drop(pool);
    rig.end();
}

#[test]
fn a_hit_costs_no_driver_call_and_no_heap_allocation() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (pool, shelf) =
        (buffers(&rig, PoolConfig::default()), textures(&rig, PoolConfig::default()));
    let request = buffer(MIB).queue_families(&[0, 1]);
    let formats = [vk::Format::R8G8B8A8_UNORM, vk::Format::R8G8B8A8_SRGB];
    let texture = image().flags(vk::ImageCreateFlags::MUTABLE_FORMAT).view_formats(&formats);
    let round = || {
        let buffers = [pool.acquire(&request), pool.acquire(&buffer(2 * MIB))];
        drop((buffers.map(Result::unwrap), shelf.acquire(&texture).unwrap()));
        rig.finish();
        rig.drain();
    };
    (0..3).for_each(|_| round());
    let before = rig.sim.counts().total();
    let heap = allocations_of(|| (0..100).for_each(|_| round()));
    assert_eq!((heap, rig.sim.counts().total() - before), (0, 0));
    assert_eq!((pool.statistics().misses, shelf.statistics().misses), (2, 1));
    drop((pool, shelf));
    rig.end();
}

#[test]
fn a_hit_costs_no_heap_allocation_whenever_the_timeline_came() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (pool, shelf) =
        (buffers(&rig, PoolConfig::default()), textures(&rig, PoolConfig::default()));
    let mut late = Vec::new();
    for _ in 0..3 {
        late.push(attach(&rig.queue));
        let round = || {
            drop((pool.acquire(&buffer(MIB)).unwrap(), shelf.acquire(&image()).unwrap()));
            rig.finish();
            late.iter().for_each(|(_, timeline)| timeline.complete(timeline.submit()));
            rig.drain();
        };
        (0..4).for_each(|_| round());
        assert_eq!(allocations_of(|| (0..100).for_each(|_| round())), 0, "{} late", late.len());
    }
    // SAFETY: the simulated device is done with all of it.
    assert!(unsafe { rig.queue.detach(late[0].0) });
    drop((pool, shelf));
    rig.end();
}

#[test]
fn what_is_lent_outlives_the_pool() {
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default());
    let request = buffer(MIB).location(MemoryLocation::HostVisible);
    let (mut live, flying) = (pool.acquire(&request).unwrap(), pool.acquire(&request).unwrap());
    drop(pool.acquire(&buffer(MIB)).unwrap());
    rig.finish();
    rig.drain();
    let raw = [live.raw(), flying.raw()];
    raw.iter().for_each(|raw| rig.sim.mark_in_use(*raw));
    drop(flying);
    drop(pool);
    assert_eq!(rig.manager.stats().used, 2 * MIB, "the spare went with the pool");
    live.write(0, &[1; 16]).unwrap();
    drop(live);
    rig.drain();
    assert_eq!(rig.manager.stats().used, 2 * MIB, "the device uses both");
    raw.iter().for_each(|raw| rig.sim.release_use(*raw));
    rig.end();
}

#[test]
fn a_pool_serves_many_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<(BufferPool, PooledBuffer, TexturePool, PooledTexture)>();
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default());
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (pool, rig) = (&pool, &rig);
            scope.spawn(move || {
                for round in 0..200 {
                    let size = (1 + (round + thread) % 3) * MIB;
                    let one = pool.acquire(&buffer(size)).unwrap();
                    rig.sim.mark_in_use(one.raw());
                    let two = pool.acquire(&buffer(size)).unwrap();
                    assert_ne!(one.raw(), two.raw());
                    rig.sim.release_use(one.raw());
                    drop((one, two));
                    rig.finish();
                    rig.drain();
                }
            });
        }
    });
    rig.finish();
    rig.drain();
    let statistics = pool.statistics();
    assert_eq!((statistics.live.count, statistics.in_flight.count), (0, 0));
    assert_eq!(statistics.hits + statistics.misses, 1600);
    drop(pool);
    rig.end();
}
