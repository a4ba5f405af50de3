//! One creation a key, and none for what is there.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering},
        mpsc::channel,
    },
    thread,
};

use rm_alloc_core::AllocationError;
use rm_headless::heap::allocations_of;
use rm_lifetime::SharedBuffer;
use rm_rendergraph_bridge::{CreateError, KeyedCache};

use super::{Answer, Numbers, known};
use crate::bed::{Bed, KIB, buffer};

const THREADS: usize = 16;

/// All of them ask at once, for one key after the other.
#[test]
fn sixteen_threads_create_once() {
    const KEYS: u64 = 200;
    let cache = Numbers::new();
    let (created, asking) = (AtomicU64::new(0), Barrier::new(THREADS));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for number in 0..KEYS {
                    asking.wait();
                    let answer: Answer = cache.get_or_create(&number.to_string(), || {
                        assert_eq!(created.fetch_add(1, Ordering::Relaxed), number);
                        Ok(number)
                    });
                    assert_eq!(answer, Ok(number));
                }
            });
        }
    });
    assert_eq!((created.into_inner(), cache.len()), (KEYS, 200));
}

/// The creation does not end before fifteen other threads have begun to ask.
#[test]
fn those_who_wait_get_the_value_of_the_one_who_creates() {
    let cache = KeyedCache::<String, Arc<u64>>::new();
    let created = AtomicU64::new(0);
    let (begun, begins) = channel();
    let (go, gone) = channel();
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            cache.get_or_create("slow", || {
                created.fetch_add(1, Ordering::Relaxed);
                begun.send(()).unwrap();
                gone.into_iter().take(THREADS - 1).for_each(|()| ());
                Ok::<_, &str>(Arc::new(7))
            })
        });
        begins.recv().unwrap();
        assert_eq!((cache.get("slow"), cache.len()), (None, 0), "it is not there yet");
        let others: Vec<_> = (1..THREADS)
            .map(|_| {
                let (cache, created, go) = (&cache, &created, go.clone());
                scope.spawn(move || {
                    go.send(()).unwrap();
                    cache.get_or_create("slow", || {
                        created.fetch_add(1, Ordering::Relaxed);
                        Ok::<_, &str>(Arc::new(8))
                    })
                })
            })
            .collect();
        let value = first.join().unwrap().unwrap();
        for other in others {
            assert!(Arc::ptr_eq(&other.join().unwrap().unwrap(), &value), "another value");
        }
    });
    assert_eq!(created.into_inner(), 1);
}

/// A creation that waits for another key to be created by another thread would hang if keys waited for each other.
#[test]
fn keys_do_not_wait_for_each_other() {
    let cache = Numbers::new();
    let (begun, begins) = channel();
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        let slow = scope.spawn(|| -> Answer {
            cache.get_or_create("slow", || {
                begun.send(()).unwrap();
                is_done.into_iter().for_each(|()| ());
                Ok(1)
            })
        });
        begins.recv().unwrap();
        assert_eq!(cache.get_or_create("quick", || Ok::<_, &str>(2)), Ok(2));
        assert_eq!((cache.get("quick"), cache.remove("quick")), (Some(2), Some(2)));
        cache.retain(|_, _| false);
        drop(done);
        assert_eq!(slow.join().unwrap(), Ok(1));
    });
    assert_eq!(known(&cache, "slow"), Ok(1));
}

#[test]
fn a_lookup_needs_no_heap() {
    let bed = Bed::new();
    let (cache, retirer) = (KeyedCache::<String, SharedBuffer>::new(), bed.queue.retirer());
    let created =
        cache.get_or_create("table", || bed.bridge.allocate_buffer_tracked(&buffer(KIB), &retirer));
    let created = created.unwrap();
    let lookups = || {
        let found = cache.get("table").unwrap();
        assert!(found.is_same(&created));
        let found = cache
            .get_or_create("table", || bed.bridge.allocate_buffer_tracked(&buffer(KIB), &retirer));
        assert!(found.unwrap().is_same(&created));
        assert!(cache.get("chair").is_none());
    };
    assert_eq!(allocations_of(|| (0..100).for_each(|_| lookups())), 0);
    drop((created, cache));
    bed.finish();
    assert_eq!(bed.manager.stats().used, 0);
}

/// Buffers of a cache are charged once, are refused like any other, and go when the device is done.
#[test]
fn cached_buffers_are_charged_once() {
    let bed = Bed::with(rm_alloc_core::BudgetConfig {
        device_memory_budget: 8 * KIB,
        strict: true,
        ..rm_alloc_core::BudgetConfig::default()
    });
    let (cache, retirer) = (KeyedCache::<u64, SharedBuffer>::new(), bed.queue.retirer());
    let ask = |size: u64| -> Result<SharedBuffer, CreateError<AllocationError>> {
        cache.get_or_create(&size, || bed.bridge.allocate_buffer_tracked(&buffer(size), &retirer))
    };
    let first = ask(6 * KIB).unwrap();
    assert!(ask(6 * KIB).unwrap().is_same(&first));
    assert_eq!(bed.manager.stats().used, first.size(), "charged once");
    assert!(matches!(ask(4 * KIB), Err(CreateError::Failed(_))), "over budget");
    assert_eq!((cache.len(), bed.manager.stats().used), (1, first.size()));
    cache.retain(|_, buffer| !buffer.is_unique());
    assert_eq!(cache.len(), 1, "somebody has it");
    drop(first);
    cache.retain(|_, buffer| !buffer.is_unique());
    assert!(cache.is_empty());
    bed.finish();
    assert_eq!(bed.manager.stats().used, 0);
    assert!(ask(4 * KIB).is_ok(), "a refusal is not remembered");
    cache.clear();
    bed.finish();
}
