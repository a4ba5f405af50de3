//! Behaviour 12: what other threads see.

use std::{sync::RwLock, thread};

use rm_state::{Annotated, Metadata, Rm, StatefulContainer};

/// Behaviour 12: the types go where their values may go.
#[test]
fn resources_are_send_and_sync_when_their_values_are() {
    fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<Rm<u64>>();
    assert_send_sync::<StatefulContainer<u64>>();
    assert_send_sync::<Metadata>();
    assert_send_sync::<Annotated<u64>>();
}

/// Behaviour 12: without interior mutability a shared resource needs no lock.
#[test]
fn threads_that_share_a_resource_see_one_state() {
    let rm = Rm::with(7);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert!(rm.is_ready());
                    assert_eq!((rm.value(), rm.generation()), (Ok(&7), 1));
                }
            });
        }
    });
}

/// Behaviour 12: inside a lock, value, state and generation change together for those who watch.
#[test]
fn behind_a_lock_no_reader_sees_half_a_change() {
    const CHANGES: u64 = 200;
    let shared = RwLock::new(Rm::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            for change in 1..=CHANGES {
                assert!(shared.write().unwrap().set(change).is_ok());
                shared.write().unwrap().mark_outdated().unwrap();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut seen = 0;
                while seen < CHANGES {
                    let rm = shared.read().unwrap();
                    assert!(rm.generation() >= seen, "generations only grow");
                    seen = rm.generation();
                    assert_eq!(rm.stale_value().copied().unwrap_or(0), seen);
                    assert_eq!(rm.is_ready(), rm.get().is_some());
                }
            });
        }
    });
}
