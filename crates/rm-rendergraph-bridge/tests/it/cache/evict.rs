//! Letting go of values, and what users' code may do meanwhile.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    thread,
};

use rm_rendergraph_bridge::KeyedCache;

use super::{Answer, Numbers, known};

fn filled() -> Numbers {
    let cache = Numbers::new();
    for number in 0..10_u64 {
        assert_eq!(cache.get_or_create(&number.to_string(), || Ok::<_, &str>(number)), Ok(number));
    }
    cache
}

#[test]
fn values_are_removed_one_by_one_by_choice_and_all_at_once() {
    let cache = filled();
    assert!(!cache.is_empty());
    assert_eq!((cache.remove("3"), cache.remove("3")), (Some(3), None));
    cache.retain(|key, value| *key == value.to_string() && value % 2 == 0);
    let mut entries = cache.entries();
    entries.sort_unstable();
    let even = [0, 2, 4, 6, 8].map(|number: u64| (number.to_string(), number));
    assert_eq!((entries, cache.len()), (even.to_vec(), 5));
    cache.clear();
    assert!(cache.is_empty() && cache.entries().is_empty());
    assert_eq!(cache.get_or_create("3", || Ok::<_, &str>(33)), Ok(33), "created anew");
}

/// What is removed, refused or cleared dies when no lock is held, and so may use the cache.
#[test]
fn users_code_may_use_the_cache() {
    #[derive(Debug)]
    struct Nosy(Arc<KeyedCache<u32, Arc<Self>>>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            let missing = self.0.get_or_create(&100, || Err::<Arc<Self>, _>(()));
            assert!(missing.is_err());
            self.0.remove(&101);
        }
    }
    let cache = Arc::new(KeyedCache::new());
    for key in 0..4 {
        cache.get_or_create(&key, || Ok::<_, ()>(Arc::new(Nosy(Arc::clone(&cache))))).unwrap();
    }
    cache.retain(|key, _| {
        assert!(cache.get(key).is_some());
        *key != 0
    });
    drop(cache.remove(&1));
    cache.clear();
    assert_eq!((cache.len(), Arc::strong_count(&cache)), (0, 1), "all are gone");
}

/// A value that is removed while it is created goes to those who asked before, and does not stay.
#[test]
fn what_is_removed_while_it_is_created_does_not_stay() {
    let removals: [fn(&Numbers); 2] =
        [|cache| assert_eq!(cache.remove("key"), None), Numbers::clear];
    for remove in removals {
        let cache = Numbers::new();
        let (begun, begins) = channel();
        let (go, gone) = channel::<()>();
        thread::scope(|scope| {
            let old = scope.spawn(|| -> Answer {
                cache.get_or_create("key", || {
                    begun.send(()).unwrap();
                    gone.into_iter().for_each(|()| ());
                    Ok(1)
                })
            });
            begins.recv().unwrap();
            remove(&cache);
            assert_eq!(cache.get_or_create("key", || Ok::<_, &str>(2)), Ok(2), "a new one");
            drop(go);
            assert_eq!(old.join().unwrap(), Ok(1));
        });
        assert_eq!(known(&cache, "key"), Ok(2));
    }
}

/// A key that tells when it is compared, which is when somebody finds that it is being created.
#[derive(Clone, Debug)]
struct Watched(Sender<()>);

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        other.0.send(()).is_ok()
    }
}

impl Eq for Watched {}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Whoever waits when the cache is cleared gets what it waited for, and calls nothing of its own.
#[test]
fn those_who_wait_get_their_value_though_it_does_not_stay() {
    let cache = KeyedCache::<Watched, Arc<u64>>::new();
    let (begun, begins) = channel();
    let (go, gone) = channel::<()>();
    let (compared, compares) = channel();
    let key = Watched(compared);
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            cache.get_or_create(&Watched(channel().0), || {
                begun.send(()).unwrap();
                gone.into_iter().for_each(|()| ());
                Ok::<_, &str>(Arc::new(1))
            })
        });
        begins.recv().unwrap();
        let second = scope.spawn(|| cache.get_or_create(&key, || Err("it did not wait")));
        // Compared under the lock under which it is noted as waiting, and which clearing takes as well.
        compares.recv().unwrap();
        cache.clear();
        drop(go);
        let first = first.join().unwrap().unwrap();
        let second = second.join().unwrap().unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(Arc::strong_count(&first), 2, "nobody else keeps it");
    });
    assert!(cache.is_empty());
}

/// A value that was replaced while `retain` asked is not the one that was refused.
#[test]
fn a_value_that_is_replaced_meanwhile_stays() {
    let cache = filled();
    cache.retain(|key, value| {
        if *value == 5 {
            cache.remove(key);
            assert_eq!(cache.get_or_create(key, || Ok::<_, &str>(55)), Ok(55));
        }
        false
    });
    assert_eq!(cache.entries(), [("5".to_owned(), 55)]);
}
