//! Every order in which a queue, its manager, and whatever holds either can be dropped.

use std::{
    any::Any,
    sync::{Arc, Mutex},
};

use ash::vk::BufferUsageFlags;
use rm_alloc_core::{
    BudgetConfig, DeviceBudgetManager, EventMask, MemoryAllocator, MemoryEvent, MemoryObserver,
};
use rm_alloc_direct::DirectAllocator;
use rm_lifetime::{
    BufferPool, BumpTransient, DeferredDestructionQueue, Forgotten, LifetimeScope, PoolConfig,
    RetireAt, SharedResourceFactory, TransientAllocator, TransientConfig,
};
use rm_vksim::Profile;

use crate::support::{attach, request, simulated};

/// Labels of what leaked.
#[derive(Debug, Default)]
struct Leaks(Mutex<Vec<String>>);

impl MemoryObserver for Leaks {
    fn mask(&self) -> EventMask {
        EventMask::LEAKED
    }

    fn event(&self, event: &MemoryEvent<'_>) {
        if let MemoryEvent::Leaked(block) = event {
            self.0.lock().unwrap().push(block.label.unwrap_or_default().to_owned());
        }
    }
}

/// Drops everything in `order`, after the device has finished or never.
fn drop_in(order: &[usize], finished: bool) {
    let (context, sim) = simulated(Profile::desktop_rebar());
    let leaks = Arc::new(Leaks::default());
    let observer: Arc<dyn MemoryObserver> = leaks.clone();
    context.observe(&observer);
    let allocator: Arc<dyn MemoryAllocator> = Arc::new(DirectAllocator::new(&context));
    let manager =
        DeviceBudgetManager::new(Arc::clone(&allocator), BudgetConfig::default()).unwrap();
    let queue = DeferredDestructionQueue::new(&manager);
    let forgotten = Arc::new(Mutex::new(Vec::<Forgotten>::new()));
    let into = Arc::clone(&forgotten);
    queue.on_forgotten(move |it| into.lock().unwrap().push(*it));
    let (_, timeline) = attach(&queue);
    let factory = SharedResourceFactory::new(&manager, &queue);
    let mut scope = LifetimeScope::new("pass", &factory);
    drop(scope.create_buffer(&request(1024).label("of the scope")).unwrap());
    let shared = factory.create_buffer(&request(1024).label("shared")).unwrap();
    let early = factory.create_buffer(&request(1024).label("early")).unwrap();
    factory.retirer().retire_with(|| (), RetireAt::Now);
    drop((early, factory));
    timeline.submit();
    if finished {
        timeline.complete(u64::MAX);
    }
    let pool = BufferPool::new(&manager, &queue, PoolConfig::default()).unwrap();
    let (spare, lent) = (
        pool.acquire(&request(1024).label("pooled")).unwrap(),
        pool.acquire(&request(2048).label("lent")).unwrap(),
    );
    drop(spare);
    let config = TransientConfig::new(1024, BufferUsageFlags::VERTEX_BUFFER).label("frame");
    let mut transient = BumpTransient::new(&manager, &queue, &config).unwrap();
    transient.begin_frame().unwrap();
    transient.allocate(1024, 1).unwrap();
    transient.end_frame(RetireAt::Now).unwrap();
    let things: [Box<dyn Any>; 7] = [
        Box::new(queue),
        Box::new(manager),
        Box::new(allocator),
        Box::new(scope),
        Box::new((shared, lent, transient)),
        Box::new(pool),
        Box::new(context),
    ];
    let mut things = things.map(Some);
    for index in order {
        things[*index] = None;
    }
    assert!(!sim.is_poisoned(), "{order:?}: {:?}", sim.violations());
    let mut labels = leaks.0.lock().unwrap().clone();
    labels.sort_unstable();
    if finished {
        assert_eq!((sim.leaks().len(), labels.len()), (0, 0), "{order:?}");
        assert_eq!(*forgotten.lock().unwrap(), [], "{order:?}");
        return;
    }
    assert_eq!(labels, ["early", "frame", "lent", "of the scope", "pooled", "shared"], "{order:?}");
    let forgotten = forgotten.lock().unwrap();
    let [it] = forgotten[..] else { panic!("{order:?}: {forgotten:?}") };
    assert_eq!((it.resources, it.calls, it.bytes), (6, 1, 7 * 1024), "{order:?}");
}

/// Every order of the numbers below `count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut longer = order.clone();
        longer.insert(at, count - 1);
        longer
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(order, at))).collect()
}

#[test]
fn in_any_order_nothing_is_left_of_what_was_ready() {
    permutations(7).iter().for_each(|order| drop_in(order, true));
}

#[test]
fn in_any_order_what_was_never_ready_is_reported_by_label() {
    permutations(7).iter().for_each(|order| drop_in(order, false));
}
