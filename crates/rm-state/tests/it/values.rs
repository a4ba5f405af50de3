//! Behaviours 1 to 4 and 6: what is stored and how it is reached.

use rm_state::{ResourceState, Rm, StateError};

/// A handle that cannot be copied, cloned, compared or shown.
struct Handle(u64);

/// Behaviour 1: nothing is asked of the type, and both constructors say what they made.
#[test]
fn any_type_works_and_new_is_empty_while_with_and_from_are_ready() {
    static NEVER_SET: Rm<Handle> = Rm::new();
    assert!(!NEVER_SET.is_ready());
    assert!(!Rm::<Handle>::default().is_ready());

    let mut made = Rm::with(Handle(1));
    assert!(made.is_ready() && Rm::from(Handle(2)).is_ready());
    let old = made.set(Handle(3)).unwrap();
    assert_eq!(old.map(|handle| handle.0), Some(1));
    assert!(made.value().is_ok_and(|handle| handle.0 == 3));
}

/// Behaviour 2: whatever is done to an empty resource, it is not ready.
#[test]
fn an_empty_resource_never_reports_ready() {
    type Attempt = fn(&mut Rm<u32>) -> Result<(), StateError>;
    let mut empty = Rm::<u32>::new();
    let attempts: [Attempt; 7] = [
        Rm::mark_ready,
        Rm::mark_outdated,
        Rm::mark_stale,
        Rm::mark_pending,
        Rm::mark_failed,
        Rm::mark_transient,
        Rm::touch,
    ];
    for first in attempts {
        for second in attempts {
            let _ = (first(&mut empty), second(&mut empty));
            assert!(!empty.is_ready() && empty.get().is_none());
            assert_eq!(empty.value(), Err(StateError::Empty));
            assert_eq!(empty.value_mut(), Err(StateError::Empty));
        }
    }
    let mut drained = Rm::with(1);
    assert_eq!(drained.take(), Some(1));
    assert!(!drained.is_ready());
}

/// Behaviour 3: a value that is ready is reached every way, and edits in place stay.
#[test]
fn a_ready_value_is_reached_by_every_accessor() {
    let mut rm = Rm::with(5);
    *rm.value_mut().unwrap() += 1;
    assert_eq!(rm.value(), Ok(&6));
    assert_eq!(rm.get(), Some(&6));
    assert_eq!(rm.value_or(&0), &6);
    assert_eq!(rm.stale_value(), Some(&6));
}

/// Behaviour 3: a value that is not ready is withheld, with the reason.
#[test]
fn a_value_that_is_not_ready_is_withheld_and_the_error_says_why() {
    let mut rm = Rm::with(5);
    rm.mark_outdated().unwrap();
    let refused = StateError::NotReady { state: ResourceState::OUTDATED };
    assert_eq!(rm.value(), Err(refused));
    assert_eq!(rm.value_mut(), Err(refused));
    assert_eq!(rm.get(), None);
    assert_eq!(rm.value_or(&0), &0);
    assert_eq!(refused.to_string(), "resource is not ready, its state is OUTDATED");
    assert_eq!(StateError::Empty.to_string(), "resource holds no value");
}

/// Behaviour 4: an outdated value can still be destroyed, whichever way it leaves.
#[test]
fn an_outdated_value_stays_reachable_and_is_handed_back() {
    let outdated = || {
        let mut rm = Rm::with(Handle(9));
        rm.mark_outdated().unwrap();
        assert!(rm.stale_value().is_some_and(|handle| handle.0 == 9));
        rm
    };
    assert!(outdated().take().is_some_and(|handle| handle.0 == 9));
    assert!(outdated().reset().is_some_and(|handle| handle.0 == 9));
    assert!(outdated().set(Handle(10)).unwrap().is_some_and(|handle| handle.0 == 9));
}

/// Behaviour 6: a new value is ready, the old one comes back, and only the property TRANSIENT stays.
#[test]
fn set_clears_what_was_said_about_the_old_value_and_bumps_the_generation() {
    let mut rm = Rm::with('a');
    rm.mark_outdated().unwrap();
    rm.mark_stale().unwrap();
    rm.mark_failed().unwrap();
    rm.mark_pending().unwrap();
    rm.mark_transient().unwrap();
    assert_eq!(rm.set('b').unwrap(), Some('a'));
    assert_eq!(rm.state(), ResourceState::READY | ResourceState::TRANSIENT);
    assert_eq!(rm.generation(), 2);

    let mut failed = Rm::new();
    failed.mark_failed().unwrap();
    assert_eq!(failed.set('c').unwrap(), None);
    assert_eq!(failed.state(), ResourceState::READY);
}
