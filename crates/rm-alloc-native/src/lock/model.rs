//! Threads at one lock, under every interleaving.
//!
//! Run by `cargo xtask loom`. The state is a plain number: if two touch it at a time, or one does not see what the last did,
//! loom says so, or the sum is less than the number of visits.

use loom::{model::Builder, sync::Arc, thread};

use super::Lock;

/// Explores `body` with at most three preemptions, which is more than any known defect of a lock needs.
fn model(body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(body);
}

/// Touches the state, as whoever waits for it.
fn visit(lock: &Lock<u32>) {
    *lock.lock() += 1;
}

#[test]
fn one_at_a_time_touches_the_state_and_sees_what_the_last_did() {
    model(|| {
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || {
            visit(&other);
            visit(&other);
        });
        visit(&lock);
        thread.join().unwrap();
        assert_eq!(*lock.lock(), 3);
    });
}

#[test]
fn who_does_not_wait_takes_nothing_from_the_holder() {
    model(|| {
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || match other.try_lock() {
            Some(mut state) => {
                *state += 1;
                1
            }
            None => 0,
        });
        let mut visits = 2;
        {
            let mut state = lock.lock();
            *state += 1;
            // A second look while it is held finds it taken.
            assert!(lock.try_lock().is_none(), "it is ours");
            *state += 1;
        }
        visits += thread.join().unwrap();
        assert_eq!(*lock.lock(), visits);
    });
}
