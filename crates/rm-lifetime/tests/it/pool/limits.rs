//! How much is kept, and who gives it up.

use std::sync::{Arc, Mutex};

use ash::vk;
use rm_alloc_core::{
    BudgetConfig, BufferRequest, ErrorKind, MemoryLocation, MemoryRelief, ReliefStage, Shortage,
};
use rm_lifetime::{BufferPool, DrainLimit, Point, PoolConfig, PooledBuffer, Retirer};
use rm_vksim::Profile;

use super::{MIB, buffer, buffers, image, textures};
use crate::rig::Rig;

/// Lends buffers of these sizes at once, and lets them become spares in this order.
fn spares(rig: &Rig, pool: &BufferPool, sizes: &[u64]) -> Vec<vk::Buffer> {
    let acquire = |size: &u64| pool.acquire(&buffer(*size)).unwrap();
    let lent: Vec<PooledBuffer> = sizes.iter().map(acquire).collect();
    let raws = lent.iter().map(|buffer| buffer.raw()).collect();
    drop(lent);
    rig.finish();
    rig.drain();
    raws
}

#[test]
fn spares_are_bounded_in_number_and_the_oldest_goes_first() {
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default().max_spares(3));
    let raws = spares(&rig, &pool, &[MIB, 2 * MIB, 3 * MIB, 4 * MIB, 5 * MIB]);
    let statistics = pool.statistics();
    assert_eq!((statistics.spares.count, statistics.spares.bytes), (3, 12 * MIB));
    assert_eq!(rig.manager.stats().used, 12 * MIB);
    for (size, raw) in [(3, raws[2]), (4, raws[3]), (5, raws[4])] {
        assert_eq!(pool.acquire(&buffer(size * MIB)).unwrap().raw(), raw);
    }
    drop(pool);
    rig.end();
}

#[test]
fn spares_are_bounded_in_bytes_and_one_that_is_too_large_drives_out_no_other() {
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default().max_spare_bytes(6 * MIB));
    spares(&rig, &pool, &[MIB, 2 * MIB, 3 * MIB]);
    assert_eq!(pool.statistics().spares.bytes, 6 * MIB, "exactly full is not too much");
    spares(&rig, &pool, &[7 * MIB]);
    assert_eq!((pool.statistics().spares.count, pool.statistics().spares.bytes), (3, 6 * MIB));
    spares(&rig, &pool, &[4 * MIB]);
    assert_eq!(pool.statistics().spares.bytes, 4 * MIB, "1, 2 and 3 had to go");
    let none = buffers(&rig, PoolConfig::default().max_spares(0));
    spares(&rig, &none, &[MIB, MIB]);
    assert_eq!(none.statistics().spares.count, 0);
    drop((pool, none));
    rig.end();
}

#[test]
fn trimming_never_touches_what_is_in_flight() {
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default());
    spares(&rig, &pool, &[MIB, 2 * MIB, 3 * MIB]);
    let live = pool.acquire(&buffer(8 * MIB)).unwrap();
    let flying = pool.acquire(&buffer(16 * MIB)).unwrap();
    let raws = [live.raw(), flying.raw()];
    raws.iter().for_each(|raw| rig.sim.mark_in_use(*raw));
    drop(flying);
    assert_eq!(pool.trim(5 * MIB), MIB, "the oldest");
    assert_eq!(pool.trim(0), 5 * MIB);
    assert_eq!(pool.trim(0), 0);
    let statistics = pool.statistics();
    assert_eq!((statistics.live.bytes, statistics.in_flight.bytes), (8 * MIB, 16 * MIB));
    assert_eq!(rig.manager.stats().used, 24 * MIB);
    raws.iter().for_each(|raw| rig.sim.release_use(*raw));
    drop((live, pool));
    rig.end();
}

fn strict(bytes: u64) -> Rig {
    let config =
        BudgetConfig { device_memory_budget: bytes, strict: true, ..BudgetConfig::default() };
    Rig::with(Profile::desktop_rebar(), config)
}

