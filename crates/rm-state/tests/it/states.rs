//! Behaviours 5, 7 and 8: flags, transitions and the lock.

use rm_state::{ResourceState, Rm, StateError};

type Mark = fn(&mut Rm<u8>) -> Result<(), StateError>;

/// Behaviour 5: the numbers are those of the original page.
#[test]
fn flags_have_the_documented_values() {
    let values = [
        (ResourceState::UNINITIALIZED, 0),
        (ResourceState::READY, 1),
        (ResourceState::OUTDATED, 2),
        (ResourceState::LOCKED, 4),
        (ResourceState::STALE, 8),
        (ResourceState::PENDING, 16),
        (ResourceState::FAILED, 32),
        (ResourceState::TRANSIENT, 64),
    ];
    for (flag, value) in values {
        assert_eq!(flag.bits(), value, "{flag}");
    }
}

/// Behaviour 5: `has` wants all, `has_any` wants one, and "uninitialized" wants no other.
#[test]
fn flags_combine_and_uninitialized_means_none() {
    let mut rm = Rm::<u8>::new();
    assert!(rm.has(ResourceState::UNINITIALIZED));
    assert!(!rm.has_any(ResourceState::all()));

    rm.mark_pending().unwrap();
    rm.mark_transient().unwrap();
    let (pending, failed) = (ResourceState::PENDING, ResourceState::FAILED);
    assert!(!rm.has(ResourceState::UNINITIALIZED));
    assert!(rm.has(pending | ResourceState::TRANSIENT));
    assert!(!rm.has(pending | failed) && rm.has_any(pending | failed));
    assert!(!rm.has_any(ResourceState::UNINITIALIZED));
    assert_eq!(rm.state().to_string(), "PENDING | TRANSIENT");
    assert_eq!(ResourceState::default().to_string(), "UNINITIALIZED");
}

/// Behaviour 5: the table on `Rm`, row by row, from a state in which clearing and keeping differ.
#[test]
fn transitions_do_what_the_table_says() {
    use ResourceState as S;
    let rows: [(Mark, S, S); 6] = [
        (Rm::mark_ready, S::OUTDATED | S::STALE | S::PENDING | S::FAILED, S::READY),
        (Rm::mark_outdated, S::READY, S::OUTDATED),
        (Rm::mark_stale, S::READY, S::STALE),
        (Rm::mark_pending, S::READY | S::FAILED, S::PENDING),
        (Rm::mark_failed, S::READY | S::PENDING, S::FAILED),
        (Rm::mark_transient, S::empty(), S::TRANSIENT),
    ];
    for (mark, clears, sets) in rows {
        for (before, _, _) in rows {
            for (long_before, _, _) in rows {
                let mut rm = Rm::with(0);
                long_before(&mut rm).unwrap();
                before(&mut rm).unwrap();
                let state = rm.state();
                mark(&mut rm).unwrap();
                assert_eq!(rm.state(), (state - clears) | sets, "from {state}");
                assert_eq!(rm.generation(), 1, "flags alone are no change of the value");
            }
        }
    }
}

/// Behaviour 7: an outdated value may be declared usable again, a missing one may not.
#[test]
fn mark_ready_needs_a_value() {
    let mut rm = Rm::with(1);
    rm.mark_outdated().unwrap();
    rm.mark_failed().unwrap();
    rm.mark_ready().unwrap();
    assert_eq!(rm.state(), ResourceState::READY);
    assert_eq!(rm.value(), Ok(&1));

    let mut empty = Rm::<u8>::new();
    empty.mark_failed().unwrap();
    assert_eq!(empty.mark_ready(), Err(StateError::Empty));
    assert_eq!(empty.state(), ResourceState::FAILED, "a refusal changes nothing");
}

/// Behaviour 8: a locked resource refuses every change and shows its value all the same.
#[test]
fn a_locked_resource_refuses_changes_and_keeps_reading() {
    let mut rm = Rm::with(1);
    rm.lock();
    let (state, generation) = (rm.state(), rm.generation());
    let refused = rm.set(2).unwrap_err();
    assert_eq!(refused.to_string(), "resource is locked, the new value was not stored");
    assert_eq!(refused.into_inner(), 2);
    assert_eq!(rm.value_mut(), Err(StateError::Locked));
    let calls: [Mark; 7] = [
        Rm::mark_ready,
        Rm::mark_outdated,
        Rm::mark_stale,
        Rm::mark_pending,
        Rm::mark_failed,
        Rm::mark_transient,
        Rm::touch,
    ];
    for call in calls {
        assert_eq!(call(&mut rm), Err(StateError::Locked));
    }
    assert_eq!((rm.state(), rm.generation()), (state, generation));
    assert!(rm.is_locked() && rm.is_ready());
    assert_eq!((rm.value(), rm.get(), rm.stale_value()), (Ok(&1), Some(&1), Some(&1)));
}

/// Behaviour 8: unlocking brings back exactly what stood before, ready or not, full or empty.
#[test]
fn unlock_restores_the_state_before_the_lock() {
    let mut outdated = Rm::with(1);
    outdated.mark_outdated().unwrap();
    outdated.mark_pending().unwrap();
    for mut rm in [Rm::new(), Rm::with(1), outdated] {
        let before = rm.state();
        rm.lock();
        rm.lock();
        assert_eq!(rm.state(), before | ResourceState::LOCKED);
        rm.unlock();
        assert_eq!(rm.state(), before);
        assert!(rm.mark_transient().is_ok() && rm.set(2).is_ok());
    }
}

/// Behaviour 8: the end of a resource is not an edit.
#[test]
fn take_and_reset_succeed_on_a_locked_resource_and_clear_the_lock() {
    for end in [Rm::take, Rm::reset] {
        let mut rm = Rm::with(1);
        rm.mark_transient().unwrap();
        rm.lock();
        assert_eq!(end(&mut rm), Some(1));
        assert_eq!(rm.state(), ResourceState::UNINITIALIZED);
        assert_eq!(rm.set(2).unwrap(), None);
    }
}

/// Behaviours 6 and 8: errors of values that cannot show themselves still travel as errors.
#[test]
fn a_refused_value_without_debug_can_be_boxed_as_an_error() {
    struct Opaque;
    let mut rm = Rm::with(Opaque);
    rm.lock();
    let error: Box<dyn std::error::Error> = rm.set(Opaque).err().map(Into::into).unwrap();
    assert_eq!(format!("{error:?}"), "Locked { .. }");
    assert_eq!(format!("{:?}", Rm::with(1)), "Rm { value: Some(1), state: READY, generation: 1 }");
}
