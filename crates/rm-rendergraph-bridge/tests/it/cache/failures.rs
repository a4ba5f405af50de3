//! A creation that fails poisons nothing.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::mpsc::channel,
    thread,
};

use rm_rendergraph_bridge::CreateError;

use super::{Answer, Numbers, known};

#[test]
fn after_a_failure_the_next_caller_tries() {
    let cache = Numbers::new();
    let answer: Answer = cache.get_or_create("key", || Err("broken"));
    assert_eq!(answer, Err(CreateError::Failed("broken")));
    assert_eq!((cache.len(), cache.get("key")), (0, None));
    assert_eq!(cache.get_or_create("key", || Ok::<_, &str>(7)), Ok(7));
    assert_eq!(known(&cache, "key"), Ok(7));
}

#[test]
fn after_a_panic_the_next_caller_tries() {
    let cache = Numbers::new();
    let thrown = catch_unwind(AssertUnwindSafe(|| -> Answer {
        cache.get_or_create("key", || resume_unwind(Box::new(3)))
    }));
    assert_eq!(thrown.unwrap_err().downcast_ref(), Some(&3), "the panic goes on");
    assert_eq!((cache.len(), cache.get("key")), (0, None));
    assert_eq!(cache.get_or_create("key", || Ok::<_, &str>(7)), Ok(7));
}

/// Three threads wait for a creation that `end`s badly: each of them tries in turn, until one has made it.
fn one_of_those_who_wait_tries(end: impl FnOnce() -> Answer + Send) {
    let cache = Numbers::new();
    let (begun, begins) = channel();
    let (go, gone) = channel();
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            catch_unwind(AssertUnwindSafe(|| {
                cache.get_or_create("key", || {
                    begun.send(()).unwrap();
                    gone.into_iter().take(3).for_each(|()| ());
                    end().map_err(|_| "first")
                })
            }))
        });
        begins.recv().unwrap();
        let others: Vec<_> = ["second", "third", "fourth"]
            .map(|name| {
                let (cache, go) = (&cache, go.clone());
                scope.spawn(move || -> Answer {
                    go.send(()).unwrap();
                    cache.get_or_create("key", || if name == "fourth" { Ok(4) } else { Err(name) })
                })
            })
            .into_iter()
            .map(|other| other.join().unwrap())
            .collect();
        if let Ok(answer) = first.join().unwrap() {
            assert_eq!(answer, Err(CreateError::Failed("first")), "its own error and no other");
        }
        for (answer, name) in others.iter().zip(["second", "third"]) {
            // Whoever comes after the fourth has its value.
            assert!(*answer == Ok(4) || *answer == Err(CreateError::Failed(name)), "{answer:?}");
        }
        assert_eq!(others[2], Ok(4));
    });
    assert_eq!(known(&cache, "key"), Ok(4));
}

#[test]
fn one_of_those_who_wait_tries_after_an_error() {
    one_of_those_who_wait_tries(|| Err(CreateError::Failed("first")));
}

#[test]
fn one_of_those_who_wait_tries_after_a_panic() {
    one_of_those_who_wait_tries(|| resume_unwind(Box::new(3)));
}