#[test]
fn spares_make_room_for_what_is_refused_otherwise() {
    let rig = strict(8 * MIB);
    let (pool, shelf) =
        (buffers(&rig, PoolConfig::default()), textures(&rig, PoolConfig::default()));
    spares(&rig, &pool, &[3 * MIB, MIB]);
    drop(shelf.acquire(&image()).unwrap());
    rig.finish();
    rig.drain();
    let live = pool.acquire(&buffer(2 * MIB)).unwrap();
    let kept = || (pool.statistics().spares.count, shelf.statistics().spares.count);
    let mut made = Vec::new();
    for (size, left) in [(4, (1, 1)), (1, (0, 1)), (1, (0, 0))] {
        made.push(rig.manager.allocate_buffer(&buffer(size * MIB)).unwrap());
        assert_eq!(kept(), left, "no more than what was missing");
    }
    let error = rig.manager.allocate_buffer(&buffer(1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    assert_eq!(pool.statistics().live.count, 1, "what is lent stays");
    for buffer in made {
        // SAFETY: the device never used it.
        unsafe { rig.manager.free_buffer(buffer) };
    }
    drop((live, pool, shelf));
    rig.end();
}

#[test]
fn a_pool_makes_room_for_itself() {
    let rig = strict(8 * MIB);
    let pool = buffers(&rig, PoolConfig::default());
    spares(&rig, &pool, &[3 * MIB, 4 * MIB]);
    let large = pool.acquire(&buffer(8 * MIB)).unwrap();
    assert_eq!(pool.statistics().spares.count, 0, "it is asked while it allocates");
    drop(large);
    rig.finish();
    // Not drained: the ladder does that, and finds a spare then.
    let other = pool.acquire(&buffer(7 * MIB)).unwrap();
    assert_eq!((pool.statistics().misses, pool.statistics().live.count), (4, 1));
    let error = pool.acquire(&buffer(2 * MIB)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error}");
    assert_eq!((pool.statistics().misses, pool.statistics().live.count), (4, 1), "unchanged");
    drop((other, pool));
    rig.end();
}

/// Gives up a buffer that it has on loan, which thereby becomes a spare and is no memory yet.
#[derive(Debug)]
struct Evicting(Mutex<Option<PooledBuffer>>, Retirer);

impl MemoryRelief for Evicting {
    fn stage(&self) -> ReliefStage {
        ReliefStage::Evict
    }

    fn relieve(&self, _: Shortage) -> u64 {
        let lent = self.0.lock().unwrap().take();
        drop(lent);
        self.1.drain(DrainLimit::default());
        0
    }
}

#[test]
fn what_comes_back_while_memory_is_sought_serves() {
    let rig = strict(8 * MIB);
    let pool = buffers(&rig, PoolConfig::default());
    let mut lent = pool.acquire(&buffer(8 * MIB)).unwrap();
    let raw = lent.raw();
    // SAFETY: the simulated device used it before 0, if ever.
    unsafe { lent.used(Point { timeline: rig.id, value: 0 }) };
    let evicting = Arc::new(Evicting(Mutex::new(Some(lent)), rig.queue.retirer()));
    let relief: Arc<dyn MemoryRelief> = evicting.clone();
    rig.manager.attach_relief(&relief);
    let again = pool.acquire(&buffer(8 * MIB)).unwrap();
    assert_eq!(again.raw(), raw);
    assert_eq!((pool.statistics().hits, pool.statistics().misses), (1, 1));
    drop((relief, evicting, again, pool));
    rig.end();
}

#[test]
fn spares_of_another_heap_are_left_alone() {
    let rig = Rig::new(Profile::desktop_bar256());
    let pool = buffers(&rig, PoolConfig::default());
    let host = |size| {
        let usage = vk::BufferUsageFlags::TRANSFER_SRC;
        BufferRequest::new(size, usage).location(MemoryLocation::HostVisible)
    };
    drop(pool.acquire(&host(MIB)).unwrap());
    spares(&rig, &pool, &[MIB]);
    assert_eq!(pool.statistics().spares.count, 2);
    rig.sim.limit_heap(0, Some(MIB));
    let made = rig.manager.allocate_buffer(&buffer(MIB)).unwrap();
    assert_eq!(pool.statistics().spares.count, 1, "that of the heap that is short");
    drop(pool.acquire(&host(MIB)).unwrap());
    assert_eq!(pool.statistics().hits, 1);
    // SAFETY: the device never used it.
    unsafe { rig.manager.free_buffer(made) };
    drop(pool);
    rig.end();
}

#[test]
fn a_budget_of_the_whole_device_is_eased_by_any_of_its_heaps() {
    let config =
        BudgetConfig { device_memory_budget: 4 * MIB, strict: true, ..BudgetConfig::default() };
    let rig = Rig::with(Profile::desktop_bar256(), config);
    let pool = buffers(&rig, PoolConfig::default());
    // In the window, which is a heap of its own.
    drop(pool.acquire(&buffer(3 * MIB).location(MemoryLocation::HostVisible)).unwrap());
    rig.finish();
    rig.drain();
    assert_eq!(rig.sim.heap_usage(2), 3 * MIB);
    let made = rig.manager.allocate_buffer(&buffer(2 * MIB)).unwrap();
    assert_eq!((rig.sim.heap_usage(0), pool.statistics().spares.count), (2 * MIB, 0));
    // SAFETY: the device never used it.
    unsafe { rig.manager.free_buffer(made) };
    drop(pool);
    rig.end();
}

#[test]
fn threads_that_run_short_together_neither_wait_nor_go_beyond_the_budget() {
    let rig = strict(8 * MIB);
    let pools = [(); 2].map(|()| buffers(&rig, PoolConfig::default()));
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (rig, pool) = (&rig, &pools[usize::try_from(thread % 2).unwrap()]);
            scope.spawn(move || {
                for round in 0..300 {
                    let size = (1 + (round * 7 + thread) % 5) * MIB;
                    match pool.acquire(&buffer(size)) {
                        Ok(pooled) => drop(pooled),
                        Err(error) => assert!(matches!(error.kind(), ErrorKind::OverBudget { .. })),
                    }
                    assert!(rig.manager.stats().used <= 8 * MIB);
                    rig.finish();
                    rig.drain();
                }
            });
        }
    });
    drop(pools);
    rig.end();
}

