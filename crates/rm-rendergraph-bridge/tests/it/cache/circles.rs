//! Creations that ask for other keys, and for their own.

use std::{sync::Barrier, thread};

use rm_rendergraph_bridge::CreateError;

use super::{Answer, Numbers, known};

#[test]
fn a_creation_may_ask_for_other_keys() {
    let cache = Numbers::new();
    let ask = |key: &str, below: &str| -> Answer {
        cache.get_or_create(key, || known(&cache, below).map(|it| it + 1).map_err(|_| "below"))
    };
    assert_eq!(cache.get_or_create("shader", || Ok::<_, &str>(1)), Ok(1));
    assert_eq!(ask("layout", "shader"), Ok(2));
    let nested: Answer = cache.get_or_create("pipeline", || {
        let layout = cache.get_or_create("other layout", || {
            cache.get_or_create("other shader", || Ok::<_, &str>(5)).map_err(|_| "shader")
        });
        layout.map_err(|_| "layout")
    });
    assert_eq!((nested, cache.len()), (Ok(5), 5));
}

#[test]
fn a_creation_that_asks_for_itself_is_told() {
    let cache = Numbers::new();
    let mut inner = None;
    let outer: Answer = cache.get_or_create("key", || {
        inner = Some(known(&cache, "key"));
        Ok(7)
    });
    assert_eq!((outer, inner), (Ok(7), Some(Err(CreateError::Circular))));
    assert_eq!(known(&cache, "key"), Ok(7), "and nothing is left of it");
}

#[test]
fn a_creation_that_asks_for_itself_over_others_is_told() {
    let cache = Numbers::new();
    let answer: Answer = cache.get_or_create("a", || {
        let b: Answer = cache.get_or_create("b", || match known(&cache, "a") {
            Err(CreateError::Circular) => Err("circular"),
            other => panic!("{other:?}"),
        });
        b.map_err(|_| "b failed")
    });
    assert_eq!(answer, Err(CreateError::Failed("b failed")));
    assert_eq!(CreateError::<AnyError>::Circular.to_string(), "a creation waits for its own value");
    assert!(cache.is_empty());
}

/// So that the message can be asked for.
#[derive(Debug, thiserror::Error)]
#[error("any")]
struct AnyError;

/// Each of several threads creates one key and asks for the next one's: exactly the last to ask is refused.
#[test]
fn a_circle_over_threads_is_broken_once() {
    for threads in [2, 3, 8] {
        let cache = Numbers::new();
        let created = Barrier::new(threads);
        let answers: Vec<Answer> = thread::scope(|scope| {
            let asks: Vec<_> = (0..threads)
                .map(|number| {
                    let (cache, created) = (&cache, &created);
                    scope.spawn(move || {
                        cache.get_or_create(&number.to_string(), || {
                            created.wait();
                            let next = ((number + 1) % threads).to_string();
                            match known(cache, &next) {
                                Ok(value) => Ok(value + 1),
                                Err(CreateError::Circular) => Ok(100),
                                Err(_) => Err("the next one"),
                            }
                        })
                    })
                })
                .collect();
            asks.into_iter().map(|ask| ask.join().unwrap()).collect()
        });
        let mut values: Vec<u64> = answers.into_iter().map(Result::unwrap).collect();
        values.sort_unstable();
        let expected: Vec<u64> = (100..).take(threads).collect();
        assert_eq!(values, expected, "one is refused, and the others count up from it");
    }
}
