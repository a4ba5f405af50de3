//! Whatever else has figures.

use std::sync::Arc;

use ash::vk::BufferUsageFlags;
use rm_alloc_core::BudgetConfig;
use rm_lifetime::{
    BufferPool, BumpTransient, DeferredDestructionQueue, ManualTimeline, PoolConfig, RetireAt,
    TransientAllocator, TransientConfig,
};
use rm_metrics::{Figure, Gauges, MetricsCollector, MetricsConfig, MetricsSource, Unit, Value};

use crate::support::{KIB, make, manager, request};

fn value(metrics: &MetricsCollector, name: &str) -> Value {
    metrics.column(name).unwrap().value(metrics.latest().unwrap())
}

/// Queues, pools, transients and plans say what their statistics say, in columns called after them.
#[test]
fn sources_say_what_their_statistics_say() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let queue = DeferredDestructionQueue::new(&manager);
    // SAFETY: no device is involved.
    let timeline = Arc::new(unsafe { ManualTimeline::new() });
    queue.attach(timeline.clone()).unwrap();
    let pool = BufferPool::new(&manager, &queue, PoolConfig::default()).unwrap();
    let config = TransientConfig::new(64 * KIB, BufferUsageFlags::UNIFORM_BUFFER);
    let mut bump = BumpTransient::new(&manager, &queue, &config).unwrap();
    let ids = [metrics.register("queue", &queue), metrics.register("pool", &pool)];
    let transient = metrics.register("bump", &bump);

    queue.retirer().retire_buffer(make(&manager, KIB), RetireAt::Now);
    let lent = pool.acquire(&request(KIB)).unwrap();
    bump.begin_frame().unwrap();
    bump.allocate(256, 16).unwrap();
    metrics.record(ids[0], &queue);
    metrics.record(ids[1], &pool);
    let erased: &dyn TransientAllocator = &bump;
    metrics.record(transient, &erased.statistics());
    metrics.end_frame();

    let (waiting, live) = (queue.statistics().waiting, pool.statistics().live);
    assert_eq!((waiting, live.count), (1, 1));
    assert_eq!(value(&metrics, "queue.waiting"), Value::Number(waiting));
    assert_eq!(value(&metrics, "queue.queued"), Value::Number(queue.statistics().queued));
    assert_eq!(value(&metrics, "pool.live_bytes"), Value::Number(live.bytes));
    assert_eq!(value(&metrics, "pool.misses"), Value::Number(1));
    let blocks = bump.statistics().live;
    assert_eq!(value(&metrics, "bump.live_bytes"), Value::Number(blocks.bytes));
    assert_eq!(blocks.bytes, 64 * KIB);

    bump.end_frame(RetireAt::Now).unwrap();
    drop((lent, bump, pool));
    let all = timeline.submit();
    timeline.complete(all);
    queue.shutdown(std::time::Duration::ZERO).unwrap();
}

/// An attached source is read each frame, and keeps its last figures when it goes.
#[test]
fn an_attached_source_is_read_each_frame_and_held_weakly() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let count = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let gauges = Gauges::new([Figure::new("draws", Unit::Count)], move || {
        [1 + counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed)]
    });
    let source: Arc<dyn MetricsSource + Send + Sync> = Arc::new(gauges);
    metrics.attach("scene", &source);
    metrics.end_frame();
    metrics.end_frame();
    assert_eq!(value(&metrics, "scene.draws"), Value::Number(2));
    drop(source);
    metrics.end_frame();
    assert_eq!(value(&metrics, "scene.draws"), Value::Number(2));
    assert_eq!(Arc::strong_count(&count), 1, "the collector does not keep it");
}

/// A plan is a source.
#[test]
fn a_plan_says_its_peak_and_its_bound() {
    let mut problem = rm_alias::Problem::new();
    problem.push(rm_alias::Item::new(8 * KIB, 256), 0..2);
    problem.push(rm_alias::Item::new(4 * KIB, 256), 3..5);
    let plan = rm_alias::plan(&problem).unwrap();
    let mut values = [0; 4];
    assert_eq!(plan.figures().len(), values.len());
    plan.read(&mut values);
    assert_eq!(values, [8 * KIB, 8 * KIB, 2, 1]);
}