#[test]
fn a_failure_at_any_call_leaves_the_pool_as_it_was() {
    let calls = {
        let rig = Rig::new(Profile::desktop_rebar());
        let (pool, shelf) =
            (buffers(&rig, PoolConfig::default()), textures(&rig, PoolConfig::default()));
        let before = rig.sim.fallible_calls();
        drop((pool.acquire(&buffer(MIB)).unwrap(), shelf.acquire(&image()).unwrap()));
        let calls = rig.sim.fallible_calls() - before;
        drop((pool, shelf));
        rig.end();
        calls
    };
    let mut failures = 0;
    for nth in 1..=calls {
        let rig = Rig::new(Profile::desktop_rebar());
        let (pool, shelf) =
            (buffers(&rig, PoolConfig::default()), textures(&rig, PoolConfig::default()));
        rig.sim.fail_call_number(nth, vk::Result::ERROR_UNKNOWN);
        let made = pool.acquire(&buffer(MIB));
        let statistics = pool.statistics();
        assert_eq!(
            (statistics.live.count, statistics.misses),
            (made.is_ok().into(), made.is_ok().into())
        );
        let texture = shelf.acquire(&image());
        let statistics = shelf.statistics();
        assert_eq!(
            (statistics.live.count, statistics.misses),
            (texture.is_ok().into(), texture.is_ok().into())
        );
        failures += u32::from(made.is_err()) + u32::from(texture.is_err());
        drop((made, texture, pool, shelf));
        rig.end();
    }
    assert!(failures >= 4, "{failures} of {calls} failed");
}

#[test]
fn a_queue_of_another_device_is_refused() {
    let (rig, other) = (Rig::new(Profile::desktop_rebar()), Rig::new(Profile::desktop_rebar()));
    let refused = BufferPool::new(&rig.manager, &other.queue, PoolConfig::default()).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::InvalidRequest(_)), "{refused}");
    other.end();
    rig.end();
}
