//! Queues, pools, transients and plans as sources.

use rm_alias::Plan;
use rm_lifetime::{
    BufferPool, BumpTransient, DeferredDestructionQueue, EpochTransient, FreeListTransient,
    PoolStatistics, QueueStatistics, TexturePool, TransientAllocator, TransientStatistics,
};

use super::{Figure, MetricsSource, put};
use crate::Unit;

const fn bytes(name: &'static str) -> Figure {
    Figure::new(name, Unit::Bytes)
}

const fn count(name: &'static str) -> Figure {
    Figure::new(name, Unit::Count)
}

const QUEUE: &[Figure] = &[
    count("waiting"),
    count("queued"),
    count("destroyed"),
    count("flushed"),
    count("panicked"),
    count("high_water"),
    count("growths"),
    count("spilled"),
];

const POOL: &[Figure] = &[
    count("live"),
    bytes("live_bytes"),
    count("in_flight"),
    bytes("in_flight_bytes"),
    count("spares"),
    bytes("spare_bytes"),
    count("hits"),
    count("misses"),
    count("bypassed"),
];

const TRANSIENT: &[Figure] = &[
    count("live"),
    bytes("live_bytes"),
    count("in_flight"),
    bytes("in_flight_bytes"),
    count("spares"),
    bytes("spare_bytes"),
    count("hits"),
    count("misses"),
];

const PLAN: &[Figure] =
    &[bytes("peak_bytes"), bytes("lower_bound_bytes"), count("items"), count("groups")];

impl MetricsSource for QueueStatistics {
    fn figures(&self) -> &[Figure] {
        QUEUE
    }

    fn read(&self, values: &mut [u64]) {
        let Self {
            queued,
            destroyed,
            flushed,
            panicked,
            waiting,
            high_water,
            growths,
            spilled,
            ..
        } = *self;
        let new = [waiting, queued, destroyed, flushed, panicked, high_water, growths, spilled];
        put(values, new);
    }
}

impl MetricsSource for PoolStatistics {
    fn figures(&self) -> &[Figure] {
        POOL
    }

    fn read(&self, values: &mut [u64]) {
        let Self { live, in_flight, spares, hits, misses, bypassed, .. } = *self;
        let new = [live, in_flight, spares].map(|tally| [tally.count, tally.bytes]);
        let [[a, b], [c, d], [e, f]] = new;
        put(values, [a, b, c, d, e, f, hits, misses, bypassed]);
    }
}

impl MetricsSource for TransientStatistics {
    fn figures(&self) -> &[Figure] {
        TRANSIENT
    }

    fn read(&self, values: &mut [u64]) {
        let Self { live, in_flight, spares, hits, misses, .. } = *self;
        let [[a, b], [c, d], [e, f]] =
            [live, in_flight, spares].map(|tally| [tally.count, tally.bytes]);
        put(values, [a, b, c, d, e, f, hits, misses]);
    }
}

impl MetricsSource for Plan {
    fn figures(&self) -> &[Figure] {
        PLAN
    }

    fn read(&self, values: &mut [u64]) {
        let (items, groups) = (self.offsets().len() as u64, self.groups().len() as u64);
        put(values, [self.peak(), self.lower_bound(), items, groups]);
    }
}

/// Types that have statistics are sources of what those say; a function cannot write implementations.
macro_rules! by_statistics {
    ($($source:ty => $figures:expr),* $(,)?) => {
        $(impl MetricsSource for $source {
            fn figures(&self) -> &[Figure] {
                $figures
            }

            fn read(&self, values: &mut [u64]) {
                self.statistics().read(values);
            }
        })*
    };
}

by_statistics! {
    DeferredDestructionQueue => QUEUE,
    BufferPool => POOL,
    TexturePool => POOL,
    BumpTransient => TRANSIENT,
    EpochTransient => TRANSIENT,
    FreeListTransient => TRANSIENT,
}
