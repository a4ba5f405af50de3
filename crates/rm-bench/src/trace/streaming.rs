//! Assets that a program moves in as it needs them, and drops when the limit is reached.

use std::collections::BTreeMap;

use super::{Lane, Scale, Want, writer::Writer};
use crate::random::Random;

const LEAST: u64 = 64 << 10;
const MOST: u64 = 64 << 20;
/// What textures of this size ask for.
const ALIGNMENT: u64 = 64 << 10;

/// Assets from 64 KiB to 64 MiB, of which about a fifth fit below the limit; the least recently used one goes first.
pub(super) fn streaming(mut random: Random, scale: Scale) -> Lane {
    let limit: u64 = scale.pick(4 << 30, 512 << 20);
    let assets = scale.pick(2_000, 250);
    let operations = scale.pick(100_000, 4_000);
    let sizes: Vec<u64> = (0..assets).map(|_| random.size(LEAST, MOST)).collect();

    let mut writer = Writer::default();
    let mut cache = Cache { resident: vec![None; assets], by_age: BTreeMap::new() };
    let (mut bytes, mut clock) = (0, 0);
    while writer.lane.ops.len() + cache.by_age.len() < operations {
        // The smaller of two, so that some assets are asked for more often than others.
        let asset = random.index(assets).min(random.index(assets));
        clock += 1;
        if cache.touch(asset, clock) {
            continue;
        }
        while bytes + sizes[asset] > limit
            && let Some((oldest, slot)) = cache.evict()
        {
            bytes -= sizes[oldest];
            writer.free(slot);
        }
        let want = Want { size: sizes[asset], alignment: ALIGNMENT, transient: false };
        bytes += want.size;
        cache.enter(asset, writer.take(want), clock);
    }
    while let Some((_, slot)) = cache.evict() {
        writer.free(slot);
    }
    writer.lane
}

/// What is resident, and who was used when.
struct Cache {
    /// Slot and time of the last use of every asset that is resident.
    resident: Vec<Option<(u32, u64)>>,
    by_age: BTreeMap<u64, usize>,
}

impl Cache {
    /// Notes that `asset` is used now; `false` if it is not resident.
    fn touch(&mut self, asset: usize, now: u64) -> bool {
        let Some((slot, last)) = self.resident[asset] else { return false };
        self.by_age.remove(&last);
        self.enter(asset, slot, now);
        true
    }

    fn enter(&mut self, asset: usize, slot: u32, now: u64) {
        self.resident[asset] = Some((slot, now));
        self.by_age.insert(now, asset);
    }

    /// Takes out whoever was not used for longest.
    fn evict(&mut self) -> Option<(usize, u32)> {
        let (_, asset) = self.by_age.pop_first()?;
        self.resident[asset].take().map(|(slot, _)| (asset, slot))
    }
}
