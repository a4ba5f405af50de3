//! Whatever is lent and given back in whatever order: nobody gets what the device uses, or what somebody has.

use std::{collections::HashSet, sync::Arc};

use ash::vk;
use rm_lifetime::{GpuTimeline, Point, PoolConfig, PooledBuffer};
use rm_vksim::Profile;

use super::{buffer, buffers};
use crate::{
    rig::Rig,
    support::{KIB, Random, attach},
};

const OPERATIONS: u32 = 100_000;

#[test]
fn nobody_gets_what_is_in_use() {
    let rig = Rig::new(Profile::desktop_rebar());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let timelines = [(rig.id, Arc::clone(&rig.timeline)), attach(&rig.queue), attach(&rig.queue)];
    let config = PoolConfig::default().max_spares(8).max_spare_bytes(64 * KIB);
    let pool = buffers(&rig, config);
    let mut lent: Vec<PooledBuffer> = Vec::new();
    let mut taken: HashSet<vk::Buffer> = HashSet::new();
    let mut flying: Vec<([u64; 3], vk::Buffer)> = Vec::new();
    for _ in 0..OPERATIONS {
        match random.below(10) {
            0..3 => {
                let size = (1 + random.below(6)) * 4 * KIB;
                let pooled = pool.acquire(&buffer(size)).unwrap();
                assert_eq!(pooled.size(), size);
                assert!(taken.insert(pooled.raw()), "somebody has it");
                lent.push(pooled);
            }
            3..6 if !lent.is_empty() => {
                let index = usize::try_from(random.below(lent.len() as u64)).unwrap();
                let mut pooled = lent.swap_remove(index);
                let mut values = timelines.each_ref().map(|(_, timeline)| timeline.upcoming());
                let chosen = usize::try_from(random.below(5)).unwrap();
                if let Some((id, timeline)) = timelines.get(chosen) {
                    values = [0; 3];
                    values[chosen] = timeline.upcoming();
                    // SAFETY: the use is marked below, and taken back before the point is reached.
                    unsafe { pooled.used(Point { timeline: *id, value: values[chosen] }) };
                }
                rig.sim.mark_in_use(pooled.raw());
                flying.push((values, pooled.raw()));
            }
            6 => rig.drain(),
            7 => {
                pool.trim(random.below(64) * KIB);
            }
            _ => {
                let index = usize::try_from(random.below(3)).unwrap();
                let timeline = &timelines[index].1;
                timeline.submit();
                let value =
                    timeline.completed() + random.below(timeline.upcoming() - timeline.completed());
                let mut now = timelines.each_ref().map(|(_, timeline)| timeline.completed());
                now[index] = value;
                let reached =
                    |values: &[u64; 3]| now.iter().zip(values).all(|(now, value)| now >= value);
                for (_, raw) in flying.extract_if(.., |(values, _)| reached(values)) {
                    rig.sim.release_use(raw);
                    taken.remove(&raw);
                }
                timeline.complete(value);
            }
        }
        let statistics = pool.statistics();
        assert!(statistics.spares.count <= 8 && statistics.spares.bytes <= 64 * KIB);
        assert_eq!(statistics.live.count, lent.len() as u64);
        let held = statistics.live.bytes + statistics.in_flight.bytes + statistics.spares.bytes;
        assert_eq!(rig.manager.stats().used, held);
    }
    assert!(pool.statistics().hits > 1000, "{:?}", pool.statistics());
    drop((lent, pool));
    flying.iter().for_each(|(_, raw)| rig.sim.release_use(*raw));
    for (_, timeline) in &timelines {
        timeline.complete(timeline.submit());
    }
    rig.end();
}
