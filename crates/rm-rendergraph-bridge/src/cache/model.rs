//! A cache under the interleavings of its threads.
//!
//! Run by `cargo xtask loom`. A notice that is missed, or a circle that is not seen, is a deadlock that loom finds.

use loom::{
    model,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{CreateError, KeyedCache};

type Cache = KeyedCache<u8, u64>;
type Answer = Result<u64, CreateError<()>>;

fn check(run: impl Fn(&Arc<Cache>) + Send + Sync + 'static) {
    model(move || run(&Arc::new(Cache::new())));
}

/// Two threads that ask for one key create it once, and have the same value.
#[test]
fn a_key_is_created_once() {
    check(|cache| {
        let made = Arc::new(AtomicU64::new(0));
        let ask = |cache: &Cache, made: &AtomicU64| -> Answer {
            cache.get_or_create(&1, || Ok(made.fetch_add(1, Ordering::AcqRel)))
        };
        let (others, counter) = (Arc::clone(cache), Arc::clone(&made));
        let thread = thread::spawn(move || ask(&others, &counter));
        assert_eq!(ask(cache, &made), Ok(0));
        assert_eq!(thread.join().unwrap(), Ok(0));
        assert_eq!((made.load(Ordering::Acquire), cache.len()), (1, 1));
    });
}

/// While one creation fails, whoever waits for it tries next: nobody sleeps for ever, and nobody but its caller hears of it.
#[test]
fn after_a_failure_the_next_one_tries() {
    check(|cache| {
        let others = Arc::clone(cache);
        let thread = thread::spawn(move || -> Answer { others.get_or_create(&1, || Ok(7)) });
        let mine: Answer = cache.get_or_create(&1, || Err(()));
        assert!(mine == Err(CreateError::Failed(())) || mine == Ok(7), "{mine:?}");
        assert_eq!(thread.join().unwrap(), Ok(7));
        assert_eq!(cache.get(&1), Some(7));
    });
}

/// Two creations that ask for each other's key: at most one of them is refused, and nobody sleeps for ever.
#[test]
fn a_circle_over_two_threads_is_seen() {
    check(|cache| {
        let ask = |cache: &Cache, first: u8, second: u8| -> Result<u64, CreateError<()>> {
            cache.get_or_create(&first, || match cache.get_or_create(&second, || Ok(1)) {
                Ok(value) => Ok(value + 1),
                Err(CreateError::<()>::Circular) => Ok(100),
                Err(CreateError::Failed(())) => Err(()),
            })
        };
        let others = Arc::clone(cache);
        let thread = thread::spawn(move || ask(&others, 1, 2));
        let (mine, other) = (ask(cache, 2, 1), thread.join().unwrap());
        let refused = |answer: &Answer| usize::from(*answer == Ok(100));
        assert!(refused(&mine) + refused(&other) <= 1, "{mine:?} and {other:?}");
        assert!(mine.is_ok() && other.is_ok());
    });
}

/// Two threads that wait for one creation after the other, without a circle, are never told of one.
#[test]
fn there_is_no_circle_where_nobody_waits_any_more() {
    check(|cache| {
        let others = Arc::clone(cache);
        let thread = thread::spawn(move || -> Answer {
            others.get_or_create(&1, || Ok(others.get_or_create(&2, || Ok::<_, ()>(5)).unwrap()))
        });
        // Made before anybody is asked for the key of the other one.
        let two: Answer = cache.get_or_create(&2, || Ok(5));
        let one: Answer = cache.get_or_create(&1, || Ok(5));
        assert_eq!((two, one, thread.join().unwrap()), (Ok(5), Ok(5), Ok(5)));
    });
}

/// What was being created when the cache was cleared does not stay.
#[test]
fn what_was_begun_before_a_clear_is_gone_after_it() {
    check(|cache| {
        let source = Arc::new(AtomicU64::new(1));
        let ask = |cache: &Cache, source: &AtomicU64| -> Answer {
            cache.get_or_create(&1, || Ok(source.load(Ordering::Acquire)))
        };
        let (others, old) = (Arc::clone(cache), Arc::clone(&source));
        let thread = thread::spawn(move || ask(&others, &old));
        source.store(2, Ordering::Release);
        cache.clear();
        assert_eq!(ask(cache, &source), Ok(2), "the source has changed");
        let other = thread.join().unwrap();
        assert!(other == Ok(1) || other == Ok(2));
        assert_eq!(cache.get(&1), Some(2));
    });
}

/// Showing a cache in a log never stops those who fill it.
#[test]
fn a_cache_is_shown_while_a_value_is_put_in_place() {
    check(|cache| {
        let others = Arc::clone(cache);
        let thread = thread::spawn(move || -> Answer { others.get_or_create(&1, || Ok(7)) });
        assert!(!format!("{cache:?}").is_empty());
        assert_eq!(thread.join().unwrap(), Ok(7));
    });
}
